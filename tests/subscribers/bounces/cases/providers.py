"""Yahoo, Zoho and further providers, and what their users complain of (RFC 5965)."""

from tests.subscribers.bounces.cases.building import (
    BODY,
    READER,
    Case,
    headers,
    multipart,
    recipient,
    report,
    returned,
)

_YAHOO = headers("MAILER-DAEMON@yahoo.example", "Failure Notice", to="{desk}", Return_Path="<>")
_ZOHO = headers(
    "mailer-daemon@mail.zoho.example", "Undelivered Mail Returned to Sender", Auto_Submitted="auto-replied"
)


def _yahoo(name, words, kind, cause):
    text = (
        f"{_YAHOO}Content-Type: text/plain; charset=utf-8\n\nSorry, we were unable to deliver your message to the"
        f" following address.\n\n<{READER}>:\n{words}\n\n--- Below this line is a copy of the message.\n\n"
        f"{returned()}{BODY}"
    )
    return Case(f"yahoo, {name}", text, kind, cause)


def _zoho(name, words, kind, cause, *, status="", code=""):
    text = (
        "This message was created automatically by mail delivery software.\n A message that you sent could not be"
        " delivered to one or more of its recipients. This is a permanent error.\n\n"
        f"{READER} {words}\n"
    )
    if status:
        return Case(
            f"zoho, {name}", report(_ZOHO, text, recipient(status, diagnostic=code, remote="")), kind, cause
        )
    back = multipart(
        _ZOHO, "mixed", ("text/plain; charset=utf-8", text), ("message/rfc822", returned() + BODY)
    )
    return Case(f"zoho, {name}", back, kind, cause)


def _complaint(name, feedback, *, back="message/rfc822", fields="", kind="complaint"):
    head = headers("complaints@provider.example", "FW: Greet whoever comes in", to="abuse@tips.example.org")
    about = f"Feedback-Type: {feedback}\nUser-Agent: Provider-FBL/1.0\nVersion: 1\n{fields}"
    text = multipart(
        head,
        "report; report-type=feedback-report",
        ("text/plain", "One of our users does not want this mail."),
        ("message/feedback-report", about),
        (back, returned() + (BODY if back == "message/rfc822" else "")),
    )
    return Case(name, text, kind)


CASES = [
    _yahoo(
        "no account",
        "Remote host said: 554 delivery error: dd This user doesn't have a yahoo.example account [-5]",
        "hard",
        "no_mailbox",
    ),
    _yahoo(
        "not found",
        "552: 1 Requested mail action aborted, mailbox not found",
        "hard",
        "no_mailbox",
    ),
    _yahoo(
        "disabled",
        "Remote host said: 554 delivery error: dd This mailbox is disabled [-3]",
        "hard",
        "disabled",
    ),
    _yahoo(
        "full",
        "Remote host said: 552 1 Requested mail action aborted: exceeded storage allocation",
        "soft",
        "full",
    ),
    _yahoo(
        "rate",
        "Remote host said: 421 4.7.0 [TSS04] Messages from 198.51.100.9 temporarily deferred due to user complaints",
        "policy",
        "policy",
    ),
    _yahoo(
        "policy",
        "Remote host said: 554 Message not allowed for policy reasons. Please visit our page [120]",
        "policy",
        "policy",
    ),
    _zoho("unknown", "Invalid Recipient, ERROR CODE :550 - User unknown", "hard", "no_mailbox"),
    _zoho(
        "no account",
        "ERROR CODE :553 - Relaying disallowed. Invalid Domain - reader.example",
        "policy",
        "policy",
    ),
    _zoho(
        "blocked",
        "ERROR CODE :541 - Mail sending blocked, your message is detected as spam",
        "policy",
        "policy",
    ),
    _zoho("full", "ERROR CODE :552 - Mailbox is full", "soft", "full"),
    _zoho(
        "standard form",
        "550 5.1.1 unknown",
        "hard",
        "no_mailbox",
        status="5.1.1",
        code="smtp; 550 5.1.1 User unknown",
    ),
    _complaint("yahoo, complaint", "abuse", fields="Original-Mail-From: <{to}>\n"),
    _complaint("a provider's complaint with the headers alone", "abuse", back="text/rfc822-headers"),
    _complaint("a provider's complaint that names a virus", "virus"),
    _complaint("a provider's user opts out", "opt-out"),
    _complaint("a provider's user calls it no spam", "not-spam", kind="other"),
    _complaint("a provider's report on authentication (RFC 6591)", "auth-failure", kind="other"),
    Case(
        "domino, unknown",
        report(
            headers(
                "Postmaster@reader.example", "DELIVERY FAILURE: User anna not listed in Domino Directory"
            ),
            "Your message\n\n  Subject: Greet whoever comes in\n\nwas not delivered to:\n\n  anna\n\nbecause:\n\n"
            "  User anna not listed in Domino Directory",
            recipient("5.1.1", diagnostic="X-Notes; User anna not listed in Domino Directory", remote=""),
        ),
        "hard",
        "no_mailbox",
    ),
    Case(
        "a filter's banner above the report",
        multipart(
            headers("postmaster@reader.example", "Undeliverable mail", Auto_Submitted="auto-replied"),
            "mixed",
            ("text/plain", "This mail came from outside."),
            (
                'multipart/report; report-type=delivery-status; boundary="inner"',
                "--inner\nContent-Type: text/plain\n\nNot delivered.\n--inner\nContent-Type: message/delivery-status\n\n"
                f"Reporting-MTA: dns; mx.reader.example\n\n{recipient('5.1.1', diagnostic='smtp; 550 5.1.1 unknown')}\n"
                "--inner--",
            ),
        ),
        "hard",
        "no_mailbox",
    ),
    Case(
        "a server that nobody knows",
        f"{headers('MAILER-DAEMON@odd.example', 'Your mail', Auto_Submitted='auto-replied')}\n"
        f"Regarding {READER}, our gate has said: 550 we have nobody of that name in the house\n",
        "hard",
        "no_mailbox",
    ),
    Case(
        "a server that nobody knows, with policy",
        f"{headers('MAILER-DAEMON@odd.example', 'Your mail')}\n"
        f"Regarding {READER}, our gate has said: 550 5.1.1 the sender's network is on a blocklist\n",
        "policy",
        "policy",
    ),
]
