"""Addresses of the catalogue. An item's is permanent: it is its index number."""

from __future__ import annotations

from django.urls import path

from disclosure import (
    numbers,  # noqa: F401 - <index:…>
    views,
)

app_name = "disclosure"
urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("feed.atom", views.feed, name="feed"),
    path("<index:index_number>/", views.item, name="item"),
]
