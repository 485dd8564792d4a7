"""What a mail that came back says, and about which delivery; nothing is changed here.

Reports in the standard forms (RFC 3464, RFC 5965) are read as those say. Of other forms a library knows many,
and a text in which a mail server refuses a mail of ours is a report as well.
"""

import re
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from subscribers import tipmail, tokens
from subscribers.bounces import explanations, parts
from subscribers.delivery import judgement
from subscribers.delivery.judgement import Judgement, Kind
from subscribers.models import BounceReport

# Headers by which mail servers say to which address of ours a report came.
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
# Headers by which mail programs say which Message-ID they answer.
_ANSWERS = ("In-Reply-To", "References")
# Headers by which machines said, before there was a standard, that they answer for somebody.
_AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response-Suppress")
_AUTOMATIC_SUBJECT = re.compile(
    r"\s*(?:auto(?:matic|mated)?[ -]?(?:reply|response)|out of (?:the )?office|away from|on vacation"
    r"|abwesenheit|automatische antwort|r[eé]ponse automatique|respuesta autom[aá]tica|risposta automatica)",
    re.IGNORECASE,
)
# Fields of a mail that is sent back, or of what is said about it, that may hold our token.
_RETURNED = ("message-id", "return-path", "original-mail-from", "original-envelope-id")
_RETURNED_PARTS = ("message/rfc822", "text/rfc822-headers", "message/feedback-report")
# From whom reports come: mail servers, by whatever name.
_SERVER = re.compile(
    r"mailer-?daemon|mail-?daemon|mdaemon|postmaster|mail[ -]delivery|microsoftexchange[0-9a-f]{16}",
    re.IGNORECASE,
)
_FAILED_SUBJECT = re.compile(
    r"undeliver|returned (?:mail|to sender)|failure notice|notification: error|fail(?:ed|ure)"
    r"|could not be delivered|unzustellbar|not delivered|non remis|devuelto",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delay|warning|will (?:be|keep) (?:re-?tried|trying)|still being retried", re.IGNORECASE
)
# What a provider reports of which its user said that it is unwanted (RFC 5965, 7.3).
_COMPLAINTS = ("abuse", "fraud", "virus", "other", "opt-out", "opt-out-list")
_MICROSOFT_SUBJECT = re.compile(r"\s*complaint about message from ", re.IGNORECASE)
# What Microsoft notes in the mail that it sends along.
_MICROSOFT_HEADER = "X-HmXmrOriginalRecipient"
# What a report says of a mail that arrived, or was passed on (RFC 3464, 2.3.3).
_ARRIVED = ("delivered", "relayed", "expanded")
# The type of a diagnosis (RFC 3464, 2.3.6).
_TYPE = re.compile(r"^\s*[\w.-]{1,40}\s*;\s*")


@dataclass(frozen=True)
class Reading:
    """What a report says, and the id of the delivery that it is about, if it is about one."""

    kind: BounceReport.Kind
    delivery: int | None = None
    # Of a refusal or a delay: what it means.
    judged: Judgement | None = None
    words: str = ""
    # Of a complaint: the public id of who got the mail, by the link to leave in it, or "".
    reader: str = ""

    @property
    def status(self) -> str:
        """The enhanced status (RFC 3463) that says most, or ""."""
        return self.judged.status if self.judged else ""

    @property
    def sort(self) -> Kind:
        """What the mail is, in the words in which refusals are judged."""
        if self.judged:
            return Kind.SOFT if self.kind == BounceReport.Kind.DELAYED else self.judged.kind
        named = {BounceReport.Kind.COMPLAINED: Kind.COMPLAINT, BounceReport.Kind.ANSWERED: Kind.AUTOMATIC}
        return named.get(self.kind, Kind.OTHER)


def read(raw: bytes, envelope: str = "", *, is_ours: bool = False) -> Reading:
    """Return what a mail says, and about which delivery.

    ``envelope`` is the address that it was sent to, where that is known. ``is_ours``: it is read as if it
    brought a token of ours. Broken mail is ordinary mail: this raises nothing because of what stands in it.
    """
    try:
        if (message := parts.parsed(raw)) is not None:
            return _Mail(message, envelope, is_ours).read()
    except (RecursionError, ValueError, LookupError):
        # Parts within parts, hundreds deep, or a header in letters that are none (RFC 2231), of which the
        # library makes an error: no mail server writes such a report.
        pass
    return Reading(BounceReport.Kind.OTHER)


