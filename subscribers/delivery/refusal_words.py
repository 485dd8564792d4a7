"""The words by which mail servers say why they refuse a mail, as patterns in small letters.

The causes stand in the order in which they are looked for: what passes, and what the sender is at fault for,
comes before what is final. So a text that speaks of both silences nobody.
"""

import re

from subscribers.models import BounceReport

Cause = BounceReport.Cause

_WHO = (
    r"(?:user|recipient|mailbox|account|address|addressee|alias|local[- ]part|person|customer|member|inbox"
    r"|user ?(?:name|id))s?"
)
_NOT_THERE = (
    r"(?:unknown|not (?:be )?(?:found|known|valid|recogni[sz]ed|listed|local|exist\w*)"
    r"|do(?:es)? ?n[o'’]t exist|doesnt exist|non-?existent"
    r"|no longer (?:exists?|valid|here|with us|on (?:this|our) server)|invalid|undeliverable|unrecogni[sz]ed)"
)
_CLOSED = (
    r"(?:disabled|de-?activated|inactive|not active|suspended|discontinued|deleted|closed|expired|terminated"
    r"|locked|frozen)"
)

PATTERNS = {
    Cause.FULL: [
        r"quota",
        r"(?:mail ?box|inbox|mail folder|account|user|disk|postfach|storage)[^.;]{0,30}\b(?:full|voll)\b",
        r"full (?:mailbox|inbox)",
        r"(?:insufficient|not enough|out of) (?:\w+ )?(?:storage|space)",
        r"(?:mailbox|storage|space) (?:size )?(?:limit|allocation)",
        r"exceed\w*[^.;]{0,40}(?:storage|mailbox|inbox)",
        r"mailbox (?:has )?exceed",
        r"too much mail data",
        r"bo[iî]te pleine|buz[oó]n lleno|casella piena",
    ],
    Cause.RATE: [
        r"\bat a rate\b|rate[- ]limit|rate (?:of|that|exceeded)|throttl",
        r"too (?:quickly|fast|frequently)",
        r"too many (?:messages|e?mails|connections|recipients|sessions|concurrent|requests|errors)",
        r"(?:sending|hourly|daily|message|recipient) (?:rate|limit)",
        r"gr[ae]y-?list",
        r"exceed\w*[^.;]{0,30}per (?:hour|minute|day)",
    ],
    Cause.SIZE: [
        r"message(?:'s)? (?:file )?size|size (?:limit|exceed)|exceed\w*[^.;]{0,40}\bsize",
        r"(?:message|mail|content)[^.;]{0,30}\btoo (?:big|large)|larger than",
        r"maximum (?:message |allowed )?size",
    ],
    Cause.POLICY: [
        r"(?:black|block|deny|white|allow|access)[- ]?list|\bdnsbls?\b|\brbls?\b|\(bl\)",
        r"(?:listed|found) (?:in|at|by|on) (?:the |our )?\S*(?:list|bl\b)",
        r"anti-?spam|\bspam\w*|unsolicited|\bbulk\b|complaint|reputation|suspicious|malicious|phish|malware",
        r"\bviru\w+|\bspf\b|\bdkim\b|\bdmarc\b|\barc\b|authenticat|starttls|\btls\b|encryption",
        r"polic(?:y|ies)|\bblock(?:ed|ing)\b|\bbanned\b|prohibit|not (?:permitted|allowed)",
        r"restrict(?:ed|ion)|administrative|(?:not |un)authori[sz]ed|only (?:accepts?|internal)",
        r"moderat(?:ed|or)|relaying|relay (?:access|denied|not)|unable to relay|is not verified|mismatch",
        r"reverse dns|\brdns\b|\bptr\b|client host|\bhelo\b|\behlo\b|from header|return[- ]path|invalid ip\b",
        r"mail from:|in reply to (?:mail from|initial)|after initial connection|messages? from \[?\d+\.\d+",
        r"\bsender(?: \S+){0,4} (?:reject|denied|refused|verif|not allowed|not found|unknown|invalid)",
        r"(?:reject|verif|refus|invalid|unknown|bad|your|unrout)\w*[^.;]{0,20}\bsenders?\b",
        r"your (?:ip|host|server|network|domain)\b[^.;]{0,60}(?:reject|refus|denied|listed)",
        r"your (?:message|e?-?mail) (?:was|is|has been) (?:reject|refus|denied)",
    ],
    Cause.CONTENT: [
        r"content\b[^.;]{0,30}(?:reject|filter|not|den|unaccept|refus)",
        r"(?:reject|refus|unaccept)\w*[^.;]{0,30}\bcontent",
        r"(?:reject|prohibit|invalid)\w*[^.;]{0,20}attachment|attachment[^.;]{0,20}(?:type|reject)",
        r"malformed|bare (?:lf|cr|line)|line (?:is )?too long|duplicate header",
        r"header[^.;]{0,20}(?:invalid|missing)|rfc ?-?5?[82]22|conversion|8-?bit|smtputf8",
    ],
    Cause.SYSTEM: [
        r"temporar|try(?:ing)? (?:it )?later|try it again|trying again|again later|deferred|retry",
        r"timed? ?out|time-?out|too long|queue (?:too long|expired)|could not be delivered for",
        r"(?:message|envelope|delivery time) (?:has )?expired|multiple retries|\d+ attempts|for a long time",
        r"connection (?:refused|reset|lost|closed|timed)|did not accept our requests|(?:not |un)reachable",
        r"not accepting (?:connections|messages|network)|service (?:unavailable|not available|refus)",
        r"(?:mail|forward\w*) loop|loops? back|loop detected|too many hops|hop count",
        r"unavailable at this time|not running|under maintenance|protocol violation",
        r"(?:mailer|i/o|local|internal|internal server|protocol) error|local (?:problem|configuration)",
        r"server (?:is )?busy|bad sequence|(?:dns (?:query|server)|lookup) fail|verification problem",
        r"(?:cannot|could not) (?:verify|complete)",
    ],
    Cause.NO_DOMAIN: [
        r"(?:\bhost|domain|\bmx\b)[^.:;]{0,60}(?:not (?:be )?found|unknown|do(?:es)? ?n[o'’]t exist)",
        r"(?:\bhost|domain|\bmx\b)[^.:;]{0,60}(?:non-?existent|not exist|no longer|invalid)",
        r"(?:unknown|no such|non-?existent|bad|invalid|illegal) (?:host|domain)|nxdomain|null ?mx",
        r"couldn['’]t find (?:a|any) (?:mail exchange|host)|could not find a gateway",
        r"no (?:valid )?(?:mx|mail exchange|mail server)|does not accept (?:any )?mail|name service error",
        r"domain (?:isn't|is not) (?:in|hosted)",
    ],
    Cause.NO_MAILBOX: [
        rf"\b{_WHO}\b[^.;]{{0,70}}\b{_NOT_THERE}\b",
        r"\b(?:unknown|invalid|bad|incorrect|illegal|undefined|nonexistent) (?:or (?:illegal|invalid) )?"
        rf"(?:\w+[ -])?{_WHO}\b",
        rf"no such (?:\w+ )?(?:{_WHO}|name|email|id|here)\b",
        rf"\bno (?:valid )?(?:{_WHO}|one) (?:\w+ ){{0,2}}(?:here|there|(?:by|with|of) that name)\b",
        r"nobody (?:here|there|of that|by that|with that)|not our customer",
        rf"(?:(?:is|are) not|isn['’]t) (?:a|an|our|one of our) (?:\w+ )?{_WHO}\b",
        rf"do(?:es)? ?n[o'’]t have an? (?:\S+ )?{_WHO}\b|user doesn",
        r"recip(?:ient)?notfound|nosuchuser|unrout[e]?able|could(?: not|n['’]t) be found",
        r"(?:benutzer|empf[aä]nger\w*|adressat) (?:\S+ ){0,3}(?:unbekannt|existiert)",
        r"(?:destinataire|utilisateur) (?:\S+ ){0,2}inconnu",
        r"(?:usuario|destinatario) (?:\S+ ){0,2}(?:desconocido|no existe|inexistente)",
        r"(?:utente|destinatario) (?:\S+ ){0,2}sconosciut",
    ],
    Cause.DISABLED: [
        rf"\b{_WHO}\b[^.;]{{0,60}}\b{_CLOSED}\b",
        rf"\b{_CLOSED} (?:e-?mail )?{_WHO}\b",
    ],
}
ORDER = [*PATTERNS, Cause.UNEXPLAINED]
_COMPILED = [(cause, re.compile("|".join(patterns))) for cause, patterns in PATTERNS.items()]
# Whoever keeps a list of unwanted senders is often named by an address alone.
_LIST_KEEPERS = re.compile(
    r"spamhaus|spamcop|barracudacentral|sorbs\.net|surbl|uribl|abuseat|sender(?:score|base)"
)
# Names say nothing about a refusal, whatever words they are made of.
_NAMES = re.compile(
    r"\b[a-z]{2,8}://\S+|[^\s<>()\"':;,@]{1,64}@[^\s<>()\"':;,]+|\b(?:[\w-]{1,63}\.){1,9}[a-z]{2,24}\b"
)


def cause_in(words: str) -> Cause | None:
    """Return the first cause of which words of a mail server speak, or None."""
    words = words.lower()
    is_listed = bool(_LIST_KEEPERS.search(words))
    words = _NAMES.sub(" ", words)
    for cause, pattern in _COMPILED:
        if pattern.search(words) or (cause is Cause.POLICY and is_listed):
            return cause
    return None
