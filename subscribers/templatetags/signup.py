"""The sign-up box: the same for every visitor, without a query of its own, so that pages can be cached."""

from functools import lru_cache

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from shield import signed_time
from subscribers.people import consent_wording
from subscribers.public.forms import SignupForm
from tips.models import SiteSettings
from tips.public.surroundings import of

register = template.Library()


@register.simple_tag(takes_context=True)
def signup_box(context: Context) -> SafeString:
    """Show the sign-up box. Its fields have ids of their own, so it may stand beside another form."""
    site: SiteSettings = of(context).site
    words = consent_wording.worded(site.signup_promise)
    return _box(signed_time.timestamp(), site.signup_version, site.signup_heading, words)


@lru_cache(maxsize=4)
def _box(timestamp: str, version: int, heading: str, words: str) -> SafeString:
    """Return the box as it is for an hour; besides its timestamp, only its words depend on anything."""
    form = SignupForm(auto_id="box_%s", initial={"timestamp": timestamp, "wording": version})
    context = {"form": form, "heading": heading, "words": words}
    return render_to_string("subscribers/_signup_box.html", context)
