"""Whom no mail can reach: said where somebody can do something about it."""

import pytest
from django.contrib.auth.models import User

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import TipState
from tips.publishing import assignments

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return make_person("ann", "Author")


def take_addresses(*names):
    User.objects.filter(username__in=names).update(email="")


def draft(author):
    return make_tip(state=TipState.DRAFT, publish_at=None, author=author, categories=["Everyday"])


@pytest.fixture
def submit(client_of, ann):
    """A function that submits a draft of Ann's on the page that asks first, and returns what follows."""

    def submit(tip):
        client, page = client_of(ann), f"/admin/tips/tip/{tip.pk}/do/submit/"
        return client.post(page, client.get(page).context["seen"], follow=True).text

    return submit


def test_an_author_learns_that_nobody_hears_of_a_submission(submit, ann):
    make_person("ed", "Editor")
    pat = make_person("pat", "Publisher", first_name="Pat", last_name="Ross")
    take_addresses("pat")
    assert "Submitted for review" in (page := submit(draft(ann)))
    assert "e-mail address" not in page
    theirs = draft(ann)
    assignments.assign(theirs, pat, by=pat)
    assert "Pat Ross, to whom it is assigned, has no e-mail address" in submit(theirs)
    take_addresses("ed", "pat")
    nobody = (
        "Nobody who may approve it has an e-mail address, so nobody is told by mail. Tell an editor yourself."
    )
    assert nobody in submit(draft(ann))


def test_the_desk_says_whom_no_mail_can_reach(client_of):
    ed = make_person("ed", "Editor", first_name="Ed", last_name="Young")
    pat = make_person("pat", "Publisher")
    front, safe = "/admin/", "/admin/safe/"
    assert "e-mail address" not in client_of(pat).get(safe).text
    take_addresses("ed")
    assert "Ed Young has no e-mail address." in client_of(pat).get(safe).text
    assert "e-mail address" not in client_of(pat).get(front).text
    take_addresses("pat")
    for person in (ed, pat):
        page = client_of(person).get(front).text
        assert "Nobody who may approve tips has an e-mail address" in page
        assert ("Give an editor an address" in page) == (person == pat)
