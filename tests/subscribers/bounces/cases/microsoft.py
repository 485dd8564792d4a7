"""Exchange on its own machines, Microsoft 365, and what Outlook.com's users complain of."""

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

_EXCHANGE = headers("postmaster@reader.example", "Undeliverable: Greet whoever comes in", In_Reply_To="{id}")
_CLOUD = headers(
    "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@reader.example>",
    "Undeliverable: Greet whoever comes in",
    Auto_Submitted="auto-replied",
    Return_Path="<>",
)
_BY = "Reporting-MTA: dns;EX01.reader.example\nReceived-From-MTA: dns;mx.relay.example"


def _exchange(name, status, words, kind, cause):
    text = f"Delivery has failed to these recipients or groups:\n\n{READER}\n\nDiagnostic information for administrators:\n\nRemote Server returned '{words}'\n\nOriginal message headers:\n\n{returned()}"
    fields = recipient(status, diagnostic=f"smtp;{words}", remote="", X_Display_Name="Anna")
    return Case(f"exchange, {name}", report(_EXCHANGE, text, fields, per_message=_BY), kind, cause)


def _cloud(name, status, words, kind, cause, *, action="failed", head=_CLOUD):
    text = f"<html><body><p>Your message to {READER} couldn't be delivered.</p><p>{words}</p></body></html>"
    fields = recipient(status, action, f"smtp;{words}", remote="")
    return Case(
        f"microsoft 365, {name}",
        report(
            head,
            text,
            fields,
            per_message=_BY.replace("EX01.reader", "AM0PR01.prod.outlook"),
            text_type="text/html",
        ),
        kind,
        cause,
    )


def _complaint(name, subject, more):
    head = headers("staff@hotmail.example", subject, to="abuse@tips.example.org")
    mail = f"{more}{returned()}{BODY}"
    return Case(f"outlook.com, {name}", multipart(head, "mixed", ("message/rfc822", mail)), "complaint")


CASES = [
    _exchange("unknown", "5.1.1", "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", "hard", "no_mailbox"),
    _exchange(
        "full",
        "5.2.2",
        "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException",
        "soft",
        "full",
    ),
    _exchange(
        "restricted",
        "5.7.1",
        "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",
        "policy",
        "policy",
    ),
    _exchange(
        "too large",
        "5.2.3",
        "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
        "soft",
        "size",
    ),
    _exchange("hops", "5.4.6", "554 5.4.6 Hop count exceeded - possible mail loop", "soft", "system"),
    _exchange("expired", "4.4.7", "400 4.4.7 Message delayed", "soft", "system"),
    _cloud(
        "unknown",
        "5.1.10",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient anna@reader.example not found by SMTP address lookup",
        "hard",
        "no_domain",
    ),
    _cloud(
        "at the edge",
        "5.4.1",
        "550 5.4.1 Recipient address rejected: Access denied. [AM0.prod.outlook.example]",
        "hard",
        "unexplained",
    ),
    _cloud("user unknown under 5.4.1", "5.4.1", "550 5.4.1 user unknown", "hard", "no_mailbox"),
    _cloud(
        "mailbox unavailable",
        "5.5.0",
        "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)",
        "hard",
        "unexplained",
    ),
    _cloud(
        "no domain",
        "5.4.310",
        "550 5.4.310 DNS domain reader.example does not exist [Message=InfoDomainNonexistent]",
        "hard",
        "no_domain",
    ),
    _cloud(
        "banned address",
        "5.7.606",
        "550 5.7.606 Access denied, banned sending IP [198.51.100.9]",
        "policy",
        "policy",
    ),
    _cloud(
        "spam",
        "5.7.350",
        "550 5.7.350 Remote server returned message detected as spam -> 554 rejected",
        "policy",
        "policy",
    ),
    _cloud(
        "tenant",
        "5.7.133",
        "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
        "policy",
        "policy",
    ),
    _cloud(
        "full", "5.2.2", "554 5.2.2 mailbox full; STOREDRV.Deliver; Failed to process message", "soft", "full"
    ),
    _cloud("too many", "5.5.3", "554 5.5.3 Too many recipients", "soft", "rate"),
    _cloud(
        "expired",
        "5.4.300",
        "550 5.4.300 Message expired -> 451 4.4.0 Primary target responded with: timed out",
        "soft",
        "system",
    ),
    _cloud(
        "delayed",
        "4.4.7",
        "400 4.4.7 Message delayed",
        "soft",
        "system",
        action="delayed",
        head=_CLOUD.replace("Undeliverable", "Delivery delayed"),
    ),
    _complaint("complaint by its subject", "complaint about message from 198.51.100.9", ""),
    _complaint("complaint by its header", "Junk", f"X-HmXmrOriginalRecipient: {READER}\n"),
]
