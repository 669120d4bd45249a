"""Addresses of documents in the API, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from portal.documents import api, codes  # noqa: F401 - <code:…>

urlpatterns = [
    path("documents/", api.Documents.as_view(), name="api-documents"),
    path("documents/<code:code>/", api.OneDocument.as_view(), name="api-document"),
]
