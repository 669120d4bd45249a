"""Addresses of the API of pledges, below /api/v1/."""

from django.urls import path

from pledges import api, numbers  # noqa: F401 - <breach:…>
from pledges.serializers import BREACH_STEPS, VERSION_STEPS

urlpatterns = [
    path("pledges/", api.Pledges.as_view(), name="api-pledges"),
    path("pledges/<int:pk>/", api.OnePledge.as_view(), name="api-pledge"),
    path("pledges/<int:pk>/versions/", api.NextVersions.as_view(), name="api-pledge-versions"),
    path("pledges/<int:pk>/versions/<int:number>/", api.OneVersion.as_view(), name="api-pledge-version"),
    path("pledges/<int:pk>/complaints/", api.Complaints.as_view(), name="api-pledge-complaints"),
    path("pledge-versions/", api.DeskVersions.as_view(), name="api-desk-versions"),
    path("pledge-versions/<int:pk>/", api.DeskVersion.as_view(), name="api-desk-version"),
    *(
        path(f"pledge-versions/<int:pk>/{name}/", api.VersionStep.of(name), name=f"api-desk-version-{name}")
        for name in VERSION_STEPS
    ),
    path("breaches/", api.Breaches.as_view(), name="api-breaches"),
    path("breaches/<breach:number>/", api.BreachView.as_view(), name="api-breach"),
    *(
        path(f"breaches/<breach:number>/{name}/", api.BreachStep.of(name), name=f"api-breach-{name}")
        for name in BREACH_STEPS
    ),
    path("measures/", api.Measures.as_view(), name="api-measures"),
]