def failed(judged: Judgement, delivery: int | None = None, words: str = "") -> Reading:
    """Return the Reading of a refusal that is final for its mail."""
    kind = BounceReport.Kind.BOUNCED if judged.is_certain else BounceReport.Kind.REFUSED
    return Reading(kind, delivery, judged, words)


class _Mail:
    """One mail that came back."""

    def __init__(self, message: Message, envelope: str, is_ours: bool) -> None:
        self.message, self.envelope, self.is_ours = message, envelope, is_ours
        sender = str(message.get("From", ""))
        said = str(message.get("Auto-Submitted", "")).strip().lower()
        # RFC 3834, 5; and what was usual before that.
        self.answers_for_somebody = said.startswith("auto-replied")
        self.has_old_signs = any(name in message for name in _AUTOMATIC) or (
            str(message.get("Precedence", "")).strip().lower().replace("-", "_") == "auto_reply"
        )
        self.is_from_server = bool(_SERVER.search(sender))
        # The empty sender of RFC 5321, 4.5.5: a server, or a machine that answers for somebody.
        returned = str(message.get("Return-Path", "")).strip()
        if returned == "<>" and not (self.answers_for_somebody or self.has_old_signs):
            self.is_from_server = True
        self.delivery = self._delivery()

    def read(self) -> Reading:
        for part in self._machine_parts():
            kind = part.get_content_type()
            if kind == "message/feedback-report":
                return self._complaint(parts.fields(part))
            if kind == "message/disposition-notification":
                # A machine says that the mail was shown, or deleted (RFC 8098).
                return Reading(BounceReport.Kind.ANSWERED, self.delivery)
            if "delivery-status" in kind and (report := self._delivery_report(part)):
                return report
        if self._is_microsoft_complaint():
            return Reading(BounceReport.Kind.COMPLAINED, self.delivery, reader=self._reader())
        if self.is_from_server and (report := self._text_report()):
            return report
        subject = str(self.message.get("Subject", ""))
        signs = self.has_old_signs or bool(_AUTOMATIC_SUBJECT.match(subject))
        if self.answers_for_somebody or (signs and not self.is_from_server):
            return Reading(BounceReport.Kind.ANSWERED, self.delivery)
        # What a person quotes or passes on with their answer is no report.
        if self.is_from_server or any(name in self.message for name in _ANSWERS):
            return Reading(BounceReport.Kind.OTHER, self.delivery)
        return self._text_report() or Reading(BounceReport.Kind.OTHER, self.delivery)

    def _machine_parts(self) -> list[Message]:
        """Return the parts that say what a report says. Further in, a report is one that is passed on."""
        message = self.message
        if message.get_content_type() == "multipart/report":
            return parts.direct(message)
        if not self.is_from_server:
            return [message]
        # Filters on the way put reports into a part of their own, below a banner.
        found = parts.direct(message)
        return [*found, *(each for part in found[:3] if part is not message for each in parts.direct(part))]

    def _complaint(self, fields: dict[str, str]) -> Reading:
        if fields.get("feedback-type", "abuse").strip().lower() in _COMPLAINTS:
            words, reader = fields.get("user-agent", ""), self._reader()
            return Reading(BounceReport.Kind.COMPLAINED, self.delivery, words=words, reader=reader)
        return Reading(BounceReport.Kind.OTHER, self.delivery)

    def _is_microsoft_complaint(self) -> bool:
        """Tell whether it is a complaint in Microsoft's own form: the mail itself, below a subject."""
        if self.message.get_content_type() != "multipart/mixed":
            return False
        mails = [part for part in parts.direct(self.message) if part.get_content_type() == "message/rfc822"]
        is_named = bool(_MICROSOFT_SUBJECT.match(str(self.message.get("Subject", ""))))
        is_noted = any(_MICROSOFT_HEADER in mail for part in mails for mail in parts.inner(part))
        return bool(mails) and (is_named or is_noted)

    def _delivery_report(self, part: Message) -> Reading | None:
        """Read the machine's part of a delivery report (RFC 3464, 2.3)."""
        failures: list[tuple[Judgement, str]] = []
        other = None
        for block in parts.blocks(part):
            if "action" not in block and "status" not in block:
                continue
            action = (block.get("action", "").lower().split() or [""])[0].strip("();,")
            status = next(iter(judgement.statuses_in(block.get("status", ""))), "")
            words = _TYPE.sub("", block.get("diagnostic-code", ""))
            # Where the machine's part says nothing, the text may.
            judged = judgement.judge(words or self._said(), status=status)
            if action == "delayed":
                other = other or Reading(BounceReport.Kind.DELAYED, self.delivery, judged, words)
            elif action in _ARRIVED:
                other = other or Reading(BounceReport.Kind.OTHER, self.delivery)
            elif action or status[:1] == "5":
                failures.append((judged, words))
        # Behind one address there may be several, of which one has the mail, or takes it later.
        if other or not failures:
            return other
        judged, words = min(failures, key=lambda failure: failure[0].rank)
        return failed(judged, self.delivery, words)

    def _said(self) -> str:
        """Return what the server says itself in the text, from the first line with a code on."""
        text = explanations.before_quote(explanations.text_of(self.message))
        return explanations.from_first_code(text)

    def _text_report(self) -> Reading | None:
        """Read a report of no standard form, or return None where it is none.

        What the library does not know is a report if a server sent it about a mail of ours and refuses that.
        """
        said, subject = self._said(), str(self.message.get("Subject", ""))
        for_now = for_good = False
        if self.is_from_server and (self.delivery is not None or self.is_ours):
            codes = [*map(str, judgement.replies_in(said)), *judgement.statuses_in(said)]
            is_delay = bool(_DELAYED.search(subject))
            refuses = any(code[0] == "5" for code in codes) or bool(_FAILED_SUBJECT.search(subject))
            for_good = refuses and not is_delay
            for_now = is_delay or (bool(codes) and not for_good)
        if not (for_now or for_good):
            for_now, for_good = self._by_library()
        if for_good:
            return failed(judgement.judge(said), self.delivery)
        if for_now:
            return Reading(BounceReport.Kind.DELAYED, self.delivery, judgement.judge(said))
        return None

    def _by_library(self) -> tuple[bool, bool]:
        """Return whether the library finds a delay, and whether it finds a refusal."""
        message = self.message
        if message.is_multipart():
            # What bounced elsewhere and was passed on to us is no report to us.
            message.set_payload(
                [part for part in parts.inner(message) if part.get_content_type() != "message/rfc822"]
            )
        try:
            for_now, for_good = all_failures(message)
        # It meets every oddity of thirty years of mail servers, and was not written for hostile ones.
        except Exception:
            return False, False
        return bool(for_now), bool(for_good)

    def _delivery(self) -> int | None:
        """Return the id of the delivery that a report is about, or None: by our token, wherever that is."""
        message = self.message
        places = [self.envelope]
        places += [str(value) for name in _ADDRESSED for value in message.get_all(name, [])]
        places += [str(message.get(name, "")) for name in _ANSWERS]
        places += [headers.get(name, "") for headers in self._returned() for name in _RETURNED]
        if self.is_from_server:
            # Many servers quote the mail behind their own words.
            places.append(explanations.text_of(message))
        return next(filter(None, map(tipmail.read_token, places)), None)

    def _reader(self) -> str:
        """Return the public id of who got the mail that came back, or "": by the link that leaves, in it."""
        links = " ".join(headers.get("list-unsubscribe", "") for headers in self._returned())
        return tokens.found(tokens.Purpose.LEAVE, links)

    def _returned(self) -> list[dict[str, str]]:
        """Return the headers of the mail that came back, by their names in small letters."""
        message = self.message
        shown = [part for part in parts.direct(message) if part.get_content_type() in _RETURNED_PARTS]
        shown += [part for part in parts.leaves(message) if part.get_content_type() in _RETURNED_PARTS]
        within = [(part, parts.inner(part)) for part in shown]
        return [parts.block(mails[0]) if mails else parts.fields(part) for part, mails in within]
