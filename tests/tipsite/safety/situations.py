"""What may be wrong with the next slot, made of few rows each."""

from datetime import timedelta

from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from subscribers.models import (
    DatabaseIdentity,
    Delivery,
    Heartbeat,
    Mailing,
    OutgoingMail,
    ServiceMail,
    Subscriber,
    Suppression,
)
from subscribers.people import journal
from subscribers.recovery import guard
from tests.tips.making import make_tip
from tips.models import SlotException, SlotRule, Tip, TipState
from tips.schedule import slot_states
from tipsite.models import BackupRun

TITLE = "Keep your word"


def all_is_well():
    """Make a worker live, and give the next slot a tip that is approved and for mail."""
    Heartbeat.objects.create(worker_id="w", seen_at=timezone.now())
    return make_tip(TITLE, publish_at=next_slot().at, for_mail=True)


def next_slot():
    return slot_states.ahead()[0].slot


def ago(**length):
    return timezone.now() - timedelta(**length)


def sending(**fields):
    values = {"state": Mailing.State.SENDING, "started_at": ago(hours=1)} | fields
    return Mailing.objects.create(tip=make_tip("Smile", for_mail=True), **values)


def subscribe(**fields):
    return Subscriber.objects.create(address=f"p{Subscriber.objects.count()}@example.org", **fields)


def delivery(mailing, **fields):
    return Delivery.objects.create(mailing=mailing, subscriber=subscribe(), **fields)


def no_tip():
    Tip.objects.all().delete()


def not_for_mail():
    Tip.objects.update(for_mail=False)
    subscribe()


def no_rule():
    SlotRule.objects.all().delete()


def no_worker():
    Heartbeat.objects.update(seen_at=ago(minutes=30))


def a_clock_is_ahead():
    Heartbeat.objects.create(worker_id="of the hour that comes again", seen_at=ago(minutes=-60))


def the_clock_of_a_worker_is_off():
    Heartbeat.objects.update(host="mail-2", clock_ahead=-3600)


def queue_stands():
    delivery(sending())


def one_is_never_done():
    delivery(sending(), state=Delivery.State.SENDING)


def deferred_long_ago():
    delivery(sending(), state=Delivery.State.DEFERRED, due_at=ago(minutes=30))


def server_refuses():
    sending(trouble="The mail server cannot be reached (ConnectionRefusedError).")


def journal_is_not_to_be_written():
    journal.path().parent.rmdir()
    sending(trouble="The journal cannot be written (No such file or directory).")


def a_suppression_is_not_in_the_journal():
    row = {"address_hash": "a" * 64, "reason": Suppression.Reason.BOUNCED, "journaled": False}
    Suppression.objects.create(since=ago(minutes=5), **row)


def service_mails_wait():
    kind = ServiceMail.Kind.choices[0][0]
    ServiceMail.objects.create(
        subscriber=subscribe(),
        kind=kind,
        mail_state=OutgoingMail.MailState.WAITING,
        asked_at=ago(hours=2),
        tries=5,
    )


def twice_uncertain():
    delivery(sending(state=Mailing.State.SENT), state=Delivery.State.UNCERTAIN, uncertain_count=2)


def restored():
    guard.checkpoint()
    DatabaseIdentity.objects.update(counter=0)


def a_draft():
    Tip.objects.update(state=TipState.DRAFT, pinned=True)


def in_review():
    Tip.objects.update(state=TipState.IN_REVIEW, pinned=True)


def a_teaser():
    Tip.objects.update(body="")


def withdrawn():
    Tip.objects.update(state=TipState.WITHDRAWN)


def skipped_and_then_free():
    day = next_slot().day
    SlotException.objects.create(day=day, kind="skip", reason="Holidays", at=timezone.now())


def moved_away_from_its_tip():
    slot = next_slot()
    later = {"kind": "move", "reason": "A fair", "moved_to": slot.at + timedelta(hours=3)}
    SlotException.objects.create(day=slot.day, at=timezone.now(), **later)


def its_mailing_was_cancelled():
    subscribe()
    Mailing.objects.create(tip=Tip.objects.get(), state=Mailing.State.CANCELLED, ended_at=ago(hours=1))


def everybody_pauses():
    subscribe(paused_until=timezone.localdate() + timedelta(days=400))


def backup_fails():
    MigrationRecorder.Migration.objects.update(applied=ago(days=9))
    BackupRun.objects.create(began_at=ago(hours=30), ended_at=ago(hours=30), file="a.tar")
    BackupRun.objects.create(began_at=ago(hours=3), ended_at=ago(hours=3), file="b.tar", failure="no room")


def backup_is_overdue():
    MigrationRecorder.Migration.objects.update(applied=ago(days=9))
    BackupRun.objects.create(began_at=ago(days=3), ended_at=ago(days=3), file="a.tar")


def no_worker_and_not_for_mail():
    no_worker()
    not_for_mail()


# --- All is well nevertheless -------------------------------------------------------------------------


def somebody_subscribed():
    subscribe()


def not_for_mail_where_nobody_subscribed():
    Tip.objects.update(for_mail=False)


def it_was_mailed_already():
    subscribe()
    Mailing.objects.create(tip=Tip.objects.get(), state=Mailing.State.SENT, ended_at=ago(days=90))


def another_mailing_goes_out():
    delivery(sending(started_at=ago(minutes=1)))
