"""What strangers type: it never breaks a page, and never adds a header or a recipient."""

import pytest

from subscribers import confirmations
from subscribers.models import SignupRequest

pytestmark = pytest.mark.django_db

ENDINGS = [
    "\r\n",
    "\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "%0a",
    "%0d%0a",
    "\\r\\n",
    "\x00",
]
HEADERS = [
    "Bcc: eve@evil.example",
    "To: eve@evil.example",
    "Subject: pills",
    "\r\n\r\n<b>body</b>",
    "RCPT TO:<e@e.ex>",
]
SHAPES = [
    "{{ 7|add:35 }}", "{% debug %}", "${7*7}", "<script>alert(1)</script>", "' OR 1=1 --", "a" * 100_000,
    "\ufeff", "\u202e", "😀", "=cmd|' /C calc'!A0", "../../etc/passwd", "\x1b[31m", "%s%n", "\\", '"', "<>",
    "a@b@c.example", '"a b"@example.org', '"a,eve@evil.example"@example.org', '"a\\"b"@example.org', "@",
    "a@example.org,eve@evil.example", "a@example.org;eve@evil.example", "<a@example.org>", "a@[127.0.0.1]",
    "a@xn--", "a@xn--a.example", "a@xn--0.example", "a%eve@example.org", "a!eve@example.org", "a@.",
    "a@example.org.", "/dev/null@example.org", "-oQ/tmp@example.org", "|sh@example.org", "a@\u00ad.example",
    "a@" + "x" * 63 + ".example", "a@例え.テスト", "a@ß.example", "..@example.org", ".a@example.org",
    "a@e\u0301xample.org",
]  # fmt: skip
HOSTILE = (
    SHAPES
    + [f"a@example.org{end}{header}" for end in ENDINGS for header in HEADERS]
    + [f"a{end}{header}@example.org" for end in ENDINGS for header in HEADERS]
    + [f"{header}{end}" for end in ENDINGS for header in HEADERS]
)


@pytest.mark.parametrize(
    "field", ["address", "first_name", "subject", "stamp", "wording", "csrfmiddlewaretoken"]
)
def test_no_string_breaks_the_form_or_the_mail(field, sign_up, post_office):
    for number, string in enumerate(HOSTILE):
        typed = {"address": f"a{number}@example.org", field: string}
        answer = sign_up(typed.pop("address"), remote=f"10.0.{number // 250}.{number % 250}", **typed)
        assert answer.status_code in (303, 422), string
    taken = list(SignupRequest.objects.values_list("address", flat=True))
    confirmations.outbox.send_due()
    assert bool(post_office.letters) == (field not in ("subject", "stamp"))
    assert not SignupRequest.objects.exclude(mail__in=["sent", "skipped"]).filter(tries__gt=0).exists()
    for letter in post_office.letters:
        (recipient,) = letter.recipients
        assert recipient in taken
        assert "evil.example" not in recipient.rpartition("@")[2]
        mail = letter.message
        assert len(mail.get_all("To")) == len(mail.get_all("Subject")) == 1
        assert not mail.get_all("Bcc")
        assert sorted(mail.keys()) == sorted(set(mail.keys()))
        assert [part.get_content_type() for part in mail.walk()].count("text/plain") == 1


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
    answer = client.generic("POST", "/subscribe/", body, content_type=kind)
    assert 400 <= answer.status_code < 500
    assert not SignupRequest.objects.exists()


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
    assert sign_up("anna@example.org", headers=headers).status_code in (303, 403)
