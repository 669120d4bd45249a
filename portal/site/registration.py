"""The pages of the portal's own modules in the navigation, which they stand below and cannot import."""

from __future__ import annotations


def register() -> None:
    """Called once, when every app is loaded."""
