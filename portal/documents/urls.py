from __future__ import annotations

from django.urls import path

from portal.documents import codes, views_batches, views_desk  # noqa: F401 - <code:…>

app_name = "documents"

urlpatterns = [
    path("", views_desk.document_list, name="list"),
    path("new/", views_desk.new_letter, name="new"),
    path("batches/", views_batches.batch_list, name="batches"),
    path("batches/new/", views_batches.new_batch, name="new_batch"),
    path("batches/<int:pk>/", views_batches.batch, name="batch"),
    path("batches/<int:pk>/progress/", views_batches.batch_progress, name="batch_progress"),
    path("batches/<int:pk>/stop/", views_batches.stop, name="stop"),
    path("<code:code>/", views_desk.document, name="document"),
    path("<code:code>/revoke/", views_desk.revoke, name="revoke"),
]
