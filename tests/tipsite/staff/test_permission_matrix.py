"""The table of rights in docs/authoring.md, cell by cell, and that it knows every URL of the admin."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import get_messages
from django.contrib.messages.constants import WARNING
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, resolve
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tasks_db.models import DBTaskResult

from subscribers.models import Delivery, Erasure, LinkRequest, Mailing, ServiceMail, Suppression
from subscribers.people import contact, subscriptions, suppressions
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import (
    Category,
    Idea,
    Page,
    QueueVersion,
    Series,
    SiteSettings,
    StandingNotice,
    SynonymGroup,
    Tag,
    TipState,
)
from tips.publishing import commenting, preview
from tips.schedule import queue, slots
from tipsite.staff import mailed_links

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "authoring.md"
# The table's columns; who is not signed in is "nobody".
WHO = ["Author", "Editor", "Publisher", "superuser", "no role", "nobody"]
# The words of the table.
YES, NO, NOT_FOUND, SIGN_IN = "yes", "no", "404", "sign in"


def rows():
    """Return the table's rows as (method, address, which, {who: word}), one for each address of a row."""
    lines = DOCUMENT.read_text().split("## Every URL", 1)[1].split("\n## ")[0].splitlines()
    found = []
    for line in lines:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 2 + len(WHO) or not cells[0].startswith("`"):
            continue
        verb, _, which = cells[1].partition(": ")
        method = {"open": "GET", "send": "POST"}[verb]
        words = dict(zip(WHO, cells[2:], strict=True))
        found += [(method, f"/admin{each}", which, words) for each in re.findall(r"`([^`]*)`", cells[0])]
    return found


def routes():
    """Return every route of the desk, as Django names what an address was resolved to."""

    def walk(patterns, before):
        for pattern in patterns:
            here = before + str(pattern.pattern).removeprefix("^")
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, here)
            else:
                yield here

    return set(walk(admin.site.urls[0], "admin/"))


# Mailings by the words of the table.
MAILINGS = {
    "prepared": Mailing.State.PREPARED,
    "under way": Mailing.State.SENDING,
    "paused": Mailing.State.PAUSED,
    "held": Mailing.State.HELD,
    "sent": Mailing.State.SENT,
}


def make_mailing(state, subscriber):
    """Save a mailing in a state; one that has begun has a delivery that waits for a person."""
    moment = timezone.now() - timedelta(hours=1)
    values = {"tip": make_tip(for_mail=True, publish_at=moment), "starts_at": moment, "state": state}
    if state in (Mailing.State.PREPARED, Mailing.State.HELD):
        return Mailing.objects.create(**values)
    values |= {
        "started_at": moment,
        "audience_up_to": Mailing.ALL,
        "subject": "S",
        "text": "T",
        "html": "<p>T</p>",
    }
    mailing = Mailing.objects.create(**values)
    uncertain = {"state": Delivery.State.UNCERTAIN, "uncertain_count": 2}
    Delivery.objects.create(mailing=mailing, subscriber=subscriber, **uncertain)
    return mailing


def make_correction(mailing):
    """Save a prepared correction of a mailing."""
    kind, later = Mailing.Kind.CORRECTION, timezone.now() + timedelta(minutes=9)
    return Mailing.objects.create(
        tip=mailing.tip, corrects=mailing, kind=kind, note="It was wrong.", starts_at=later
    )


