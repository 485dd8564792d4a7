"""The verbs of publishing as buttons of the form, as pages that ask first, and as list actions."""

from contextlib import nullcontext
from dataclasses import dataclass

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from desk.errors import NotPermitted, Refused
from desk.forms import ReasonForm
from desk.pages import page, staff_of
from desk.verbs import Verb, VerbsMixin
from tips import permissions
from tips.admin.forms import DayForm, OverrideForm
from tips.models import Tip, TipState
from tips.publishing import mail_exclusion, preconditions, preflight, slugs, workflow


class SlugForm(forms.Form):
    """Another last part of a tip's URL."""

    slug = forms.CharField(
        label="New address",
        max_length=slugs.LONGEST,
        widget=AdminTextInputWidget,
        help_text="The last part of it: small letters, digits and hyphens, such as “thank-you-notes”.",
    )


@dataclass(frozen=True)
class TipVerb(Verb[Tip]):
    """A verb over a tip. ``approves``: four eyes may be asked for, and a reason where that is overridden."""

    approves: bool = False
    has_page: bool = False


def _to_come(tip: Tip) -> bool:
    return tip.state == TipState.APPROVED and not tip.is_published


def _in_review_or_to_come(tip: Tip) -> bool:
    return tip.state == TipState.IN_REVIEW or _to_come(tip)


VERBS: dict[str, TipVerb] = {
    "submit": TipVerb(
        label="Submit for review",
        run=workflow.submit,
        is_available=lambda user, tip: tip.state == TipState.DRAFT and permissions.may_change(user, tip),
        consequence="An editor reads it next. Until it is sent back, only editors can change it.",
        done="Submitted for review.",
    ),
    "approve": TipVerb(
        label="Approve",
        run=workflow.approve,
        is_available=lambda user, tip: tip.state == TipState.IN_REVIEW and user.has_perm(permissions.APPROVE),
        consequence="Readers see it when its day comes; at once where it is undated.",
        done="Approved.",
        faults=preflight.inspect,
        approves=True,
    ),
    "schedule": TipVerb(
        label="Give it another day",
        run=workflow.schedule,
        is_available=lambda user, tip: _to_come(tip) and user.has_perm(permissions.APPROVE),
        consequence="It stays approved, and appears on the new day instead.",
        has_page=True,
        form=DayForm,
    ),
    "publish-now": TipVerb(
        label="Publish now",
        run=workflow.publish_now,
        is_available=lambda user, tip: (
            _in_review_or_to_come(tip)
            and not tip.undated
            and user.has_perms([permissions.PUBLISH, permissions.APPROVE])
        ),
        consequence="Readers see it at once: on the site, in the lists and in the feeds. Its day is today.",
        has_page=True,
        faults=lambda tip: preflight.inspect(tip) if tip.state == TipState.IN_REVIEW else [],
        approves=True,
    ),
    "send-back": TipVerb(
        label="Send back",
        run=workflow.send_back,
        is_available=lambda user, tip: _in_review_or_to_come(tip) and user.has_perm(permissions.APPROVE),
        consequence="It is a draft again, for its author to change. It appears only when it is approved"
        " anew.",
        has_page=True,
        form=ReasonForm,
    ),
    "withdraw": TipVerb(
        label="Withdraw",
        run=workflow.withdraw,
        is_available=lambda user, tip: tip.state == TipState.APPROVED and user.has_perm(permissions.PUBLISH),
        consequence="It leaves every list and feed at once. Whoever comes to its address learns that it is"
        " gone.",
        done="Withdrawn.",
        has_page=True,
        form=ReasonForm,
    ),
    "reinstate": TipVerb(
        label="Reinstate",
        run=workflow.reinstate,
        is_available=lambda user, tip: tip.state == TipState.WITHDRAWN and user.has_perm(permissions.PUBLISH),
        consequence="It goes back to its old day if it was public; else it is a draft again.",
    ),
    "not-for-mail": TipVerb(
        label="Not for mail",
        run=mail_exclusion.exclude,
        is_available=lambda user, tip: mail_exclusion.may_set(user, tip, for_mail=False),
        consequence="Readers see it on the site, and no mailing brings it. Only a publisher takes that back.",
        has_page=True,
    ),
    "for-mail": TipVerb(
        label="Lift “not for mail”",
        run=mail_exclusion.release,
        is_available=lambda user, tip: mail_exclusion.may_set(user, tip, for_mail=True),
        consequence="It is mailed when it goes live. If readers see it already, its mailing is shown first,"
        " and can be stopped; if it is too late for that, it waits until somebody releases it.",
        has_page=True,
    ),
    "change-address": TipVerb(
        label="Change its address",
        run=slugs.change,
        is_available=lambda user, tip: (
            tip.state in (TipState.APPROVED, TipState.WITHDRAWN) and user.has_perm(permissions.CHANGE_ANY)
        ),
        consequence="It stays where it is in the lists. Where readers knew the old address, it leads to"
        " the new one.",
        has_page=True,
        form=SlugForm,
    ),
}


