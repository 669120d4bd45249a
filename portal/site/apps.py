"""The site: what holds the pages together."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Tasks belong to this Celery app in every process only when it exists before they are declared.
from portal.celery import app as celery_app

__all__ = ["SiteConfig", "celery_app"]


class SiteConfig(AppConfig):
    name = "portal.site"
    label = "site"
    verbose_name = _("Site")

    def ready(self) -> None:
        from . import registration

        registration.register()
