from django.urls import path

from portal.cases import api

urlpatterns = [
    path("cases/<str:number>/", api.CaseView.as_view(), name="api-case"),
    path("cases/<str:number>/deadlines/", api.DeadlinesView.as_view(), name="api-case-deadlines"),
]
