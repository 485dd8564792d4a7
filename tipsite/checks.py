"""System checks of this project's own: a site that would start, and then fail its readers or its staff."""

import re
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS
from django.http.request import validate_host

from subscribers import addresses
from subscribers.mail import envelope
from subscribers.people import journal
from tips.schedule.slots import WEEKDAY_NAMES
from tipsite.schema import migration_state
from tipsite.staff.roles import ROLES
from tipsite.webhooks import mail_service

# What is wrong with the sender; tipsite/safety/server_reasons.py asks for these too.
MAIL = "mail"
# These publish that nobody but their own servers may send for them (DMARC), or will.
_MAILBOX_PROVIDERS = frozenset(
    "aol.com gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com icloud.com live.com mail.ru me.com"
    " msn.com outlook.com proton.me protonmail.com web.de yahoo.com yandex.com yandex.ru ymail.com".split()
)
# What Django's own check asks of a key.
_LONG_ENOUGH, _VARIED_ENOUGH = 50, 5
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_ADDRESS = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@[A-Za-z0-9.-]+")


@register
def check_site_url(**kwargs: object) -> Iterator[CheckMessage]:
    """A real site must answer to its own name, and know when its visitors came by HTTPS."""
    if not settings.PRODUCTION:
        return
    if not validate_host(urlsplit(settings.SITE_URL).hostname or "", settings.ALLOWED_HOSTS):
        words = f"SITE_URL is {settings.SITE_URL}, whose name is not among ALLOWED_HOSTS."
        hint = "Every visitor would be turned away. Add the name to ALLOWED_HOSTS, or unset ALLOWED_HOSTS."
        yield Error(words, hint, id="tipsite.E001")
    if not settings.SITE_URL.isascii():
        words = f"SITE_URL is {settings.SITE_URL}, which no header of a mail can carry."
        yield Error(words, "Write its domain in the xn-- form.", id="tipsite.E006")
    if not settings.HTTPS:
        words = f"SITE_URL is {settings.SITE_URL}: passwords of staff would travel for all to read."
        hint = "Serve the site by HTTPS, and let SITE_URL begin with https://. Large mail providers ask for"
        yield Warning(words, f"{hint} unsubscribing at one click, which needs HTTPS too.", id="tipsite.W001")
    elif not settings.TRUSTED_PROXIES:
        words = "SITE_URL is https, but no proxy is trusted to say that a visitor came by HTTPS."
        hint = "Pages would redirect to themselves for ever. Set TRUSTED_PROXIES to the number of proxies in"
        hint += " front (mostly 1), and let the nearest set X-Forwarded-Proto."
        yield Warning(words, hint, id="tipsite.W002")


@register(MAIL)
def check_mail(**kwargs: object) -> Iterator[CheckMessage]:
    """A real site must not print its mail, nor its password to whoever listens."""
    if settings.PRODUCTION and settings.EMAIL_BACKEND == "django.core.mail.backends.console.EmailBackend":
        hint = "Set EMAIL_URL, for example submission://user:password@mail.example.org:587."
        yield Warning("Mail is printed in the log and sent to nobody.", hint, id="tipsite.W003")
    is_encrypted = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    if settings.EMAIL_HOST_PASSWORD and not is_encrypted and settings.EMAIL_HOST not in _THIS_MACHINE:
        words = f"The password for the mail server {settings.EMAIL_HOST} would cross the network unencrypted."
        hint = "Write EMAIL_URL as submission://user:password@mail.example.org:587, which asks for TLS."
        yield Error(words, hint, id="tipsite.E008")


@register(MAIL)
def check_sender(**kwargs: object) -> Iterator[CheckMessage]:
    """Mail must come from addresses that headers can carry, in a domain that the owner can speak for."""
    if not settings.PRODUCTION:
        return
    for name in ("DEFAULT_FROM_EMAIL", "REPLY_TO", "BOUNCE_ADDRESS"):
        stated = getattr(settings, name)
        address = stated if name == "BOUNCE_ADDRESS" else parseaddr(stated)[1]
        if stated and not (stated.isprintable() and address.isascii() and _ADDRESS.fullmatch(address)):
            words = f"{name} is {stated!r}, which is no address that mail can carry."
            hint = "Write it like tips@example.org; a domain with other letters in its xn-- form."
            yield Error(words, hint, id="tipsite.E004")
            return
    ours, bounces = envelope.domain().lower(), settings.BOUNCE_ADDRESS
    if ours in _MAILBOX_PROVIDERS:
        words = f"Mail comes from {envelope.address()}, but {ours} lets nobody else send for it."
        hint = "Most of it would be refused. Set DEFAULT_FROM_EMAIL to an address in a domain of yours."
        yield Warning(words, hint, id="tipsite.W004")
    if bounces and _organisation(bounces) != _organisation(ours):
        words = f"BOUNCE_ADDRESS is {bounces}, outside of {ours}, from which mail comes: SPF does not count."
        hint = "Give BOUNCE_ADDRESS the domain of DEFAULT_FROM_EMAIL, or one below it."
        yield Warning(words, hint, id="tipsite.W005")
    longest = addresses.MAX_LOCAL_LENGTH - envelope.TOKEN_LENGTH
    if len(bounces.rpartition("@")[0]) > longest:
        words = f"BOUNCE_ADDRESS has more than {longest} characters before its @."
        hint = "Each mail adds a token there, and mail servers take 64 in all. Choose a shorter one."
        yield Error(words, hint, id="tipsite.E005")


