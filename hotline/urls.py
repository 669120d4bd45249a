"""Addresses of the hotline's pages. No personal data stands in any of them."""

from django.urls import path

from hotline import numbers  # noqa: F401 - <ticket:…>
from hotline.views import calls, public, tickets

app_name = "hotline"
urlpatterns = [
    path("", public.start, name="start"),
    path("report/", public.report, name="report"),
    path("report/received/", public.reported, name="reported"),
    path("follow/<ticket:number>/", public.followed, name="followed"),
    path("calls/new/", calls.new_call, name="new_call"),
    path("calls/caller/", calls.caller, name="caller"),
    path("calls/limits/", calls.limits, name="limits"),
    path("calls/noted/", calls.call_noted, name="call_noted"),
    path("calls/<ticket:number>/logged/", calls.call_logged, name="call_logged"),
    path("calls/<ticket:number>/added/", calls.call_added, name="call_added"),
    path("desk/", tickets.desk, name="desk"),
    path("tickets/", tickets.queue, name="queue"),
    path("tickets/<ticket:number>/", tickets.ticket, name="ticket"),
]
