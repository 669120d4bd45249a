"""Addresses of the app's pages. An item's is permanent: it is its index number."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from disclosure import numbers, urls_annual  # noqa: F401 - <index:…>, <publication:…>, <request:…>
from disclosure.views import applying, catalogue, export, files, importing, items, publications, requests

app_name = "disclosure"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", catalogue.catalogue, name="catalogue"),
    path("feed.atom", catalogue.feed, name="feed"),
    path("export.<kind>", export.export, name="export"),
    path("requests/", applying.start, name="requests_start"),
    path("requests/apply/", applying.apply, name="apply"),
    path("requests/received/", applying.applied, name="applied"),
    path("requests/<request:number>/", applying.followed, name="followed"),
    path("requests/<request:number>/files/<int:pk>/", files.request_file, name="request_file"),
    path("requests/<request:number>/papers/<int:pk>/", files.request_paper, name="request_paper"),
    path("desk/requests/", requests.requests, name="requests"),
    path("desk/requests/new/", requests.received, name="received"),
    path("desk/requests/<request:number>/", requests.information_request, name="request"),
    path(
        "desk/requests/<request:number>/letters/<int:pk>/",
        files.consultation_letter,
        name="consultation_letter",
    ),
    path("desk/publications/", publications.publications, name="publications"),
    path("desk/publications/new/", publications.new, name="publication_new"),
    path("desk/publications/import/", importing.bring, name="publication_import"),
    path("desk/publications/import/template/", importing.template, name="import_template"),
    path("desk/publications/<publication:number>/", publications.publication, name="publication"),
    path(
        "desk/publications/<publication:number>/texts/<int:position>/",
        publications.revise,
        name="publication_text",
    ),
    path(
        "desk/publications/<publication:number>/files/<int:pk>/",
        files.publication_file,
        name="publication_file",
    ),
    path("desk/items/<index:index_number>/", items.item_desk, name="item_desk"),
    path("desk/items/<index:index_number>/correct/", publications.correct, name="publication_correct"),
    *urls_annual.urlpatterns,
    path("<index:index_number>/", catalogue.item, name="item"),
    path("<index:index_number>/files/<int:pk>/", files.item_file, name="file"),
]
