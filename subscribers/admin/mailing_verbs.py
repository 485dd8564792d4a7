"""What can be done with a mailing: buttons on its page, and a page of its own for what asks first.

A test of a tip's mail can be sent without a mailing too, from the mail's preview.
"""

from dataclasses import dataclass
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from desk.names import PersonField, person
from desk.pages import StaffRequest, number_in, page, require, staff_of
from desk.verbs import Verb, VerbsMixin, refusals_told
from subscribers.admin.pages import mailing_or_404
from subscribers.mailings import control, foresight, status
from subscribers.mailings.send_test import needs_link, send_test
from subscribers.models import Mailing
from tips.models import Tip
from tips.permissions import APPROVE, PUBLISH
from tips.publishing import preview


class PauseForm(forms.Form):
    """Why a mailing is paused."""

    reason = forms.CharField(
        max_length=200,
        required=False,
        widget=AdminTextInputWidget({"autocomplete": "off"}),
        help_text="For your colleagues; it stands on the mailing’s page.",
    )


class NoteForm(forms.Form):
    """What a correction says on top."""

    note = forms.CharField(
        label="What was wrong",
        max_length=2000,
        widget=AdminTextareaWidget({"rows": 4}),
        help_text="The mail begins with it. Mend the tip first: its text is taken when the mail begins.",
        error_messages={"required": "Say what was wrong: the correction begins with it."},
    )


class TestForm(forms.Form):
    """To whom a test goes: oneself, or a colleague."""

    to = PersonField(User.objects.none(), label="To", empty_label=None)

    def __init__(self, user: User, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"to": user.pk})
        staff = User.objects.filter(is_active=True, is_staff=True).exclude(email="")
        field = cast(PersonField, self.fields["to"])
        field.user, field.queryset = user, staff.order_by("first_name", "last_name", "username")


@dataclass(frozen=True)
class MailingVerb(Verb[Mailing]):
    """A verb over a mailing; ``why_not`` may name its ``{state}``, and how many deliveries are ``{held}``."""

    why_not: str = "the mailing is {state}"
    permissions: tuple[str, ...] = (control.MANAGE,)


_NO_RESTORE = "no restore has stopped the mailing"

VERBS: dict[str, MailingVerb] = {
    "stop": MailingVerb(
        label="Stop",
        run=control.stop,
        is_available=lambda user, mailing: (
            mailing.state == Mailing.State.PREPARED and control.may_stop(user, mailing)
        ),
        consequence="It does not begin until a publisher releases it.",
        permissions=(control.MANAGE, APPROVE, PUBLISH),
        has_page=False,
        afterwards=foresight.waiting,
    ),
    "pause": MailingVerb(
        label="Pause",
        run=control.pause,
        is_available=lambda user, mailing: mailing.state in (Mailing.State.BUILDING, Mailing.State.SENDING),
        consequence="Nothing more goes out until it is resumed, but for what the mail server has in hand.",
        form=PauseForm,
        has_page=False,
        afterwards=foresight.waiting,
    ),
    "resume": MailingVerb(
        label="Resume",
        run=control.resume,
        is_available=lambda user, mailing: mailing.state == Mailing.State.PAUSED and not mailing.cause,
        consequence="It goes on; who was put off, or refused in the stretch that stopped it, is tried again.",
        has_page=False,
    ),
    "release": MailingVerb(
        label="Release",
        run=control.release,
        is_available=lambda user, mailing: mailing.state == Mailing.State.HELD and not mailing.cause,
        foresight=foresight.release,
        consequence="It begins now, or with its tip, and goes to everybody. What is sent cannot be unsent.",
        is_destructive=True,
    ),
    "send-to-untried": MailingVerb(
        label="Send to those never tried",
        run=control.send_to_untried,
        is_available=lambda user, mailing: bool(mailing.cause) and mailing.state == Mailing.State.PAUSED,
        why_not=_NO_RESTORE,
        consequence="It goes on; whoever was tried counts as sent. Whoever got it since gets it twice.",
        is_destructive=True,
    ),
    "send-to-all": MailingVerb(
        label="Send to all",
        run=control.send_to_all,
        is_available=lambda user, mailing: bool(mailing.cause),
        why_not=_NO_RESTORE,
        consequence="It goes to everybody who may be written to. Whoever got it already gets it twice.",
        is_destructive=True,
    ),
    "send-again": MailingVerb(
        label="Send the uncertain ones again",
        run=lambda mailing, by: control.resolve(mailing, send_again=True, by=by),
        is_available=lambda user, mailing: (
            mailing.held_count > 0 and mailing.state in Mailing.SENDS_AGAIN and not mailing.cause
        ),
        why_not="the mailing is {state}, and {held} of its deliveries wait for a decision",
        foresight=foresight.send_again,
        consequence="Each of them is sent once more. Whoever had got it after all gets it twice.",
        is_destructive=True,
    ),
    "count-as-sent": MailingVerb(
        label="Count the uncertain ones as sent",
        run=lambda mailing, by: control.resolve(mailing, send_again=False, by=by),
        is_available=lambda user, mailing: mailing.held_count > 0 and not mailing.cause,
        why_not="none of its deliveries waits for a decision",
        foresight=foresight.count_as_sent,
        consequence="They stand in the ledger as sent. Whoever had not got it does not get it.",
        is_destructive=True,
    ),
    "correct": MailingVerb(
        label="Send a correction",
        run=control.correct,
        is_available=lambda user, mailing: bool(
            mailing.state not in mailing.UNFINISHED and mailing.started_at
        ),
        why_not="the mailing is {state}, and only one that began and has ended can be corrected",
        consequence="It goes to those who got this one and are still here. You have ten minutes to stop it."
        " Of a tip that is withdrawn, or not for mail any more, it has your words alone.",
        done="Prepared: it begins in ten minutes. Look at its mail, and stop it if need be.",
        form=NoteForm,
        foresight=foresight.correct,
    ),
    "test": MailingVerb(
        label="Send a test",
        run=lambda mailing, by, to: send_test(mailing.tip, to.email, by=by, mailing=mailing),
        consequence="The tip’s mail as it is now, marked as a test. Its links unsubscribe nobody.",
        form=TestForm,
        permissions=(control.MANAGE, "tips.change_tip"),
    ),
    "cancel": MailingVerb(
        label="Cancel the mailing",
        run=control.cancel,
        is_available=lambda user, mailing: mailing.state in Mailing.UNFINISHED,
        consequence="It ends here, and its tip is not mailed again. Whoever has not got it gets none.",
        foresight=foresight.cancel,
        is_destructive=True,
    ),
}


