"""How a mail to one person goes out once: claims, retries, and what a process that died leaves behind.

It is the same for all rows that ask for a mail (``OutgoingMail``). The rows say what is left to do. A task is
only a nudge, and the clock does what no task did.
"""

import enum
import logging
import smtplib
import time
from contextlib import closing
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from shield.rate_limits import FixedWindow, SlidingWindow
from subscribers import addresses
from subscribers.mail import smtp
from subscribers.models import OutgoingMail
from subscribers.recovery import guard

logger = logging.getLogger(__name__)

# Of all mails that follow from what somebody typed or pressed: no form of ours floods the world.
OVERALL = SlidingWindow("outbox", 60, timedelta(minutes=1))
PER_DOMAIN = FixedWindow("outbox domain", 200, timedelta(hours=1))

# Longer than any mail server lets us wait; a claim older than this was left by a process that died.
CLAIM_LASTS = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=1)
# A mail server that was away is asked for again this soon, for one mail on behalf of all.
LONGEST_ABSENCE = timedelta(minutes=10)
# How soon is asked again whether the restore guard is open.
WHILE_CLOSED = timedelta(minutes=2)
# Shorter than it takes the clock to come round: for so long a turn waits for the next place in the budget.
PATIENCE = timedelta(seconds=5)
GIVE_UP_AFTER = timedelta(days=3)


class Outcome(enum.Enum):
    """What came of one attempt."""

    SETTLED = "settled"
    PUT_OFF = "put off"
    NOT_OURS = "another process has it"
    DOMAIN_FULL = "enough mail for its domain"
    FULL = "enough mail"
    SERVER_AWAY = "mail server away"


class NotNow(Exception):
    """Raised by ``prepare`` for a mail that may go out, but no earlier than at ``at`` (an aware datetime)."""

    def __init__(self, at):
        super().__init__(at)
        self.at = at


