"""The sign-up box: the same for every visitor, without a query, so that pages with it can be cached."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from shield import signed_time
from subscribers.people import consent_wording
from subscribers.public.forms import SignupForm

register = template.Library()


@register.simple_tag
def signup_box() -> SafeString:
    """Show the sign-up box. Its fields have ids of their own, so it may stand beside another form."""
    return _box(signed_time.timestamp(), consent_wording.text())


@lru_cache(maxsize=4)
def _box(timestamp: str, wording: str) -> SafeString:
    """Return the box as it is for an hour; besides its timestamp, only the wording depends on anything."""
    form = SignupForm(auto_id="box_%s", initial={"timestamp": timestamp})
    return render_to_string("subscribers/_signup_box.html", {"form": form})
