"""The confirmation mails: which sign-up requests get one, in which order, and what if it cannot be sent.

The rows say what is left to do. A task is only a nudge, and the clock does what no task did.
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
from subscribers import addresses, emails, subscriptions
from subscribers.models import SignupRequest, Subscriber

logger = logging.getLogger(__name__)

PER_ADDRESS = Allowance("confirmation address", 1, timedelta(days=1))
PER_DOMAIN = Allowance("confirmation domain", 200, timedelta(hours=1))
OVERALL = Allowance("confirmation", 60, timedelta(minutes=1))

# Longer than any mail server lets us wait; a claim older than this was left by a process that died.
CLAIM_LASTS = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)

Mail = SignupRequest.Mail


class Outcome(enum.Enum):
    """What came of one attempt."""

    SETTLED = "settled"
    PUT_OFF = "put off"
    NOT_OURS = "another process has it"
    DOMAIN_FULL = "enough mail for its domain"
    FULL = "enough mail"
    SERVER_AWAY = "mail server away"


def send_one(pk):
    """Send the confirmation of one sign-up request (its primary key), unless earlier ones are waiting.

    Those go first, with the clock's next turn.
    """
    if not _due().filter(pk__lt=pk).exists():
        with closing(mail.get_connection()) as connection:
            _attempt(pk, connection)


def any_due():
    """Return whether there is anything for ``send_due`` to do."""
    return _due().exists() or _stale().exists()


def send_due(seconds=20):
    """Send the confirmations that are due, oldest first; return how many were settled.

    After so many seconds it begins no further one: a slow mail server must not hold up its caller. Safe to
    run twice, or in several processes at once: each row is claimed by a conditional UPDATE.
    """
    _sweep()
    until = time.monotonic() + seconds
    settled, last, full_domains = 0, 0, []
    with closing(mail.get_connection()) as connection:
        while time.monotonic() < until:
            rows = _due().filter(pk__gt=last)
            for domain in full_domains:
                rows = rows.exclude(folded__endswith=f"@{domain}")
            row = rows.order_by("pk").values_list("pk", "folded").first()
            if row is None:
                break
            last, folded = row
            outcome = _attempt(last, connection)
            if outcome is Outcome.DOMAIN_FULL:
                full_domains.append(addresses.domain(folded))
            elif outcome in (Outcome.FULL, Outcome.SERVER_AWAY):
                break
            settled += outcome is Outcome.SETTLED
    return settled


def _due():
    return SignupRequest.objects.filter(mail=Mail.WAITING, due_at__lte=timezone.now())


def _stale():
    return SignupRequest.objects.filter(mail=Mail.SENDING, claimed_at__lt=timezone.now() - CLAIM_LASTS)


def _sweep():
    """Give back what a process that died had claimed, once; what is interrupted twice is given up."""
    _stale().filter(interrupted=True).update(mail=Mail.GIVEN_UP)
    _stale().filter(interrupted=False).update(mail=Mail.WAITING, interrupted=True)


def _attempt(pk, connection):
    if not _due().filter(pk=pk).update(mail=Mail.SENDING, claimed_at=timezone.now()):
        return Outcome.NOT_OURS
    signup = SignupRequest.objects.get(pk=pk)
    if not _is_wanted(signup):
        return _settle(signup, Mail.SKIPPED)
    refusal = _spend(signup)
    if refusal is Outcome.SETTLED:
        return _settle(signup, Mail.SKIPPED)
    if refusal:
        SignupRequest.objects.filter(pk=pk).update(mail=Mail.WAITING)
        return refusal
    return _send(signup, connection)


def _is_wanted(signup):
    return (
        signup.state == SignupRequest.State.OPEN
        and not subscriptions.is_silenced(signup.address)
        and not Subscriber.objects.confirmed().filter(folded=signup.folded).exists()
    )


def _spend(signup):
    """Take one mail from each budget, or nothing from any. Returns None, or what stands against it."""
    with transaction.atomic():
        if not signup.counted and not PER_ADDRESS.spend(signup.folded):
            refusal = Outcome.SETTLED
        elif not PER_DOMAIN.spend(addresses.domain(signup.folded)):
            refusal = Outcome.DOMAIN_FULL
        elif not OVERALL.spend():
            refusal = Outcome.FULL
        else:
            SignupRequest.objects.filter(pk=signup.pk).update(counted=True, tries=F("tries") + 1)
            return None
        transaction.set_rollback(True)
        return refusal


def _send(signup, connection):
    try:
        message = emails.confirmation(signup)
        connection.open()
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        if all(500 <= code < 600 for code, _ in error.recipients.values()):
            return _settle(signup, Mail.REFUSED)
        return _put_off(signup, error, Outcome.PUT_OFF)
    except OSError as error:
        return _put_off(signup, error, Outcome.SERVER_AWAY)
    # Mail services' own errors are no OSError. None may get away: it would leave the row to the sweep, and
    # its text, which may hold the address, to the task's record.
    except Exception as error:
        return _put_off(signup, error, Outcome.PUT_OFF)
    return _settle(signup, Mail.SENT, mailed_at=timezone.now())


def _settle(signup, result, **changes):
    SignupRequest.objects.filter(pk=signup.pk).update(mail=result, claimed_at=None, **changes)
    return Outcome.SETTLED


def _put_off(signup, error, outcome):
    # Never the error's own text: mail servers quote the address in it.
    reason = f"{type(error).__name__} {getattr(error, 'smtp_code', '')}".strip()
    now = timezone.now()
    if signup.asked_at < now - GIVE_UP_AFTER:
        logger.error("Sign-up request %s: confirmation given up (%s)", signup.pk, reason)
        return _settle(signup, Mail.GIVEN_UP)
    pause = min(timedelta(minutes=2 ** min(signup.tries, 10)), LONGEST_PAUSE)
    logger.warning("Sign-up request %s: confirmation not sent (%s), again in %s", signup.pk, reason, pause)
    SignupRequest.objects.filter(pk=signup.pk).update(mail=Mail.WAITING, claimed_at=None, due_at=now + pause)
    return outcome
