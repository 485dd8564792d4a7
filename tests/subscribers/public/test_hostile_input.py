"""What strangers type: it never breaks a page, and never adds a header or a recipient."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.http import QueryDict

from shield import flood, signed_time
from shield.rate_limits import FixedWindow
from subscribers.mail import compose, link_mails, service_mails
from subscribers.models import LinkRequest, ServiceMail, Subscriber
from subscribers.people import consent_wording
from subscribers.public.forms import AddressForm, AgainForm, SignupForm
from tests.subscribers.public.hostile import HOSTILE

pytestmark = pytest.mark.django_db

FORMS = {"/subscribe/": SignupForm, "/subscribe/again/": AgainForm, "/subscribe/preferences/": AddressForm}
EVERY_FIELD = [(path, field) for path, form in FORMS.items() for field in form.base_fields]


def check(raw, recipient):
    """Fail where a mail as it was sent has a header, a recipient or a part too many."""
    mail = message_from_bytes(raw, policy=policy.default)
    assert not mail.defects
    assert [address.addr_spec for address in mail["To"].addresses] == [recipient]
    # The mail server of the tests adds the last two.
    expected = set("content-type mime-version subject from to date auto-submitted message-id x-peer".split())
    assert sorted(name.lower() for name in mail) == sorted(
        {name.lower() for name in mail} & expected | {"to"}
    )
    parts = [part.get_content_type() for part in mail.walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html"]
    for part in ("plain", "html"):
        text = mail.get_body([part]).get_content()
        for word in ("evil.example", "pills", "<b>body", "{{", "{%"):
            assert word not in text


def test_there_are_as_many_hostile_strings_as_we_say():
    assert len(set(HOSTILE)) >= 500


@pytest.mark.parametrize(("path", "field"), EVERY_FIELD)
def test_no_string_in_any_field_gets_past_a_form_into_a_mail(path, field):
    typed = {
        "address": "a@example.org",
        "timestamp": signed_time.timestamp(),
        "wording": str(consent_wording.current()),
    }
    taken = []
    for string in HOSTILE:
        data = QueryDict(mutable=True)
        data.update(typed | {field: string})
        form = FORMS[path](data)
        if form.is_valid():
            taken.append(form.cleaned_data["address"])
    assert bool(taken) == (field not in ("subject", "timestamp"))
    for address in set(taken):
        signup = LinkRequest(address=address)
        member = Subscriber(address=address, public_id="x" * 16, address_hash="0" * 64)
        mails = [compose.confirmation(signup), compose.subscribed_already(signup, member)]
        for mail in (*mails, compose.preferences(signup)):
            assert mail.recipients() == [address]
            assert "evil.example" not in address.rpartition("@")[2]
            check(mail.message().as_bytes(), address)


@pytest.mark.parametrize("path", FORMS)
def test_no_string_breaks_a_page_or_the_post(path, sign_up, client, post_office, monkeypatch):
    monkeypatch.setattr(flood, "FORMS", FixedWindow("test", 10_000, timedelta(minutes=5)))
    every = len(FORMS[path].base_fields)
    for number, string in enumerate(HOSTILE[::6]):
        field = list(FORMS[path].base_fields)[number % every]
        typed = {"address": f"a{number}@example.org", field: string}
        address = typed.pop("address")
        answer = sign_up(address, path=path, remote=f"10.0.{number // 250}.{number % 250}", **typed)
        assert answer.status_code in (200, 422), string
        assert "<script>alert" not in answer.text
        assert "<b>body" not in answer.text
    taken = set(LinkRequest.objects.values_list("address", flat=True))
    assert taken
    for address in taken if path.endswith("preferences/") else []:
        Subscriber.objects.create(address=address)
    link_mails.outbox.send_due()
    assert {recipient for letter in post_office.letters for recipient in letter.recipients} <= taken
    assert len(post_office.letters) > len(taken) / 2
    for letter in post_office.letters:
        (recipient,) = letter.recipients
        check(letter.raw, recipient)


def test_a_hostile_name_stands_in_the_mails_of_its_owner_as_plain_text(sign_up, post_office, client):
    name = '{{ 7|add:35 }} <b>&amp;</b> "Bcc:'
    sign_up("anna@example.org")
    client.post(f"/subscribe/confirm/{LinkRequest.objects.get().token}/", {"first_name": name})
    assert ServiceMail.objects.get().kind == "welcome"
    assert Subscriber.objects.get().first_name == name
    service_mails.outbox.send_due()
    (letter,) = post_office.letters
    assert name in letter.text
    assert '{{ 7|add:35 }} &lt;b&gt;&amp;amp;&lt;/b&gt; "Bcc:' in letter.html


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe%zz&&&=&address", "application/x-www-form-urlencoded"),
        (b"address=a@example.org", "application/x-www-form-urlencoded; charset=nonsense"),
        (b"address=%ED%A0%80@example.org&first_name=%ED%A0%80", "application/x-www-form-urlencoded"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data"),
        (b"{}", "application/json"),
        (b"a=1&" * 2000, "application/x-www-form-urlencoded"),
        (b"a=" + b"1" * 3_000_000, "application/x-www-form-urlencoded"),
    ],
)
def test_a_broken_body_is_refused_and_breaks_nothing(client, body, kind):
    for path in FORMS:
        answer = client.generic("POST", path, body, content_type=kind)
        assert 400 <= answer.status_code < 500
    assert not LinkRequest.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "\x00"},
        {"Origin": "http://[::1"},
        {"Referer": "http://["},
        {"Referer": "x" * 5000},
        {"Sec-Fetch-Site": "<script>"},
        {"X-Forwarded-For": "," * 5000},
    ],
)
def test_a_broken_header_breaks_nothing(headers, sign_up, settings):
    settings.TRUSTED_PROXIES = 1
    assert sign_up("anna@example.org", headers=headers).status_code in (200, 403)
