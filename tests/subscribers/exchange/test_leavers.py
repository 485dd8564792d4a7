"""A list of those who left: whoever stands there is taken off, and nobody comes onto the list by it."""

import pytest

from desk.files import UnusableFileError
from subscribers.exchange import exports, leavers
from subscribers.models import Subscriber, Suppression
from subscribers.people import journal, suppressions
from tests.subscribers.making import make_people

pytestmark = pytest.mark.django_db
LEFT, STAYS = "reader0@host0.example", "reader1@host1.example"


@pytest.fixture(autouse=True)
def people():
    return make_people(3)


def take_off(tmp_path, text, name="list.csv"):
    file = tmp_path / name
    file.write_text(text)
    return leavers.take_off(file, name)


def listed():
    return set(Subscriber.objects.confirmed().values_list("address", flat=True))


def reasons(address):
    return suppressions.reasons(address)


@pytest.mark.parametrize(
    "text",
    [
        f"{LEFT}\n",
        f"Email,Created\n{LEFT},2026-11-02\n",
        f"email,status\n{LEFT},\n{STAYS},subscribed\n",
        f"email,status\n{LEFT},Unsubscribed (GDPR)\n{STAYS},active\n",
        f"email,status\n{LEFT},pending\n",
        f"email,unsubscribed\n{LEFT},yes\n{STAYS},no\n",
        f"address,code,error,created_at\n{LEFT},550,No such mailbox,2026-11-02\n",
    ],
)
def test_everybody_on_it_has_left_who_is_not_said_to_be_subscribed(tmp_path, text):
    take_off(tmp_path, text)
    assert LEFT not in listed()
    assert STAYS in listed()
    assert reasons(LEFT) == {Suppression.Reason.UNSUBSCRIBED}
    assert len(list(journal.entries())) == 1


def test_what_came_back_and_complaints_last(tmp_path):
    take_off(tmp_path, f"email,status\n{LEFT},complained\n{STAYS},bounced\n")
    assert (reasons(LEFT), reasons(STAYS)) == ({"complained"}, {"bounced"})


def test_nobody_is_added_and_strangers_are_suppressed(tmp_path):
    take_off(tmp_path, "email,status\nnew@example.org,subscribed\ngone@example.org,unsubscribed\n")
    assert Subscriber.objects.count() == 3
    assert reasons("gone@example.org") == {"unsubscribed"}
    assert reasons("new@example.org") == set()


def test_our_own_export_is_read_too_and_twice_is_once(tmp_path, people):
    Subscriber.objects.filter(address=LEFT).update(state="left", left_at=people[0].joined_at)
    suppressions.suppress(people[1].address_hash, Suppression.Reason.BOUNCED)
    text = b"".join(exports.csv_lines()).decode()
    Subscriber.objects.update(state="confirmed", left_at=None)
    Suppression.objects.all().delete()
    for _ in range(2):
        take_off(tmp_path, text)
        assert listed() == {STAYS, people[2].address}
        assert reasons(STAYS) == {"bounced"}
    assert Subscriber.objects.count() == 3


def test_a_row_that_cannot_be_read_stops_it_before_anything_is_done(tmp_path):
    with pytest.raises(leavers.LeaversError, match=r"1 row of the list cannot be read\. Line 3: "):
        take_off(tmp_path, f"email\n{LEFT}\nnobody at all\n")
    assert LEFT in listed()


def test_a_mistyped_address_that_nobody_can_have_stops_nothing(tmp_path):
    rows = "anna@gmial", "änna@example.org", "anna..b@example.org", LEFT
    take_off(tmp_path, "email,status\n" + "".join(f"{row},bounced\n" for row in rows))
    assert reasons(LEFT) == {"bounced"}
    assert Suppression.objects.count() == 1
    for row in (f"{STAYS} or anna@gmial", f"{STAYS}*", "Anna, Smith,anna@gmial"):
        with pytest.raises(leavers.LeaversError):
            take_off(tmp_path, f"email,status\n{row},bounced\n")


def test_a_list_of_all_subscribers_takes_nobody_off(tmp_path):
    for number in range(30):
        Subscriber.objects.create(address=f"more{number}@example.org")
    with pytest.raises(leavers.LeaversError, match="would take 33 of 33 subscribers off"):
        take_off(tmp_path, "\n".join(sorted(listed())))
    assert len(listed()) == 33


def test_a_file_that_is_no_list_is_refused(tmp_path):
    with pytest.raises(UnusableFileError):
        take_off(tmp_path, "Name,Town\nAnna,Bonn\n")
