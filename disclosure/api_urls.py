"""Addresses of the catalogue's API, below /api/v1/."""

from django.urls import path

from disclosure import api

urlpatterns = [
    path("disclosures/", api.Disclosures.as_view(), name="api-disclosures"),
]
