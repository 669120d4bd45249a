"""Addresses of the pledges' pages. No personal data stands in any of them."""

from django.urls import path

from pledges import numbers  # noqa: F401 - <breach:…>
from pledges.views import breaches, desk, public

app_name = "pledges"
urlpatterns = [
    path("", public.pledge_list, name="list"),
    path("<int:pk>/", public.pledge, name="pledge"),
    path("<int:pk>/versions/<int:number>/", public.version, name="version"),
    path("<int:pk>/versions/<int:old>/to/<int:new>/", public.differences, name="differences"),
    path("<int:pk>/complain/", public.complain, name="complain"),
    path("complaints/received/", public.complained, name="complained"),
    path("follow/<breach:number>/", public.followed, name="followed"),
    path("desk/", desk.desk, name="desk"),
    path("desk/new/", desk.new, name="new"),
    path("desk/import/", desk.bring_in, name="import"),
    path("desk/<int:pk>/", desk.version, name="version_desk"),
    path("desk/<int:pk>/draft.pdf", desk.preview, name="preview"),
    path("desk/<int:pk>/change/", desk.change, name="change"),
    path("<int:pk>/next/", desk.next_version, name="next_version"),
    path("complaints/", breaches.breach_list, name="breaches"),
    path("complaints/<breach:number>/", breaches.breach, name="breach"),
]
