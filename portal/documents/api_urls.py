"""Addresses of documents in the API, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from portal.cases import converters  # noqa: F401 - <case:…>
from portal.documents import api, codes  # noqa: F401 - <code:…>

urlpatterns = [
    path("documents/", api.Documents.as_view(), name="api-documents"),
    path("documents/<code:code>/", api.OneDocument.as_view(), name="api-document"),
    path("cases/<case:number>/documents/", api.CaseDocuments.as_view(), name="api-case-documents"),
    path("cases/<case:number>/documents/<code:code>/", api.CaseDocument.as_view(), name="api-case-document"),
]
