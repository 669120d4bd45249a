#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys


def main() -> None:
    """A setting that is wrong is one sentence that names it, not a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        # Read here, as Django's own command line shows `help` where settings fail.
        settings.BASE_DIR  # noqa: B018
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
