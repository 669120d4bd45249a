from django.urls import path

from portal.cases import converters, views  # noqa: F401 - <case:…>

app_name = "cases"
urlpatterns = [
    path("calendar/new/", views.enter_notice, name="enter_notice"),
    path("photos/<int:pk>/", views.photo, name="photo"),
    path("<case:number>/deadlines/<int:pk>/", views.deadline, name="deadline"),
    path("<case:number>/receipt.json", views.case_receipt, name="receipt"),
]
