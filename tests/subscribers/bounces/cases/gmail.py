"""Gmail: the standard form with a long reply, and its old form with the mail in the text."""

from tests.subscribers.bounces.cases.building import BODY, READER, Case, headers, recipient, report, returned

_FROM = "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
_HEAD = headers(
    _FROM,
    "Delivery Status Notification (Failure)",
    Return_Path="<>",
    Auto_Submitted="auto-replied",
    X_Failed_Recipients=READER,
    In_Reply_To="{id}",
)
_PLAIN = headers(_FROM, "Delivery Status Notification (Failure)", to="{desk}", X_Failed_Recipients=READER)
_HELP = "For more information, go to https://support.mail.example/mail/?p="


def _case(name, status, words, kind, cause, *, action="failed", title="Address not found"):
    lines = [f"{words[0][:10]}{line}" for line in words[1:]]
    diagnostic = "smtp; " + "\n ".join([words[0], *lines])
    text = f"** {title} **\n\nYour message wasn't delivered to {READER}.\n\nThe response was:\n\n{' '.join(words)}\n"
    return Case(f"gmail, {name}", report(_HEAD, text, recipient(status, action, diagnostic)), kind, cause)


def _old(name, words, kind, cause):
    text = (
        f"{_PLAIN}Content-Type: text/plain; charset=ISO-8859-1\n\nDelivery to the following recipient failed"
        f" permanently:\n\n     {READER}\n\nTechnical details of permanent failure:\nGoogle tried to deliver your"
        " message, but it was rejected by the server for the recipient domain reader.example by mx.reader.example."
        f" [192.0.2.7].\n\nThe error that the other server returned was:\n{words}\n\n\n----- Original message -----\n\n"
        f"{returned()}{BODY}"
    )
    return Case(f"gmail, {name}", text, kind, cause)


CASES = [
    _case(
        "unknown",
        "5.1.1",
        [
            "550-5.1.1 The email account that you tried to reach does not exist.",
            "Please try double-checking the recipient's email address for typos or unnecessary spaces.",
            f"{_HELP}NoSuchUser gsmtp",
        ],
        "hard",
        "no_mailbox",
    ),
    _case(
        "disabled",
        "5.2.1",
        [f"550 5.2.1 The email account that you tried to reach is disabled. {_HELP}DisabledUser"],
        "hard",
        "disabled",
    ),
    _case(
        "at a rate",
        "5.2.1",
        [
            "550-5.2.1 The user you are trying to contact is receiving mail at a rate that",
            "prevents additional messages from being delivered. Please resend your message at a later time.",
            f"{_HELP}ReceivingRatePerm",
        ],
        "soft",
        "rate",
    ),
    _case(
        "over quota",
        "5.2.2",
        ["552-5.2.2 The recipient's inbox is out of storage space and inactive.", f"{_HELP}OverQuotaPerm"],
        "soft",
        "full",
    ),
    _case(
        "blocked",
        "5.7.1",
        [
            "550-5.7.1 [198.51.100.9] Our system has detected that this message is likely unsolicited mail.",
            f"To reduce the amount of spam sent, this message has been blocked. {_HELP}UnsolicitedMessageError",
        ],
        "policy",
        "policy",
        title="Message blocked",
    ),
    _case(
        "unauthenticated",
        "5.7.26",
        [
            f"550-5.7.26 This mail has been blocked because the sender is unauthenticated. {_HELP}Unauthenticated"
        ],
        "policy",
        "policy",
        title="Message blocked",
    ),
    _case(
        "no domain",
        "5.1.2",
        ["550 DNS Error: DNS type 'mx' lookup of reader.example responded with code NXDOMAIN"],
        "hard",
        "no_domain",
    ),
    _case(
        "incomplete",
        "4.4.1",
        ["The recipient server did not accept our requests to connect: timed out"],
        "soft",
        "system",
        action="delayed",
        title="Delivery incomplete",
    ),
    _old("in the text, unknown", "550 550 5.1.1 <anna>: user unknown (state 14).", "hard", "no_mailbox"),
    _old("in the text, nothing said", "554 554 Denied (state 18).", "hard", "unexplained"),
    _old("in the text, full", "552 552 5.2.2 mailbox quota exceeded (state 13).", "soft", "full"),
    _old("in the text, policy", "550 550 5.7.1 rejected by local policy (state 18).", "policy", "policy"),
]
