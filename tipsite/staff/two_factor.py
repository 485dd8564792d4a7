"""Two-factor sign-in: codes of an app (TOTP, RFC 6238), and recovery codes for when it is lost."""

import django_otp
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from desk.log import log
from tipsite.staff import sessions
from tipsite.staff.audit_log import AccountAction

RECOVERY_CODES = 10
# How STAFF_TWO_FACTOR names those who need no group.
SUPERUSER = "superuser"


def device_of(person: User) -> TOTPDevice | None:
    """Return the app that a person signs in with, or None."""
    return TOTPDevice.objects.devices_for_user(person, confirmed=True).first()


def is_required(person: User) -> bool:
    """Tell whether the owner requires two-factor sign-in of one of a person's groups."""
    required = {name.casefold() for name in settings.STAFF_TWO_FACTOR}
    if not required or (person.is_superuser and SUPERUSER in required):
        return bool(required)
    return any(name.casefold() in required for name in person.groups.values_list("name", flat=True))


def begin(person: User) -> TOTPDevice:
    """Make a new secret that counts only once a code of it was given; return its device."""
    TOTPDevice.objects.filter(user=person, confirmed=False).delete()
    return TOTPDevice.objects.create(user=person, name="app", confirmed=False)


def begun(person: User) -> TOTPDevice | None:
    """Return the device that waits for its first code, or None."""
    return TOTPDevice.objects.devices_for_user(person, confirmed=False).first()


def confirm(person: User, code: str, session_key: str | None) -> TOTPDevice | None:
    """Turn two-factor sign-in on by the first code of the app; return the device, or None for a wrong code.

    Other sessions of the person, which never gave a code, are ended.
    """
    with transaction.atomic():
        waiting = TOTPDevice.objects.devices_for_user(person, confirmed=False)
        device = waiting.select_for_update().first()
        if device is None or not _is_code(tidy(code)) or not device.verify_token(tidy(code)):
            return None
        TOTPDevice.objects.filter(user=person).exclude(pk=device.pk).delete()
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        log(person, person, AccountAction.TWO_FACTOR_ON, "Turned two-factor sign-in on.")
    sessions.end_all(person, but=session_key)
    return device


def turn_off(person: User, by: User, action: AccountAction, sentence: str) -> None:
    """Forget a person's app and recovery codes, with an entry in the log."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=person).delete()
        StaticDevice.objects.filter(user=person).delete()
        log(by, person, action, sentence)


def make_recovery_codes(person: User) -> None:
    """Replace a person's recovery codes by new ones."""
    with transaction.atomic():
        StaticDevice.objects.filter(user=person).delete()
        device = StaticDevice.objects.create(user=person, name="recovery codes")
        codes = {StaticToken.random_token() for _ in range(RECOVERY_CODES)}
        StaticToken.objects.bulk_create([StaticToken(device=device, token=code) for code in sorted(codes)])
        log(person, person, AccountAction.RECOVERY_CODES_MADE, "Made new recovery codes.")


def recovery_codes(person: User) -> list[str]:
    """Return the recovery codes that a person has left, as they are shown: in two groups of four."""
    tokens = StaticToken.objects.filter(device__user=person).order_by("pk").values_list("token", flat=True)
    return [f"{token[:4]}-{token[4:]}" for token in tokens]


def verify(person: User, code: str) -> Device | None:
    """Return the device that accepts a code, or None. Each code is accepted once.

    ``code`` is what a person typed: six digits of the app, or a recovery code, with or without its dash.
    """
    code = tidy(code)
    kind = TOTPDevice if _is_code(code) else StaticDevice
    device = kind.objects.devices_for_user(person, confirmed=True).first()
    return device and django_otp.verify_token(person, device.persistent_id, code)


def tidy(code: str) -> str:
    """Return a code without what people type between its characters."""
    return "".join(filter(str.isalnum, code)).lower()


def _is_code(code: str) -> bool:
    return len(code) == 6 and code.isascii() and code.isdecimal()


def picture(device: TOTPDevice) -> SafeString:
    """Return the QR code of a device's secret as an inline SVG, dark on light whatever the page's colours."""
    # Loaded when it is needed: all processes would hold it otherwise.
    import segno

    code = segno.make(device.config_url, error="m")
    # Made here, of a secret and a name that the drawing turns into squares.
    return mark_safe(code.svg_inline(scale=5, border=4, dark="#000", light="#fff"))  # noqa: S308


def secret(device: TOTPDevice) -> str:
    """Return a device's secret as people type it into an app: base 32, in groups of four."""
    text = device.config_url.partition("secret=")[2].partition("&")[0]
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
