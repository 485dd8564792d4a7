"""The desk to audit: ``python -m audit.desk_archive`` adds to the site of DATABASE_URL what a busy week has.

Prints one JSON object: ``name`` and ``password`` of a Publisher; ``screens``, name to URL of what staff look
at while the next tip is safe; ``unsafe``, some of them to be seen once it is not. With the argument
``unsafe`` it makes it so, and prints nothing.
"""

import json
import secrets
import sys
from datetime import timedelta

import django
from django.urls import reverse

django.setup()

from django.contrib.auth.models import User
from django.utils import timezone

from subscribers.models import Delivery, Mailing
from tests.subscribers.making import make_begun
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tips.models import Category, Tag, Tip, TipState
from tips.publishing import workflow
from tips.schedule import queue

BODY = (
    "<p>Greet whoever comes in before they reach the counter, and say your name. It takes a second.</p>" * 4
)
# Of the deliveries of the mailing.
STATES = [Delivery.State.SENT] * 40 + [Delivery.State.REFUSED] * 4 + [Delivery.State.SKIPPED] * 2


def fill() -> str:
    """Make people, tips in every state, subscribers and a mailing; return the Publisher's password."""
    password = secrets.token_urlsafe(12)
    pat = make_person("pat", "Publisher", first_name="Pat", last_name="Doe")
    pat.set_password(password)
    pat.save()
    ann = make_person("ann", "Author", first_name="Ann", last_name="Lee")
    labels = {"categories": [Category.objects.all()[0].name], "tags": ["calm", "first words"]}
    whole = {"body": BODY, "takeaway": "Greet first.", **labels}
    make_tip(
        "A draft of Pat", state=TipState.DRAFT, publish_at=None, author=pat, due_on=ago(days=-1), **whole
    )
    make_tip("In review", state=TipState.IN_REVIEW, publish_at=None, author=ann, editor=pat, **whole)
    back = make_tip("Sent back", state=TipState.IN_REVIEW, publish_at=None, author=pat, **whole)
    workflow.send_back(
        back, "Shorten the beginning, and name the shop.", by=User.objects.get(username="editor")
    )
    Tip.objects.filter(state=TipState.APPROVED, publish_at__gt=timezone.now()).update(for_mail=True)
    mailing = make_begun(Mailing.State.SENT, STATES, ended_at=timezone.now() - timedelta(minutes=30))
    Tip.objects.filter(pk=mailing.tip_id).update(title="Mailed", excerpt="Greet whoever comes in.")
    return password


def screens() -> dict[str, str]:
    """Return what staff look at, as name to URL."""

    def named(name: str, *args: object) -> str:
        return reverse(f"admin:{name}", args=args)

    def of(title: str) -> int:
        return Tip.objects.get(title=title).pk

    queued, mailing = queue.waiting()[0], Mailing.objects.get()
    return {
        "front page": named("index"),
        "tip, new": named("tips_tip_add"),
        "tip, draft": named("tips_tip_change", of("A draft of Pat")),
        "tip, sent back": named("tips_tip_change", of("Sent back")),
        "tip, in review": named("tips_tip_change", of("In review")),
        "tip, approved": named("tips_tip_change", queued.pk),
        "tip, public": named("tips_tip_change", of("Mailed")),
        "history": named("tips_tip_history", of("Sent back")),
        "list": named("tips_tip_changelist"),
        "list, searched": f"{named('tips_tip_changelist')}?q=customer",
        "calendar": named("tips_calendar"),
        "calendar, months": named("tips_calendar_months"),
        "calendar, a week": named("tips_calendar_week", timezone.localdate(queued.moment).isoformat()),
        "publish now": named("tips_tip_do", queued.pk, "publish-now"),
        "mailings": named("subscribers_mailing_changelist"),
        "mailing": named("subscribers_mailing_change", mailing.pk),
        "mailings by week": named("subscribers_mailing_numbers"),
        "subscribers": named("subscribers_subscriber_changelist"),
        "categories": named("tips_category_changelist"),
        "tags": named("tips_tag_changelist"),
        "tag": named("tips_tag_change", Tag.objects.all()[0].pk),
        "person": named("auth_user_change", User.objects.get(username="ann").pk),
        "my account": named("account"),
        "is it safe?": named("safe"),
    }


def make_unsafe() -> None:
    """Keep the next tip from being mailed."""
    Tip.objects.filter(pk=queue.waiting()[0].pk).update(for_mail=False)


if __name__ == "__main__":
    if sys.argv[1:] == ["unsafe"]:
        make_unsafe()
    else:
        secret = fill()
        shown = screens()
        names = ("front page", "tip, approved", "calendar", "is it safe?")
        unsafe = {f"{name}, not safe": shown[name] for name in names}
        print(json.dumps({"name": "pat", "password": secret, "screens": shown, "unsafe": unsafe}))
