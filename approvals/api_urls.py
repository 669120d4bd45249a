"""Addresses of the window's API, below /api/v1/."""

from django.urls import URLPattern

from approvals import numbers  # noqa: F401 - <approval:…>

urlpatterns: list[URLPattern] = []
