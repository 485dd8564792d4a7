#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from environs import EnvError


def main() -> None:
    """Run a command; settings that make no sense are one line on standard error, and status 2."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tipsite.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018  the first look at a setting reads them all
    except (EnvError, ImproperlyConfigured, OSError, ValueError) as error:
        print(f"Not started: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
