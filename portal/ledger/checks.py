"""What must be right before the first event is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from portal.ledger import keys


@register()
def ledger_key_is_usable(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        keys.keyring()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="ledger.E001")]
    return []
