"""Addresses of the site's own pages."""

from __future__ import annotations

from django.urls import path

from . import health, views

app_name = "site"
urlpatterns = [
    path("", views.home_page, name="home"),
    path("workbench/", views.workbench_page, name="workbench"),
    path("account/", views.account_page, name="account"),
    path("sitemap/", views.sitemap_page, name="sitemap"),
    path("still-here/", views.still_here, name="still_here"),
    path("elder/", views.elder_mode, name="elder"),
    path("robots.txt", views.robots, name="robots"),
    path("healthz", health.healthz, name="healthz"),
]
