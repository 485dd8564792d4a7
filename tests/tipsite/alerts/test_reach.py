"""Whom no mail reaches: said where somebody can do something about it, and true to the mails that go out."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import TipState
from tips.publishing import assignments
from tipsite.alerts import work_mails
from tipsite.models import WorkMailChoice

pytestmark = pytest.mark.django_db

NOBODY = "Nobody who may approve it is told by mail"


@pytest.fixture(autouse=True)
def desk(settings, tmp_path):
    settings.STATE_DIR, settings.FOUR_EYES = tmp_path, False
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def ann():
    return make_person("ann", "Author")


def without_address(person):
    User.objects.filter(pk=person.pk).update(email="")


def invited(person):
    person.set_unusable_password()
    person.save()


def mute(person):
    WorkMailChoice.objects.create(person=person, when="never")


def daily(person):
    WorkMailChoice.objects.create(person=person, when="daily")


def draft(author):
    return make_tip(state=TipState.DRAFT, publish_at=None, author=author, categories=["Everyday"])


@pytest.fixture
def submit(client_of):
    """A function that submits a tip on the page that asks first, and returns what is said afterwards."""

    def submit(tip, by):
        client, page = client_of(by), f"/admin/tips/tip/{tip.pk}/do/submit/"
        answer = client.post(page, client.get(page).context["seen"], follow=True)
        [said] = [str(message) for message in answer.context["messages"]]
        assert "Submitted for review" in said
        return said.partition("Submitted for review.")[2].strip()

    return submit


def mailed():
    """Return whether the worker's clock, minutes and a day from now, mails anybody of what was done."""
    for later in (timedelta(minutes=2), timedelta(hours=25)):
        work_mails.send_due(timezone.now() + later)
    return bool(mail.outbox)


@pytest.mark.parametrize(
    ("hinder", "why"),
    [
        (None, ""),
        (daily, ""),
        (without_address, "Ed Young has no e-mail address"),
        (invited, "Ed Young has not accepted the invitation yet"),
        (mute, "Ed Young chose to get no mails about tips"),
    ],
)
@pytest.mark.parametrize("is_assigned", [False, True])
def test_whoever_submits_learns_why_nobody_is_told_by_mail(submit, ann, hinder, why, is_assigned):
    ed = make_person("ed", "Editor", first_name="Ed", last_name="Young")
    if hinder:
        hinder(ed)
    tip = draft(ann)
    if is_assigned:
        # Who is not assigned hears nothing of it.
        assignments.assign(tip, ed, by=make_person("pat", "Publisher"))
        why = why and f"{why.replace('Young', 'Young, to whom it is assigned,')}, and is not told by mail."
    elif why:
        why = f"{NOBODY}: {why}. Tell an editor yourself."
    said = submit(tip, ann)
    assert said.removesuffix(" Tell them yourself.") == why
    assert mailed() == (not why)


def test_the_only_approver_is_told_nothing_of_an_own_tip_and_nothing_false(submit, settings):
    ed = make_person("ed", "Editor")
    assert submit(draft(ed), ed) == ""
    settings.FOUR_EYES = True
    assert submit(draft(ed), ed).startswith("Nobody may approve it at present.")
    pat = make_person("pat", "Publisher")
    assert submit(draft(ed), ed) == ""
    mute(pat)
    assert submit(draft(ed), ed).startswith(f"{NOBODY}: pat chose")


def test_the_desk_says_whom_no_mail_reaches(client_of):
    ed = make_person("ed", "Editor", first_name="Ed", last_name="Young")
    pat = make_person("pat", "Publisher")
    front, safe, nobody = "/admin/", "/admin/safe/", "Nobody who may approve tips is told by mail"
    assert "mail about tips" not in client_of(pat).get(safe).text
    without_address(ed)
    some = "No mail about tips reaches some of the editors: Ed Young has no e-mail address."
    assert some in client_of(pat).get(safe).text
    assert "e-mail address" not in client_of(pat).get(front).text
    mute(pat)
    for person in (ed, pat):
        page = client_of(person).get(front).text
        assert nobody in page
        assert "pat chose to get no mails about tips and Ed Young has no e-mail address." in page
        assert ("Look at their accounts" in page) == (person == pat)
    # What all chose themselves is no fault.
    User.objects.filter(pk=ed.pk).update(email="ed@example.org")
    mute(ed)
    assert nobody not in client_of(pat).get(front).text
    assert nobody in client_of(pat).get(safe).text
