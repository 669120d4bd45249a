from django.urls import path

from portal.oversight import views

app_name = "oversight"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("appraisal/", views.appraisal_page, name="appraisal"),
    path("cards/", views.card_list, name="cards"),
    path("cards/<int:pk>/", views.card_page, name="card"),
    path("cards/<int:pk>/<slug:name>/", views.take_step, name="step"),
]
