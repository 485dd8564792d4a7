"""An older database that is brought up to what the journal tells."""

from datetime import timedelta

import pytest
from django.utils import timezone

from subscribers import addresses
from subscribers.models import ConsentEvent, Erasure, LinkRequest, ServiceMail, Subscriber, Suppression
from subscribers.people import journal, subscriptions, suppressions
from subscribers.recovery.replay import replay

pytestmark = pytest.mark.django_db

NOTHING = {"suppressed": 0, "lifted": 0, "left": 0, "erased": 0}
ANNA = "anna@example.org"
KEY = addresses.keyed_hash(ANNA)


@pytest.fixture(autouse=True)
def own_journal(settings, tmp_path):
    settings.STATE_DIR = tmp_path


@pytest.fixture
def anna():
    """Anna as the backup has her: a subscriber for long."""
    anna = Subscriber.objects.create(address=ANNA, joined_at=ago(days=30))
    ConsentEvent.objects.create(subscriber=anna, kind=ConsentEvent.Kind.CONFIRMED, at=ago(days=30))
    return anna


def ago(**length):
    return timezone.now() - timedelta(**length)


def left(**length):
    return journal.new_entry("suppressed", KEY, ago(**length), reason="unsubscribed")


def came_back(**length):
    return journal.new_entry("lifted", KEY, ago(**length), reason="unsubscribed")


def test_who_left_since_has_left(anna):
    entry = left(days=2)
    assert replay([entry]) == NOTHING | {"suppressed": 1, "left": 1}
    anna.refresh_from_db()
    assert anna.state == Subscriber.State.LEFT
    assert anna.left_at.isoformat() == entry["at"]
    assert [event.kind for event in anna.consents.all()] == ["confirmed", "left"]
    row = Suppression.objects.get()
    assert (row.reason, row.since, row.journaled) == ("unsubscribed", anna.left_at, True)
    # Nobody is written to, and the journal is not told of what it tells.
    assert not ServiceMail.objects.exists()
    assert list(journal.entries()) == []


def test_a_second_time_changes_nothing(anna):
    entries = [
        left(days=9),
        came_back(days=8),
        left(days=7),
        journal.new_entry("suppressed", KEY, ago(days=6), reason="bounced"),
    ]
    entries += [
        journal.new_entry("lifted", KEY, ago(days=5), reason="bounced"),
        journal.new_entry("erased", "1" * 64, ago(days=4)),
    ]
    assert replay(entries) == NOTHING | {"suppressed": 2, "left": 1}
    before = list(Suppression.objects.order_by("pk").values())
    for _ in range(2):
        assert replay(entries) == NOTHING
    assert list(Suppression.objects.order_by("pk").values()) == before


