"""Signed links by which a person sets a password: one use each, good for a time."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, urlsafe_base64_encode

from tipsite.models import KeyGeneration


class LinkTokens(PasswordResetTokenGenerator):
    """Django's tokens for passwords, with a lifetime and a URL of their own.

    A token dies by its use, since the password is part of it, and as soon as the account is deactivated or
    gets another address: for good, though the account or the address may come back. ``lifetime`` may be at
    most PASSWORD_RESET_TIMEOUT.
    """

    def __init__(self, view: str, lifetime: timedelta) -> None:
        super().__init__()
        self.key_salt = f"tipsite.staff.{view}"
        self.view = view
        self.lifetime = lifetime

    def check_token(self, user: User | None, token: str | None) -> bool:
        if not token or not super().check_token(user, token):
            return False
        age = self._num_seconds(self._now()) - base36_to_int(token.partition("-")[0])
        return age <= self.lifetime.total_seconds()

    def link(self, person: User) -> str:
        """Return the whole URL that goes into a person's mail."""
        uid = urlsafe_base64_encode(force_bytes(person.pk))
        return settings.SITE_URL + reverse(f"admin:{self.view}", args=[uid, self.make_token(person)])

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        ended = KeyGeneration.objects.filter(person=user).values_list("number", flat=True).first() or 0
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active} {ended}"


INVITATION = LinkTokens("invitation", timedelta(days=7))
FORGOTTEN = LinkTokens("password_reset_confirm", timedelta(days=1))
