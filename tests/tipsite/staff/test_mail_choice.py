"""What a person chooses in their account about mails, and what the page says of it."""

import re

import pytest

from tests.desk.sent_forms import as_sent
from tests.tips.people import make_person
from tipsite.models import WorkMailChoice

ACCOUNT, MAILS = "/admin/account/", "/admin/account/mails/"

pytestmark = pytest.mark.django_db


def test_a_person_chooses_when_to_be_told(client_of):
    ann = make_person("ann", "Author")
    client = client_of(ann)
    page = client.get(ACCOUNT).text
    assert re.search(r"value=\"at_once\"[^>]* checked", page)
    assert "Once a day, at 07:00, all in one mail" in page
    assert "submitted for review" not in page
    assert "no e-mail address" not in page
    answer = client.post(MAILS, {"when": "daily"}, follow=True)
    assert "You get one mail a day" in answer.text
    assert WorkMailChoice.of(ann) == "daily"
    answer = client.post(MAILS, {"when": "each second"}, follow=True)
    assert "Nothing was changed" in answer.text
    assert WorkMailChoice.of(ann) == "daily"
    assert client.get(MAILS).status_code == 405


def test_an_older_page_of_ones_own_puts_no_choice_back(client_of):
    ann = make_person("ann", "Author")
    client = client_of(ann)
    older = as_sent(client.get(ACCOUNT), "when")
    client.post(MAILS, as_sent(client.get(ACCOUNT), "when", when="never"))
    answer = client.post(MAILS, older, follow=True)
    assert "You are told nothing by mail." in answer.text
    assert WorkMailChoice.of(ann) == "never"
    client.post(MAILS, older | {"when": "daily"})
    assert WorkMailChoice.of(ann) == "daily"


def test_whoever_has_no_address_is_told_that_no_mail_can_come(client_of):
    ed = make_person("ed", "Editor")
    ed.email = ""
    ed.save()
    page = client_of(ed).get(ACCOUNT).text
    assert "Your account has no e-mail address, so no mail can reach you" in page
    assert "submitted for review" in page
