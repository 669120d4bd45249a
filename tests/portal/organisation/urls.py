"""The portal's addresses, with these pages among them under a prefix of their own."""

from django.urls import include, path

from portal.urls import *  # noqa: F403
from portal.urls import urlpatterns as all_of_them

urlpatterns = [path("organisation-pages/", include("portal.organisation.urls")), *all_of_them]
