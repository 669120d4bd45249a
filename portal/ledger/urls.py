from __future__ import annotations

from django.urls import path

from portal.ledger import views

app_name = "ledger"

urlpatterns = [
    path("", views.seals, name="seals"),
    path("seals.json", views.seals_json, name="seals-json"),
    path("verify_receipt.py", views.verifier, name="verifier"),
    path("<int:number>/", views.seal, name="seal"),
]
