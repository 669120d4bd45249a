from django.urls import path

from portal.cases import views

app_name = "cases"
urlpatterns = [
    path("calendar/new/", views.enter_notice, name="enter_notice"),
    path("photos/<int:pk>/", views.photo, name="photo"),
    path("<str:number>/deadlines/<int:pk>/", views.deadline, name="deadline"),
    path("<str:number>/receipt.json", views.case_receipt, name="receipt"),
]