class Things:
    """One of everything that an address can be about, as seen by ``me``."""

    def __init__(self, me):
        self.me, self.other = me, make_person("other", "Author")
        later = timezone.now() + timedelta(days=400)
        review = {"state": TipState.IN_REVIEW, "categories": ["Manners"]}
        self.tips = {
            "own draft": make_tip(author=me, state=TipState.DRAFT, publish_at=None),
            "own in review": make_tip(author=me, for_mail=True, publish_at=later, **review),
            "another’s draft": make_tip(author=self.other, state=TipState.DRAFT, publish_at=None),
            "another’s in review": make_tip(
                author=self.other, publish_at=later + timedelta(days=1), **review
            ),
            "another’s approved": make_tip(author=self.other, state=TipState.APPROVED, publish_at=later),
            "another’s public": make_tip(author=self.other),
            "another’s withdrawn": make_tip(author=self.other, state=TipState.WITHDRAWN),
        }
        owner = User.objects.create_superuser("mighty", "mighty@example.org", "mighty-knows-this")
        invited = User.objects.create(username="new", email="new@example.org", is_staff=True)
        invited.set_unusable_password()
        invited.save()
        gone = make_person("gone", "Author", is_active=False)
        careful = make_person("careful", "Author")
        TOTPDevice.objects.create(user=careful, confirmed=True)
        self.people = {
            "a colleague": self.other,
            "a superuser": owner,
            "invited": invited,
            "deactivated": gone,
            "with an app": careful,
            "oneself": me,
        }
        subscriber = subscriptions.confirm(subscriptions.request("anna@example.org"))
        suppressions.suppress(subscriber.address_hash, Suppression.Reason.BOUNCED)
        self.mailings = {which: make_mailing(state, subscriber) for which, state in MAILINGS.items()}
        self.mailings["prepared correction"] = make_correction(make_mailing(MAILINGS["sent"], subscriber))
        tag = Tag.objects.create(name="calm", slug="calm")
        self.rows = {
            "auth/group": Group.objects.get(name="Author"),
            "tips/category": Category.objects.get(slug="manners"),
            "tips/tag": tag,
            "tips/synonymgroup": SynonymGroup.objects.first(),
            "tips/page": Page.objects.create(title="Team", path="/team/", body="<p>We are three.</p>"),
            "tips/series": Series.objects.create(name="Three steps", slug="three-steps"),
            "tips/standingnotice": StandingNotice.objects.create(sort="book", text="Read our book"),
            "tips/sitesettings": SiteSettings.objects.get_or_create(pk=1)[0],
            "tips/idea": Idea.objects.create(line="The baker who labels bread", by=me),
            "subscribers/subscriber": subscriber,
            "subscribers/linkrequest": LinkRequest.objects.get(),
            "subscribers/contactmessage": contact.take("Anna", "anna@example.org", "Talks", "Do you?", []),
            "subscribers/suppression": Suppression.objects.get(),
            "subscribers/servicemail": ServiceMail.objects.get(),
            "subscribers/erasure": Erasure.objects.create(was_confirmed=True),
            "django_tasks_database/dbtaskresult": DBTaskResult.objects.create(
                args_kwargs={"args": [], "kwargs": {}}, task_path="tests.nothing", run_after=timezone.now()
            ),
        }
        self.links = {
            which: preview.make_link(tip, by=owner, days=7)
            for which, tip in self.tips.items()
            if tip.state not in (TipState.WITHDRAWN, TipState.APPROVED)
        }

        # The owner’s word: nobody else takes it back.
        self.comments = {
            which: commenting.comment(tip, "Is this so?", by=owner) for which, tip in self.tips.items()
        }
        today = timezone.localdate()
        week = slots.Timetable.load().between(today + timedelta(days=8), today + timedelta(days=15))
        self.day = next(iter(week)).day
        # What can be taken back, by whoever did it.
        plan = make_tip(author=self.other, state=TipState.DRAFT, publish_at=None)
        queue.pin(plan, self.day + timedelta(days=14), by=owner, seen=None)
        QueueVersion.objects.update(by=me)

    def answers(self, address):
        """Return what a POST brings along, so that what is permitted is also done."""
        answers = {"post": "yes", "reason": "Because.", "days": "7", "role": "Author", "when": "daily"}
        answers |= {"when_0": "2031-03-04", "when_1": "07:00"}
        if "/mailing/" in address:
            answers |= {"note": "It was wrong.", "to": self.me.pk, "do": "count-as-sent"}
        if "/comments/" in address:
            answers["text"] = "It is."
        if address.endswith("/do/assign/"):
            answers["editor"] = self.people["a superuser"].pk
        if address.endswith("/do/due/"):
            answers["day"] = self.day
        if "/calendar/" in address:
            answers |= {"verb": "pin", "tip": self.tips["another’s in review"].pk, "day": self.day}
            answers |= {"from_date": self.day, "weekday": 2, "time": "08:00", "zone": "Europe/Berlin"}
            answers["seen"] = queue.version()
        return answers

    def fill(self, address, which):
        """Return an address with its places filled."""
        room = "/".join(address.split("/")[2:4])
        places = {
            "app": "tips",
            "day": self.day,
            "type": ContentType.objects.get_for_model(Category).pk,
            "uid>/<token": mailed_links.INVITATION.link(self.people["invited"])
            .split("/invitation/")[1]
            .strip("/"),
        }
        if which in self.tips:
            tip = self.tips[which]
            places["id"] = tip.pk
            if "<link>" in address:
                places["link"] = self.links[which].pk
            if "<comment>" in address:
                places["comment"] = self.comments[which].pk
            if "<number>" in address:
                places["number"] = tip.versions.first().pk
        elif room == "auth/user" and which:
            places["id"] = self.people[which].pk
        elif room == "subscribers/mailing":
            mailing = self.mailings[which or "sent"]
            places["id"] = mailing.pk
            if "<row>" in address:
                places["row"] = mailing.deliveries.get().pk
        elif room in self.rows:
            places["id"] = self.rows[room].pk
        elif address.startswith("/admin/r/"):
            places["id"] = self.rows["tips/category"].pk
        for name, value in places.items():
            address = address.replace(f"<{name}>", str(value))
        assert "<" not in address, address
        return address


