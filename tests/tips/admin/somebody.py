"""Somebody who works at the desk with a colleague: what they do by the pages, and what they note of it."""

import random
import re
import time
import traceback
from datetime import date, timedelta

from django.contrib.auth.models import User
from django.contrib.messages import ERROR
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.desk.sent_forms import as_sent
from tests.tips.making import make_tip
from tips.models import Category, Tag, Tip, TipState
from tips.schedule import slots

NAMES = ("ed", "eve")
# What floats in the queue.
QUEUED = ("queued once", "queued twice", "queued thrice")
# How long somebody looks at a page before pressing, in seconds.
DISTANCES = (0, 0, 0.01, 0.05, 0.2, 1)
LIST = reverse("admin:tips_tip_changelist")
# The texts of one form, as typed and as stored.
TEXTS = {
    "title": "Title {}",
    "takeaway": "Moral {}.",
    "excerpt": "Excerpt {}.",
    "body": "<p>Body {}.</p>",
    "slug": "address-{}",
}
# A Wednesday, which no weekly slot is on.
FAR_AWAY = date(2050, 1, 5)


def free_days(count):
    coming = slots.Timetable.load().after(timezone.now())
    return [next(coming) for _ in range(count + 1)][1:]


class Somebody:
    """One of the two: what they do, in an order of their own."""

    def __init__(self, name, journal, tips, renamed, days):
        self.name, self.journal, self.tips, self.renamed = name, journal, tips, renamed
        self.chance, self.number = random.Random(name), NAMES.index(name)
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(User.objects.get(username=name))
        self.category = Category.objects.get(slug=name).pk
        self.days = days

    def new(self):
        """Return a number that nobody used before."""
        self.number += len(NAMES)
        return self.number

    def open(self, url):
        response = self.client.get(url)
        if response.status_code != 200:
            raise AssertionError(f"{url} was answered {response.status_code}")
        time.sleep(self.chance.choice(self.distances))
        return response

    def errors(self, response):
        """Return what a press was answered with that says that nothing was done."""
        queued = vars(response.wsgi_request)["_messages"]._queued_messages
        # What a page shows itself is queued no more.
        if response.status_code == 409:
            return ["Refused."]
        return [str(message) for message in queued if message.level >= ERROR]

    # --- The forms --------------------------------------------------------------------------------------

    def save(self, url, having, page, typed, may_ask):
        """Send a form until it is saved, answering what it asks; return (what was typed and stays, when)."""
        sent, wishes = as_sent(page, having, **typed), dict(typed)
        for _ in range(20):
            began = time.monotonic()
            response = self.client.post(url, sent)
            if response.status_code == 302:
                return wishes, began
            asked = set(re.findall('data-conflict="([a-z_]+)"', response.text))
            moves = re.findall('name="displace" value="([^"]+)"', response.text)
            if may_ask == {"undated"} and not (asked or moves) and "id_publish_at_error" in response.text:
                # A colleague took the week that it would have.
                self.journal.count("refused")
                return {}, began
            if response.status_code != 200 or not (asked or moves) or not asked <= may_ask:
                why = re.findall('class="errorl?i?s?t?[^>]*>.*?</', response.text, re.DOTALL)
                raise AssertionError(f"{url}: {response.status_code}, asked about {asked}: {why}")
            answers = {name: self.chance.choice(["mine", "theirs"]) for name in asked}
            for name in (name for name, answer in answers.items() if answer == "theirs"):
                self.journal.count("theirs")
                wishes = {key: value for key, value in wishes.items() if name not in self.names([key])}
            self.journal.count("asked")
            taken = {f"take-{name}": answer for name, answer in answers.items()}
            # What the day moves is agreed to.
            sent = as_sent(response, having, **taken, displace=moves or None)
        raise AssertionError(f"{url} asked without end")

    def write_the_open_tip(self):
        number, tip = self.new(), self.tips["open"]
        began, url = time.monotonic(), reverse("admin:tips_tip_change", args=[tip])
        page = self.open(url)
        shown = as_sent(page, "title")
        for name in TEXTS:
            self.journal.saw(("open", name), shown[name][0], began)
        self.journal.saw(("open", "day"), shown["publish_at_0"][0], began)
        tags = {each.strip() for each in shown["tags"][0].split(",") if each.strip()}
        is_in = str(self.category) in shown.get("in_categories", [])
        self.journal.saw(("open", "category", self.name), is_in, began)
        typed = {name: text.format(number) for name, text in TEXTS.items() if self.chance.random() < 0.4}
        if self.chance.random() < 0.3:
            typed["publish_at_week"] = "other"
            typed["publish_at_0"] = (FAR_AWAY + timedelta(weeks=number)).isoformat()
        added, taken = set(), set()
        if self.chance.random() < 0.5:
            added = {f"{self.name}-{number}"}
            taken = {each for each in tags if each.startswith(self.name) and self.chance.random() < 0.5}
            typed["tags"] = ", ".join(sorted((tags | added) - taken))
        if wants_other := self.chance.random() < 0.5:
            others = {*shown.get("in_categories", [])} - {str(self.category)}
            typed["in_categories"] = [*others, *([] if is_in else [str(self.category)])]
        stays, began = self.save(url, "title", page, typed, {*TEXTS, "publish_at"} & self.names(typed))
        for name in {*TEXTS} & {*stays}:
            self.journal.wrote(("open", name), stays[name], began)
        if "publish_at_0" in stays:
            self.journal.wrote(("open", "day"), stays["publish_at_0"], began)
        for tag in added | taken:
            self.journal.wrote(("open", "tag", tag), tag in added, began)
        if wants_other:
            self.journal.wrote(("open", "category", self.name), not is_in, began)

    def names(self, typed):
        return {name.removesuffix("_0").removesuffix("_week") for name in typed}

    def undate(self):
        began, url = time.monotonic(), reverse("admin:tips_tip_change", args=[self.tips["undated"]])
        page = self.open(url)
        is_undated = "undated" in as_sent(page, "title")
        self.journal.saw(("undated", "undated"), is_undated, began)
        typed = {"undated": None if is_undated else "on"}
        stays, began = self.save(url, "title", page, typed, {"undated"})
        if stays:
            self.journal.wrote(("undated", "undated"), not is_undated, began)

    def rename(self):
        model = self.chance.choice([Tag, Category])
        kind = model._meta.model_name
        began, url = time.monotonic(), reverse(f"admin:tips_{kind}_change", args=[self.renamed[kind]])
        page = self.open(url)
        self.journal.saw((kind, "name"), as_sent(page, "name")["name"][0], began)
        typed = {"name": f"{kind} {self.new()}"}
        stays, began = self.save(url, "name", page, typed, {"name"})
        if stays:
            self.journal.wrote((kind, "name"), stays["name"], began)

    # --- The calendar -----------------------------------------------------------------------------------

    def press(self, url, page, having, **typed):
        """Press a button of a page, and once more where it asks first; return when it was done, or None."""
        sent = as_sent(page, having, **typed)
        for _ in range(20):
            began = time.monotonic()
            response = self.client.post(url, sent)
            if self.errors(response):
                self.journal.count("refused")
                return None
            if response.status_code == 302:
                self.journal.count("done")
                return began
            self.journal.count("asked")
            sent = as_sent(response, having, **typed)
        raise AssertionError(f"{url} asked without end")

    def skip_a_week(self):
        day = self.days[0]
        began, url = time.monotonic(), reverse("admin:tips_calendar_week", args=[day])
        page = self.open(url)
        is_skipped = 'value="unskip"' in page.text
        self.journal.saw(("week", day), is_skipped, began)
        typed = {"verb": "unskip"} if is_skipped else {"verb": "skip", "reason": f"Holiday {self.new()}"}
        if began := self.press(url, page, "seen", **typed):
            self.journal.wrote(("week", day), not is_skipped, began)
            if not is_skipped:
                self.journal.wrote(("why", day), typed["reason"], began)

    def move_a_slot(self):
        day, number = self.days[1], self.new()
        url = reverse("admin:tips_calendar_week", args=[day])
        at = f"{8 + number // 60 % 12:02}:{number % 60:02}"
        typed = {"verb": "move", "date": day, "time": at, "reason": f"Late {number}"}
        if began := self.press(url, self.open(url), "seen", **typed):
            self.journal.wrote(("moved", day), typed["reason"], began)

    def pin(self):
        day, tip = self.chance.choice(self.days[4:7]), self.tips["pinned"]
        url = reverse("admin:tips_calendar_week", args=[day])
        page = self.open(url)
        if began := self.press(url, page, "stamps", verb="pin", tip=str(tip)):
            self.journal.wrote(("pinned", "day"), day, began)

    def swap(self):
        first, second = self.chance.sample([self.tips["first"], self.tips["second"]], 2)
        page = self.open(reverse("admin:tips_calendar_tip", args=[first]))
        url = reverse("admin:tips_calendar_move")
        if self.press(url, page, "stamp", verb="swap", other=str(second)):
            self.journal.count("swapped")

    def move_in_queue(self):
        """Bring a tip of the queue to the front, or a slot on or back."""
        verb, tip = self.chance.choice(["front", "earlier", "later"]), self.tips[self.chance.choice(QUEUED)]
        page = self.open(reverse("admin:tips_calendar_tip", args=[tip]))
        if self.press(reverse("admin:tips_calendar_move"), page, "stamp", verb=verb):
            self.journal.count("moved")

    # --- The list ---------------------------------------------------------------------------------------

    def do_in_list(self, action, tip, **answers):
        """Do an action of the list to a tip; return when it was done, or None where it was refused.

        ``tip`` is a name of one of the tips, or a primary key.
        """
        page = self.open(LIST)
        sent = as_sent(page, "seen", action=action, _selected_action=str(self.tips.get(tip, tip)))
        for _ in range(20):
            began = time.monotonic()
            response = self.client.post(LIST, sent)
            if self.errors(response):
                self.journal.count("refused")
                return None
            if response.status_code == 302:
                self.journal.count("done")
                return began
            self.journal.count("asked")
            time.sleep(self.chance.choice(self.distances))
            sent = as_sent(response, "post", **answers)
        raise AssertionError(f"{action} asked without end")

    def label_in_list(self):
        tag = f"list-{self.name}-{self.new()}"
        if began := self.do_in_list("tag_selected", "listed", names=tag):
            self.journal.wrote(("listed", "tag", tag), True, began)
            time.sleep(self.chance.choice(self.distances))
            if self.chance.random() < 0.3 and (
                began := self.do_in_list("untag_selected", "listed", names=tag)
            ):
                self.journal.wrote(("listed", "tag", tag), False, began)

    def give_in_list(self):
        author = User.objects.get(username=self.chance.choice(NAMES)).pk
        if began := self.do_in_list("give_selected", "listed", author=str(author)):
            self.journal.wrote(("listed", "author"), author, began)

    def categorise_in_list(self):
        thing, began = ("listed", "category", self.name), time.monotonic()
        # Nobody else puts it there, or takes it out.
        is_in = Tip.objects.filter(pk=self.tips["listed"], categories=self.category).exists()
        self.journal.saw(thing, is_in, began)
        action = "uncategorise_selected" if is_in else "categorise_selected"
        if began := self.do_in_list(action, "listed", category=str(self.category)):
            self.journal.wrote(thing, not is_in, began)

    def withdraw_in_list(self):
        """Withdraw what is public; bring it back where it is withdrawn."""
        began = time.monotonic()
        state = Tip.objects.get(pk=self.tips["out"]).state
        self.journal.saw(("out", "state"), state, began)
        if state == TipState.APPROVED:
            after = TipState.WITHDRAWN
            began = self.do_in_list("withdraw_selected", "out", reason=f"Untrue {self.new()}.")
        else:
            after, began = TipState.APPROVED, self.do_by_page("out", "reinstate", "csrfmiddlewaretoken")
        if began:
            self.journal.wrote(("out", "state"), after, began)

    def delete_in_list(self):
        """Delete the tip that both have their eyes on, and write the next one."""
        if self.do_in_list("delete_selected", self.journal.doomed[-1]):
            self.journal.doomed.append(make_tip(state=TipState.DRAFT, publish_at=None).pk)

    def plan(self):
        """Plan into the next gap what has no day; take its day away where it has one."""
        url = reverse("admin:tips_tip_change", args=[self.tips["planned"]])
        began = time.monotonic()
        page = self.open(url)
        has_day = bool(as_sent(page, "title")["publish_at_0"][0])
        self.journal.saw(("planned", "day"), has_day, began)
        if has_day:
            typed = {"publish_at_week": ""}
            stays, began = self.save(url, "title", page, typed, {"publish_at"})
            if "publish_at_week" in stays:
                self.journal.wrote(("planned", "day"), False, began)
        elif began := self.do_in_list("plan_selected", "planned"):
            self.journal.wrote(("planned", "day"), True, began)

    def review(self):
        """Bring a tip one state on: from review to approved, back to a draft, and to review again."""
        began = time.monotonic()
        state = Tip.objects.get(pk=self.tips["reviewed"]).state
        self.journal.saw(("reviewed", "state"), state, began)
        if state == TipState.IN_REVIEW:
            after, began = TipState.APPROVED, self.do_in_list("approve_selected", "reviewed")
        elif state == TipState.DRAFT:
            after, began = TipState.IN_REVIEW, self.do_in_list("submit_selected", "reviewed")
        else:
            after = TipState.DRAFT
            began = self.do_by_page("reviewed", "send-back", "reason", reason="Shorten it.")
        if began:
            self.journal.wrote(("reviewed", "state"), after, began)

    def do_by_page(self, title, verb, having, **typed):
        """Do a verb to a tip on its own page; return when it was done, or None."""
        url = reverse("admin:tips_tip_do", args=[self.tips[title], verb])
        response = self.client.get(url)
        if response.status_code != 200:
            # A colleague was faster.
            return self.journal.count("refused")
        time.sleep(self.chance.choice(self.distances))
        return self.press(url, response, having, **typed)

    # --- All of it --------------------------------------------------------------------------------------

    def deeds(self):
        """Return what they do, the open tip thrice."""
        others = [
            self.undate,
            self.rename,
            self.skip_a_week,
            self.move_a_slot,
            self.pin,
            self.swap,
            self.move_in_queue,
            self.label_in_list,
            self.give_in_list,
            self.categorise_in_list,
            self.withdraw_in_list,
            self.delete_in_list,
            self.plan,
            self.review,
        ]
        return [*others, *3 * [self.write_the_open_tip]]

    def work(self, seconds):
        """Do everything once; with a number of seconds, for so long, and also from further away."""
        self.distances = DISTANCES if seconds else DISTANCES[:4]
        end = time.monotonic() + seconds
        try:
            while True:
                for deed in self.chance.sample(self.deeds(), len(self.deeds())):
                    deed()
                    if seconds and time.monotonic() > end:
                        return
                if not seconds:
                    return
        except Exception as error:
            where = "".join(traceback.format_tb(error.__traceback__)[1:])
            self.journal.complain(f"{self.name}: {error!r}\n{where}")
        finally:
            connection.close()