@register(MAIL)
def check_mail_service(**kwargs: object) -> Iterator[CheckMessage]:
    """A mail service must have its keys and its package, for sending and for its reports."""
    for lack in mail_service.lacks():
        words = f"The mail service of EMAIL_BACKEND is set up half: {lack}"
        hint = "Set it in ANYMAIL, or install the package; docs/delivery.md says what each service needs."
        yield Error(words, hint, id="tipsite.E010")


@register
def check_what_mail_says(**kwargs: object) -> Iterator[CheckMessage]:
    """Mail to a list must say where its sender lives, and reports of what failed must find their way."""
    if not settings.PRODUCTION:
        return
    if not settings.POSTAL_ADDRESS.strip():
        words = "No postal address stands below the mails; the law of many countries asks for one."
        yield Warning(words, "Set POSTAL_ADDRESS.", id="tipsite.W006")
    is_smtp = settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend"
    if is_smtp and not settings.BOUNCE_ADDRESS:
        words = "Reports of undelivered mail go to the sender's own mailbox, and nothing reads them."
        yield Warning(words, "Set BOUNCE_ADDRESS; docs/delivery.md says how.", id="tipsite.W007")
    secret = str(settings.ANYMAIL.get("WEBHOOK_SECRET", ""))
    if settings.EMAIL_BACKEND.startswith("anymail.") and not secret:
        words = "Nobody hears what the mail service reports of bounces and complaints."
        hint = "Set WEBHOOK_SECRET, and tell the service where to report; docs/delivery.md says how."
        yield Warning(words, hint, id="tipsite.W008")
    name, _, password = secret.partition(":")
    if name and min(len(name), len(password)) < 16:
        words = "WEBHOOK_SECRET must be a name and a password with a colon between, each random and long."
        hint = "Whoever guesses it can say that readers complained. Make each of at least 16 characters."
        yield Error(words, hint, id="tipsite.E007")


@register(deploy=True)
def check_is_a_real_site(**kwargs: object) -> Iterator[CheckMessage]:
    """A site for the net must know its URL, and have a key that nobody guesses."""
    if not settings.PRODUCTION:
        words = "SITE_URL names this machine: nobody else can reach the site, and its mails lead nowhere."
        hint = "Set SITE_URL to the public URL, such as https://tips.example.org, and run this check again."
        yield Warning(words, f"{hint} docs/going-live.md has each step.", id="tipsite.W009")
    elif len(settings.SECRET_KEY) < _LONG_ENOUGH or len(set(settings.SECRET_KEY)) < _VARIED_ENOUGH:
        words = "SECRET_KEY is short or simple: who guesses it can sign in as anybody."
        hint = (
            "Make one: python -c 'import secrets; print(secrets.token_urlsafe(50))'. Put the former one into"
        )
        hint += " SECRET_KEY_FALLBACKS, so that links that were mailed go on working."
        yield Warning(words, hint, id="tipsite.W010")


@register(deploy=True)
def check_signature(**kwargs: object) -> Iterator[CheckMessage]:
    """Say what the mail server must sign: the program cannot see whether it does."""
    if settings.PRODUCTION:
        words = f"The mail server must sign all mail by DKIM for {envelope.domain()}, and its signature"
        hint = "docs/delivery.md says how to see whether it does, and how to publish SPF, DKIM and DMARC."
        yield Info(f"{words} must cover List-Unsubscribe and List-Unsubscribe-Post.", hint, id="tipsite.I001")


@register
def check_slot(**kwargs: object) -> Iterator[CheckMessage]:
    """The weekly slot must be on a day of the week."""
    if settings.SLOT_WEEKDAY not in WEEKDAY_NAMES:
        words = f"SLOT_WEEKDAY is {settings.SLOT_WEEKDAY!r}, which is no day of the week."
        yield Error(words, f"Use one of: {', '.join(WEEKDAY_NAMES)}.", id="tipsite.E002")


@register
def check_two_factor(**kwargs: object) -> Iterator[CheckMessage]:
    """A misspelt group would silently be asked for nothing."""
    known = {name.casefold() for name in (*ROLES, "superuser")}
    for name in settings.STAFF_TWO_FACTOR:
        if name.casefold() not in known:
            words = f"STAFF_TWO_FACTOR names {name!r}, which is none of the program's own groups."
            hint = f"Use some of {', '.join(ROLES)} and superuser, separated by commas."
            yield Error(words, hint, id="tipsite.E003")


@register(Tags.database)
def check_database_is_not_ahead(
    databases: Sequence[str] | None = None, **kwargs: object
) -> Iterator[CheckMessage]:
    """A program must not migrate or serve what a newer version has migrated: ``check --database default``."""
    if DEFAULT_DB_ALIAS in (databases or ()) and (words := migration_state.why_database_is_ahead()):
        yield Error(words, id="tipsite.E009")


@register(Tags.database)
def check_journal(databases: Sequence[str] | None = None, **kwargs: object) -> Iterator[CheckMessage]:
    """A journal must not lie in the database that it guards: ``check --database default``."""
    is_asked = settings.JOURNAL_URL and DEFAULT_DB_ALIAS in (databases or ())
    if is_asked and (words := journal.why_unwritable()):
        hint = "Let JOURNAL_URL name a database of its own, best on another server."
        yield Error(f"The journal cannot be written: {words}.", hint, id="tipsite.E011")


def _organisation(address: str) -> list[str]:
    """Return the end of a domain that its owner has registered, near enough."""
    return address.lower().rpartition("@")[2].rsplit(".", 2)[-2:]
