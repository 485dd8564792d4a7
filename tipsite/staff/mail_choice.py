"""When a person is told by mail of what colleagues do to tips: what they choose in their account."""

from datetime import datetime

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from tips import dates
from tips.schedule.slots import Timetable
from tipsite.models import WorkMailChoice

When = WorkMailChoice.When


class MailChoiceForm(forms.Form):
    """At once, once a day, or not at all; and what the page ``shown`` had."""

    def __init__(self, person: User, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="mails_%s")
        self.person = person
        hour = dates.clock(next_digest(timezone.now()))
        daily = f"{When.DAILY.label}, at {hour}, all in one mail"
        self.fields["when"] = forms.ChoiceField(
            label="Tell me",
            choices=[(value, daily if value == When.DAILY else label) for value, label in When.choices],
            initial=WorkMailChoice.of(person),
            widget=forms.RadioSelect,
        )
        self.fields["shown"] = forms.CharField(
            required=False, initial=self.fields["when"].initial, widget=forms.HiddenInput
        )

    def save(self) -> WorkMailChoice.When:
        """Keep what the person chose, and return what holds now.

        Who sends what an older page showed chose nothing: what they chose elsewhere meanwhile stays.
        """
        when = When(self.cleaned_data["when"])
        if when == self.cleaned_data["shown"]:
            return WorkMailChoice.of(self.person)
        WorkMailChoice.objects.update_or_create(person=self.person, defaults={"when": when})
        return when


def next_digest(now: datetime) -> datetime:
    """Return the moment of the next digest: each day, at the hour of the weekly slot."""
    today, timetable = timezone.localdate(now), Timetable.load()
    rule = timetable.rule_or_first(today)
    days = (today + dates.DAY * number for number in range(3))
    moments = (dates.moment(day, rule.time if rule else None) for day in days)
    return next(moment for moment in moments if moment > now)
