"""What staff can do to a subscriber: each verb has a page that says what follows, and asks for a reason."""

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from desk.verbs import Verb, VerbsMixin
from subscribers.admin.forms import NamelessReasonForm
from subscribers.models import Subscriber, Suppression
from subscribers.people import staff_actions
from tips import dates


def standing(subscriber: Subscriber) -> tuple[str, str]:
    """Return (a kind, for its colour; the words) for whether and why tips are sent to a subscriber."""
    held = [entry for entry in subscriber.suppressions if entry.reason != Suppression.Reason.UNSUBSCRIBED]
    reasons = [suppression.get_reason_display().lower() for suppression in held]
    if subscriber.state == Subscriber.State.LEFT:
        return "withdrawn", ", ".join(["Left", *reasons])
    if subscriber.suppressions:
        return "in-review", f"Nothing is sent: {', '.join(reasons) or 'unsubscribed'}"
    if subscriber.paused_until and subscriber.is_paused(timezone.localdate()):
        return "to-come", f"Paused until {dates.short_day(subscriber.paused_until)}"
    return "public", "Confirmed"


def _holds(person: Subscriber, reason: str) -> bool:
    return any(suppression.reason == reason for suppression in person.suppressions)


def _lifting(reason: Suppression.Reason) -> Verb[Subscriber]:
    def lift(person: Subscriber, by: User, **answers: str) -> None:
        staff_actions.lift(person.address, reason, answers["reason"], by=by)

    return Verb(
        label=f"Lift “{reason.label}”",
        run=lift,
        permissions=("subscribers.delete_suppression",),
        is_available=lambda user, person: _holds(person, reason),
        why_not=f"“{reason.label}” does not hold for this address",
        consequence=f"“{reason.label}” holds no longer for this address. If no other reason holds and they"
        " have not left, they get the next tip. It can be taken back by blocking the address.",
        done=f"“{reason.label}” holds no longer.",
    )


def _download(person: Subscriber, reason: str, by: User) -> HttpResponse:
    response = HttpResponse(staff_actions.my_data(person, reason, by=by), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="subscriber-{person.pk}.json"'
    return response


def _erase(person: Subscriber, reason: str, by: User) -> str:
    receipt = staff_actions.erase(person, reason, by=by)
    return f"Erased. The number of the receipt is {receipt.number}."


VERBS: dict[str, Verb[Subscriber]] = {
    "take-off": Verb(
        label="Take off the list",
        run=staff_actions.take_off,
        permissions=("subscribers.change_subscriber",),
        is_available=lambda user, person: person.state == Subscriber.State.CONFIRMED,
        why_not="they have left already",
        consequence="Nothing is sent to them any more, also from a mailing under way. A mail tells them that"
        " they are off the list; by its link they can undo that for 30 days.",
        done="Taken off the list.",
    ),
    "block": Verb(
        label="Block",
        run=lambda person, reason, by: staff_actions.block(person.address, reason, by=by),
        permissions=("subscribers.add_suppression",),
        is_available=lambda user, person: not _holds(person, Suppression.Reason.BLOCKED),
        why_not="the address is blocked already",
        consequence="Nothing is sent to this address, whatever anybody types into a form or imports, until a"
        " Publisher lifts it. They are not told.",
        done="Blocked.",
    ),
    **{
        f"lift-{reason}": _lifting(reason)
        for reason in Suppression.Reason
        if reason != Suppression.Reason.UNSUBSCRIBED
    },
    "download": Verb(
        label="Download their data",
        run=_download,
        permissions=("subscribers.export_subscriber",),
        consequence="All that is held about them, in one file. In their own data they see that you took it.",
    ),
    "erase": Verb(
        label="Erase",
        run=_erase,
        permissions=("subscribers.erase_subscriber",),
        consequence="All that is held about them is deleted, for good. A keyed hash keeps the address silent,"
        " and a receipt without a name remains; its number is shown to you next, for the person who asked.",
        is_destructive=True,
    ),
}


class SubscriberVerbsMixin(VerbsMixin[Subscriber]):
    """Gives the admin of subscribers its verbs."""

    verbs = VERBS

    def verb_form(self, request: HttpRequest, verb: Verb[Subscriber], obj: Subscriber) -> NamelessReasonForm:
        form = NamelessReasonForm(request.POST if request.method == "POST" else None)
        form.subscriber = obj
        return form

    def described(self, obj: Subscriber) -> str:
        return f"{obj.address} {obj.first_name}".strip()
