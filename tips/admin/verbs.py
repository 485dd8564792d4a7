"""The verbs of publishing as buttons of the form, as pages that ask first, and as list actions."""

from contextlib import nullcontext
from functools import partial

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from desk.forms import ReasonForm
from desk.pages import staff_of
from desk.verbs import Verb, VerbsMixin
from tips.admin.concurrent_editing import version_shown
from tips.admin.forms import DayForm, OverrideForm
from tips.admin.verb_forms import AssignForm, DueDayForm, HuddleForm, OldNoticesForm, PartForm, SlugForm
from tips.models import DeskChoice, Tip, TipState
from tips.permissions import APPROVE, CHANGE_ANY, PUBLISH, may_change
from tips.publishing import (
    assignments,
    choosing,
    duplicating,
    foresight,
    huddles,
    mail_exclusion,
    notices,
    preconditions,
    questions,
    series,
    slugs,
    workflow,
)
from tips.schedule import forecast


def _is_to_come(tip: Tip) -> bool:
    return tip.state == TipState.APPROVED and not tip.is_published


def _is_ahead(tip: Tip) -> bool:
    return tip.state == TipState.IN_REVIEW or _is_to_come(tip)


def _choosing(choice: DeskChoice) -> Verb[Tip]:
    return Verb(
        f"Add to “{choosing.NAMES[choice]}”",
        partial(choosing.choose, choice=choice),
        f"It gets the tag “{choice.label}”, by which home finds it.",
        lambda user, tip: choosing.may_choose(user, tip, choice),
        why_not="it stands there already, or is not approved with its whole text",
        has_page=False,
    )


def _letting_go(choice: DeskChoice) -> Verb[Tip]:
    return Verb(
        f"Take out of “{choosing.NAMES[choice]}”",
        partial(choosing.let_go, choice=choice),
        f"It loses the tag “{choice.label}”.",
        lambda user, tip: choosing.may_let_go(user, tip, choice),
        why_not="it does not stand there",
        has_page=False,
    )


# Those without ``has_page`` are done at once; the page comes only where there is something to ask or to show.
VERBS: dict[str, Verb[Tip]] = {
    "submit": Verb(
        "Submit for review",
        workflow.submit,
        "An editor reads it next. Until it is sent back, only editors can change it.",
        lambda user, tip: tip.state == TipState.DRAFT and may_change(user, tip),
        faults=questions.of,
        faults_stop=False,
        has_page=False,
        foresight=foresight.submit,
        afterwards=foresight.afterwards,
    ),
    "take-back": Verb(
        "Take back",
        workflow.take_back,
        "It is a draft again, and you can change it. No editor has begun to review it.",
        workflow.may_take_back,
        has_page=False,
        foresight=foresight.take_back,
    ),
    "approve": Verb(
        "Approve",
        workflow.approve,
        "Readers see it when its day comes; at once where it is undated.",
        lambda user, tip: tip.state == TipState.IN_REVIEW and user.has_perm(APPROVE),
        form=OverrideForm,
        faults=questions.of,
        stopped="It cannot be approved yet",
        has_page=False,
        foresight=foresight.approve,
        afterwards=foresight.afterwards,
    ),
    "schedule": Verb(
        "Give it another day",
        workflow.schedule,
        "It stays approved, and appears on the new day instead.",
        lambda user, tip: _is_to_come(tip) and user.has_perm(APPROVE),
        form=DayForm,
        foresight=foresight.schedule,
        weighs_answers=True,
    ),
    "publish-now": Verb(
        "Publish now",
        workflow.publish_now,
        "Readers see it at once: on the site, in the lists and in the feeds. Its day is today.",
        lambda user, tip: _is_ahead(tip) and not tip.undated and user.has_perms([PUBLISH, APPROVE]),
        form=OverrideForm,
        faults=lambda tip: questions.of(tip) if tip.state == TipState.IN_REVIEW else [],
        stopped="It cannot be published yet",
        foresight=foresight.publish_now,
        afterwards=foresight.afterwards,
    ),
    "send-back": Verb(
        "Send back",
        workflow.send_back,
        "It is a draft again, for its author to change. It appears only when it is approved anew.",
        lambda user, tip: _is_ahead(tip) and user.has_perm(APPROVE),
        form=ReasonForm,
        foresight=foresight.send_back,
    ),
    "assign": Verb(
        "Assign an editor",
        assignments.assign,
        "That editor sees to it.",
        assignments.may_assign,
        form=AssignForm,
        foresight=foresight.assign,
    ),
    "due": Verb(
        "Set a due day",
        assignments.set_due_day,
        "Its author sees by when it is to be submitted.",
        assignments.may_set_due_day,
        form=DueDayForm,
        foresight=foresight.set_due_day,
    ),
    "withdraw": Verb(
        "Withdraw",
        workflow.withdraw,
        "It leaves every list and feed at once. Mail of it that is on its way stops. Whoever comes to its"
        " address learns that it is gone.",
        lambda user, tip: tip.state == TipState.APPROVED and user.has_perm(PUBLISH),
        form=ReasonForm,
        foresight=foresight.withdraw,
    ),
    "reinstate": Verb(
        "Reinstate",
        workflow.reinstate,
        "It goes back to its old day if it was public; else it is a draft again.",
        lambda user, tip: tip.state == TipState.WITHDRAWN and user.has_perm(PUBLISH),
        has_page=False,
        foresight=foresight.reinstate,
        afterwards=foresight.afterwards,
    ),
    "not-for-mail": Verb(
        "Not for mail",
        mail_exclusion.exclude,
        "Readers see it on the site, and no mailing brings it. Only a publisher takes that back.",
        lambda user, tip: mail_exclusion.may_set(user, tip, for_mail=False),
        foresight=foresight.exclude,
    ),
    "for-mail": Verb(
        "Lift “not for mail”",
        mail_exclusion.release,
        "It is mailed when it goes live. If readers see it already, its mailing is shown first,"
        " and can be stopped; if it is too late for that, it waits until somebody releases it.",
        lambda user, tip: mail_exclusion.may_set(user, tip, for_mail=True),
        foresight=foresight.release,
    ),
    "series": Verb(
        "Part of a series",
        series.arrange,
        "Its page then says which part it is, and leads to the others. Series are made under Words.",
        series.may_arrange,
        form=PartForm,
    ),
    "huddle": Verb(
        "Words for the team’s meeting",
        huddles.write,
        "Each tip has a sheet to print for a team’s meeting. Your own questions and role play stand there in"
        " place of those that fit every tip.",
        huddles.may_write,
        form=HuddleForm,
    ),
    "old-notices": Verb(
        "Which old notices it shows",
        notices.show,
        "Its text ends with notices of former years. Where the house has a notice of the same sort, pages do"
        " not show the old one, unless you tick it here. The text keeps them all.",
        notices.may_show,
        form=OldNoticesForm,
    ),
    "change-address": Verb(
        "Change its address",
        slugs.change,
        "It stays where it is in the lists. An old address that readers knew leads to the new one.",
        lambda user, tip: tip.state in (TipState.APPROVED, TipState.WITHDRAWN) and user.has_perm(CHANGE_ANY),
        form=SlugForm,
    ),
    **{f"add-to-{choice}": _choosing(choice) for choice in DeskChoice},
    **{f"take-out-of-{choice}": _letting_go(choice) for choice in DeskChoice},
    "duplicate": Verb(
        "Duplicate as a draft",
        duplicating.duplicate,
        "A draft of yours begins with its text, categories and tags. The tip itself stays as it is.",
        lambda user, tip: bool(tip.pk) and user.has_perm("tips.add_tip"),
        done="Copied. This page has the copy, which is a draft of yours.",
        has_page=False,
    ),
}


