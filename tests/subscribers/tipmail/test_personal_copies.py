"""The mail that brings a tip, read back as a mail program reads it."""

import email
import email.policy
import re
import smtplib
from datetime import UTC, datetime
from email.header import decode_header, make_header
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from subscribers import tipmail, tokens
from subscribers.models import Mailing
from subscribers.tipmail import plain_text, rendering
from tips.models import Tip
from tips.text import sanitiser

HANDLE = "AbCdEfGhIjKlMnOp"
PICTURE = "/media/" + "a" * 64 + ".jpg"
BODY = (
    '<p>Let them finish — <strong>all</strong> of it; see <a href="/tips/listening/?a=1&amp;b=2">how to'
    ' listen</a>, <a href="https://example.org/x">https://example.org/x</a> or <a'
    ' href="mailto:ann@example.org">write to Ann</a>. 1 &lt; 2 &amp; 3.</p>'
    '<h2>First</h2><ol start="3"><li><p>Put the pen down.</p></li><li><p>Ask</p><ul><li><p>what</p></li>'
    "<li><p>when</p></li></ul></li></ol><blockquote><p>“You let me<br>finish.”</p><p>Ann</p></blockquote>"
    f'<p><img src="{PICTURE}" alt="A clerk, listening" width="1200" height="800"></p>'
    "<h3>Then</h3><p>Say <em>when</em>.</p><p>.</p><p>From here on, keep your word.</p>"
)


@pytest.fixture(autouse=True)
def real_site(settings):
    settings.SITE_URL, settings.HTTPS = "https://tips.example.org", True
    settings.SITE_NAME = "Tip of the Week"
    settings.DEFAULT_FROM_EMAIL = "tips@example.org"
    settings.BOUNCE_ADDRESS = "bounces@example.org"
    settings.REPLY_TO = "desk@example.org"
    settings.POSTAL_ADDRESS = "Counter House, 1 Bell Street"


def tip(**fields):
    """Return a tip that is in no database."""
    texts = {"title": "Let them finish", "body": BODY, "takeaway": "Calm is catching."}
    return Tip(slug="let-them-finish", **texts | fields)


def mailing(frozen, **fields):
    """Return what a template needs of a mailing."""
    texts = {"subject": frozen.subject, "text": frozen.text, "html": frozen.html}
    return SimpleNamespace(**{"pk": 7, "kind": Mailing.Kind.TIP, **texts, **fields})


