"""The counts of a mailing's deliveries: true in every transaction, whoever writes the ledger."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from subscribers.delivery import circuit_breaker, claims, counting
from subscribers.mailings import reach, statistics, status
from subscribers.models import Delivery, DeliveryCount, Mailing, Subscriber, SubscriberCount
from subscribers.people import erasure, subscriptions
from tests.subscribers.draining import drain
from tests.subscribers.making import HELD, make_begun, make_people, open_mailing

pytestmark = pytest.mark.django_db
State = Delivery.State


def counts(mailing):
    """Return the counts of a mailing; they agree with its deliveries."""
    assert counting.differences() == {}
    return {
        kind: number for kind, number in DeliveryCount.objects.of([mailing.pk])[mailing.pk].items() if number
    }


def test_what_is_sent_refused_put_off_or_skipped_is_counted(mail_server):
    gone, nobody, busy, *_ = make_people(6)
    mailing = open_mailing()
    assert counts(mailing) == {}
    subscriptions.leave(gone)
    replies = {nobody.address: "550 5.1.1 nobody", busy.address: "450 4.2.1 busy"}
    mail_server.script = lambda stage, who, number: replies.get(who) if stage == "rcpt" else None
    drain()
    assert counts(mailing) == {"sent": 3, "refused": 1, "deferred": 1, "skipped": 1}
    progress = status.progress(mailing)
    assert (progress.audience, progress.remaining) == (6, 1)


def test_many_rows_change_in_one_statement_and_counts_follow():
    mailing = make_begun(rows=[State.QUEUED] * 4 + [State.DEFERRED] * 3 + [HELD] * 2)
    other = make_begun(rows=[])
    assert counts(mailing) == {"deferred": 3, "held": 2}
    mailing.deliveries.exclude(state=State.QUEUED).update(state=State.SENT)
    assert counts(mailing) == {"sent": 5}
    mailing.deliveries.filter(state=State.SENT).update(state=State.UNCERTAIN, due_at=timezone.now())
    assert counts(mailing) == {"uncertain": 5}
    mailing.deliveries.filter(state=State.UNCERTAIN).update(due_at=None)
    assert counts(mailing) == {"held": 5}
    mailing.deliveries.all().delete()
    assert counts(mailing) == counts(other) == {}


def test_what_is_rolled_back_was_never_counted():
    mailing = make_begun(rows=[State.QUEUED] * 2)
    with transaction.atomic():
        mailing.deliveries.update(state=State.SENT)
        assert counts(mailing) == {"sent": 2}
        transaction.set_rollback(True)
    assert counts(mailing) == {}


def test_a_complaint_is_counted_beside_the_state_and_an_erasure_changes_nothing():
    mailing = make_begun(rows=[State.SENT] * 3)
    one = mailing.deliveries.select_related("subscriber").first()
    circuit_breaker.complained(one.pk)
    circuit_breaker.complained(one.pk)
    assert counts(mailing) == {"sent": 3, "complained": 1}
    erasure.erase(one.subscriber)
    assert counts(mailing) == {"sent": 3, "complained": 1}
    assert statistics.of([mailing])[mailing.pk]["complaints"] == 1


def test_a_welcome_is_in_no_mailing_and_is_not_counted():
    mailing = make_begun(rows=[State.SENT])
    person = mailing.deliveries.get().subscriber
    Delivery.objects.create(tip=mailing.tip, subscriber=person, state=State.SENT)
    assert counts(mailing) == {"sent": 1}


@pytest.mark.django_db(transaction=True)
def test_connections_count_beside_each_other_and_their_parts_are_put_together():
    mailing = make_begun(rows=[State.QUEUED] * 30)
    pks = list(mailing.deliveries.values_list("pk", flat=True))

    def settle(mine):
        for pk in mine:
            Delivery.objects.filter(pk=pk).update(state=State.SENT)
        connection.close()

    threads = [threading.Thread(target=settle, args=[pks[start::3]]) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(mailing) == {"sent": 30}
    counting.put_together()
    assert counts(mailing) == {"sent": 30}
    assert DeliveryCount.objects.get().shard == SubscriberCount.objects.get().shard == 0
    claims.give_back(0, pks)
    mailing.deliveries.filter(pk__in=pks[:10]).update(state=State.REFUSED)
    assert counts(mailing) == {"sent": 20, "refused": 10}


def test_a_count_that_is_not_true_is_found_and_mended(caplog):
    mailing = make_begun(rows=[State.SENT] * 3)
    DeliveryCount.objects.filter(mailing=mailing).update(number=7)
    assert counting.differences() == {(mailing.pk, "sent"): -4}
    counting.look_after(timezone.now())
    assert counts(mailing) == {"sent": 3}
    assert "were not true" in caplog.text


@pytest.mark.parametrize("state", [Mailing.State.SENDING, Mailing.State.SENT])
def test_the_page_of_a_mailing_reads_no_more_deliveries_than_its_list_shows(
    state, admin_client, django_assert_max_num_queries
):
    mailing = make_begun(state, rows=[State.SENT] * 60 + [State.REFUSED] * 2)
    page = f"/admin/subscribers/mailing/{mailing.pk}/"
    for url in (f"{page}change/", f"{page}ledger/?state=sent", f"{page}progress/"):
        with django_assert_max_num_queries(30) as asked:
            admin_client.get(url)
        read = [
            query["sql"] for query in asked.captured_queries if 'FROM "subscribers_delivery"' in query["sql"]
        ]
        live = [sql for sql in read if "COUNT(" in sql and "sending" not in sql]
        assert not live


@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_emptied_table_by_table_counts_nothing_but_what_was_condensed():
    mailing = make_begun(rows=[State.SENT] * 3)
    # ``flush`` takes the tables in no order, and asks afterwards for what follows migrations.
    DeliveryCount.objects.all().delete()
    Delivery.objects.all().delete()
    DeliveryCount.objects.create(mailing=mailing, kind="sent", shard=DeliveryCount.CONDENSED, number=7)
    call_command("migrate", verbosity=0)
    assert counting.differences() == {}
    assert DeliveryCount.objects.of([mailing.pk])[mailing.pk] == {"sent": 7}


def on_list():
    """Return the count of the list; it agrees with the list."""
    assert counting.more_people() == 0
    return SubscriberCount.objects.confirmed()


def test_who_is_on_the_list_is_counted_by_whatever_path_they_come_and_go(caplog):
    assert on_list() == 0
    anna, *others = make_people(4)
    assert on_list() == 4
    subscriptions.leave(anna)
    assert on_list() == 3
    Subscriber.objects.filter(pk__in=[person.pk for person in others[:2]]).update(first_name="Ann")
    Subscriber.objects.filter(pk=others[0].pk).update(state="left", left_at=timezone.now())
    erasure.erase(others[1])
    assert on_list() == 1
    Subscriber.objects.all().delete()
    assert on_list() == 0
    SubscriberCount.objects.update(number=5)
    counting.look_after(timezone.now())
    assert on_list() == 0
    assert "list was not true" in caplog.text


def test_a_prepared_mailing_tells_of_a_short_list_who_gets_it_and_of_a_long_one_how_long_it_is(monkeypatch):
    anna, *_ = make_people(4)
    Subscriber.objects.filter(pk=anna.pk).update(paused_until="2100-01-01")
    mailing = make_begun(Mailing.State.PREPARED, rows=[])
    assert status.audience_ahead(mailing) == 3
    monkeypatch.setattr(reach, "LONG_LIST", 2)
    assert status.audience_ahead(mailing) == 4
