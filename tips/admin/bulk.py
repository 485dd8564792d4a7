"""What the list of tips does to several at once.

A list carries the version of each of its rows. What was changed since is refused by name, and the rest is
done. What needs an answer first asks for it on a page that names the tips; what moves the queue shows there
what will follow, day by day, and asks again where that is something else by now.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from desk.errors import NotPermitted, Refused
from desk.foresight import Foresight
from desk.forms import ReasonForm
from desk.names import PersonField
from desk.pages import Context, number_in, page, staff_of
from desk.verbs import Verb, focus_first_field, foreseen_field
from tips.admin.forms import OverrideForm, TagsField
from tips.admin.pages import stamps_in
from tips.admin.verbs import VERBS, TipVerbsMixin
from tips.models import PLANS, Category, Tip
from tips.permissions import APPROVE, CHANGE_ANY, PUBLISH
from tips.publishing import labelling, preconditions, questions, together, workflow
from tips.publishing.together import Together
from tips.schedule import queue_lock


class TagsForm(forms.Form):
    """The names of tags."""

    names = TagsField(label="Tags", max_length=1000, help_text="Separated by commas.")


class CategoryForm(forms.Form):
    """One category."""

    category = forms.ModelChoiceField(Category.objects.all(), label="Category", empty_label=None)


class AuthorForm(forms.Form):
    """A colleague who writes tips."""

    author = PersonField(
        User.objects.filter(is_staff=True, is_active=True).order_by("first_name", "last_name", "username")
    )


# Those that ask first.
BULK: Mapping[str, Verb[Tip]] = {
    "tag_selected": Verb(
        "Add these tags",
        labelling.add_tags,
        "Each of the tips below gets the tags besides those that it has. A tag that is new is made.",
        form=TagsForm,
    ),
    "untag_selected": Verb(
        "Take these tags away",
        labelling.take_tags,
        "The tips below lose the tags, where they have them. The tags themselves stay.",
        form=TagsForm,
    ),
    "categorise_selected": Verb(
        "Put them into the category",
        labelling.put_into,
        "The other categories that a tip is in stay.",
        form=CategoryForm,
    ),
    "uncategorise_selected": Verb(
        "Take them out of the category",
        labelling.take_out_of,
        "What is approved stays in its last category.",
        form=CategoryForm,
    ),
    "give_selected": Verb(
        "Give them to this author",
        labelling.give,
        "Readers see no author. On the desk the tips are this person’s, to write while they are drafts.",
        form=AuthorForm,
    ),
}
# Those that move the queue.
TOGETHER: Mapping[str, Together] = {
    "approve_selected": together.APPROVE,
    "withdraw_selected": together.WITHDRAW,
    "plan_selected": together.PLAN,
    "delete_selected": together.DELETE,
}


class BulkMixin(TipVerbsMixin):
    """Gives the list of tips its actions."""

    actions = [
        "submit_selected",
        "approve_selected",
        "withdraw_selected",
        *BULK,
        "plan_selected",
        "delete_selected",
    ]

    def response_action(self, request: HttpRequest, queryset: QuerySet[Tip]) -> HttpResponse | None:
        """Do an action to what still is as the list showed it; name the rest."""
        stamps = stamps_in(request.POST.get("seen", ""))
        chosen = [number_in(pk) for pk in request.POST.getlist("_selected_action")]
        fit = []
        for tip in queryset.filter(pk__in=chosen):
            stamp = stamps.get(str(tip.pk))
            if stamp == tip.stamp:
                fit.append(tip.pk)
                continue
            why = "was changed since you opened the list" if stamp else "was not on the list that you sent"
            messages.error(request, f"“{tip}” {why}. Nothing was done to it.")
        return super().response_action(request, queryset.filter(pk__in=fit))

    # --- The actions ----------------------------------------------------------------------------------

    @admin.action(description="Submit for review", permissions=["change"])
    def submit_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        """Show what pre-flight finds before it is done, as the form of a tip does."""
        tips = list(queryset.order_by("-updated_at", "-id"))
        looks = [] if "post" in request.POST else [line for tip in tips for line in _looks(tip)]
        if not looks:
            self._do_to_each(request, tips, VERBS["submit"])
            return None
        return self._ask(request, "submit_selected", "Submit for review", tips, VERBS["submit"], looks=looks)

    @admin.action(description="Approve", permissions=["approve"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        own = [tip for tip in queryset if workflow.may_override(staff_of(request), tip)]
        return self._ask_and_move(request, queryset, "approve_selected", OverrideForm if own else forms.Form)

    @admin.action(description="Withdraw", permissions=["publish"])
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        return self._ask_and_move(request, queryset, "withdraw_selected", ReasonForm)

    @admin.action(description="Add tags", permissions=["change"])
    def tag_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        return self._ask_and_do(request, queryset, "tag_selected", "Add tags")

    @admin.action(description="Take tags away", permissions=["change"])
    def untag_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        return self._ask_and_do(request, queryset, "untag_selected", "Take tags away")

    @admin.action(description="Put into a category", permissions=["change"])
    def categorise_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        return self._ask_and_do(request, queryset, "categorise_selected", "Put into a category")

    @admin.action(description="Take out of a category", permissions=["change"])
    def uncategorise_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        return self._ask_and_do(request, queryset, "uncategorise_selected", "Take out of a category")

    @admin.action(description="Give to another author", permissions=["change_any"])
    def give_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        return self._ask_and_do(request, queryset, "give_selected", "Give to another author")

    @admin.action(description="Plan into the next gaps", permissions=["approve"])
    def plan_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        return self._ask_and_move(request, queryset, "plan_selected")

    @admin.action(description="Delete", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        """Delete what was never approved. Readers may know the rest: that is withdrawn instead."""
        known = list(queryset.exclude(state__in=PLANS).values_list("title", flat=True))
        if known:
            named = f"“{known[0]}”" if len(known) == 1 else f"{len(known)} of the tips"
            why = f"{named} cannot be deleted: readers may know the address."
            messages.warning(request, f"{why} Withdraw what they should not see any more.")
        return self._ask_and_move(request, queryset.filter(state__in=PLANS), "delete_selected")

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(APPROVE)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PUBLISH)

    def has_change_any_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CHANGE_ANY)

    def _ask_and_do(
        self, request: HttpRequest, queryset: QuerySet[Tip], name: str, title: str
    ) -> TemplateResponse | None:
        """Ask what an action needs to know, naming the tips; do it to each once that is answered."""
        verb = BULK[name]
        tips = list(queryset.order_by("-updated_at", "-id"))
        if not tips:
            return None
        form = verb.form(request.POST if "post" in request.POST else None)
        if form.is_valid():
            self._do_to_each(request, tips, verb, **form.cleaned_data)
            return None
        return self._ask(request, name, title, tips, verb, form=form)

    def _ask_and_move(
        self,
        request: HttpRequest,
        queryset: QuerySet[Tip],
        name: str,
        form_class: type[forms.Form] = forms.Form,
    ) -> TemplateResponse | None:
        """Show what follows for each tip; do it once the person has seen just that."""
        tips, verb = list(queryset.order_by("-updated_at", "-id")), TOGETHER[name]
        if not tips:
            return None
        form = form_class(request.POST if "post" in request.POST else None)
        outcome = together.do(
            verb,
            tips,
            stamps_in(request.POST.get("seen", "")),
            by=staff_of(request),
            foreseen=request.POST.get(foreseen_field(name), ""),
            answers=form.cleaned_data if form.is_valid() else None,
        )
        if outcome.is_kept or not outcome.done:
            for sentence in outcome.refused:
                messages.error(request, sentence)
            _tell(request, [(each.was.title, each.sentence) for each in outcome.done])
            return None
        if form.is_valid():
            messages.warning(request, "Nothing was done, since things have changed meanwhile. Look again.")
        foreseen = outcome.foresight
        context: Context = {"form": form, "foreseen": foreseen, "is_destructive": verb is together.DELETE}
        context |= {"refused": outcome.refused, "looks": outcome.looks}
        return self._ask(request, name, foreseen.question, tips, **context)

    def _ask(
        self,
        request: HttpRequest,
        name: str,
        title: str,
        tips: list[Tip],
        verb: Verb[Tip] | None = None,
        **context: object,
    ) -> TemplateResponse:
        """Return the page that asks before an action is done to some tips."""
        seen = {"seen": request.POST.get("seen", "")}
        if isinstance(foreseen := context.get("foreseen"), Foresight):
            seen[foreseen_field(name)] = foreseen.key
        if isinstance(form := context.get("form"), forms.Form):
            focus_first_field(form)
        named = {"opts": self.opts, "verb": verb, "selected": tips, "action": name}
        return page(request, "desk/verb", title, seen=seen, **named, **context)

    def _do_to_each(
        self, request: HttpRequest, tips: Iterable[Tip], verb: Verb[Tip], **answers: object
    ) -> None:
        """Do a verb to each tip; a tip that refuses does not keep the others from it."""
        done: list[tuple[str, str]] = []
        stamps = stamps_in(request.POST.get("seen", ""))
        for tip in tips:
            title = str(tip)
            try:
                with transaction.atomic():
                    _lock_as_read(tip, stamps.get(str(tip.pk)))
                    done.append((title, str(verb.run(tip, **answers, by=staff_of(request)))))
            except (NotPermitted, Refused) as refusal:
                messages.error(request, str(refusal))
        _tell(request, done)


def _tell(request: HttpRequest, done: Iterable[tuple[str, str]]) -> None:
    """Tell the person what was done, as (title, sentence); what is alike together."""
    titles: defaultdict[str, list[str]] = defaultdict(list)
    for title, sentence in done:
        titles[sentence].append(title)
    for sentence, alike in titles.items():
        which = f"“{alike[0]}”" if len(alike) == 1 else f"{len(alike)} tips"
        messages.success(request, f"{which}: {sentence}")


def _looks(tip: Tip) -> list[str]:
    """Return what is worth a question about a tip, in sentences that name the tip."""
    return [f"“{tip}”: {fault.sentence}" for fault in questions.of(tip)]


def _lock_as_read(tip: Tip, stamp: str | None) -> None:
    """Lock a tip that is still what the list showed, by its stamp, or raise Overtaken."""
    queue_lock.lock()
    same = Tip.objects.filter(pk=tip.pk, updated_at=tip.updated_at)
    if tip.stamp != stamp or not same.select_for_update(of=("self",)).exists():
        raise preconditions.overtaken(tip)
