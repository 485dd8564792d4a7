"""No page tells who is a member: neither by what it answers, nor by the work that it does before."""

import re

import pytest

from shield import flood, judgement
from subscribers import tokens
from subscribers.models import LinkRequest, ServiceMail, Subscriber
from tests.subscribers import address_states
from tests.subscribers.draining import send_outgoing

pytestmark = pytest.mark.django_db

FORMS = ["/subscribe/", "/subscribe/again/", "/subscribe/preferences/"]


def as_a_stranger_sees_it(answer, address=""):
    """Return all that an answer tells, but for signed words, which are different each time they are made."""
    text = re.sub(r"/(undo)/[^/\"]+/", r"/\1/TOKEN/", answer.text).replace(address or "\0", "ADDRESS")
    return answer.status_code, text, sorted(answer.headers.items())


@pytest.mark.parametrize("path", FORMS)
def test_a_form_answers_everybody_alike_the_first_time_and_the_second(path, sign_up):
    everybody, seen = address_states.make(), set()
    for turn in range(2):
        for place, address in enumerate(everybody.values()):
            answer = sign_up(address, path=path, remote=f"203.0.113.{place + 100 * turn}")
            seen.add(str(as_a_stranger_sees_it(answer, address)))
    assert len(seen) == 1
    assert seen.pop().startswith("(200, ")


@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_was_sent_too_often_answers_everybody_alike(path, sign_up):
    everybody, seen = address_states.make(), {"asked": set(), "too often": set()}
    for number in range(flood.FORMS.amount + 1):
        sign_up(f"flood{number}@example.org", path=path, remote=f"198.51.{number}.1")
    for address in everybody.values():
        page = sign_up(address, path=path)
        seen["asked"].add(str(as_a_stranger_sees_it(page, address)))
    for _ in range(judgement.ANSWERS.amount):
        sign_up("flood@example.org", path=path, answer="?")
    for address in everybody.values():
        page = sign_up(address, path=path, answer="?")
        seen["too often"].add(str(as_a_stranger_sees_it(page, address)))
    assert [len(answers) for answers in seen.values()] == [1, 1]
    assert seen["asked"].pop().startswith("(422, ")
    assert seen["too often"].pop().startswith("(429, ")


@pytest.mark.parametrize("path", FORMS)
def test_a_form_does_the_same_work_for_everybody(path, sign_up, django_assert_num_queries):
    everybody = address_states.make()
    sign_up("first@example.org", path=path)
    for place, address in enumerate(everybody.values()):
        # Three of the flood, two of the networks, two of their turn, the request, two savepoints, the foot.
        with django_assert_num_queries(13):
            assert sign_up(address, path=path, remote=f"10.0.{place}.1").status_code == 200


def test_a_link_that_leaves_answers_everybody_alike_the_first_time_and_the_second(client):
    everybody, seen = address_states.make(), {"page": set(), "pressed": set()}
    public_ids = [person.public_id for person in Subscriber.objects.all()]
    assert len(public_ids) < len(everybody)
    for public_id in [*public_ids, tokens.nobody()]:
        link = f"/unsubscribe/{tokens.make(tokens.Purpose.LEAVE, public_id)}/"
        for _ in range(2):
            seen["page"].add(str(as_a_stranger_sees_it(client.get(link))))
            seen["pressed"].add(str(as_a_stranger_sees_it(client.post(link))))
    assert [len(answers) for answers in seen.values()] == [1, 1]


def test_the_mail_goes_to_those_who_may_be_asked_and_to_nobody_else(sign_up, post_office):
    everybody = address_states.make()
    LinkRequest.objects.all().delete()
    ServiceMail.objects.all().delete()
    for path in FORMS:
        for place, address in enumerate(everybody.values()):
            assert sign_up(address, path=path, remote=f"203.0.113.{place}").status_code == 200
    send_outgoing()
    got = {}
    for letter in post_office.letters:
        (recipient,) = letter.recipients
        got.setdefault(recipient, []).append(letter.message["Subject"].partition(":")[0])
    confirmation, already = "Please confirm your sign-up", "You are subscribed already"
    link = next(subject for subject in got[everybody["confirmed"]] if subject != already)
    assert "preferences" in link.lower()
    assert got == {
        everybody["new"]: [confirmation],
        everybody["asked"]: [confirmation],
        everybody["left"]: [confirmation, link],
        everybody["confirmed"]: [already, link],
        everybody["paused"]: [already, link],
    }
