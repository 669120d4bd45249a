"""Text messages, behind a small interface: a bureau's gateway takes the place of the file by one setting."""

from __future__ import annotations

import hashlib
import logging
import os
import re
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


class SmsBackend(Protocol):
    def send(self, *, key: str, phone: str, text: str) -> None:
        """Hand one message over; raises whatever says that it could not be.

        The same key may come twice, when the portal died after handing over and before noting it: a backend
        gives the key to the gateway as the message's own number, so that the citizen gets it once.
        """


class FileBackend:
    """One file a message under SMS_FILE_PATH, named by its key: a second sending overwrites the first."""

    def send(self, *, key: str, phone: str, text: str) -> None:
        folder = Path(settings.SMS_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = folder / file_name(key)
        # Written aside and moved into place, so that a reader never sees half a message.
        aside = target.with_suffix(f".{os.getpid()}.part")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"key: {key}\nto: {phone}\n\n{text}\n")
        aside.replace(target)


class LogBackend:
    """Only notes that a message went out: neither number nor text belong in a log (个人信息保护法)."""

    def send(self, *, key: str, phone: str, text: str) -> None:
        logger.info("text message %s handed over", key)


def file_name(key: str) -> str:
    """The key in letters that every file system takes, and a digest that keeps two keys apart."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "_", key)[:80]
    return f"{plain}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.txt"


def backend() -> SmsBackend:
    made: SmsBackend = import_string(settings.SMS_BACKEND)()
    return made
