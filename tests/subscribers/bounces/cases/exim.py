"""Exim: its standard form without diagnosis where it gave up itself, and its old form with the mail in the text."""

from tests.subscribers.bounces.cases.building import BODY, READER, Case, headers, recipient, report, returned

_HEAD = headers(
    "Mail Delivery System <Mailer-Daemon@mx.relay.example>",
    "Mail delivery failed: returning message to sender",
    Auto_Submitted="auto-replied",
    X_Failed_Recipients=READER,
    References="{id}",
)
# Its server keeps no plus in an address: the token stands in the text alone.
_PLAIN = headers(
    "Mail Delivery System <Mailer-Daemon@mx.relay.example>",
    "Mail delivery failed: returning message to sender",
    to="{desk}",
    Auto_Submitted="auto-replied",
    X_Failed_Recipients=READER,
)
_BEGIN = (
    "This message was created automatically by mail delivery software.\n\nA message that you sent could not be"
    " delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
)
_COPY = "\n------ This is a copy of the message, including all the headers. ------\n\n"
_AT = "    host mx.reader.example [192.0.2.7]\n    SMTP error from remote mail server after "


def _text(name, words, kind, cause, head=_PLAIN):
    text = f"{head}Content-Type: text/plain; charset=utf-8\n\n{_BEGIN}  {READER}\n{words}\n{_COPY}{returned()}{BODY}"
    return Case(f"exim, {name}", text, kind, cause)


def _standard(name, status, words, diagnostic, kind, cause):
    text = report(
        _HEAD, f"{_BEGIN}  {READER}\n{words}\n", recipient(status, diagnostic=diagnostic, remote="")
    )
    return Case(f"exim, {name}", text, kind, cause)


CASES = [
    _text(
        "in the text, unknown",
        f"{_AT}RCPT TO:<{READER}>:\n    550 5.1.1 <{READER}>: user unknown",
        "hard",
        "no_mailbox",
    ),
    _text(
        "in the text, words alone",
        f"{_AT}RCPT TO:<{READER}>:\n    550 No such recipient here",
        "hard",
        "no_mailbox",
    ),
    _text("in the text, unrouteable", "    Unrouteable address", "hard", "no_mailbox"),
    _text(
        "in the text, no domain",
        "    all relevant MX records point to non-existent hosts",
        "hard",
        "no_domain",
    ),
    _text("in the text, nothing said", f"{_AT}RCPT TO:<{READER}>:\n    550 denied", "hard", "unexplained"),
    _text(
        "in the text, blocklist",
        f"{_AT}MAIL FROM:<{{desk}}>:\n    550 198.51.100.9 is listed at bl.lists.example; blocked",
        "policy",
        "policy",
    ),
    _text(
        "in the text, sender not verified",
        f"{_AT}RCPT TO:<{READER}>:\n    550 Sender verify failed",
        "policy",
        "policy",
    ),
    _text("in the text, full", "    mailbox is full: retry timeout exceeded", "soft", "full"),
    _text(
        "in the text, spam", f"{_AT}end of data:\n    550 This message looks like spam", "policy", "policy"
    ),
    _standard("unknown user at home", "5.0.0", "    no such user", "", "hard", "no_mailbox"),
    _standard(
        "5.0.0 and the reply in words",
        "5.0.0",
        f"{_AT}RCPT TO:<{READER}>:\n    550 5.1.1 Mailbox does not exist!",
        "smtp; 550 5.1.1 Mailbox does not exist!",
        "hard",
        "no_mailbox",
    ),
    _standard(
        "over quota", "5.0.0", "    mailbox is full (quota exceeded while writing)", "", "soft", "full"
    ),
    _standard("retry timeout", "5.0.0", "    retry timeout exceeded", "", "soft", "system"),
    _standard(
        "quota in the words",
        "5.0.0",
        "    550 quota",
        "smtp; 552 5.2.2 The mailbox is over its quota",
        "soft",
        "full",
    ),
    Case(
        "exim, warning of a delay",
        _PLAIN.replace(
            "Mail delivery failed: returning message to sender", "Warning: message 1kQ7 delayed 24 hours"
        )
        + "Content-Type: text/plain\n\nThis message was created automatically by mail delivery software.\n"
        "A message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24"
        f" hours on the queue on mx.relay.example.\n\nThe message identifier is: {{id}}\n\n  {READER}\n"
        "    Delay reason: host mx.reader.example [192.0.2.7]: 451 4.3.0 try later\n\n"
        "No action is required on your part. Delivery attempts will continue.\n",
        "soft",
        "system",
    ),
]
