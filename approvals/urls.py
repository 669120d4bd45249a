"""Addresses of the window's pages. No personal data stands in any of them."""

from django.urls import URLPattern, path

from approvals import numbers  # noqa: F401 - <approval:…>, <incoming:…>, <rating:…>
from approvals.views import (
    applying,
    beside_applying,
    cases,
    counter,
    desk,
    files,
    followed,
    guides,
    incoming,
    permits,
    public,
    ratings,
    surveys,
)

app_name = "approvals"
urlpatterns: list[URLPattern] = [
    path("", public.start, name="start"),
    path("items/<slug:code>/", public.item, name="item"),
    path("items/<slug:code>/versions/<int:number>/", public.version, name="item_version"),
    path("items/<slug:code>/materials/<int:pk>/<slug:which>/", public.form_file, name="form_file"),
    path("items/<slug:code>/apply/", applying.apply, name="apply"),
    path("apply/number/", beside_applying.check_applicant_number, name="check_applicant_number"),
    path("apply/continue/", beside_applying.continue_draft, name="continue_draft"),
    path("apply/received/", beside_applying.applied, name="applied"),
    path("follow/<approval:number>/", followed.followed, name="followed"),
    path("desk/", desk.desk, name="desk"),
    path("cases/", desk.cases, name="cases"),
    path("cases/new/", counter.new, name="new"),
    path("cases/number/", counter.check_number, name="check_number"),
    path("cases/applicant/", counter.applicant, name="applicant"),
    path("cases/new/<slug:code>/", counter.new_for, name="new_for"),
    path("cases/<approval:number>/received/", counter.received, name="received"),
    path("cases/<approval:number>/", cases.case, name="case"),
    path("cases/<approval:number>/files/<int:pk>/", files.file, name="file"),
    path("cases/<approval:number>/papers/<int:pk>/", files.paper, name="paper"),
    path("permits/<approval:number>/", permits.permit, name="permit"),
    path("surveys/<approval:number>/", surveys.survey, name="survey"),
    path("incoming/", incoming.incoming_list, name="incoming_list"),
    path("incoming/new/", incoming.register, name="register_incoming"),
    path("incoming/<incoming:number>/", incoming.incoming, name="incoming"),
    path("incoming/follow/<incoming:number>/", incoming.followed, name="incoming_followed"),
    path("ratings/", ratings.ratings, name="ratings"),
    path("ratings/<rating:number>/", ratings.rating, name="rating"),
    path("ratings/follow/<rating:number>/", ratings.followed, name="rating_followed"),
    path("guides/", guides.guides, name="guides"),
    path("guides/<int:pk>/", guides.guide, name="guide"),
    path("guides/<slug:code>/files/<int:pk>/<slug:which>/", guides.guide_file, name="guide_file"),
]