class Outbox:
    """The mails that one kind of row asks for."""

    def __init__(self, rows, prepare, *, address="address_folded", expires_after=None, settled=None):
        """``rows`` is a manager of ``OutgoingMail`` rows, and ``address`` the column of their folded address.

        ``prepare(row)`` returns the message, or None where none is to be sent; it may raise NotNow. What it
        spends or writes is undone unless its message goes on its way. A row that waits for the overall budget
        alone longer than ``expires_after`` (a timedelta) is given up; the absence of the mail server, and
        whatever else put it off, does not count. When the mail of a row is settled, in the same transaction,
        ``settled(row, mail_state, at)`` is called.
        """
        self.rows, self.prepare, self.address, self.expires_after = rows, prepare, address, expires_after
        self.settled = settled

    def send_one(self, pk):
        """Send the mail of one row (its primary key), unless earlier ones are waiting.

        Those go first, with the clock's next turn.
        """
        if not guard.why_closed() and not self.due().filter(pk__lt=pk).exists():
            with closing(smtp.get_connection()) as connection:
                self._attempt(pk, connection)

    def any_due(self):
        """Return whether there is anything for ``send_due`` to do."""
        return self.due().exists() or self._stale().exists()

    def send_due(self, seconds=20):
        """Send what is due, oldest first; return how many were settled.

        After so many seconds it begins no further one: a slow mail server must not hold up its caller. Safe
        to run twice, or in several processes at once: each row is claimed by a conditional UPDATE.
        """
        return self._turn(seconds)[0]

    def is_behind(self, seconds=20):
        """Do as ``send_due`` does; return whether it ended for want of time, with more to do."""
        return self._turn(seconds)[1]

    def _turn(self, seconds):
        if guard.why_closed():
            # In a backup wait mails that went out since, and mails to people who left since.
            self.due().update(due_at=timezone.now() + WHILE_CLOSED)
            return 0, False
        self._sweep()
        until = time.monotonic() + seconds
        settled, last, has_waited = 0, 0, False
        with closing(smtp.get_connection()) as connection:
            while time.monotonic() < until:
                row = self.due().filter(pk__gt=last).order_by("pk").first()
                if row is None:
                    return settled, False
                outcome = self._attempt(row.pk, connection)
                if outcome is Outcome.FULL and not has_waited and (free_in := OVERALL.free_in()) <= PATIENCE:
                    # The clock's minutes and the budget's are not in step: else every second one were lost.
                    time.sleep(free_in.total_seconds())
                    has_waited = True
                    continue
                if outcome in (Outcome.FULL, Outcome.SERVER_AWAY):
                    return settled, False
                last, has_waited = row.pk, False
                settled += outcome is Outcome.SETTLED
        return settled, True

    def due(self):
        """Return the rows whose mail is due."""
        return self.rows.filter(mail_state=OutgoingMail.MailState.WAITING, due_at__lte=timezone.now())

    def _stale(self):
        return self.rows.filter(
            mail_state=OutgoingMail.MailState.SENDING, claimed_at__lt=timezone.now() - CLAIM_LASTS
        )

    def _sweep(self):
        """Give back what a process that died had claimed, once; what is interrupted twice is given up."""
        for row in self._stale().filter(interrupted=True):
            self._settle(row, OutgoingMail.MailState.GIVEN_UP)
        self._stale().filter(interrupted=False).update(
            mail_state=OutgoingMail.MailState.WAITING, interrupted=True
        )

    def _attempt(self, pk, connection):
        if (
            not self.due()
            .filter(pk=pk)
            .update(mail_state=OutgoingMail.MailState.SENDING, claimed_at=timezone.now())
        ):
            return Outcome.NOT_OURS
        row = self.rows.filter(pk=pk).first()
        # Erased at this moment.
        if row is None:
            return Outcome.NOT_OURS
        try:
            message, refusal = self._ready(row)
        except NotNow as later:
            return self._wait(row, later.at)
        # None may get away: it would leave the row to the sweep, and its text, which may hold the address,
        # to the task's record.
        except Exception as error:
            return self._put_off(row, error, Outcome.PUT_OFF)
        if refusal is Outcome.FULL and self._is_too_late(row):
            return self._settle(row, OutgoingMail.MailState.GIVEN_UP)
        if refusal:
            self.rows.filter(pk=pk).update(mail_state=OutgoingMail.MailState.WAITING, claimed_at=None)
            if refusal is Outcome.DOMAIN_FULL:
                self._put_off_domain(row)
            return refusal
        if message is None:
            return self._settle(row, OutgoingMail.MailState.SKIPPED)
        return self._send(row, message, connection)

    def _ready(self, row):
        """Return (the message, None), or (None, what stands against it)."""
        with transaction.atomic():
            message = self.prepare(row)
            if message is None:
                transaction.set_rollback(True)
                return None, None
            if not PER_DOMAIN.spend(addresses.domain(row.address_folded)):
                refusal = Outcome.DOMAIN_FULL
            elif not OVERALL.spend():
                refusal = Outcome.FULL
            else:
                self.rows.filter(pk=row.pk).update(counted=True, tries=F("tries") + 1)
                return message, None
            transaction.set_rollback(True)
            return None, refusal

    def _is_too_late(self, row):
        # Whatever else put a row off has set its due_at anew.
        return self.expires_after is not None and row.due_at < timezone.now() - self.expires_after

    def _send(self, row, message, connection):
        try:
            self._hand_over(message, connection)
        except smtplib.SMTPRecipientsRefused as error:
            if all(map(_is_for_good, error.recipients.values())):
                return self._settle(row, OutgoingMail.MailState.REFUSED)
            return self._put_off(row, error, Outcome.PUT_OFF)
        except (smtplib.SMTPDataError, smtplib.SMTPNotSupportedError) as error:
            # It was this one mail that the server did not like.
            return self._put_off(row, error, Outcome.PUT_OFF)
        except OSError as error:
            return self._put_off(row, error, Outcome.SERVER_AWAY)
        # Mail services' own errors are no OSError.
        except Exception as error:
            return self._put_off(row, error, Outcome.PUT_OFF)
        return self._settle(row, OutgoingMail.MailState.SENT)

    def _hand_over(self, message, connection):
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

    def _settle(self, row, result):
        now = timezone.now()
        sent_at = {"mailed_at": now} if result == OutgoingMail.MailState.SENT else {}
        with transaction.atomic():
            self.rows.filter(pk=row.pk).update(mail_state=result, claimed_at=None, **sent_at)
            if self.settled:
                self.settled(row, result, now)
        return Outcome.SETTLED

    def _wait(self, row, until):
        self.rows.filter(pk=row.pk).update(
            mail_state=OutgoingMail.MailState.WAITING, claimed_at=None, due_at=until
        )
        return Outcome.PUT_OFF

    def _put_off(self, row, error, outcome):
        # Never the error's own text: mail servers quote the address in it.
        reason = f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()
        now = timezone.now()
        if row.asked_at < now - GIVE_UP_AFTER:
            logger.error("%s: its mail is given up (%s)", row, reason)
            return self._settle(row, OutgoingMail.MailState.GIVEN_UP)
        away = outcome is Outcome.SERVER_AWAY
        pause = min(timedelta(minutes=2 ** min(row.tries, 10)), LONGEST_ABSENCE if away else LONGEST_PAUSE)
        logger.warning("%s: its mail was not sent (%s), again in %s", row, reason, pause)
        self._wait(row, now + pause)
        if away:
            # All alike, so that they keep their order and each other's place.
            self.due().update(due_at=now + pause)
        return outcome

    def _put_off_domain(self, row):
        """Let all mails for the domain of a row wait until its budget begins anew; they hold up nobody."""
        domain = addresses.domain(row.address_folded)
        until = PER_DOMAIN.ends_at(domain)
        if until is not None:
            same = Q(pk=row.pk) | Q(**{f"{self.address}__endswith": f"@{domain}"})
            self.due().filter(same).update(due_at=until)


def _is_for_good(reply):
    """Tell whether a server's reply (code, text) to a recipient says that there is no such one.

    With an enhanced code of 5.7 (RFC 3463, 3.8) it is us whom the server refuses, as long as somebody has not
    set things right.
    """
    code, text = reply
    return 500 <= code < 600 and not text.startswith(b"5.7.")
