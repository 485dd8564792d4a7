"""Tips for tests, made with the few words that a test cares about."""

from datetime import timedelta
from itertools import count

from django.utils import timezone
from django.utils.text import slugify

from tips.models import PLANS, Category, Tip, TipState

_numbers = count(1)


def ago(**span):
    """Return the moment that lies so far back."""
    return timezone.now() - timedelta(**span)


def make_tip(title="", *, body="<p>Listen before you answer.</p>", categories=None, tags=(), **fields):
    """Save and return a tip: public since a week ago, unless told otherwise.

    One in review has a category, without which it could not be approved.
    """
    if categories is None:
        categories = ["Everyday"] if fields.get("state") == TipState.IN_REVIEW else ()
    number = next(_numbers)
    title = title or f"Tip number {number}"
    defaults = {"slug": f"{slugify(title)}-{number}", "state": TipState.APPROVED, "for_mail": False}
    if not fields.get("undated"):
        defaults["publish_at"] = ago(days=7)
    # A day that is not approved is one that somebody planned.
    planned = {**defaults, **fields}
    defaults["pinned"] = planned["state"] in PLANS and planned.get("publish_at") is not None
    tip = Tip.objects.create(title=title, body=body, **{**defaults, **fields})
    for name in categories:
        tip.categories.add(Category.objects.get_or_create(name=name, slug=slugify(name))[0])
    tip.tags.add(*tags)
    return tip


def hidden_tips(**fields):
    """Save and return one tip of each kind that readers must not know of."""
    later = timezone.now() + timedelta(days=3)
    return [
        make_tip("Hidden draft", state=TipState.DRAFT, publish_at=None, **fields),
        make_tip("Hidden planned draft", state=TipState.DRAFT, publish_at=ago(days=2), **fields),
        make_tip("Hidden undated draft", state=TipState.DRAFT, undated=True, **fields),
        make_tip("Hidden in review", state=TipState.IN_REVIEW, publish_at=ago(days=2), **fields),
        make_tip("Hidden until its slot", state=TipState.APPROVED, publish_at=later, **fields),
        make_tip("Hidden after withdrawal", state=TipState.WITHDRAWN, publish_at=ago(days=2), **fields),
    ]