class TipVerbsMixin(VerbsMixin[Tip]):
    """Gives the admin of tips its verbs: beside pages, and as buttons that save first."""

    verbs = VERBS
    success_message = "“%(obj)s”: %(sentence)s"

    def verb_form(self, request: HttpRequest, verb: Verb[Tip], obj: Tip) -> forms.Form:
        """Ask for a reason to override four eyes only where they apply, and this person may override them."""
        sent = request.POST if request.method == "POST" else None
        if verb.form is AssignForm:
            return AssignForm(obj, sent)
        if verb.form is PartForm:
            return PartForm(obj, sent)
        if verb.form is HuddleForm:
            return HuddleForm(obj, sent)
        if verb.form is OldNoticesForm:
            return OldNoticesForm(obj, sent)
        if verb.form is DueDayForm:
            return DueDayForm(obj, sent)
        asks_nothing = verb.form is OverrideForm and not workflow.may_override(staff_of(request), obj)
        return (forms.Form if asks_nothing else verb.form)(sent)

    def seen(self, obj: Tip) -> dict[str, object]:
        # What floats gets its moment from the queue, which moves without anybody's touching the tip.
        day = "" if forecast.floats(obj) else f"{obj.publish_at or obj.undated}"
        return {"seen_version": version_shown(obj), "seen_state": obj.state, "seen_day": day}

    def why_not(self, verb: Verb[Tip], obj: Tip) -> str:
        if verb is VERBS["take-back"] and obj.review_began_at:
            return "an editor has begun to review it. Ask for it to be sent back"
        return verb.why_not

    def overtaken(self, obj: Tip) -> str:
        return str(preconditions.overtaken(obj))

    def verb_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Do a verb with the tip's row locked. On SQLite a transaction would wait for whoever writes, so none
        is begun for a page that is only looked at.
        """
        with transaction.atomic() if request.method == "POST" else nullcontext():
            return super().verb_view(request, pk, name)

    # --- Buttons that save the form first -------------------------------------------------------------

    def do_after_saving(self, request: HttpRequest, tip: Tip) -> HttpResponse | None:
        """Go on with the verb whose button saved the form; return None where another button did."""
        name = request.POST.get("_verb", "")
        if (verb := VERBS.get(name)) is None:
            return None
        if not (verb.has_page or self.verb_form(request, verb, tip).fields or verb.faults(tip)):
            foreseen = verb.foresee(staff_of(request), tip)
            if not (foreseen.asks or self.is_otherwise(request, name, verb, foreseen)):
                return self.do(request, verb, tip)
        # What the form showed, and has just saved; not what somebody saves before the page is opened.
        return HttpResponseRedirect(reverse("admin:tips_tip_do", args=[tip.pk, name], query=self.seen(tip)))