LEADS_TO_THE_DOOR = {("/admin/login/code/", "/admin/login/"), ("/admin/logout/", "/admin/")}


def outcome(key, method, address, answers):
    """Return what came of a request in the session with this key, in a word of the table."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    response = client.get(address) if method == "GET" else client.post(address, answers)
    if response.status_code == 404:
        return NOT_FOUND
    if any(each.name == "admin/staff/sign_in_again.html" for each in response.templates):
        return SIGN_IN
    if response.status_code == 403:
        return NO
    location = response.headers.get("Location", "")
    if location.startswith("/admin/login/?next=") or (address, location) in LEADS_TO_THE_DOOR:
        return SIGN_IN
    refused = [each.message for each in get_messages(response.wsgi_request) if each.level >= WARNING]
    if response.status_code == 302 and refused:
        return f"refused ({refused[0]})"
    # A method that is not for this address was not refused to the person.
    assert response.status_code in (200, 204, 302, 400, 405), (method, address, response.status_code)
    return YES


def session_of(person):
    client = Client()
    client.force_login(person)
    return client.session.session_key


@pytest.fixture(autouse=True)
def quiet(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("who", WHO)
def test_each_cell_of_the_table_is_true(who):
    if who == "superuser":
        me = User.objects.create_superuser("me", "me@example.org", "me-knows-this")
    else:
        me = make_person("me", None if who in ("no role", "nobody") else who)
    things, key = Things(me), session_of(me) if who != "nobody" else ""
    wrong = []
    for method, address, which, words in rows():
        with transaction.atomic():
            came = outcome(key, method, things.fill(address, which), things.answers(address))
            transaction.set_rollback(True)
        if came != words[who]:
            wrong.append(f"{method} {address} ({which}): {came}, not {words[who]}")
    assert wrong == []


@pytest.mark.django_db
def test_the_table_knows_every_address_of_the_desk():
    things = Things(make_person("me", "Author"))
    known = {resolve(things.fill(address, which).partition("?")[0]).route for _, address, which, _ in rows()}
    assert routes() - known == set()


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["/", ""])
@pytest.mark.parametrize("which", ["another’s draft", "another’s public"])
def test_an_author_is_not_told_that_anothers_tip_exists(which, end):
    me = make_person("me", "Author")
    things, client = Things(me), Client()
    client.force_login(me)
    pages = ["", "change/", "history/", "history/compare/", "preview/", "preview/page/", "links/", "delete/"]
    pages += [
        "history/<number>/revert/",
        "do/submit/",
        "do/withdraw/",
        "still-open/",
        "earlier/",
        "comments/",
    ]
    answers = {}
    for page in pages:
        address = things.fill(f"/admin/tips/tip/<id>/{page}", which).removesuffix("/") + end
        nowhere = address.replace(f"/{things.tips[which].pk}/", "/999999/", 1)
        answers[page] = [client.get(each, follow=True).status_code for each in (address, nowhere)]
    assert {page: codes for page, codes in answers.items() if codes != [404, 404]} == {}


def test_the_table_is_there():
    assert len(rows()) > 100
    assert {word for *_, words in rows() for word in words.values()} == {YES, NO, NOT_FOUND, SIGN_IN}