class MailingVerbsMixin(VerbsMixin[Mailing]):
    """Gives the admin of mailings its verbs."""

    verbs = VERBS

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Mailing:
        return mailing_or_404(number_in(object_id))

    def verb_form(self, request: HttpRequest, verb: Verb[Mailing], obj: Mailing) -> forms.Form:
        if verb.form is not TestForm:
            return super().verb_form(request, verb, obj)
        return TestForm(staff_of(request), request.POST if request.method == "POST" else None)

    def may_use(self, request: HttpRequest, verb: Verb[Mailing], obj: Mailing) -> bool:
        """Let those stop a correction alone who may start one."""
        may_stop = verb is not VERBS["stop"] or control.may_stop(staff_of(request), obj)
        return may_stop and super().may_use(request, verb, obj)

    def described(self, obj: Mailing) -> str:
        return str(obj.tip)

    def why_not(self, verb: Verb[Mailing], obj: Mailing) -> str:
        return verb.why_not.format(state=obj.get_state_display().lower(), held=obj.held_count)

    def consequence(self, verb: Verb[Mailing], obj: Mailing) -> str:
        # The page that asks says of how many nobody knows whether they have it.
        return f"{verb.consequence} {status.describe(obj).sentence}" if obj.cause else verb.consequence

    def seen(self, obj: Mailing) -> dict[str, object]:
        return {"seen": obj.state}

    def overtaken(self, obj: Mailing) -> str:
        return f"Nothing was done: meanwhile it is {obj.get_state_display().lower()}. Look again."


def send_test_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask to whom a test of a tip's mail goes; send it on POST, as the tip is saved then.

    No mailing is needed for that.
    """
    require(request, "tips.change_tip")
    tip = Tip.objects.filter(pk=pk).first()
    if tip is None or not preview.may_see(request.user, tip):
        raise Http404("There is no such tip.")
    form = TestForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        to = form.cleaned_data["to"]
        with refusals_told(request):
            send_test(tip, to.email, by=request.user)
            receiver = "you" if to == request.user else person(to)
            messages.success(request, f"The test is on its way to {receiver}.")
        return redirect("admin:subscribers_mailing_send_test", tip.pk)
    context = {"tip": tip, "form": form, "needs_link": needs_link(tip), "days": preview.DAYS}
    return page(request, "subscribers/mailing/send_test", "Send a test", **context)
