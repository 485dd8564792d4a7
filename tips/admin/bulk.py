"""What the list of tips does to several at once.

A list carries the version of each of its rows. What was changed since is refused by name, and the rest is
done. What needs an answer first asks for it on a page that names the tips.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from desk.errors import NotPermitted, Refused
from desk.names import PersonField
from desk.pages import number_in, page, staff_of
from desk.verbs import Verb
from tips.admin.forms import TagsField
from tips.admin.verbs import VERBS, TipVerbsMixin
from tips.models import PLANS, Category, Tip
from tips.permissions import APPROVE, CHANGE_ANY, PUBLISH
from tips.publishing import editing, labelling, preconditions
from tips.schedule import queue, queue_lock


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


def _delete(tip: Tip, *, by: User) -> str:
    """Delete a tip, with an entry in the log, or neither."""
    with transaction.atomic():
        LogEntry.objects.log_actions(by.pk, [tip], DELETION)
        editing.delete(tip, by=by)
    return "Deleted."


# Those that ask first.
BULK: Mapping[str, Verb[Tip]] = {
    "withdraw_selected": VERBS["withdraw"],
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
    "plan_selected": Verb(
        "Plan them",
        queue.plan,
        "Each gets the next slot that no tip holds, in this order. They appear only if they are approved by"
        " then.",
    ),
    "delete_selected": Verb(
        "Delete them",
        _delete,
        "Drafts and tips in review are deleted, each with the slot that it holds.",
        is_destructive=True,
    ),
}


class BulkMixin(TipVerbsMixin):
    """Gives the list of tips its actions."""

    actions = ["submit_selected", "approve_selected", *BULK]

    def response_action(self, request: HttpRequest, queryset: QuerySet[Tip]) -> HttpResponse | None:
        """Do an action to what still is as the list showed it; name the rest."""
        stamps = _stamps(request)
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
    def submit_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> None:
        self._do_to_each(request, queryset, VERBS["submit"])

    @admin.action(description="Approve", permissions=["approve"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> None:
        self._do_to_each(request, queryset, VERBS["approve"])

    @admin.action(description="Withdraw", permissions=["publish"])
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        return self._ask_and_do(request, queryset, "withdraw_selected", "Withdraw tips")

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
        return self._ask_and_do(request, queryset, "plan_selected", "Plan into the next gaps")

    @admin.action(description="Delete", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        """Delete what was never approved. Readers may know the rest: that is withdrawn instead."""
        known = list(queryset.exclude(state__in=PLANS).values_list("title", flat=True))
        if known:
            named = f"“{known[0]}”" if len(known) == 1 else f"{len(known)} of the tips"
            why = f"{named} cannot be deleted: readers may know the address."
            messages.warning(request, f"{why} Withdraw what they should not see any more.")
        return self._ask_and_do(request, queryset.filter(state__in=PLANS), "delete_selected", "Delete tips")

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
        context = {"opts": self.opts, "verb": verb, "selected": tips, "form": form, "action": name}
        return page(request, "desk/verb", title, seen={"seen": request.POST.get("seen", "")}, **context)

    def _do_to_each(
        self, request: HttpRequest, tips: Iterable[Tip], verb: Verb[Tip], **answers: object
    ) -> None:
        """Do a verb to each tip; a tip that refuses does not keep the others from it."""
        done: defaultdict[str, list[str]] = defaultdict(list)
        stamps = _stamps(request)
        for tip in tips:
            title = str(tip)
            try:
                with transaction.atomic():
                    _lock_as_read(tip, stamps.get(str(tip.pk)))
                    done[str(verb.run(tip, **answers, by=staff_of(request)))].append(title)
            except (NotPermitted, Refused) as refusal:
                messages.error(request, str(refusal))
        for sentence, alike in done.items():
            which = f"“{alike[0]}”" if len(alike) == 1 else f"{len(alike)} tips"
            messages.success(request, f"{which}: {sentence}")


def _stamps(request: HttpRequest) -> dict[str, str]:
    """Return {primary key: stamp} of the rows that the list showed."""
    parts = (part.partition(":") for part in request.POST.get("seen", "").split())
    return {pk: stamp for pk, _, stamp in parts}


def _lock_as_read(tip: Tip, stamp: str | None) -> None:
    """Lock a tip that is still what the list showed, by its stamp, or raise Overtaken."""
    queue_lock.lock()
    same = Tip.objects.filter(pk=tip.pk, updated_at=tip.updated_at)
    if tip.stamp != stamp or not same.select_for_update(of=("self",)).exists():
        raise preconditions.overtaken(tip)