def parsed(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def personal(frozen=None, delivery=35, to="ann@example.net"):
    """Return (envelope sender, bytes, message) of a mail to one person."""
    sender, raw = tipmail.Template(mailing(frozen or tipmail.render(tip()))).personal(delivery, HANDLE, to)
    return sender, raw, parsed(raw)


def part(message, kind):
    return message.get_body([kind]).get_content().replace("\r\n", "\n")


class Page(HTMLParser):
    """What a reader sees of a page: words and links in their order, and pictures by what they show."""

    def __init__(self, source):
        super().__init__()
        self.words, self.links, self.pictures = [], [], []
        self._hidden, self._begin = 0, 0
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a":
            self.links.append(attributes["href"])
            self._begin = len(self.words)
        if tag == "img":
            self.pictures.append(attributes)
            self.words += attributes["alt"].split()
        elif tag not in ("meta", "br") and (
            self._hidden or tag == "head" or attributes.get("class") == "preheader"
        ):
            self._hidden += 1

    def handle_endtag(self, tag):
        self._hidden = max(self._hidden - 1, 0)
        # A link's address follows its words, unless it is them.
        if tag == "a" and self.words[self._begin :] != [self.links[-1]]:
            self.words.append(self.links[-1].removeprefix("mailto:"))

    def handle_data(self, data):
        if not self._hidden:
            self.words += data.split()


def bare(text):
    """Return the words of a text without its marks: bullets, numbers, quotes and lines."""
    return re.findall(r"[^\W_]+", re.sub(r"(?m)^[> ]*(?:•|\d+\.) ", "", text))


# --- What it says -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Mailing.Kind)
def test_html_and_text_have_the_same_words_and_the_same_links(kind):
    message = personal(tipmail.render(tip(), kind, "Step 4 was wrong.\nWe are sorry."))[2]
    words = " ".join(Page(part(message, "html")).words)
    assert bare(part(message, "plain")) == bare(words)
    assert ("We are sorry." in words) == (kind == Mailing.Kind.CORRECTION)


def test_every_address_in_it_is_absolute_and_every_picture_keeps_its_words():
    page = Page(part(personal()[2], "html"))
    assert "https://tips.example.org/tips/listening/?a=1&b=2" in page.links
    assert all(urlsplit(link).scheme in ("https", "mailto") for link in page.links)
    bell, picture = page.pictures
    assert bell["src"] == "https://tips.example.org/static/mail-bell.png"
    assert picture["src"] == "https://tips.example.org" + PICTURE
    assert picture["alt"] == "A clerk, listening"
    assert int(picture["width"]) <= 600


def test_it_brings_what_every_mail_of_a_list_must():
    message = personal()[2]
    text, page = part(message, "plain"), Page(part(message, "html"))
    assert "View in browser: https://tips.example.org/tips/let-them-finish/" in text
    assert "You get this because you confirmed on tips.example.org" in text
    assert "Counter House, 1 Bell Street" in text
    assert f"https://tips.example.org{reverse('subscribers:ask')}" in page.links
    assert "https://tips.example.org/tips/let-them-finish/" in page.links
    (leave,) = [link for link in page.links if "/unsubscribe/" in link]
    token = leave.rstrip("/").rpartition("/")[2]
    assert tokens.read(tokens.Purpose.LEAVE, token) == HANDLE
    assert text.count(leave) == 1
    assert "your-own-link" not in text + part(message, "html")
    # The person's own token is in no other link.
    assert [link for link in page.links if HANDLE in link] == [leave]


@pytest.mark.parametrize("kind", Mailing.Kind)
def test_nobody_who_writes_a_tip_has_the_readers_tokens_sent_elsewhere(kind):
    path = "/unsubscribe/your-own-link/"
    places = [f"https://evil.example{path}", f"https://evil.example/?u=https://tips.example.org{path}"]
    # Taking one out must not make another.
    places.append("https://evil.example/unsubscribe/youryour-own-linkown-link/")
    body = "".join(f'<p><a href="{place}">here</a> {place}</p>' for place in places)
    texts = " ".join(places)
    frozen = rendering.render(tip(title=texts, body=body, takeaway=texts), kind, texts)
    template = tipmail.Template(mailing(frozen, kind=kind))
    _, raw = template.personal(35, HANDLE, "ann@example.net")
    whole = template.message(35, HANDLE, "ann@example.net")
    for message in (parsed(raw), parsed(whole.message().as_bytes())):
        assert HANDLE not in message["Subject"]
        for text in (part(message, "plain"), part(message, "html")):
            leave = re.findall(rf"(\S+)/unsubscribe/{HANDLE}", text)
            assert [each.rpartition('"')[2] for each in leave] == ["https://tips.example.org"]
            assert text.count(HANDLE) == 1
            assert "your-own-link" not in text


def test_it_follows_nobody():
    html = part(personal()[2], "html")
    # The bell is one picture for all.
    assert len(Page(html).pictures) == 1 + BODY.count("<img")
    assert not re.search(r"<(?:script|link|iframe|object)\b|url\(|@import|@font-face", html)


def test_the_takeaway_is_what_a_list_of_mails_shows_and_is_read_once():
    html = part(personal()[2], "html")
    first = re.search(r"<body[^>]*>\s*<div ([^>]*)>(.*?)</div>", html)
    assert "display: none" in first[1]
    # What comes next in the mail is not shown behind it.
    assert re.fullmatch(r"Calm is catching\.(?:\u034f\u200c&nbsp;){93}", first[2])
    assert " ".join(Page(html).words).count("Calm is catching.") == 1


def test_styles_stand_in_the_tags_and_dark_ones_in_the_head():
    html = part(personal()[2], "html")
    head, body = html.split("</head>")
    assert "@media screen and (prefers-color-scheme: dark)" in head
    assert '<meta name="color-scheme" content="light dark">' in head
    assert re.search(r'<h2 style="[^"]*font-size', body)
    assert 'lang="en" dir="ltr"' in html


def test_its_text_keeps_lists_quotes_and_headings():
    text = plain_text.from_html(sanitiser.shown(BODY, "https://tips.example.org"))
    assert text == (
        "Let them finish — all of it; see how to listen (https://tips.example.org/tips/listening/?a=1&b=2),"
        " https://example.org/x or write to Ann (ann@example.org). 1 < 2 & 3.\n\n"
        "First\n\n3. Put the pen down.\n4. Ask\n  • what\n  • when\n\n"
        "> “You let me\n> finish.”\n>\n> Ann\n\n[A clerk, listening]\n\nThen\n\nSay when.\n\n.\n\n"
        "From here on, keep your word."
    )


def test_it_says_when_the_tip_appeared_on_the_sites_own_day(settings):
    settings.TIME_ZONE = "America/New_York"
    frozen = tipmail.render(tip(publish_at=datetime(2026, 1, 7, 3, tzinfo=UTC)))
    assert "Jan. 6, 2026" in frozen.text
    assert "Jan. 6, 2026" in frozen.html


def test_a_correction_says_on_top_what_was_wrong():
    frozen = tipmail.render(tip(), Mailing.Kind.CORRECTION, "Step <4> was wrong.")
    assert frozen.subject == "Correction: Let them finish"
    assert frozen.text.index("Step <4> was wrong.") < frozen.text.index("Put the pen down.")
    assert frozen.html.index("Step &lt;4&gt; was wrong.") < frozen.html.index("<h1")


def test_what_was_frozen_stays_whatever_becomes_of_the_tip():
    changing = tip()
    frozen = tipmail.render(changing)
    changing.body, changing.title = "<p>Other</p>", "Other"
    message = personal(frozen)[2]
    assert message["Subject"] == "Let them finish"
    assert "Put the pen down." in part(message, "plain")


# --- How it travels -----------------------------------------------------------------------------------


def test_the_header_that_unsubscribes_is_one_line_of_plain_bytes():
    raw = personal()[1]
    lines = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    (line,) = [each for each in lines if each.lower().startswith(b"list-unsubscribe:")]
    token = re.fullmatch(rb"List-Unsubscribe: <https://tips\.example\.org/unsubscribe/([\w.-]+)/>", line)[
        1
    ].decode()
    assert tokens.read(tokens.Purpose.LEAVE, token) == HANDLE
    assert lines[lines.index(line) + 1] == b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"


def test_without_https_no_header_unsubscribes(settings):
    settings.HTTPS, settings.SITE_URL = False, "http://tips.example.org"
    raw = personal()[1]
    assert b"\r\nList-Unsubscribe" not in raw
    assert b"/unsubscribe/" in raw


def test_its_headers_name_the_list_and_nobody_on_it():
    message = personal()[2]
    assert str(message["From"]) == "Tip of the Week <tips@example.org>"
    assert message["To"] == "ann@example.net"
    assert message["Reply-To"] == "desk@example.org"
    assert message["List-Id"] == '"Tip of the Week" <weekly.tips.example.org>'
    assert message["Precedence"] == "bulk"
    assert message["Content-Language"] == "en"
    feedback = message["Feedback-ID"].split(":")
    assert feedback[:2] == ["7", "tip"]
    assert 5 <= len(feedback[-1]) <= 15
    other = parsed(
        tipmail.Template(mailing(tipmail.render(tip()))).personal(36, "x" * 16, "bo@example.net")[1]
    )
    differ = {name for name in message.keys() if message[name] != other[name]}  # noqa: SIM118
    assert differ - {"Date"} == {"To", "Message-ID", "List-Unsubscribe"}


@pytest.mark.parametrize(
    "title",
    [
        "Plain",
        "A very long title " * 11,
        "x" * 190,
        "Grüße, „Anführung“ und 😀 " * 6,
        "=?utf-8?q?hidden?=",
        "a\r\nBcc: eve@evil.example",
        "a\x85Bcc: eve@evil.example\u2028b",
        "\x1b[31m bell\x07",
        'Colon: and, comma; <angle> "quotes" \\',
    ],
)
def test_a_title_of_any_kind_arrives_as_it_is_and_adds_no_header(title):
    plainly = personal()[2]
    raw, message = personal(tipmail.render(tip(title=title)))[1:]
    assert str(message["Subject"]) == " ".join(title.split())
    assert message.keys() == plainly.keys()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert message.defects == []


def test_names_of_any_kind_arrive_in_the_sender(settings):
    settings.SITE_NAME = "Der „Tipp“ der Woche, jede Woche einer für alle hinter dem Tresen 😀"
    raw, message = personal()[1:]
    # The newer parser of the standard library puts a space between the encoded words of a name.
    stated = email.message_from_bytes(raw)["From"]
    assert str(make_header(decode_header(stated))) == f"{settings.SITE_NAME} <tips@example.org>"
    assert message["List-Id"] == "<weekly.tips.example.org>"
    settings.DEFAULT_FROM_EMAIL = '"Ann \\"A.\\", desk" <tips@example.org>'
    settings.REPLY_TO = "Jürgen <desk@example.org>"
    message = personal()[2]
    assert message["From"].addresses[0].display_name == 'Ann "A.", desk'
    assert str(message["Reply-To"]) == settings.REPLY_TO


def test_any_relay_passes_it_on_unchanged():
    long = "<p>" + "näht " * 400 + ". " * 400 + "</p><p>" + "x" * 3000 + "</p>"
    frozen = tipmail.render(tip(body=BODY + long))
    raw, message = personal(frozen)[1:]
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    lines = raw.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not any(line.startswith(b".") for line in lines)
    leave = re.search(r"https://tips\.example\.org/unsubscribe/[\w.-]+/", part(message, "plain"))[0]
    own = rendering.leave_url()
    assert part(message, "plain").rstrip("\n") == frozen.text.replace(own, leave).rstrip("\n")
    assert part(message, "html").rstrip("\n") == frozen.html.replace(own, leave).rstrip("\n")
    assert all(each.defects == [] for each in message.walk())


def test_the_token_finds_room_wherever_its_link_stands_in_a_line():
    for length in range(60, 80):
        text = f"{'~' * length}{rendering.leave_url()}{'~' * length}\n"
        raw, message = personal(tipmail.Frozen("Hello", text, text * 2))[1:]
        assert max(map(len, raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76
        leave = re.search(r"https://[^~]*/", part(message, "plain"))[0]
        assert tokens.read(tokens.Purpose.LEAVE, leave.split("/")[-2]) == HANDLE
        assert part(message, "html").rstrip() == "\n".join(["~" * length + leave + "~" * length] * 2)


def test_a_mail_server_takes_it_as_it_was_made(post_office, settings):
    sender, raw = personal()[:2]
    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as server:
        server.sendmail(sender, ["ann@example.net"], raw)
    (letter,) = post_office.letters
    assert letter.sender == sender
    assert letter.raw.rstrip(b"\r\n") == raw.rstrip(b"\r\n")
    assert "\n.\n" in letter.text


def test_the_same_mail_goes_through_djangos_own_backends(post_office):
    frozen = tipmail.render(tip())
    template = tipmail.Template(mailing(frozen))
    template.message(35, HANDLE, "ann@example.net").send()
    (letter,) = post_office.letters
    sender, _, message = personal(frozen)
    assert letter.sender == sender
    for name in ("From", "To", "Subject", "Message-ID", "Reply-To", "List-Id", "Feedback-ID", "Precedence"):
        assert str(letter.message[name]) == str(message[name]), name
    assert b"\r\nList-Unsubscribe: <https://tips.example.org/unsubscribe/" in letter.raw
    assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert tokens.read(tokens.Purpose.LEAVE, letter.message["List-Unsubscribe"].split("/")[-2]) == HANDLE
    assert letter.message["List-Unsubscribe"].strip("<>") in letter.html


def test_a_mail_without_a_link_that_leaves_is_not_made():
    frozen = tipmail.render(tip())
    for wrong in ({"html": "<p>Hello</p>"}, {"text": "Hello"}):
        with pytest.raises(ValueError, match="no link that leaves"):
            tipmail.Template(mailing(frozen, **wrong))


@pytest.mark.parametrize(
    "address", ["a@example.org\r\nBcc: eve@evil.example", "a\n@example.org", "ü@example.org"]
)
def test_an_address_that_could_end_its_header_is_refused(address):
    template = tipmail.Template(mailing(tipmail.render(tip())))
    for make in (template.personal, template.message):
        with pytest.raises(ValueError, match="no header may have"):
            make(35, HANDLE, address)


# --- How it is known again ----------------------------------------------------------------------------


def test_the_message_id_is_the_same_however_often_it_is_sent():
    first, again, other = personal()[2], personal()[2], personal(delivery=36)[2]
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert re.fullmatch(r"<[\w.-]+@example\.org>", first["Message-ID"])
    assert "ann" not in first["Message-ID"]


@pytest.mark.parametrize("number", [1, 35, 36, 10**9, 2**63 - 1])
def test_what_comes_back_tells_its_delivery(number, settings):
    sender, _, message = personal(delivery=number)
    assert tipmail.read_token(sender) == number
    assert tipmail.read_token(sender.upper()) == number
    assert tipmail.read_token(f"SRS0=abc=xy=example.org={sender.replace('@', '@forwarder.')}") == number
    assert tipmail.read_token(message["Message-ID"]) == number
    assert len(sender.partition("@")[0]) <= 64
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
    assert tipmail.read_token(sender) == number


def test_what_was_made_up_or_changed_tells_nothing():
    sender = personal()[0]
    number, _, signature = sender.partition("+")[2].partition("@")[0].partition("-")
    wrong = [
        "", "bounces@example.org", f"bounces+10-{signature}@example.org", f"bounces+{number}@example.org",
        f"bounces+{number}-{signature[:-1]}@example.org", f"bounces+{number}-{'0' * 20}@example.org",
        f"bounces+0{number}-{signature}@example.org", f"bounces+{'z' * 13}-{signature}@example.org",
    ]  # fmt: skip
    assert [tipmail.read_token(each) for each in wrong] == [None] * len(wrong)


def test_without_an_address_for_bounces_the_sender_gets_them(settings):
    settings.BOUNCE_ADDRESS = ""
    settings.DEFAULT_FROM_EMAIL = "Tips <tips@example.org>"
    assert personal()[0] == "tips@example.org"


# --- A test of it -------------------------------------------------------------------------------------


def test_a_test_is_marked_and_cannot_unsubscribe_anybody(post_office):
    tipmail.test_message(Mailing(tip=tip()), "ed@example.org", token="t.t").send()
    (letter,) = post_office.letters
    assert letter.message["Subject"] == "Test: Let them finish"
    assert "/unsubscribe/" not in letter.text + letter.html
    assert "List-Unsubscribe" not in letter.message
    assert f"Unsubscribe: https://tips.example.org{reverse('subscribers:ask')}" in letter.text
    assert f'src="https://tips.example.org{PICTURE}?preview=t.t"' in letter.html
    assert tipmail.read_token(letter.sender) is None
