"""Two who write at once, on PostgreSQL: an import is ended where it and another wait for each other."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from subscribers import addresses
from subscribers.exchange import store
from subscribers.exchange.address_list import AddressList
from subscribers.models import ConsentEvent, Subscriber, Suppression
from tests.at_once import SomebodyElse
from tests.subscribers.making import make_people

TEXT = "email,status\nreader0@host0.example,active\ngone@example.org,bounced\nnew@example.org,active\n"


def waits(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [pid])
        return cursor.fetchone() is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_its_batch_is_tried_again_and_neither_loses_nor_doubles_anybody(tmp_path, monkeypatch):
    [person] = make_people(1)
    (tmp_path / "list.csv").write_text(TEXT)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [ours] = cursor.fetchone()
    has_locked, outcomes, save = threading.Event(), [], store._Batch.save

    def in_a_circle(batch):
        # The person is locked: whoever waits for the import now is waited for by the import in the end.
        has_locked.set()
        while not outcomes and not waits(ours):
            pass
        try:
            save(batch)
            outcomes.append("written")
        except OperationalError as error:
            outcomes.append(error.__cause__.pgcode)
            raise

    monkeypatch.setattr(store._Batch, "save", in_a_circle)
    importing = SomebodyElse(lambda: store.store(AddressList(tmp_path / "list.csv", "list.csv")))
    with transaction.atomic(), connection.cursor() as cursor:
        # Each looks for a circle when it has waited for a while; the import alone shall find this one.
        cursor.execute("SET LOCAL deadlock_timeout = '1h'")
        Suppression.objects.create(address_hash=addresses.keyed_hash("gone@example.org"), reason="bounced")
        importing.thread.start()
        assert has_locked.wait(60)
        Subscriber.objects.select_for_update().get(pk=person.pk)
    report = importing.outcome().as_dict()
    # It may be ended more than once, where it is quicker than the other to lock the person again.
    assert (set(outcomes[:-1]), outcomes[-1]) == ({"40P01"}, "written")
    assert (report["added"], report["kept"]) == (1, 2)
    assert set(Subscriber.objects.values_list("address", flat=True)) == {person.address, "new@example.org"}
    assert ConsentEvent.objects.count() == Suppression.objects.count() == 1
