"""Addresses of the app's API, below /api/v1/."""

from django.urls import path

from disclosure import api, api_cases, numbers  # noqa: F401 - <publication:…>, <request:…>
from disclosure.serializers_cases import PUBLICATION_STEPS, REQUEST_STEPS

REQUEST, PUBLICATION = "information-requests/<request:number>/", "publications/<publication:number>/"

urlpatterns = [
    path("disclosures/", api.Disclosures.as_view(), name="api-disclosures"),
    path("information-requests/", api_cases.Requests.as_view(), name="api-information-requests"),
    path("information-requests/received/", api_cases.ReceivedRequests.as_view(), name="api-request-received"),
    path(REQUEST, api_cases.RequestView.as_view(), name="api-information-request"),
    *(
        path(f"{REQUEST}{name}/", api_cases.RequestStep.of(name), name=f"api-request-{name}")
        for name in REQUEST_STEPS
    ),
    path("publications/", api_cases.Publications.as_view(), name="api-publications"),
    path(PUBLICATION, api_cases.PublicationView.as_view(), name="api-publication"),
    *(
        path(f"{PUBLICATION}{name}/", api_cases.PublicationStep.of(name), name=f"api-publication-{name}")
        for name in PUBLICATION_STEPS
    ),
]
