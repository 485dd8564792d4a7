"""System checks of this project's own: a site that would start, and then fail its readers or its staff."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Warning, register
from django.http.request import validate_host

from tips.slots import WEEKDAYS
from tipsite.roles import ROLES


@register
def check_site_url(app_configs, **kwargs):
    """A real site must answer to its own name, and know when its visitors came by HTTPS."""
    if not settings.PRODUCTION:
        return
    if not validate_host(urlsplit(settings.SITE_URL).hostname, settings.ALLOWED_HOSTS):
        yield Error(
            f"The site's own address, {settings.SITE_URL}, is not among ALLOWED_HOSTS.",
            hint="Every visitor would be turned away. Add its name to ALLOWED_HOSTS, or unset that.",
            id="tipsite.E001",
        )
    if not settings.HTTPS:
        yield Warning(
            f"SITE_URL is {settings.SITE_URL}: passwords of staff would travel for all to read.",
            hint="Serve the site by HTTPS, and let SITE_URL begin with https://.",
            id="tipsite.W001",
        )
    elif not settings.TRUSTED_PROXIES:
        yield Warning(
            "SITE_URL is https, but no proxy is trusted to say that a visitor came by HTTPS.",
            hint="Pages would redirect to themselves for ever. Set TRUSTED_PROXIES to the number of"
            " proxies in front (mostly 1), and let the nearest set X-Forwarded-Proto.",
            id="tipsite.W002",
        )


@register
def check_mail(app_configs, **kwargs):
    """A real site must not print its mail."""
    printed = settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend"
    if settings.PRODUCTION and printed:
        yield Warning(
            "Mail is printed in the log and sent to nobody.",
            hint="Set EMAIL_URL, for example smtp+tls://user:password@mail.example.org:587.",
            id="tipsite.W003",
        )


@register
def check_slot(app_configs, **kwargs):
    """The weekly slot must be on a day of the week."""
    if settings.SLOT_WEEKDAY not in WEEKDAYS:
        yield Error(
            f"SLOT_WEEKDAY is {settings.SLOT_WEEKDAY!r}, which is no day of the week.",
            hint=f"Use one of: {', '.join(WEEKDAYS)}.",
            id="tipsite.E002",
        )


@register
def check_two_factor(app_configs, **kwargs):
    """A misspelt group would silently be asked for nothing."""
    known = {name.casefold() for name in (*ROLES, "superuser")}
    for name in settings.STAFF_TWO_FACTOR:
        if name.casefold() not in known:
            yield Error(
                f"STAFF_TWO_FACTOR names {name!r}, which is none of the product's own groups.",
                hint=f"Use some of {', '.join(ROLES)} and superuser, by commas.",
                id="tipsite.E003",
            )
