"""Addresses of the hotline's API, below /api/v1/."""

from django.urls import path

from hotline import api, numbers  # noqa: F401 - <ticket:…>
from hotline.serializers import STEPS

urlpatterns = [
    path("tickets/", api.Tickets.as_view(), name="api-tickets"),
    path("tickets/<ticket:number>/", api.TicketView.as_view(), name="api-ticket"),
    *(
        path(f"tickets/<ticket:number>/{name}/", api.StepView.of(name), name=f"api-ticket-{name}")
        for name in STEPS
    ),
    path("reports/", api.Reports.as_view(), name="api-reports"),
    path("hotline-categories/", api.Categories.as_view(), name="api-hotline-categories"),
]
