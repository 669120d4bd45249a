"""Addresses of the API of pledges, below /api/v1/."""

from django.urls import path

from pledges import api, api_desk, numbers  # noqa: F401 - <breach:…>
from pledges.serializers_desk import BREACH_STEPS, VERSION_STEPS

urlpatterns = [
    path("pledges/", api.Pledges.as_view(), name="api-pledges"),
    path("pledges/<int:pk>/", api.OnePledge.as_view(), name="api-pledge"),
    path("pledges/<int:pk>/versions/", api_desk.NextVersions.as_view(), name="api-pledge-versions"),
    path("pledges/<int:pk>/versions/<int:number>/", api.OneVersion.as_view(), name="api-pledge-version"),
    path("pledges/<int:pk>/complaints/", api.Complaints.as_view(), name="api-pledge-complaints"),
    path("pledge-versions/", api_desk.DeskVersions.as_view(), name="api-desk-versions"),
    path("pledge-versions/<int:pk>/", api_desk.DeskVersion.as_view(), name="api-desk-version"),
    *(
        path(
            f"pledge-versions/<int:pk>/{name}/",
            api_desk.VersionStep.of(name),
            name=f"api-desk-version-{name}",
        )
        for name in VERSION_STEPS
    ),
    path("breaches/", api_desk.Breaches.as_view(), name="api-breaches"),
    path("breaches/<breach:number>/", api_desk.BreachView.as_view(), name="api-breach"),
    *(
        path(f"breaches/<breach:number>/{name}/", api_desk.BreachStep.of(name), name=f"api-breach-{name}")
        for name in BREACH_STEPS
    ),
    path("measures/", api.Measures.as_view(), name="api-measures"),
]
