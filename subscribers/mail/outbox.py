"""How a mail to one person goes out once: claims, retries, and what a process that died leaves behind.

The same rules hold for every row that asks for a mail (``OutgoingMail``). The row is the task: the sender
pool of each worker looks for due rows each second, so nobody has to announce one.
"""

import enum
import logging
import smtplib
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from shield import clocks
from shield.rate_limits import SlidingWindow, TokenBucket
from subscribers import addresses, outages
from subscribers.mail import smtp
from subscribers.models import Heartbeat, LinkRequest, OutgoingMail, ServiceMail
from subscribers.recovery import guard

logger = logging.getLogger(__name__)

# Of all mails that follow from what somebody typed or pressed: no form of ours floods the world.
OVERALL = SlidingWindow("outbox", 60, timedelta(minutes=1))
# Where others have used it up, whoever comes next waits for seconds, and not for the end of an hour.
PER_DOMAIN = TokenBucket("outbox domain", 200, timedelta(hours=1), burst=60)

LONGEST_PAUSE = timedelta(hours=1)
# A mail server that was away is asked for again this soon, for one mail on behalf of all.
LONGEST_ABSENCE = timedelta(minutes=10)
# How soon is asked again whether the restore guard is open.
WHILE_CLOSED = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(days=3)

# By these the server says that it does not like one mail.
_OF_ONE_MAIL = smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError
Mail = TypeVar("Mail", LinkRequest, ServiceMail)


class Outcome(enum.Enum):
    """What came of one attempt: of the mail, and so of those behind it."""

    SETTLED = "settled"
    WAITS = "not now, or another process has it"
    ALL_WAIT = "no mail can go now"


