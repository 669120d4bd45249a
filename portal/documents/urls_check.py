from __future__ import annotations

from django.urls import path

from portal.documents import codes, views_check  # noqa: F401 - <code:…>

app_name = "verify"

urlpatterns = [
    path("", views_check.check, name="check"),
    path("ca.pem", views_check.ca, name="ca"),
    path("<code:code>/", views_check.document, name="document"),
    path("<code:code>/document.pdf", views_check.file, name="file"),
    path("<code:code>/receipt.json", views_check.receipt_of, name="receipt"),
]
