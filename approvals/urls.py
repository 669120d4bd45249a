"""Addresses of the window's pages. No personal data stands in any of them."""

from django.urls import URLPattern

from approvals import numbers  # noqa: F401 - <approval:…>, <incoming:…>, <rating:…>

app_name = "approvals"
urlpatterns: list[URLPattern] = []