class NotNow(Exception):
    """Raised by ``prepare`` for a mail that may go out, but no earlier than at ``at`` (an aware datetime)."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.at = at


class _OverallLimit(Exception):
    pass


class _DomainLimit(Exception):
    pass


@dataclass(frozen=True)
class Outbox(Generic[Mail]):
    """The mails that one kind of row asks for.

    ``prepare(mail)`` returns the message, or None where none is to be sent; it may raise NotNow. What it
    spends or writes is undone unless its message goes out. ``order`` names the columns by which the next mail
    is chosen. ``domain_lookup`` finds rows by the end of their folded address. A row that waits for the
    overall limit alone longer than ``expires_after`` is given up; the absence of the mail server, and
    whatever else put it off, does not count. When the mail of a row is settled,
    ``settled(mail, mail_state, at)`` is called in the same transaction.
    """

    rows: QuerySet[Mail]
    prepare: Callable[[Mail], EmailMessage | None]
    order: tuple[str, ...] = ("pk",)
    domain_lookup: str = "address_folded__endswith"
    expires_after: timedelta | None = None
    settled: Callable[[Mail, OutgoingMail.MailState, datetime], None] | None = None

    def send_due(self, stop: object = False, seconds: float = 20, worker_id: str = "") -> int:
        """Send what is due, in ``order``; return how many mails were settled.

        After so many seconds, or when ``stop`` becomes true, no further mail is begun: a slow mail server
        must not hold up the other outbox. Safe to run twice, or in several processes at once: each row is
        claimed by a conditional UPDATE. The heartbeat of ``worker_id`` holds what is claimed; without one,
        the next process that looks takes it back.
        """
        # Asked each second, so nothing is written where there is nothing to do.
        if not (self._due().exists() or self._abandoned().exists()):
            return 0
        if guard.why_closed():
            # In a backup wait mails that went out since, and mails to people who left since.
            self._put_all_off(WHILE_CLOSED)
            return 0
        # What a process that died had claimed is given back once; what is interrupted twice is given up.
        for mail in self._abandoned().filter(interrupted=True):
            self._settle(mail, OutgoingMail.MailState.GIVEN_UP)
        self._abandoned().update(mail_state=OutgoingMail.MailState.WAITING, interrupted=True)
        until = time.monotonic() + seconds
        settled, waiting = 0, set[int]()
        with closing(smtp.get_connection()) as connection:
            while not stop and time.monotonic() < until:
                next_mail = self._due().exclude(pk__in=waiting).order_by(*self.order).first()
                if (
                    not next_mail
                    or (outcome := self._attempt(next_mail, connection, worker_id)) is Outcome.ALL_WAIT
                ):
                    break
                if outcome is Outcome.SETTLED:
                    settled += 1
                else:
                    # It is not looked at again in this round, even if its time has come by the end of it.
                    waiting.add(next_mail.pk)
        return settled

    def _due(self) -> QuerySet[Mail]:
        now = timezone.now()
        is_due = Q(due_at__lte=now) | Q(due_set_at__gt=clocks.latest_credible(now))
        return self.rows.filter(is_due, mail_state=OutgoingMail.MailState.WAITING)

    def _abandoned(self) -> QuerySet[Mail]:
        """Return what is being sent by a worker that is dead, or has ended."""
        is_held = Exists(Heartbeat.objects.filter(pk=OuterRef("claimed_by")))
        return self.rows.filter(~is_held, mail_state=OutgoingMail.MailState.SENDING)

    def _put_all_off(self, pause: timedelta) -> None:
        now = timezone.now()
        self._due().update(due_at=now + pause, due_set_at=now)

    def _attempt(self, mail: Mail, connection: BaseEmailBackend, worker_id: str) -> Outcome:
        claimed = {"mail_state": OutgoingMail.MailState.SENDING, "claimed_by": worker_id}
        if not self._due().filter(pk=mail.pk).update(**claimed):
            return Outcome.WAITS
        try:
            # It may have been changed, or erased, since it was found.
            mail = self.rows.get(pk=mail.pk)
            with transaction.atomic():
                message = self.prepare(mail)
                if message is None:
                    transaction.set_rollback(True)
                elif not PER_DOMAIN.spend(addresses.domain(mail.address_folded)):
                    raise _DomainLimit
                elif not OVERALL.spend():
                    raise _OverallLimit
                else:
                    self.rows.filter(pk=mail.pk).update(counted=True, tries=F("tries") + 1)
        except self.rows.model.DoesNotExist:
            return Outcome.WAITS
        except NotNow as later:
            return self._wait(mail, later.at)
        except _DomainLimit:
            # All mails to the domain wait until its next place is free; they hold up nobody.
            domain = addresses.domain(mail.address_folded)
            now = timezone.now()
            until = PER_DOMAIN.free_at(domain)
            of_domain = self._due().filter(**{self.domain_lookup: f"@{domain}"})
            of_domain.update(due_at=until, due_set_at=now)
            return self._wait(mail, until)
        except _OverallLimit:
            # Whatever else put a row off has set its due_at anew.
            now = timezone.now()
            if self.expires_after and mail.due_at < now - self.expires_after:
                return self._settle(mail, OutgoingMail.MailState.GIVEN_UP)
            self._wait(mail, min(mail.due_at, now))
            return Outcome.ALL_WAIT
        except outages.AWAY:
            # Nothing was handed over. The row would be this worker's as long as that lives.
            self._wait(mail, mail.due_at)
            raise
        # None may get away: it would leave the row to the sweep, and its text, which may hold the address, to
        # the log.
        except Exception as error:
            return self._put_off(mail, error)
        if message is None:
            return self._settle(mail, OutgoingMail.MailState.SKIPPED)
        return self._send(mail, message, connection)

    def _send(self, mail: Mail, message: EmailMessage, connection: BaseEmailBackend) -> Outcome:
        try:
            _hand_over(message, connection)
        except Exception as error:
            refused = isinstance(error, smtplib.SMTPRecipientsRefused) and error.recipients.values()
            if refused and all(map(_is_for_good, refused)):
                return self._settle(mail, OutgoingMail.MailState.REFUSED)
            # Mail services' own errors are no OSError.
            is_server_away = isinstance(error, OSError) and not isinstance(error, _OF_ONE_MAIL)
            is_server_away = is_server_away or isinstance(error, smtp.NoTls)
            return self._put_off(mail, error, is_server_away=is_server_away)
        return self._settle(mail, OutgoingMail.MailState.SENT)

    def _settle(self, mail: Mail, mail_state: OutgoingMail.MailState) -> Outcome:
        now = timezone.now()
        sent_at = {"mailed_at": now} if mail_state == OutgoingMail.MailState.SENT else {}

        def settle() -> None:
            with transaction.atomic():
                self.rows.filter(pk=mail.pk).update(mail_state=mail_state, claimed_by="", **sent_at)
                if self.settled:
                    self.settled(mail, mail_state, now)

        # What was sent must not be forgotten.
        outages.until_it_answers(settle)
        return Outcome.SETTLED

    def _wait(self, mail: Mail, until: datetime) -> Outcome:
        waiting = {"mail_state": OutgoingMail.MailState.WAITING, "claimed_by": ""}
        mine = self.rows.filter(pk=mail.pk)
        outages.until_it_answers(lambda: mine.update(due_at=until, due_set_at=timezone.now(), **waiting))
        return Outcome.WAITS

    def _put_off(self, mail: Mail, error: Exception, *, is_server_away: bool = False) -> Outcome:
        # Never the error's own text: mail servers quote the address in it.
        reason = f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()
        now = timezone.now()
        if mail.asked_at < now - GIVE_UP_AFTER:
            logger.error("%s: its mail is given up (%s)", mail, reason)
            return self._settle(mail, OutgoingMail.MailState.GIVEN_UP)
        longest = LONGEST_ABSENCE if is_server_away else LONGEST_PAUSE
        pause = min(timedelta(minutes=2 ** min(mail.tries, 10)), longest)
        logger.warning("%s: its mail was not sent (%s), again in %s", mail, reason, pause)
        self._wait(mail, now + pause)
        if not is_server_away:
            return Outcome.WAITS
        # All alike, so that they keep their order and each other's place.
        self._put_all_off(pause)
        return Outcome.ALL_WAIT


def _hand_over(message: EmailMessage, connection: BaseEmailBackend) -> None:
    is_new = connection.open()
    try:
        connection.send_messages([message])
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException) as error:
        if is_new or getattr(error, "smtp_code", 421) != 421:
            raise
        # Some servers take so many mails from one connection, and then end it (RFC 5321, 3.8).
        connection.close()
        connection.open()
        connection.send_messages([message])


def _is_for_good(reply: tuple[int, bytes]) -> bool:
    """Tell whether a server's reply (code, text) to a recipient says that there is no such one.

    With an enhanced code of 5.7 (RFC 3463, 3.8) the server refuses us, as long as somebody has not set things
    right.
    """
    code, text = reply
    return 500 <= code < 600 and not text.startswith(b"5.7.")
