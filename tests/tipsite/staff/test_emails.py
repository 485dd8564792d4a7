"""Mails about accounts and alerts: the same in text and HTML, and no name becomes markup."""

import pytest

from tests.tips.people import make_person
from tipsite.staff import emails


@pytest.fixture
def ada(db):
    return make_person("ada", first_name="<b>Ada</b>")


def test_text_and_html_have_one_link_to_press_and_a_name_is_no_markup(ada):
    mail = emails.invitation(ada, ada, "https://tips.example.org/admin/x/?a=1&b=2")
    [(html, kind)] = mail.alternatives
    assert kind == "text/html"
    assert "Hello <b>Ada</b>,\n" in mail.body
    assert "\nhttps://tips.example.org/admin/x/?a=1&b=2\n" in mail.body
    assert "&lt;b&gt;Ada&lt;/b&gt;" in html
    assert html.count("https://tips.example.org/admin/x/?a=1&amp;b=2") == 1