class TipVerbsMixin(VerbsMixin[Tip]):
    """Gives the admin of tips its verbs: beside pages, as buttons that save first, and as list actions."""

    verbs = VERBS
    actions = ["submit_selected", "approve_selected", "withdraw_selected"]

    def verb_form(self, request: HttpRequest, verb: Verb[Tip], obj: Tip) -> forms.Form:
        approves = isinstance(verb, TipVerb) and verb.approves
        form = OverrideForm if approves and workflow.may_override(staff_of(request), obj) else verb.form
        return form(request.POST if request.method == "POST" else None)

    def seen(self, obj: Tip) -> dict[str, object]:
        return {"seen_version": obj.versions.newest_id(), "seen_state": obj.state}

    def overtaken(self, obj: Tip) -> str:
        return str(preconditions.overtaken(obj))

    def success_message(self, obj: Tip, sentence: str) -> str:
        return f"“{obj}”: {sentence}"

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
        form = self.verb_form(request, verb, tip)
        if verb.has_page or form.fields or verb.faults(tip):
            # What the form showed, and has just saved; not what somebody saves before the page is opened.
            query = self.seen(tip)
            return HttpResponseRedirect(reverse("admin:tips_tip_do", args=[tip.pk, name], query=query))
        return self.do(request, verb, tip)

    # --- Several tips at once -------------------------------------------------------------------------

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permissions.APPROVE)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permissions.PUBLISH)

    @admin.action(description="Submit for review", permissions=["change"])
    def submit_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> None:
        self._do_all(request, queryset, "submit")

    @admin.action(description="Approve", permissions=["approve"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> None:
        self._do_all(request, queryset, "approve")

    @admin.action(description="Withdraw, with a reason", permissions=["publish"])
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        """Ask for one reason for all of them, then withdraw each."""
        form = ReasonForm(request.POST if "post" in request.POST else None)
        if form.is_valid():
            self._do_all(request, queryset, "withdraw", **form.cleaned_data)
            return None
        context = {"opts": self.opts, "verb": VERBS["withdraw"], "selected": queryset, "form": form}
        return page(request, "desk/verb", "Withdraw tips", action="withdraw_selected", **context)

    def _do_all(self, request: HttpRequest, queryset: QuerySet[Tip], name: str, **answers: object) -> None:
        """Do a verb on each tip; a tip that refuses does not keep the others from it."""
        done = 0
        for tip in queryset:
            try:
                VERBS[name].run(tip, **answers, by=staff_of(request))
            except (NotPermitted, Refused) as refusal:
                messages.error(request, str(refusal))
            else:
                done += 1
        if done:
            tips = Tip._meta.verbose_name if done == 1 else Tip._meta.verbose_name_plural
            messages.success(request, f"{done} {tips}: {VERBS[name].done}")
