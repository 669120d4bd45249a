from django.urls import path

from portal.cases import converters, views, views_follow  # noqa: F401 - <case:…>

app_name = "cases"
urlpatterns = [
    path("calendar/new/", views.enter_notice, name="enter_notice"),
    path("follow/", views_follow.follow, name="follow"),
    path("follow/finish/", views_follow.finish, name="finish"),
    path("photos/<int:pk>/", views.photo, name="photo"),
    path("<case:number>/deadlines/<int:pk>/", views.deadline, name="deadline"),
    path("<case:number>/receipt.json", views.case_receipt, name="receipt"),
]
