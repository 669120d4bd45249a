from django.urls import path

from portal.workdays import views

app_name = "workdays"
urlpatterns = [
    path("", views.calculator, name="calculator"),
    path("<int:year>/", views.year, name="year"),
]
