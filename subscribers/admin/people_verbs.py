"""What staff can do to a subscriber: each verb has a page that says what follows, and asks for a reason."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format

from desk.errors import NotPermitted, Refused
from subscribers.admin.forms import ReasonForm
from subscribers.models import Subscriber, Suppression
from subscribers.people import staff_actions


def standing(subscriber, reasons):
    """Return (a kind, for its colour; the words) for whether and why tips are sent to a subscriber.

    ``reasons`` are those for which their address gets nothing.
    """
    lasting = [
        Suppression.Reason(each).label.lower() for each in reasons if each != Suppression.Reason.UNSUBSCRIBED
    ]
    if subscriber.state == Subscriber.State.LEFT:
        return "withdrawn", ", ".join(["Left", *lasting])
    if reasons:
        return "in-review", f"Nothing is sent: {', '.join(lasting) or 'unsubscribed'}"
    if subscriber.is_paused(timezone.localdate()):
        return "to-come", f"Paused until {date_format(subscriber.paused_until, 'j M Y')}"
    return "public", "Confirmed"


@dataclass(frozen=True)
class PersonVerb:
    """A verb over a subscriber, as the desk offers it.

    ``run`` is called with the subscriber, the reason, and ``by``; what it returns is a response, or words
    that are added to ``done``, or None. ``fits`` is called with a subscriber whose suppressions are in
    ``holding``; of one whom it does not fit, ``unfit`` says why not. ``is_grave`` says that nothing brings
    back what it does.
    """

    label: str
    permission: str
    run: Callable
    fits: Callable
    follows: str
    done: str
    unfit: str = ""
    is_grave: bool = False


def _lifting(what):
    word = what.label
    return PersonVerb(
        label=f"Lift “{word}”",
        permission="subscribers.delete_suppression",
        run=lambda person, reason, by: staff_actions.lift(person.address, what, reason, by=by),
        fits=lambda person: what in {row.reason for row in person.holding},
        follows=f"“{word}” holds no longer for this address. If no other reason holds and they have not left,"
        " they get the next tip. It can be taken back by blocking the address.",
        done=f"“{word}” holds no longer.",
        unfit=f"“{word}” does not hold for this address",
    )


def _download(person, reason, by):
    response = HttpResponse(staff_actions.my_data(person, reason, by=by), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="subscriber-{person.pk}.json"'
    return response


def _erase(person, reason, by):
    return f"The number of the receipt is {staff_actions.erase(person, reason, by=by).number}."


VERBS = {
    "take-off": PersonVerb(
        label="Take off the list",
        permission="subscribers.change_subscriber",
        run=lambda person, reason, by: staff_actions.take_off(person, reason, by=by),
        fits=lambda person: person.state == Subscriber.State.CONFIRMED,
        follows="Nothing is sent to them any more, also from a mailing under way. A mail tells them that they"
        " are off the list; by its link they can undo that for 30 days.",
        done="Taken off the list.",
        unfit="they have left already",
    ),
    "block": PersonVerb(
        label="Block",
        permission="subscribers.add_suppression",
        run=lambda person, reason, by: staff_actions.block(person.address, reason, by=by),
        fits=lambda person: Suppression.Reason.BLOCKED not in {row.reason for row in person.holding},
        follows="Nothing is sent to this address, whatever anybody types into a form or imports, until a"
        " Publisher lifts it. They are not told.",
        done="Blocked.",
        unfit="the address is blocked already",
    ),
    **{
        f"lift-{what}": _lifting(what)
        for what in Suppression.Reason
        if what != Suppression.Reason.UNSUBSCRIBED
    },
    "download": PersonVerb(
        label="Download their data",
        permission="subscribers.export_subscriber",
        run=_download,
        fits=lambda person: True,
        follows="All that is held about them, in one file. That you took it is part of it: they see it in"
        " their own data.",
        done="",
    ),
    "erase": PersonVerb(
        label="Erase",
        permission="subscribers.erase_subscriber",
        run=_erase,
        fits=lambda person: True,
        follows="All that is held about them is deleted, for good. A keyed hash keeps the address silent, and"
        " a receipt without a name remains; its number is shown to you next, for the person who asked.",
        done="Erased.",
        is_grave=True,
    ),
}


def offered(user, subscriber):
    """Return the verbs that make sense for a subscriber, and that this person may do."""
    return {
        name: verb for name, verb in VERBS.items() if user.has_perm(verb.permission) and verb.fits(subscriber)
    }


class PersonVerbsMixin:
    """For the admin of subscribers: a page for each verb."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<int:pk>/do/<slug:name>/", view, name="subscribers_subscriber_do"), *super().get_urls()]

    def verb_view(self, request, pk, name):
        """Say what a verb does and ask for the reason; do it on POST."""
        verb = VERBS.get(name)
        if verb is None:
            raise Http404("There is no such verb.")
        if not (self.has_view_permission(request) and request.user.has_perm(verb.permission)):
            raise PermissionDenied
        person = self.get_object(request, str(pk))
        if person is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        person.holding = list(Suppression.objects.filter(address_hash=person.address_hash))
        if not verb.fits(person):
            words = f"“{verb.label}” is not possible: {verb.unfit}. Nothing was changed."
            self.message_user(request, words, messages.WARNING)
            return self._back(person)
        form = ReasonForm(request.POST or None, subscriber=person)
        if request.method == "POST" and form.is_valid():
            return self._do(request, person, verb, form.cleaned_data["reason"])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": verb.label,
            "verb": verb,
            "original": person,
            "form": form,
        }
        return TemplateResponse(request, "admin/subscribers/verb.html", context)

    def _do(self, request, person, verb, reason):
        pk = person.pk
        try:
            with transaction.atomic():
                result = verb.run(person, reason, by=request.user)
        except NotPermitted:
            raise
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            if hasattr(result, "headers"):
                return result
            self.message_user(request, " ".join(filter(None, [verb.done, result])), messages.SUCCESS)
        return self._back(self.model(pk=pk))

    def _back(self, person):
        if self.model.objects.filter(pk=person.pk).exists():
            return HttpResponseRedirect(reverse("admin:subscribers_subscriber_change", args=[person.pk]))
        return HttpResponseRedirect(reverse("admin:subscribers_subscriber_changelist"))
