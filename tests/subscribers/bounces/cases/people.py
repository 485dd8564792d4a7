"""What people send, and machines on their behalf: no report, whatever stands in it."""

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

_LUCKY = "I am away until Monday. By the way, 550 5.1.1 is my lucky number.\n"


def _plain(name, kind, sender, subject, text, **more):
    return Case(
        name, f"{headers(sender, subject, **more)}Content-Type: text/plain; charset=utf-8\n\n{text}", kind
    )


_ANNA = f"Anna <{READER}>"
_OTHERS = report(
    headers("MAILER-DAEMON@mx.other.example", "Undelivered", to=READER),
    "It could not be delivered.",
    recipient("5.1.1", diagnostic="smtp; 550 5.1.1 unknown"),
    back="",
)

CASES = [
    _plain(
        "gmail, vacation",
        "automatic",
        _ANNA,
        "Re: Greet",
        _LUCKY,
        Auto_Submitted="auto-replied",
        Precedence="bulk",
    ),
    _plain(
        "sieve, vacation",
        "automatic",
        _ANNA,
        "Out of office",
        _LUCKY,
        Auto_Submitted="auto-replied (vacation)",
        Return_Path="<>",
    ),
    _plain(
        "microsoft 365, automatic reply",
        "automatic",
        _ANNA,
        "Automatic reply: Greet",
        _LUCKY,
        X_Auto_Response_Suppress="All",
        Auto_Submitted="auto-generated",
        In_Reply_To="{id}",
    ),
    _plain("zoho, vacation", "automatic", _ANNA, "Re: Greet", _LUCKY, X_Autoreply="yes"),
    _plain("qmail, autoresponder", "automatic", _ANNA, "Re: Greet", _LUCKY, Precedence="auto_reply"),
    _plain("an automatic reply by its subject alone", "automatic", _ANNA, "Abwesenheitsnotiz: Greet", _LUCKY),
    Case(
        "a receipt that it was read (RFC 8098)",
        multipart(
            headers(_ANNA, "Read: Greet", In_Reply_To="{id}"),
            "report; report-type=disposition-notification",
            ("text/plain", "Your message was read."),
            (
                "message/disposition-notification",
                f"Final-Recipient: rfc822;{READER}\nDisposition: manual-action/MDN-sent-manually; displayed\nOriginal-Message-ID: {{id}}",
            ),
        ),
        "automatic",
    ),
    _plain("a letter", "other", _ANNA, "Thank you", "Lovely. Room 550 5.1.1 is mine.\n"),
    _plain(
        "an answer that quotes a report",
        "other",
        _ANNA,
        "Re: Undelivered",
        "> 550 5.1.1 unknown\nWhat is this?\n",
        In_Reply_To="{id}",
    ),
    Case(
        "a report that a reader passes on",
        multipart(
            headers(_ANNA, "Fwd: Undelivered", References="{id}"),
            "mixed",
            ("text/plain", "See below."),
            ("message/rfc822", _OTHERS),
        ),
        "other",
    ),
    Case(
        "a reader passes our mail on",
        multipart(
            headers(_ANNA, "Fwd: Greet"),
            "mixed",
            ("text/plain", "Nice."),
            ("message/rfc822", returned() + BODY),
        ),
        "other",
    ),
    Case(
        "a report that it arrived",
        report(
            headers("MAILER-DAEMON@mx.reader.example", "Successful Mail Delivery Report"),
            "Your message was delivered.",
            recipient("2.0.0", "delivered", "smtp; 250 2.0.0 taken"),
        ),
        "other",
    ),
]
