"""What can be done with a mailing: buttons on its page, and a page of its own for what asks first."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from desk.errors import NotPermitted, Overtaken, Refused
from subscribers.mailings import control
from subscribers.models import Mailing

_UNDER_WAY = (Mailing.State.BUILDING, Mailing.State.SENDING)


class PlainForm(forms.Form):
    """Asks for nothing; ``user`` is who fills it in."""

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user


class PauseForm(PlainForm):
    """Why a mailing is paused."""

    why = forms.CharField(
        label="Reason",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text="For your colleagues; it stands on the mailing’s page.",
    )


class NoteForm(PlainForm):
    """What a correction says on top."""

    note = forms.CharField(
        label="What was wrong",
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 4}),
        help_text="The mail begins with it, and the list of mails shows its beginning. Mend the tip first:"
        " the correction carries its text as it stands when it begins.",
        error_messages={"required": "Say what was wrong: the correction begins with it."},
    )


class TestForm(PlainForm):
    """To whom a test goes: oneself, or a colleague."""

    to = forms.ModelChoiceField(queryset=None, label="To", empty_label=None)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        staff = get_user_model().objects.filter(is_active=True, is_staff=True).exclude(email="")
        self.fields["to"].queryset = staff.order_by("first_name", "last_name", "username")
        self.fields["to"].label_from_instance = self._called
        self.initial["to"] = self.user.pk

    def _called(self, person):
        name = person.get_full_name() or person.get_username()
        return f"{name} (yourself)" if person == self.user else name


@dataclass(frozen=True)
class MailingVerb:
    """A verb over a mailing, as the desk offers it.

    ``run`` is called with the mailing, the answers of ``form`` by their names, and ``by``; it returns a
    sentence, or another Mailing to which the desk leads. ``fits`` is called with a mailing that knows in
    ``held`` how many of its deliveries wait for a person; where it does not fit, ``unfit`` says why not, with
    the mailing's ``{state}`` and ``{held}``. ``asks`` says that a page comes before, and ``is_grave`` that
    nothing takes it back.
    """

    label: str
    run: Callable
    fits: Callable
    follows: str
    unfit: str = "the mailing is {state}"
    form: type = PlainForm
    asks: bool = False
    is_grave: bool = False
    # Any one of these will do, as the verb itself has it.
    rights: tuple = (control.MANAGE,)


VERBS = {
    "stop": MailingVerb(
        label="Stop",
        run=lambda mailing, by: control.stop(mailing, by=by),
        fits=lambda mailing: mailing.state == Mailing.State.PREPARED,
        follows="It does not begin until somebody releases it.",
    ),
    "pause": MailingVerb(
        label="Pause",
        run=lambda mailing, by, why="": control.pause(mailing, why, by=by),
        fits=lambda mailing: mailing.state in _UNDER_WAY,
        follows="Nothing more goes out until somebody resumes it; what is in the mail server’s hands this"
        " moment still goes.",
        form=PauseForm,
    ),
    "resume": MailingVerb(
        label="Resume",
        run=lambda mailing, by: control.resume(mailing, by=by),
        fits=lambda mailing: mailing.state == Mailing.State.PAUSED,
        follows="It goes on where it was. Who was refused in the stretch that stopped it is tried again, and"
        " what was put off is tried now.",
    ),
    "release": MailingVerb(
        label="Release",
        run=lambda mailing, by: control.release(mailing, by=by),
        fits=lambda mailing: mailing.state == Mailing.State.HELD,
        follows="It begins at once, or with its tip if that is still to come, and goes to everybody on the"
        " list. What has been sent cannot be called back.",
        asks=True,
        is_grave=True,
    ),
    "send-again": MailingVerb(
        label="Send the uncertain ones again",
        run=lambda mailing, by: control.resolve(mailing, send_again=True, by=by),
        fits=lambda mailing: mailing.held and mailing.state in Mailing.SENDS_AGAIN,
        follows="Each of them is sent once more. Whoever had got it after all gets it twice.",
        unfit="the mailing is {state}, and {held} of its deliveries wait for a decision",
        asks=True,
        is_grave=True,
    ),
    "count-as-sent": MailingVerb(
        label="Count the uncertain ones as sent",
        run=lambda mailing, by: control.resolve(mailing, send_again=False, by=by),
        fits=lambda mailing: mailing.held,
        follows="They stand in the ledger as sent. Whoever had not got it does not get it.",
        unfit="none of its deliveries waits for a decision",
        asks=True,
        is_grave=True,
    ),
    "correct": MailingVerb(
        label="Send a correction",
        run=lambda mailing, by, note: control.correct(mailing, note, by=by),
        fits=lambda mailing: mailing.state not in Mailing.UNFINISHED and mailing.started_at,
        follows="A mailing of its own, to exactly those who got this one and are still here. It is shown for"
        " ten minutes, in which you can stop it, and then begins.",
        unfit="the mailing is {state}, and only one that began and has ended can be corrected",
        form=NoteForm,
        asks=True,
    ),
    "test": MailingVerb(
        label="Send a test",
        run=lambda mailing, by, to: control.send_test(mailing.tip, [to.email], by=by, mailing=mailing),
        fits=lambda mailing: True,
        follows="The tip’s mail as it stands now, marked as a test, to you or to a colleague. Its links"
        " unsubscribe nobody.",
        form=TestForm,
        asks=True,
        rights=(control.MANAGE, "tips.change_tip"),
    ),
    "cancel": MailingVerb(
        label="Cancel the mailing",
        run=lambda mailing, by: control.cancel(mailing, by=by),
        fits=lambda mailing: mailing.state in Mailing.UNFINISHED,
        follows="It ends here, and its tip is not mailed again. Whoever has not got it gets none.",
        asks=True,
        is_grave=True,
    ),
}


def offered(user, mailing):
    """Return {name: MailingVerb} of what makes sense for a mailing and is permitted to a person."""
    return {name: verb for name, verb in VERBS.items() if verb.fits(mailing) and _permits(user, verb)}


def _permits(user, verb):
    return any(user.has_perm(right) for right in verb.rights)


class MailingVerbsMixin:
    """For the admin of mailings: an address for each verb, which acts on POST alone."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<int:pk>/do/<slug:name>/", view, name="subscribers_mailing_do"), *super().get_urls()]

    def verb_view(self, request, pk, name):
        """Say what a verb does, and ask for what it needs; do it on POST."""
        verb = VERBS.get(name)
        if verb is None:
            raise Http404("There is no such verb.")
        if not (self.has_view_permission(request) and _permits(request.user, verb)):
            raise PermissionDenied
        mailing = self.found(pk)
        if not verb.fits(mailing):
            why = verb.unfit.format(state=Mailing.State(mailing.state).label.lower(), held=mailing.held)
            words = f"“{verb.label}” is not possible: {why}. Nothing was changed."
            self.message_user(request, words, messages.ERROR)
            return self.to(mailing)
        is_sent = request.method == "POST"
        form = verb.form(request.POST if is_sent else None, user=request.user)
        if is_sent and form.is_valid():
            return self._do(request, mailing, verb, form.cleaned_data)
        context = {"verb": verb, "form": form, "mailing": mailing}
        return self.page(request, "verb", verb.label, **context)

    def _do(self, request, mailing, verb, answers):
        try:
            _still(mailing, request.POST.get("seen"))
            result = verb.run(mailing, by=request.user, **answers)
        except NotPermitted:
            raise
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return self.to(mailing)
        if isinstance(result, Mailing):
            done = "Prepared: it begins in ten minutes. Look at its mail, and stop it if need be."
            self.message_user(request, done, messages.SUCCESS)
            return self.to(result)
        self.message_user(request, result, messages.SUCCESS)
        return self.to(mailing)

    def to(self, mailing):
        """Lead to the page of a mailing."""
        return HttpResponseRedirect(reverse("admin:subscribers_mailing_change", args=[mailing.pk]))

    def page(self, request, name, title, **context):
        """Answer with a page of this room."""
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return TemplateResponse(request, f"admin/subscribers/mailing/{name}.html", context)


def _still(mailing, seen):
    """Refuse what somebody asked for on a page that showed another state."""
    if seen and seen != mailing.state:
        raise Overtaken(
            f"Nothing was done: meanwhile it is {Mailing.State(mailing.state).label.lower()}. Look again."
        )
