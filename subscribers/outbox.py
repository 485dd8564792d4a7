"""How a mail to one person goes out once: claims, retries, and what a process that died leaves behind.

It is the same for all rows that ask for a mail (``Outgoing``). The rows say what is left to do. A task is
only a nudge, and the clock does what no task did.
"""

import enum
import logging
import smtplib
import time
from contextlib import closing
from datetime import timedelta

from django.core import mail
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from shield.budgets import Allowance
from subscribers import addresses
from subscribers.models import Outgoing

logger = logging.getLogger(__name__)

# Of all mails that follow from what somebody typed or pressed: no form of ours floods the world.
OVERALL = Allowance("outbox", 60, timedelta(minutes=1))
PER_DOMAIN = Allowance("outbox domain", 200, timedelta(hours=1))

# Longer than any mail server lets us wait; a claim older than this was left by a process that died.
CLAIM_LASTS = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)

Mail = Outgoing.Mail


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

    def __init__(self, rows, prepare, *, address="folded", expires_after=None, settled=None):
        """``rows`` is a manager of ``Outgoing`` rows, and ``address`` the column of their folded address.

        ``prepare(row)`` returns the message, or None where none is to be sent; it may raise NotNow. What it
        spends or writes is undone unless its message goes on its way. A row that waits for the overall budget
        longer than ``expires_after`` (a timedelta) is given up. ``settled(row, mail, at)`` is called when a
        row's mail is settled, in the same transaction.
        """
        self.rows, self.prepare, self.address, self.expires_after = rows, prepare, address, expires_after
        self.settled = settled

    def send_one(self, pk):
        """Send the mail of one row (its primary key), unless earlier ones are waiting.

        Those go first, with the clock's next turn.
        """
        if not self.due().filter(pk__lt=pk).exists():
            with closing(mail.get_connection()) as connection:
                self._attempt(pk, connection)

    def any_due(self):
        """Return whether there is anything for ``send_due`` to do."""
        return self.due().exists() or self._stale().exists()

    def send_due(self, seconds=20):
        """Send what is due, oldest first; return how many were settled.

        After so many seconds it begins no further one: a slow mail server must not hold up its caller. Safe
        to run twice, or in several processes at once: each row is claimed by a conditional UPDATE.
        """
        self._sweep()
        until = time.monotonic() + seconds
        settled, last, full_domains = 0, 0, []
        with closing(mail.get_connection()) as connection:
            while time.monotonic() < until:
                rows = self.due().filter(pk__gt=last)
                for domain in full_domains:
                    rows = rows.exclude(**{f"{self.address}__endswith": f"@{domain}"})
                row = rows.order_by("pk").first()
                if row is None:
                    break
                last = row.pk
                outcome = self._attempt(last, connection)
                if outcome is Outcome.DOMAIN_FULL:
                    full_domains.append(addresses.domain(row.folded))
                elif outcome in (Outcome.FULL, Outcome.SERVER_AWAY):
                    break
                settled += outcome is Outcome.SETTLED
        return settled

    def due(self):
        """Return the rows whose mail is due."""
        return self.rows.filter(mail=Mail.WAITING, due_at__lte=timezone.now())

    def _stale(self):
        return self.rows.filter(mail=Mail.SENDING, claimed_at__lt=timezone.now() - CLAIM_LASTS)

    def _sweep(self):
        """Give back what a process that died had claimed, once; what is interrupted twice is given up."""
        for row in self._stale().filter(interrupted=True):
            self._settle(row, Mail.GIVEN_UP)
        self._stale().filter(interrupted=False).update(mail=Mail.WAITING, interrupted=True)

    def _attempt(self, pk, connection):
        if not self.due().filter(pk=pk).update(mail=Mail.SENDING, claimed_at=timezone.now()):
            return Outcome.NOT_OURS
        row = self.rows.get(pk=pk)
        try:
            message, refusal = self._ready(row)
        except NotNow as later:
            return self._wait(row, later.at)
        # None may get away: it would leave the row to the sweep, and its text, which may hold the address,
        # to the task's record.
        except Exception as error:
            return self._put_off(row, error, Outcome.PUT_OFF)
        if refusal is Outcome.FULL and self._is_too_late(row):
            return self._settle(row, Mail.GIVEN_UP)
        if refusal:
            self.rows.filter(pk=pk).update(mail=Mail.WAITING, claimed_at=None)
            return refusal
        if message is None:
            return self._settle(row, Mail.SKIPPED)
        return self._send(row, message, connection)

    def _ready(self, row):
        """Return (the message, None), or (None, what stands against it)."""
        with transaction.atomic():
            message = self.prepare(row)
            if message is None:
                return None, None
            if not PER_DOMAIN.spend(addresses.domain(row.folded)):
                refusal = Outcome.DOMAIN_FULL
            elif not OVERALL.spend():
                refusal = Outcome.FULL
            else:
                self.rows.filter(pk=row.pk).update(counted=True, tries=F("tries") + 1)
                return message, None
            transaction.set_rollback(True)
            return None, refusal

    def _is_too_late(self, row):
        return self.expires_after is not None and row.asked_at < timezone.now() - self.expires_after

    def _send(self, row, message, connection):
        try:
            connection.open()
            connection.send_messages([message])
        except smtplib.SMTPRecipientsRefused as error:
            if all(500 <= code < 600 for code, _ in error.recipients.values()):
                return self._settle(row, Mail.REFUSED)
            return self._put_off(row, error, Outcome.PUT_OFF)
        except OSError as error:
            return self._put_off(row, error, Outcome.SERVER_AWAY)
        # Mail services' own errors are no OSError.
        except Exception as error:
            return self._put_off(row, error, Outcome.PUT_OFF)
        return self._settle(row, Mail.SENT)

    def _settle(self, row, result):
        now = timezone.now()
        sent_at = {"mailed_at": now} if result == Mail.SENT else {}
        with transaction.atomic():
            self.rows.filter(pk=row.pk).update(mail=result, claimed_at=None, **sent_at)
            if self.settled:
                self.settled(row, result, now)
        return Outcome.SETTLED

    def _wait(self, row, until):
        self.rows.filter(pk=row.pk).update(mail=Mail.WAITING, claimed_at=None, due_at=until)
        return Outcome.PUT_OFF

    def _put_off(self, row, error, outcome):
        # Never the error's own text: mail servers quote the address in it.
        reason = f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()
        now = timezone.now()
        if row.asked_at < now - GIVE_UP_AFTER:
            logger.error("%s: its mail is given up (%s)", row, reason)
            return self._settle(row, Mail.GIVEN_UP)
        pause = min(timedelta(minutes=2 ** min(row.tries, 10)), LONGEST_PAUSE)
        logger.warning("%s: its mail was not sent (%s), again in %s", row, reason, pause)
        self._wait(row, now + pause)
        return outcome
