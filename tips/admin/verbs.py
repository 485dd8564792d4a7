"""The verbs of publishing as buttons, as pages that ask for what a verb needs, and as list actions."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from desk.errors import NotPermitted, Refused
from tips.admin.forms import DayForm, OverrideForm, ReasonForm
from tips.models import Tip, TipState
from tips.publishing import mail_exclusion, preconditions, preflight, workflow


@dataclass(frozen=True)
class Verb:
    """A verb as the desk offers it.

    ``run`` is called with the tip, the answers of ``form`` by their names, and ``by``; ``offered`` tells
    whether a person gets the button for a tip; ``asks`` says that a page comes before; ``follows`` says what
    it does. ``sheet`` is called with the tip, and returns the faults to show before; none, and no page needs
    to come. ``approves`` says that four eyes may be asked for, and a reason where they are overridden.
    """

    label: str
    run: Callable
    offered: Callable
    follows: str
    done: str
    asks: bool = False
    form: type = forms.Form
    sheet: Callable = lambda tip: []
    approves: bool = False

    def form_for(self, user, tip):
        """Return the class of the form that a person fills in before the verb is done."""
        if self.approves and workflow.may_override(user, tip):
            return OverrideForm
        return self.form

    def needs_page(self, user, tip):
        """Tell whether the verb's own page comes before it is done."""
        return self.asks or bool(self.form_for(user, tip).base_fields) or bool(self.sheet(tip))


def _to_come(tip):
    return tip.state == TipState.APPROVED and not tip.is_published


VERBS = {
    "submit": Verb(
        label="Submit for review",
        run=workflow.submit,
        offered=lambda user, tip: tip.state == TipState.DRAFT and workflow.may_change(user, tip),
        follows="An editor reads it next. Until it is sent back, only editors can change it.",
        done="Submitted for review.",
    ),
    "approve": Verb(
        label="Approve",
        run=workflow.approve,
        offered=lambda user, tip: tip.state == TipState.IN_REVIEW and user.has_perm(workflow.APPROVE),
        follows="Readers see it when its day comes; at once where it is undated.",
        done="Approved.",
        sheet=preflight.inspect,
        approves=True,
    ),
    "schedule": Verb(
        label="Give it another day",
        run=workflow.schedule,
        offered=lambda user, tip: _to_come(tip) and user.has_perm(workflow.APPROVE),
        follows="It stays approved, and appears on the new day instead.",
        done="Planned for its new day.",
        asks=True,
        form=DayForm,
    ),
    "publish-now": Verb(
        label="Publish now",
        run=workflow.publish_now,
        offered=lambda user, tip: (
            (tip.state == TipState.IN_REVIEW or _to_come(tip))
            and not tip.undated
            and user.has_perms([workflow.PUBLISH, workflow.APPROVE])
        ),
        follows="Readers see it at once: on the site, in the lists and in the feeds. Its day is today.",
        done="Published: readers see it now.",
        asks=True,
        sheet=lambda tip: preflight.inspect(tip) if tip.state == TipState.IN_REVIEW else [],
        approves=True,
    ),
    "send-back": Verb(
        label="Send back",
        run=workflow.send_back,
        offered=lambda user, tip: (
            (tip.state == TipState.IN_REVIEW or _to_come(tip)) and user.has_perm(workflow.APPROVE)
        ),
        follows="It is a draft again, for its author to change. It appears only when it is approved anew.",
        done="Sent back to its author.",
        asks=True,
        form=ReasonForm,
    ),
    "withdraw": Verb(
        label="Withdraw",
        run=workflow.withdraw,
        offered=lambda user, tip: tip.state == TipState.APPROVED and user.has_perm(workflow.PUBLISH),
        follows="It leaves every list and feed at once. Whoever comes to its address learns that it is gone.",
        done="Withdrawn.",
        asks=True,
        form=ReasonForm,
    ),
    "reinstate": Verb(
        label="Reinstate",
        run=workflow.reinstate,
        offered=lambda user, tip: tip.state == TipState.WITHDRAWN and user.has_perm(workflow.PUBLISH),
        follows="It goes back to its old day if it was public; else it is a draft again.",
        done="Reinstated.",
    ),
    "not-for-mail": Verb(
        label="Not for mail",
        run=mail_exclusion.keep_from_mail,
        offered=lambda user, tip: mail_exclusion.may_mark(user, tip, for_mail=False),
        follows="Readers see it on the site, and no mailing brings it. Only a publisher takes that back.",
        done="Marked as not for mail.",
        asks=True,
    ),
    "for-mail": Verb(
        label="Lift “not for mail”",
        run=mail_exclusion.give_to_mail,
        offered=lambda user, tip: mail_exclusion.may_mark(user, tip, for_mail=True),
        follows="It is mailed when it goes live. If readers see it already, its mailing is shown first, and"
        " can be stopped; if it is too late for that, it waits until somebody releases it.",
        done="The mark is lifted.",
        asks=True,
    ),
}


def offered(user, tip):
    """Return the names and verbs that a person gets as buttons on a tip's form, in order."""
    return {name: verb for name, verb in VERBS.items() if verb.offered(user, tip)}


