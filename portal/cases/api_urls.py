from django.urls import path

from portal.cases import api, converters  # noqa: F401 - <case:…>

urlpatterns = [
    path("cases/<case:number>/", api.CaseView.as_view(), name="api-case"),
    path("cases/<case:number>/deadlines/", api.DeadlinesView.as_view(), name="api-case-deadlines"),
]
