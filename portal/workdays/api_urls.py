"""Included under /api/v1/. The address answers with and without a slash at its end."""

from django.urls import path

from portal.workdays.api import AddWorkdays

urlpatterns = [
    path("workdays/add", AddWorkdays.as_view(), name="api-workdays-add"),
    # The same once more, left out of the schema.
    path("workdays/add/", AddWorkdays.as_view(schema=None)),
]
