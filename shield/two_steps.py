"""A form in two steps: write, read it over on our page, and send.

Most programs post once; people are glad to read what they wrote once more (WCAG 2.2, 3.3.4). Nothing is
stored between the steps: the page carries the text in hidden fields, with a *seal*, which is a signature over
the text and the second in which it was read. A text counts once a day, however often it is sent: so a seal
serves once, and who presses twice, or goes back and sends again, has sent one text.
"""

import json
import time
from datetime import timedelta

from django import forms
from django.core import signing
from django.forms import BoundField
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString

from shield.forms import ShieldedForm
from shield.rate_limits import FixedWindow

LIFETIME = timedelta(hours=2)
# Longer than a seal lives.
_ONCE = FixedWindow("same text", 1, timedelta(days=1))
_signer = signing.TimestampSigner(salt="shield.two_steps")


class TwoStepForm(ShieldedForm):
    """A form whose text is read over before it is sent.

    ``purpose`` keeps the seals of different forms apart. ``written`` names the fields that a person fills in;
    their cleaned values are what is sealed.
    """

    seal = forms.CharField(required=False, widget=forms.HiddenInput)

    purpose = ""
    written: tuple[str, ...] = ()

    def new_seal(self) -> str:
        """Return a seal of a valid form's text, made now."""
        return _signer.sign(self._digest())

    def seconds_read(self) -> float | None:
        """Return for how long the text of a valid form was read over, or None where its seal is void.

        Void is a seal that is older than LIFETIME, one of another text or purpose, and none at all.
        """
        seal = self.cleaned_data["seal"]
        try:
            if _signer.unsign(seal, max_age=LIFETIME) != self._digest():
                return None
        except signing.BadSignature:
            return None
        made_at = signing.b62_decode(seal.split(_signer.sep)[-2])
        return max(time.time() - made_at, 0)

    def is_first(self) -> bool:
        """Note that the text of a valid form is taken; tell whether it was not taken within a day before.

        A transaction that rolls back forgets it.
        """
        return _ONCE.spend(self._digest())

    def slips(self) -> list[BoundField]:
        """Return the fields that a person has to look at again."""
        return [self[name] for name in self.written if name in self.errors]

    def hidden(self) -> list[SafeString]:
        """Return what a person has written as hidden fields."""
        return [self[name].as_hidden() for name in self.written]

    def _digest(self) -> str:
        text = json.dumps([self.purpose, *(str(self.cleaned_data[name]) for name in self.written)])
        return salted_hmac("shield.two_steps", text, algorithm="sha256").hexdigest()
