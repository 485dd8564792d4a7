"""A year of the weekly mail under a driven clock: the ledger and the mail server agree throughout.

It has what a year has: people sign up, leave and bounce, weeks are skipped, tips trade places, one tip needs
a correction, and once the machine dies and last week's backup is put back. A book of its own
(``Year.members``) says who is to get what.

Across a restore, to agree means: what was sent in the lost week has no rows any more. The journal's marks
tell of it instead, its tip stands as cancelled and is never mailed again, and no later row has a number of
then.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import time, timedelta

import pytest
import time_machine
from django.utils import timezone

from subscribers import tipmail
from subscribers.bounces import reports
from subscribers.mailings import control
from subscribers.models import Delivery, Mailing, Subscriber, Suppression
from subscribers.people import journal, subscriptions
from subscribers.recovery import declaration, guard
from tests.subscribers.bounces.returned import delivery_report
from tests.subscribers.draining import drain, send_outgoing
from tests.tips import weeks
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips import dates
from tips.models import Tip, TipState
from tips.publishing import workflow
from tips.schedule import queue, slot_changes
from tipsite.backup import backup_file
from tipsite.worker import clock

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AHEAD = 4


@dataclass(frozen=True)
class Plan:
    """What happens in how many weeks; weeks are counted from 1. The week ``lost`` is undone by a restore."""

    weeks: int
    skipped: tuple
    swapped: int
    corrected: int
    lost: int
    people: int
    leavers: int
    # Half of them by refusals at RCPT, the others by reports that come later.
    bounces: int

    def by(self, week, total, first=3):
        """Return how many of a total there are by the end of a week, spread evenly from the ``first`` on."""
        return total * max(week - first + 1, 0) // (self.weeks - first + 1)


SHORT = Plan(weeks=6, skipped=(4,), swapped=3, corrected=2, lost=5, people=12, leavers=3, bounces=3)
LONG = Plan(weeks=52, skipped=(12, 40), swapped=20, corrected=33, lost=26, people=400, leavers=60, bounces=90)


class Year:
    """The site, its staff and its readers, week after week."""

    def __init__(self, plan, server, client, traveller, file):
        self.plan, self.server, self.client, self.traveller, self.file = plan, server, client, traveller, file
        server.script = self.answer
        self.editor, self.publisher = make_person("ed", "Editor"), make_person("pia", "Publisher")
        self.titles = self.signed_up = 0
        # {address: the week they confirmed in} of those who are to get the next mail.
        self.members = {}
        # {address: (how many tips the server had taken for it, how often it was asked)} when that was over.
        self.gone, self.left, self.dead, self.returned = {}, set(), set(), set()
        # Mails of the week that the restore undoes, {title: its receivers} and those who joined in it.
        self.lost, self.lost_tips, self.newcomers = [], {}, []
        self.mailed = {}

    def answer(self, stage, who, number):
        return "550 5.1.1 nobody of that name" if stage == "rcpt" and who in self.dead else None

    # --- What a mail server and a reader see ---

    def letters_since(self, start):
        """Return what went to readers."""
        staff = {self.editor.email, self.publisher.email}
        return [each for each in self.server.taken[start:] if each.recipient not in staff]

    def tips_since(self, start):
        """Return the mails of mailings, which alone carry a token in their envelope sender."""
        return [each for each in self.server.taken[start:] if tipmail.read_token(each.sender)]

    def tick(self, moment):
        self.traveller.move_to(moment)
        clock.tick(timezone.now())
        send_outgoing()

    def work(self, moment):
        self.tick(moment)
        drain()

    def press(self, mail, path):
        """Press the button behind the link to a path in a mail, as its reader would."""
        text = mail.message.get_body(["plain"]).get_content()
        link = re.search(rf"https://tips\.example\.org({path}[^\s>]+)", text).group(1)
        assert self.client.post(link).status_code in (200, 303)
        send_outgoing()

    def over_for(self, address):
        del self.members[address]
        taken = sum(each.recipient == address for each in self.tips_since(0))
        self.gone[address] = taken, self.server.asked[address]

    # --- What they do ---

    def sign_up(self, addresses, week, moment):
        """Have people sign up and follow the link in the mail that they get."""
        start = len(self.server.taken)
        self.traveller.move_to(moment)
        for address in addresses:
            subscriptions.request(address)
        self.tick(moment + MINUTE)
        asked, start = self.letters_since(start), len(self.server.taken)
        assert {each.recipient for each in asked} == set(addresses)
        for mail in asked:
            self.press(mail, "/subscribe/confirm/")
            self.members[mail.recipient] = week
        self.tick(moment + 2 * MINUTE)
        welcomed = self.letters_since(start)
        assert {each.recipient for each in welcomed} == set(addresses)
        self.newcomers = addresses

    def some(self, count, week):
        """Return some members who had a tip already, the oldest first."""
        return [address for address, joined in self.members.items() if joined < week - 1][:count]

    def leave(self, week):
        for address in self.some(self.plan.by(week, self.plan.leavers) - len(self.left), week):
            last = [each for each in self.tips_since(0) if each.recipient == address][-1]
            self.press(last, "/unsubscribe/")
            self.left.add(address)
            # They have got the mail that confirms it, the last of all.
            self.over_for(address)

    def work_at_the_desk(self, week):
        while len(queue.waiting()) < AHEAD:
            self.titles += 1
            title = f"Lesson {self.titles:04}"
            values = {"takeaway": "Greet first.", "for_mail": True, "publish_at": None}
            workflow.approve(make_tip(title, state=TipState.IN_REVIEW, **values), by=self.editor)
        if week == self.plan.swapped:
            first, second = queue.waiting()[:2]
            queue.swap(first, second, by=self.editor, seen=queue.version())
            assert queue.waiting()[0] == second
        if week in self.plan.skipped:
            slot_changes.skip(
                weeks.week(week), "Nobody reads on this day.", by=self.editor, seen=queue.version()
            )

    def go_live(self, week):
        """Live through the slot of a week: all members get its tip, at its minute, and nobody else does."""
        slot, start = weeks.at(week), len(self.server.taken)
        coming = queue.waiting()[0]
        is_skipped = week in self.plan.skipped
        # They are refused at RCPT.
        due = 0 if is_skipped else self.plan.by(week, self.plan.bounces // 2) - len(self.dead)
        dying = self.some(due, week)
        self.dead |= set(dying)
        for minutes in (-10, -1):
            self.work(slot + minutes * MINUTE)
        assert self.tips_since(start) == []
        self.work(slot)
        taken = self.tips_since(start)
        if is_skipped:
            assert (taken, coming.publish_at > slot) == ([], True)
            return
        for address in dying:
            self.over_for(address)
        assert coming.publish_at == slot
        assert {each.message["Subject"] for each in taken} <= {coming.title}
        assert Counter(each.recipient for each in taken) == dict.fromkeys(self.members, 1)
        assert Mailing.objects.get(tip=coming).state == Mailing.State.SENT
        assert coming.title not in self.mailed
        self.mailed[coming.title] = set(self.members)
        self.bounce(week, taken, slot + 3 * HOUR)
        if week == self.plan.corrected:
            self.correct(coming, slot + DAY)

    def bounce(self, week, taken, moment):
        """Have some of the mails of a week come back."""
        self.tick(moment)
        reported = self.plan.bounces - self.plan.bounces // 2
        for address in self.some(self.plan.by(week, reported) - len(self.returned), week):
            mail = next(each for each in taken if each.recipient == address)
            assert reports.take(delivery_report(mail.sender)).acted
            self.returned.add(address)
            self.over_for(address)

    def correct(self, tip, moment):
        """Correct a tip: those who received it and are still here get that, and nobody else does."""
        start = len(self.server.taken)
        self.tick(moment)
        control.correct(Mailing.objects.get(tip=tip), "The link was wrong.", by=self.publisher)
        self.work(moment + 9 * MINUTE)
        assert self.tips_since(start) == []
        self.work(moment + 10 * MINUTE)
        receivers = self.mailed[tip.title] & set(self.members)
        assert Counter(each.recipient for each in self.tips_since(start)) == dict.fromkeys(receivers, 1)
        title = f"Correction: {tip.title}"
        assert {each.message["Subject"] for each in self.tips_since(start)} == {title}
        self.mailed[title] = receivers

    # --- The machine ---

    def back_up(self, moment):
        self.tick(moment)
        backup_file.backup(self.file)
        self.before = len(self.server.taken)

    def put_back(self, moment):
        """Put the backup back: nothing goes out until a Publisher has spoken, and nothing twice then."""
        self.lost = self.tips_since(self.before)
        self.traveller.move_to(moment)
        backup_file.restore(self.file)
        start = len(self.server.taken)
        assert guard.why_closed() == guard.OLDER
        self.work(moment + MINUTE)
        self.work(moment + 2 * MINUTE)
        assert self.letters_since(start) == []
        for address in self.newcomers:
            assert self.members.pop(address)
        declaration.declare_live(by=self.publisher)
        self.work(moment + 3 * MINUTE)
        self.work(moment + 20 * MINUTE)
        assert self.letters_since(start) == []
        tips = Tip.objects.filter(title__in={each.message["Subject"] for each in self.lost})
        mailing = Mailing.objects.get(tip=tips.get())
        assert (mailing.state, mailing.reason) == (Mailing.State.CANCELLED, declaration.LOST)
        assert not mailing.deliveries.exists()

    def live(self):
        plan = self.plan
        for week in range(1, plan.weeks + 1):
            slot = weeks.at(week)
            if week == plan.lost:
                self.back_up(slot - DAY - 6 * HOUR)
            if week == plan.lost + 1:
                self.put_back(slot - DAY - 6 * HOUR)
            self.work_at_the_desk(week)
            # What is done by the hour, and in the small hours by the day.
            self.tick(dates.moment(weeks.week(week) - DAY, time(3), weeks.NEW_YORK))
            count = plan.by(week, plan.people, first=1) - self.signed_up
            fresh = [f"reader{self.signed_up + n}@host{n % 7}.example" for n in range(count)]
            self.signed_up += count
            # Half of those whom the restore forgot ask again.
            again = self.newcomers[::2] if week == plan.lost + 1 else []
            self.sign_up(fresh + again, week, slot - DAY)
            self.leave(week)
            self.go_live(week)
            if week == plan.lost:
                self.newcomers = [each for each in fresh if each in self.members]

    def check(self):
        """Hold the ledger against all that the mail server took in the year."""
        tips = self.tips_since(0)
        told = Counter((each.recipient, each.message["Subject"]) for each in tips)
        assert told == {(who, title): 1 for title, people in self.mailed.items() for who in people}
        # Each row that says so was sent, and each mail has its row, but for those of the lost week.
        lost = {id(each) for each in self.lost}
        rows = Delivery.objects.filter(mailing__isnull=False, sent_at__isnull=False)
        kept = [each for each in tips if id(each) not in lost]
        assert Counter((tipmail.read_token(each.sender), each.recipient) for each in kept) == Counter(
            rows.values_list("pk", "subscriber__address")
        )
        refused = Delivery.objects.filter(state=Delivery.State.REFUSED, sent_at=None)
        assert set(refused.values_list("subscriber__address", flat=True)) <= self.dead
        assert not Delivery.objects.filter(uncertain_count__gt=0).exists()
        assert not Delivery.objects.pending().exists()
        self.check_journal()
        # Nobody who left, and no address that is dead, was even asked for again.
        for address, (taken, asked) in self.gone.items():
            assert sum(each.recipient == address for each in tips) == taken
            assert self.server.asked[address] == asked
        silenced = Suppression.objects.values("address_hash")
        on_the_list = Subscriber.objects.confirmed().exclude(address_hash__in=silenced)
        assert set(on_the_list.values_list("address", flat=True)) == set(self.members)
        assert not Subscriber.objects.confirmed().filter(address__in=self.left).exists()

    def check_journal(self):
        """Hold its marks against the mails of the lost week, whose rows are gone."""
        lost = [tipmail.read_token(each.sender) for each in self.lost]
        assert len(lost) == len(self.mailed[self.lost[0].message["Subject"]])
        assert not Delivery.objects.filter(pk__in=lost).exists()
        tip = Tip.objects.get(title=self.lost[0].message["Subject"])
        marks = [
            json.loads(line) for line in journal.path().read_text().splitlines() if '"checkpoint"' in line
        ]
        marks = [mark for mark in marks if mark.get("tip") == tip.pk]
        assert max(mark["up_to"] for mark in marks) >= max(lost)
        assert marks[-1]["finished"]
        # What comes back of it now is of no delivery that is known here.
        report = reports.take(delivery_report(self.lost[0].sender, words="smtp; 550 5.1.1 late"))
        assert (report.delivery, report.acted) == (None, False)


@pytest.mark.parametrize("plan", [SHORT, pytest.param(LONG, marks=pytest.mark.soak)], ids=["short", "long"])
def test_all_year_everyone_gets_each_tip_once_and_nobody_who_left(
    plan, own_copy, mail_server, settings, client, tmp_path, caplog
):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SITE_URL = "https://tips.example.org"
    settings.BOUNCE_ADDRESS = "bounces@tips.example.org"
    settings.TIME_ZONE = "America/New_York"
    with time_machine.travel(weeks.NOON, tick=False) as traveller:
        weeks.tuesdays()
        year = Year(plan, mail_server, client, traveller, tmp_path / "last week.tar")
        year.live()
        year.check()
    assert (year.signed_up, len(year.left)) == (plan.people, plan.leavers)
    assert len(year.dead | year.returned) == len(year.gone) - plan.leavers == plan.bounces
    assert len(year.mailed) == plan.weeks - len(plan.skipped) + 1
    assert [
        record.getMessage() for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")
    ] == []
