"""Pages about the bureau's own people; signing in and the like stand in account_urls.py."""

from django.urls import path

from portal.organisation import views

app_name = "organisation"
urlpatterns = [
    path("units/", views.directory_page, name="directory"),
    path("access/", views.access_page, name="access"),
]
