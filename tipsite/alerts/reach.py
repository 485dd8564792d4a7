"""Whom no mail can reach of those who approve tips, said where it matters."""

from datetime import datetime

from django.contrib.auth.models import User

from desk.names import person
from tips.models import Tip, TipState
from tips.publishing import assignments
from tips.publishing.consequences import Outlook
from tipsite.staff import accounts

_NOBODY = "Nobody who may approve {} has an e-mail address, so nobody is told by mail"


def fault(*, of_each: bool = False) -> str:
    """Say that no mail can reach those who approve tips; empty where it can reach one of them.

    ``of_each`` asks for the names of those whom it cannot reach, also where it reaches others.
    """
    approvers, lacking = _approvers()
    if not lacking or (len(lacking) < len(approvers) and not of_each):
        return ""
    if len(lacking) == len(approvers):
        return f"{_NOBODY.format('tips')} of what is submitted."
    *names, last = [person(user) for user in lacking]
    who = f"{', '.join(names)} and {last} have" if names else f"{last} has"
    return f"{who} no e-mail address. No mail about tips can reach {'them' if names else 'this editor'}."


def of_tip(before: Tip, after: Tip, now: datetime) -> Outlook:
    """Say that nobody hears of a submission by mail; ``tips.publishing.consequences`` calls this."""
    is_submitted = before is after or before.state == TipState.DRAFT
    if after.state != TipState.IN_REVIEW or not is_submitted:
        return Outlook()
    approvers, lacking = _approvers()
    to_tell = [user for user in approvers if user.pk == after.editor_id]
    to_tell = to_tell or [user for user in approvers if user.pk != after.author_id]
    if not all(user in lacking for user in to_tell):
        return Outlook()
    if to_tell and to_tell[0].pk == after.editor_id:
        assigned = f"{person(to_tell[0])}, to whom it is assigned, has no e-mail address"
        return Outlook(f"{assigned}, and is not told by mail. Tell them yourself.")
    return Outlook(f"{_NOBODY.format('it')}. Tell an editor yourself.")


def _approvers() -> tuple[list[User], list[User]]:
    """Return those who may approve tips, and those of them who have no address; one query."""
    approvers = list(assignments.editors())
    return approvers, [user for user in approvers if not accounts.has_address(user)]
