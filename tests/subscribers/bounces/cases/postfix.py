"""Postfix: always the standard form, answered automatically, with the whole reply of the other server."""

from tests.subscribers.bounces.cases.building import READER, Case, headers, recipient, report

_HEAD = headers(
    "MAILER-DAEMON@mx.relay.example (Mail Delivery System)",
    "Undelivered Mail Returned to Sender",
    Return_Path="<>",
    Auto_Submitted="auto-replied",
)
_LATE = _HEAD.replace("Undelivered Mail Returned to Sender", "Delayed Mail (still being retried)")
_PER_MESSAGE = (
    "Reporting-MTA: dns; mx.relay.example\nX-Postfix-Queue-ID: 4F7Q2k1z9Xz\n"
    "X-Postfix-Sender: rfc822; {to}\nArrival-Date: Tue, 17 Nov 2026 07:00:03 +0000 (UTC)"
)


def _said(words):
    return (
        "This is the mail system at host mx.relay.example.\n\nI'm sorry to have to inform you that your message"
        " could not\nbe delivered to one or more recipients. It's attached below.\n\n"
        "For further assistance, please send mail to postmaster.\n\n                   The mail system\n\n"
        f"<{READER}>: host mx.reader.example[192.0.2.7] said: {words} (in reply to RCPT TO command)\n"
    )


def _case(
    name, status, words, kind, cause, *, head=_HEAD, action="failed", back="message/rfc822", via="smtp"
):
    fields = recipient(status, action, f"{via}; {words}")
    text = report(head, _said(words), fields, per_message=_PER_MESSAGE, back=back)
    return Case(f"postfix, {name}", text, kind, cause)


CASES = [
    _case(
        "unknown user",
        "5.1.1",
        f"550 5.1.1 <{READER}>: Recipient address rejected: User unknown in virtual mailbox table",
        "hard",
        "no_mailbox",
    ),
    _case(
        "unknown user, headers alone",
        "5.0.0",
        "550 No such user here",
        "hard",
        "no_mailbox",
        back="text/rfc822-headers",
    ),
    _case("unknown user under 5.5.0", "5.5.0", "550 5.5.0 user unknown", "hard", "no_mailbox"),
    _case(
        "no such domain",
        "5.4.4",
        "Host or domain name not found. Name service error for name=reader.example type=MX: Host not found",
        "hard",
        "no_domain",
        via="X-Postfix",
    ),
    _case(
        "null MX",
        "5.1.0",
        "556 5.1.10 Domain reader.example does not accept mail (nullMX)",
        "hard",
        "no_domain",
    ),
    _case("no reason", "5.0.0", "550 Rejected", "hard", "unexplained"),
    _case(
        "full, said of an unknown address",
        "5.1.1",
        f"552 5.2.2 <{READER}> is over quota, message refused",
        "soft",
        "full",
    ),
    _case(
        "blocklist, said of an unknown address",
        "5.1.1",
        "550 5.7.1 Service unavailable; Client host [198.51.100.9] blacklisted using bl.lists.example",
        "policy",
        "policy",
    ),
    _case(
        "blocklist without a code of policy",
        "5.0.0",
        "554 Service unavailable; Client host [198.51.100.9] blocked using dnsbl.lists.example",
        "policy",
        "policy",
    ),
    _case("relaying", "5.7.1", f"554 5.7.1 <{READER}>: Relay access denied", "policy", "policy"),
    _case(
        "sender's domain",
        "5.1.8",
        "550 5.1.8 <{to}>: Sender address rejected: Domain not found",
        "policy",
        "policy",
    ),
    _case(
        "too large",
        "5.3.4",
        "552 5.3.4 message size 120000 exceeds size limit 90000 of server mx.reader.example",
        "soft",
        "size",
    ),
    _case(
        "given up after days",
        "4.4.1",
        "connect to mx.reader.example[192.0.2.7]:25: Connection timed out",
        "soft",
        "system",
        via="X-Postfix",
    ),
    _case(
        "greylisted for days",
        "4.7.1",
        f"450 4.7.1 <{READER}>: Recipient address rejected: Greylisted, see the manual",
        "soft",
        "rate",
    ),
    _case(
        "still being tried",
        "4.4.1",
        "connect to mx.reader.example[192.0.2.7]:25: Connection refused",
        "soft",
        "system",
        head=_LATE,
        action="delayed",
        via="X-Postfix",
    ),
    _case("loop", "5.4.6", "mail for reader.example loops back to myself", "soft", "system", via="X-Postfix"),
    _case("content", "5.6.0", "554 5.6.0 Message content rejected by the milter", "policy", "content"),
]