def test_a_database_that_is_not_older_is_left_as_it_is(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        people = [
            subscriptions.confirm(subscriptions.request(f"{name}@example.org")) for name in ("a", "b", "c")
        ]
        for person in people[:2]:
            subscriptions.leave(person)
        subscriptions.undo_leaving(subscriptions.leaving(people[0]))
        suppressions.suppress(people[2].address_hash, Suppression.Reason.BOUNCED)
    before = [
        list(model.objects.order_by("pk").values()) for model in (Subscriber, Suppression, ConsentEvent)
    ]
    assert replay(journal.entries()) == NOTHING
    after = [list(model.objects.order_by("pk").values()) for model in (Subscriber, Suppression, ConsentEvent)]
    assert after == before


@pytest.mark.parametrize(
    ("entries", "is_left"),
    [
        ([left(days=3), came_back(days=2)], False),
        ([left(days=3), came_back(days=2), left(days=1)], True),
        # That a reason was lifted is written after the fact, and may so stand behind what came later.
        ([left(days=3), left(days=1), came_back(days=2)], True),
        # What a full disk kept back is written later.
        ([came_back(days=2), left(days=3)], False),
        ([journal.new_entry("lifted", KEY, ago(days=2), reason="bounced"), left(days=3)], True),
    ],
)
def test_what_holds_is_what_came_last(anna, entries, is_left):
    replay(entries)
    assert Subscriber.objects.confirmed().exists() is not is_left
    assert suppressions.reasons(ANNA) == ({"unsubscribed"} if is_left else set())


def test_within_one_moment_the_order_of_the_lines_counts(anna):
    moment = ago(days=1)
    lines = [
        journal.new_entry("suppressed", KEY, moment, reason="unsubscribed"),
        journal.new_entry("lifted", KEY, moment, reason="unsubscribed"),
    ]
    replay(lines)
    assert not Suppression.objects.exists()
    replay(lines[::-1])
    assert Suppression.objects.exists()


def test_where_a_reason_was_lifted_its_row_goes_and_nobody_is_brought_back(anna):
    replay([left(days=3)])
    assert replay([left(days=3), came_back(days=2)]) == NOTHING | {"lifted": 1}
    assert not Suppression.objects.exists()
    assert not Subscriber.objects.confirmed().exists()


def test_whose_own_later_word_is_in_the_database_stays_on_the_list(anna):
    ConsentEvent.objects.create(subscriber=anna, kind=ConsentEvent.Kind.RETURNED, at=ago(days=1))
    assert replay([left(days=2)]) == NOTHING
    assert Subscriber.objects.confirmed().exists()
    # Of any other reason that word is not the end.
    assert replay([journal.new_entry("suppressed", KEY, ago(days=2), reason="complained")]) == NOTHING | {
        "suppressed": 1
    }


def test_who_was_erased_since_is_erased_from_it(anna):
    subscriptions.request(ANNA)
    LinkRequest.objects.update(asked_at=ago(days=5))
    later = subscriptions.request(ANNA)
    others = subscriptions.request("berta@example.org")
    entries = [journal.new_entry("erased", KEY, ago(days=1))]
    assert replay(entries) == NOTHING | {"suppressed": 1, "erased": 1}
    assert not Subscriber.objects.exists()
    assert suppressions.reasons(ANNA) == {"erased"}
    assert Erasure.objects.count() == 1
    # With a subscriber all goes; what is typed for an address later vanishes by itself.
    assert list(LinkRequest.objects.all()) == [others]
    assert later not in LinkRequest.objects.all()
    assert replay(entries) == NOTHING
    assert list(journal.entries()) == []


def test_what_was_typed_before_an_erasure_goes_where_the_backup_has_no_subscriber():
    subscriptions.request(ANNA)
    replay([journal.new_entry("erased", KEY)])
    assert not LinkRequest.objects.exists()


@pytest.mark.parametrize("is_in_the_backup", [True, False])
def test_a_link_mailed_before_somebody_left_brings_them_back_no_more(anna, is_in_the_backup):
    older = subscriptions.request(ANNA)
    LinkRequest.objects.update(asked_at=ago(days=3))
    newer = subscriptions.request(ANNA)
    if not is_in_the_backup:
        anna.delete()
    replay([left(days=2)])
    older.refresh_from_db()
    assert subscriptions.confirm(older) is None
    assert subscriptions.confirm(newer)


def test_who_joined_anew_after_staff_lifted_an_erasure_is_not_erased_again(anna):
    Subscriber.objects.update(joined_at=ago(days=1))
    entries = [
        journal.new_entry("erased", KEY, ago(days=3)),
        journal.new_entry("lifted", KEY, ago(days=2), reason="erased"),
    ]
    assert replay(entries) == NOTHING
    # Nor who was brought over anew, whenever the other list says that they joined.
    Subscriber.objects.update(joined_at=ago(days=9))
    anew = ConsentEvent.objects.create(subscriber=anna, kind=ConsentEvent.Kind.IMPORTED, at=ago(hours=1))
    assert replay(entries) == NOTHING
    # But what a backup brings back of before is erased, whatever was lifted.
    anew.delete()
    assert replay(entries) == NOTHING | {"erased": 1}


def test_a_long_journal_is_read_in_few_queries(anna, django_assert_max_num_queries):
    entries = [journal.new_entry("suppressed", f"{n:064}", reason="unsubscribed") for n in range(2000)]
    with django_assert_max_num_queries(40):
        assert replay(entries)["suppressed"] == 2000
    with django_assert_max_num_queries(5):
        assert replay(entries) == NOTHING


NEW, NEWER = addresses.keyed_hash("new@example.org"), addresses.keyed_hash("newer@example.org")
MOVES = [
    journal.new_entry("moved", KEY, ago(days=6), to=NEW),
    journal.new_entry("moved", NEW, ago(days=5), to=NEWER),
]


def test_who_moved_and_left_since_has_left_at_the_old_address(anna):
    entries = [*MOVES, journal.new_entry("suppressed", NEWER, ago(days=4), reason="unsubscribed")]
    assert replay(entries) == NOTHING | {"suppressed": 2, "left": 1}
    assert not Subscriber.objects.reachable(timezone.localdate()).exists()
    assert replay(entries) == NOTHING


def test_who_moved_and_was_erased_since_is_erased_at_the_old_address(anna):
    entries = [*MOVES, journal.new_entry("erased", NEWER, ago(days=4))]
    assert replay(entries)["erased"] == 1
    assert not Subscriber.objects.exists()
    assert replay(entries) == NOTHING


def test_what_became_of_a_new_address_is_nothing_to_who_has_the_old_one_now(anna):
    Subscriber.objects.update(joined_at=ago(days=3))
    replay(
        [
            *MOVES,
            journal.new_entry("suppressed", NEWER, ago(days=2), reason="unsubscribed"),
            journal.new_entry("erased", NEW, ago(days=1)),
        ]
    )
    assert Subscriber.objects.reachable(timezone.localdate()).get() == anna


def test_that_a_new_address_bounced_does_not_silence_the_old_one(anna):
    replay([*MOVES, journal.new_entry("suppressed", NEWER, ago(days=4), reason="bounced")])
    assert Subscriber.objects.reachable(timezone.localdate()).exists()


def test_a_change_of_address_is_told_to_the_journal(anna, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        subscriptions.move(subscriptions.ask_to_move(anna, "new@example.org"))
    (entry,) = journal.entries()
    assert (entry["what"], entry["address_hash"], entry["to"]) == ("moved", KEY, NEW)
