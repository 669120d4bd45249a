from django.urls import path

from portal.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.inbox_page, name="inbox"),
    path("read/", views.read_all, name="read_all"),
    path("<int:pk>/read/", views.read, name="read"),
    path("failed/", views.failed_page, name="failed"),
    path("failed/<int:pk>/retry/", views.retry, name="retry"),
]