def seen(asked, tip):
    """Return what a page notes of the tip that it shows: its newest version, and its state.

    ``asked`` are the parameters of the page's address, which may know it already.
    """
    now = {"seen_version": tip.versions.newest_id(), "seen_state": tip.state}
    return {name: asked.get(name, value) for name, value in now.items()}


class VerbsMixin:
    """Gives the admin of tips the verbs. Every change is a POST."""

    actions = ["submit_selected", "approve_selected", "withdraw_selected"]

    def get_urls(self):
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<int:pk>/do/<slug:name>/", view, name="tips_tip_do"), *super().get_urls()]

    def has_approve_permission(self, request):
        return request.user.has_perm(workflow.APPROVE)

    def has_publish_permission(self, request):
        return request.user.has_perm(workflow.PUBLISH)

    def verb_view(self, request, pk, name):
        """Ask for what a verb needs, say what follows, and do it on POST; the row is locked meanwhile."""
        if request.method != "POST":
            # No transaction: on SQLite it would wait for whoever writes.
            return self._verb_page(request, pk, name)
        with transaction.atomic():
            return self._verb_page(request, pk, name)

    def _verb_page(self, request, pk, name):
        verb, tip = VERBS.get(name), self.get_object(request, str(pk))
        if verb is None:
            raise Http404("There is no such verb.")
        if tip is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        if not self.has_view_permission(request, tip):
            raise PermissionDenied
        if request.method == "POST" and self.was_changed(request, tip):
            self.message_user(request, str(preconditions.overtaken(tip)), messages.ERROR)
            return self._back(tip)
        form = verb.form_for(request.user, tip)(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self.do(request, tip, name, **form.cleaned_data)
        if not verb.offered(request.user, tip):
            self.message_user(request, f"“{tip}”: that cannot be done now, or not by you.", messages.WARNING)
            return self._back(tip)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": tip,
            "title": f"{verb.label}: {tip}",
            "verb": verb,
            "form": form,
            "faults": (faults := verb.sheet(tip)),
            "stopped": any(fault.stops for fault in faults),
            **seen(request.GET, tip),
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/tips/tip/verb.html", context)

    def was_changed(self, request, tip):
        """Tell whether a tip is no longer what the page that sent this request was opened on."""
        now = seen({}, tip)
        return any(request.POST.get(name, str(value)) != str(value) for name, value in now.items())

    def get_form(self, request, obj=None, change=False, **kwargs):
        """Refuse the button of a verb that was pressed for a tip in another state, and save nothing."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if request.method != "POST" or not obj or request.POST.get("_verb") not in VERBS:
            return form
        if request.POST.get("seen_state", obj.state) == obj.state:
            return form

        def clean(self):
            cleaned = super(late, self).clean()
            self.add_error(None, str(preconditions.overtaken(obj)))
            return cleaned

        late = type(form)(form.__name__, (form,), {"clean": clean})
        return late

    def do(self, request, tip, name, **answers):
        """Do a verb, tell the person what came of it, and lead back to the tip."""
        verb = VERBS[name]
        try:
            followed = verb.run(tip, **answers, by=request.user)
        except NotPermitted:
            raise
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, f"“{tip}”: {followed or verb.done}", messages.SUCCESS)
        return self._back(tip)

    def response_add(self, request, obj, post_url_continue=None):
        return self._then(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request, obj):
        return self._then(request, obj) or super().response_change(request, obj)

    def _then(self, request, tip):
        """Go on with the verb whose button saved the form, if it was one's."""
        name = request.POST.get("_verb")
        if name not in VERBS:
            return None
        if VERBS[name].needs_page(request.user, tip):
            # What the form showed, and has just saved; not what somebody saves before the page is opened.
            page = reverse("admin:tips_tip_do", args=[tip.pk, name], query=seen({}, tip))
            return HttpResponseRedirect(page)
        return self.do(request, tip, name)

    def _back(self, tip):
        return HttpResponseRedirect(reverse("admin:tips_tip_change", args=[tip.pk]))

    @admin.action(description="Submit for review", permissions=["change"])
    def submit_selected(self, request, queryset):
        self._do_all(request, queryset, "submit")

    @admin.action(description="Approve", permissions=["approve"])
    def approve_selected(self, request, queryset):
        self._do_all(request, queryset, "approve")

    @admin.action(description="Withdraw, with a reason", permissions=["publish"])
    def withdraw_selected(self, request, queryset):
        """Ask for one reason for all of them, then withdraw each."""
        form = ReasonForm(request.POST if "post" in request.POST else None)
        if form.is_valid():
            self._do_all(request, queryset, "withdraw", **form.cleaned_data)
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Withdraw tips",
            "verb": VERBS["withdraw"],
            "tips": queryset,
            "form": form,
            "media": self.media + form.media,
            "action": "withdraw_selected",
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/tips/tip/verb.html", context)

    def _do_all(self, request, queryset, name, **answers):
        """Do a verb on each tip; one that refuses does not keep the others from it."""
        done = 0
        for tip in queryset:
            try:
                VERBS[name].run(tip, **answers, by=request.user)
            except (NotPermitted, Refused) as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                done += 1
        if done:
            tips = Tip._meta.verbose_name if done == 1 else Tip._meta.verbose_name_plural
            self.message_user(request, f"{done} {tips}: {VERBS[name].done}", messages.SUCCESS)
