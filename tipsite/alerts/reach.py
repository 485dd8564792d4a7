"""Whom mails about tips reach, and why not others: asked before a mail, and said on the desk."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User

from desk.log import entries_about
from desk.names import person as name_of
from tips.models import Tip, TipAction, TipState
from tips.publishing import assignments
from tips.publishing.consequences import Outlook
from tipsite.alerts import work_deeds
from tipsite.models import WorkDeed, WorkMailChoice
from tipsite.staff import accounts

When = WorkMailChoice.When
# By which a tip comes to those who review it.
_HANDED_ON = (TipAction.SUBMITTED, TipAction.BACK_IN_REVIEW, TipAction.ASSIGNED)


def obstacle(person: User, when: When) -> str:
    """Return why a person who chose ``when`` gets no mail about tips, as “has no e-mail address”; else ""."""
    if not (person.is_active and person.is_staff):
        return "cannot sign in"
    if accounts.is_invited(person):
        return "has not accepted the invitation yet"
    if not accounts.has_address(person):
        return "has no e-mail address"
    return "chose to get no mails about tips" if when == When.NEVER else ""


def fault(*, of_each: bool = False) -> str:
    """Say that no mail reaches those who approve tips, and why; empty where one of them is reached.

    That each of them chose so is no fault. ``of_each`` asks for all whom no mail reaches, also where one
    reaches others.
    """
    approvers = list(assignments.editors().select_related("work_mail_choice"))
    whys = _obstacles(approvers)
    unwanted = [why for person, why in whys.items() if _choice_of(person) != When.NEVER]
    if approvers and len(whys) == len(approvers) and (unwanted or of_each):
        return f"Nobody who may approve tips is told by mail of what is submitted: {_listed(whys)}."
    return f"No mail about tips reaches some of the editors: {_listed(whys)}." if whys and of_each else ""


def of_tip(before: Tip, after: Tip, now: datetime) -> Outlook:
    """Say that nobody hears by mail of a tip in review; ``tips.publishing.consequences`` calls this."""
    if before is not after or after.state != TipState.IN_REVIEW:
        return Outlook()
    handed = entries_about(after).exclude(coded=None).select_related("coded").first()
    if handed is None or handed.coded.code not in _HANDED_ON:
        return Outlook()
    # Whom the mail is for is asked of what the mail itself asks.
    people = work_deeds.People([after])
    to_tell = work_deeds.concerned(WorkDeed(tip=after, entry=handed, at=now), people)
    if not to_tell:
        if people.assigned_reviewer(after) | people.any_reviewer(after):
            # Nobody but whoever handed it on.
            return Outlook()
        return Outlook("Nobody may approve it at present. Ask an owner to give a colleague the right to.")
    users = User.objects.filter(pk__in=to_tell).select_related("work_mail_choice").order_by("pk")
    whys = _obstacles(users)
    if len(whys) < len(to_tell):
        return Outlook()
    if after.editor_id in to_tell:
        (why,) = (why for user, why in whys.items() if user.pk == after.editor_id)
        assigned = f"{name_of(after.editor)}, to whom it is assigned, {why}"
        return Outlook(f"{assigned}, and is not told by mail. Tell them yourself.")
    return Outlook(f"Nobody who may approve it is told by mail: {_listed(whys)}. Tell an editor yourself.")


def _obstacles(people: Iterable[User]) -> dict[User, str]:
    """Return those whom no mail reaches, each with why."""
    whys = {person: obstacle(person, _choice_of(person)) for person in people}
    return {person: why for person, why in whys.items() if why}


def _choice_of(person: User) -> When:
    """Return what a person chose, of one who was read with it."""
    chosen: WorkMailChoice | None = getattr(person, "work_mail_choice", None)
    return When(chosen.when) if chosen else When.AT_ONCE


def _listed(whys: dict[User, str]) -> str:
    *most, last = [f"{name_of(person)} {why}" for person, why in whys.items()]
    return f"{', '.join(most)} and {last}" if most else last
