"""Sendmail, qmail and OpenSMTPD."""

from tests.subscribers.bounces.cases.building import BODY, READER, Case, headers, recipient, report, returned

_SENDMAIL = headers(
    "Mail Delivery Subsystem <MAILER-DAEMON@mx.relay.example>",
    "Returned mail: see transcript for details",
    Auto_Submitted="auto-generated (failure)",
)
_QMAIL = headers("MAILER-DAEMON@mx.relay.example", "failure notice", to="{desk}", Return_Path="<>")
_OPENSMTPD = headers(
    "Mailer Daemon <MAILER-DAEMON@mx.relay.example>",
    "Delivery status notification: error",
    Auto_Submitted="auto-replied",
)


def _sendmail(name, status, reply, kind, cause, *, action="failed", head=_SENDMAIL):
    text = (
        "The original message was received at Tue, 17 Nov 2026 07:00:03 GMT\nfrom localhost [127.0.0.1]\n\n"
        f"   ----- The following addresses had permanent fatal errors -----\n<{READER}>\n    (reason: {reply})\n\n"
        "   ----- Transcript of session follows -----\n... while talking to mx.reader.example.:\n"
        f">>> RCPT To:<{READER}>\n<<< {reply}\n"
    )
    fields = recipient(status, action, f"SMTP; {reply}", Last_Attempt_Date="Tue, 17 Nov 2026 07:00:04 GMT")
    return Case(f"sendmail, {name}", report(head, text, fields, back="text/rfc822-headers"), kind, cause)


def _qmail(name, words, kind, cause):
    text = (
        f"{_QMAIL}\nHi. This is the qmail-send program at mx.relay.example.\nI'm afraid I wasn't able to deliver"
        " your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work"
        f" out.\n\n<{READER}>:\n{words}\n\n--- Below this line is a copy of the message.\n\n"
        f"Return-Path: <{{to}}>\n{returned()}{BODY}"
    )
    return Case(f"qmail, {name}", text, kind, cause)


def _opensmtpd(name, words, kind, cause, *, standard=True):
    text = (
        "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred"
        " while attempting to deliver a message for\n    the following list of recipients:\n\n"
        f"{READER}: {words}\n\n    Below is a copy of the original message:\n\n"
    )
    if standard:
        return Case(
            f"opensmtpd, {name}", report(_OPENSMTPD, text, recipient("5.0.0", remote="")), kind, cause
        )
    plain = _OPENSMTPD.replace("{to}", "{desk}")
    return Case(
        f"opensmtpd, {name}", f"{plain}Content-Type: text/plain\n\n{text}{returned()}{BODY}", kind, cause
    )


CASES = [
    _sendmail("unknown", "5.1.1", f"550 5.1.1 <{READER}>... User unknown", "hard", "no_mailbox"),
    _sendmail(
        "unknown, by its own code", "5.3.0", f"553 5.3.0 <{READER}>... Unknown user", "hard", "no_mailbox"
    ),
    _sendmail(
        "no host",
        "5.1.2",
        "550 5.1.2 Host unknown (Name server: reader.example: host not found)",
        "hard",
        "no_domain",
    ),
    _sendmail("disabled", "5.2.1", "550 5.2.1 Mailbox disabled for this recipient", "hard", "disabled"),
    _sendmail("full", "5.2.2", "552 5.2.2 Over quota", "soft", "full"),
    _sendmail("too large", "5.2.3", "552 5.2.3 Message exceeds maximum fixed size (10000)", "soft", "size"),
    _sendmail("access", "5.7.1", "550 5.7.1 Access denied", "policy", "policy"),
    _sendmail(
        "expired",
        "4.4.7",
        "421 4.4.7 Deferred: connection timed out; message could not be delivered for 5 days",
        "soft",
        "system",
    ),
    _sendmail(
        "warning",
        "4.4.2",
        "451 4.4.2 reply: read error from mx.reader.example.",
        "soft",
        "system",
        action="delayed",
        head=_SENDMAIL.replace(
            "Returned mail: see transcript for details", "Warning: could not send message for past 4 hours"
        ),
    ),
    _qmail("no mailbox", "Sorry, no mailbox here by that name. (#5.1.1)", "hard", "no_mailbox"),
    _qmail(
        "refused elsewhere",
        "192.0.2.7 does not like recipient.\nRemote host said: 550 Unknown recipient\nGiving up on 192.0.2.7.",
        "hard",
        "no_mailbox",
    ),
    _qmail("no host", "Sorry, I couldn't find any host named reader.example. (#5.1.2)", "hard", "no_domain"),
    _qmail(
        "refused without a reason",
        "192.0.2.7 failed after I sent the message.\nRemote host said: 554 Transaction failed",
        "hard",
        "unexplained",
    ),
    _qmail("over quota", "The recipient's mailbox is over quota. (#5.2.2)", "soft", "full"),
    _qmail(
        "in the queue too long",
        "Connected to 192.0.2.7 but greeting failed.\nRemote host said: 421 Too busy\nI'm not going to try again;"
        " this message has been in the queue too long.",
        "soft",
        "system",
    ),
    _qmail(
        "spam",
        "192.0.2.7 failed after I sent the message.\nRemote host said: 554 5.7.1 The message was rejected as spam",
        "policy",
        "policy",
    ),
    _opensmtpd("unknown", "550 5.1.1 <anna>: Recipient address rejected: user unknown", "hard", "no_mailbox"),
    _opensmtpd(
        "invalid recipient, in the text", "550 Invalid recipient", "hard", "no_mailbox", standard=False
    ),
    _opensmtpd("no MX", "550 5.1.2 No MX found for domain", "hard", "no_domain", standard=False),
    _opensmtpd("envelope expired", "Envelope expired: 421 4.4.7 network unreachable", "soft", "system"),
    _opensmtpd("mailbox full", "552 mailbox full", "soft", "full", standard=False),
]
