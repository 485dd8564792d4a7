"""The page on which a tip is written: what stands beside the text, and which button is the filled one."""

from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from django.contrib.admin.helpers import AdminField, AdminForm, AdminReadonlyField
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse

from desk.log import entries_about
from desk.names import person, who_may
from desk.pages import Context, StaffRequest, staff_of
from desk.verbs import Verb
from tips import dates, permissions
from tips.admin import preview
from tips.admin.concurrent_editing import version_shown
from tips.admin.forms import TipForm
from tips.admin.pages import tip_or_new, tip_page
from tips.admin.verbs import VERBS
from tips.models import Tip, TipAction, TipState, TipVersion
from tips.publishing import assignments, preflight
from tips.search import similar
from tips.text import contents, excerpts

# The verb of the filled button, by the tip's state. In any other state the filled button saves.
_MAIN_VERBS = {TipState.DRAFT: "submit", TipState.IN_REVIEW: "approve", TipState.WITHDRAWN: "reinstate"}
# What stands folded in the side, and opens where it holds an error.
_FOLDED = ("slug", "publish_at", "undated", "mail_subject", "preheader")


@dataclass(frozen=True)
class Press:
    """A button of the form: the name and the value that it sends, its words, and what follows from it."""

    name: str
    value: str
    label: str
    sentence: str = ""
    is_destructive: bool = False
    # What the words depend on, as the form carries it; see ``Foresight.key``.
    foreseen: str = ""
    # Whether it is the next deed only once something is changed.
    waits: bool = False


SAVE = Press("_continue", "1", "Save")


def form_context(
    request: HttpRequest, tip: Tip | None, adminform: AdminForm, verbs: Mapping[str, Verb[Tip]]
) -> Context:
    """Return what the page shows beside the text of ``tip`` (None: a new one), with the ``verbs`` offered."""
    fields = by_name(adminform)
    main = main_press(staff_of(request), tip, verbs)
    presses = {
        name: Press(
            "_verb",
            name,
            f"{verb.label} …" if verb.has_page else verb.label,
            verb.consequence,
            verb.is_destructive,
        )
        for name, verb in verbs.items()
        if name != main.value
    }
    # What an editor comes for where a tip is approved.
    other_day = presses.pop("schedule", None)
    context: Context = {
        "fields": fields,
        "main": main,
        "other_day": other_day and replace(other_day, label="Another day …"),
        "more": list(presses.values()),
        "save": None if main.name == SAVE.name else SAVE,
    }
    context["check_url"] = reverse("admin:tips_tip_check", args=[tip.pk] if tip else [])
    context["save_press"] = SAVE
    context["goes_live"] = goes_live(adminform.form, tip)
    context["words"] = contents.words(tip.body).total() if tip else 0
    context["is_folded_open"] = any(name in adminform.form.errors for name in _FOLDED)
    if tip:
        context["sent_back"] = sent_back(tip)
        context["newest"] = version_shown(tip)
        context["assigned"] = assignments.line(tip)
        context["author_name"] = person(tip.author) if tip.author else ""
        context["mail_lifters"] = _mail_lifters(staff_of(request), tip)
        context["excerpt_is_made"] = tip.excerpt == excerpts.excerpt(tip.body)
        context["checked"] = {"faults": preflight.inspect(tip), "is_public": tip.is_published}
    return context


def _mail_lifters(user: User, tip: Tip) -> str:
    """Return who can lift “not for mail” of a tip, where this person cannot; "" where nobody need."""
    if tip.for_mail or tip.undated or tip.state == TipState.WITHDRAWN or user.has_perm(permissions.MAIL):
        return ""
    return who_may([permissions.MAIL]).get(permissions.MAIL, "a publisher")


def goes_live(form: BaseForm, tip: Tip | None) -> datetime | None:
    """Return the moment that the head of the page shows: the form's, where it has one to choose."""
    if "publish_at" not in form.fields:
        return tip.publish_at if tip else None
    if form.is_bound and "publish_at" in getattr(form, "cleaned_data", {}):
        return cast(datetime | None, form.cleaned_data["publish_at"])
    return cast(datetime | None, form.get_initial_for_field(form.fields["publish_at"], "publish_at"))


def by_name(adminform: AdminForm) -> dict[str, AdminField | AdminReadonlyField]:
    """Return the fields of a form as the admin shows them, by their names: to write in, or to read."""
    found: dict[str, AdminField | AdminReadonlyField] = {}
    for fieldset in adminform:
        for line in fieldset:
            for field in line:
                if isinstance(field, AdminReadonlyField):
                    found[str(field.field["name"])] = field
                else:
                    found[str(field.field.name)] = field
    return found


def main_press(user: User, tip: Tip | None, verbs: Mapping[str, Verb[Tip]]) -> Press:
    """Return the filled button: the verb that a tip waits for in its state, if this person may do it."""
    name = _MAIN_VERBS.get(TipState(tip.state) if tip else TipState.DRAFT, "")
    if verb := verbs.get(name):
        foresight = verb.foresee(user, tip or Tip(author=user))
        sentence = foresight.sentence or verb.consequence
        return Press("_verb", name, foresight.label, sentence, foreseen=foresight.key)
    if tip and tip.is_published:
        return Press(SAVE.name, SAVE.value, "Save the correction", "Readers see it at once.", waits=True)
    if tip and tip.state == TipState.APPROVED:
        held = f"{dates.short(tip.publish_at)} stays held for it" if tip.publish_at else "It stays undated"
        follows = f"A changed text is read by an editor again before it appears. {held}."
        return Press(SAVE.name, SAVE.value, "Save, back to review", follows, waits=True)
    return SAVE


def with_what_stands_beside(tips: QuerySet[Tip]) -> QuerySet[Tip]:
    """Return tips with what their page shows beside them, asked for in the same statements."""
    versions = TipVersion.objects.filter(tip=OuterRef("pk")).order_by()
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Tip),
        object_id=Cast(OuterRef("pk"), TextField()),
        coded__code=TipAction.SENT_BACK,
    ).order_by("-action_time", "-pk")
    return (
        tips.select_related("author", "editor")
        .prefetch_related("categories")
        .annotate(
            version_count=Subquery(versions.values("tip").annotate(many=Count("pk")).values("many")),
            sent_back_entry=Subquery(entries.values("pk")[:1]),
        )
    )


def sent_back(tip: Tip) -> Context | None:
    """Return why a tip was sent back since its last approval, and how much was written since; else None."""
    if tip.state not in (TipState.DRAFT, TipState.IN_REVIEW):
        return None
    beside = vars(tip)
    # A form that was refused was not asked for with what stands beside it.
    entries = entries_about(tip).filter(coded__code=TipAction.SENT_BACK)
    if "sent_back_entry" in beside:
        entries = LogEntry.objects.select_related("user").filter(pk=beside["sent_back_entry"])
        if beside["sent_back_entry"] is None:
            return None
    before = TipVersion.objects.filter(tip=tip.pk, saved_at__lte=OuterRef("action_time"))
    entry = entries.annotate(
        seen=Subquery(before.values("pk")[:1]), seen_body=Subquery(before.values("body")[:1])
    ).first()
    if entry is None or (tip.approved_at and entry.action_time < tip.approved_at):
        return None
    new = contents.words(tip.body) - contents.words(vars(entry)["seen_body"] or "")
    who, when = person(cast(User, entry.user)), dates.short(entry.action_time)
    return {"entry": entry, "who": who, "when": when, "new_words": new.total()}


def check_view(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """Say what pre-flight and the archive say of the posted form, as a part of its page. Nothing is saved."""
    saved = tip_or_new(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    typed = preview.typed(request, saved)
    author = None if request.user.has_perm(permissions.CHANGE_ANY) else request.user.pk
    earlier = [
        (
            tip,
            score,
            reverse("admin:tips_tip_change", args=[tip.pk])
            if author in (None, tip.author_id)
            else tip.get_absolute_url(),
        )
        for tip, score in similar.duplicates(typed.title, typed.body, typed.takeaway, pk, author)
    ]
    is_public = bool(saved and saved.is_published)
    checked: Context = {"faults": preflight.inspect(typed), "earlier": earlier, "is_public": is_public}
    checked["press"] = saved and _press_for_typed_day(request, saved)
    response = tip_page(request, "_checks", "Before it goes out", checked=checked)
    response["Cache-Control"] = "private, no-store"
    return response


def _press_for_typed_day(request: StaffRequest, saved: Tip) -> Press | None:
    """Return the filled button as it is for the week that the form holds; None where that changes nothing."""
    if saved.state != TipState.IN_REVIEW or not request.user.has_perm(permissions.APPROVE):
        return None
    field = TipForm.base_fields["publish_at"]
    with suppress(ValidationError):
        at = field.clean(field.widget.value_from_datadict(request.POST, request.FILES, "publish_at"))
        planned = copy(saved)
        planned.publish_at, planned.undated = at, "undated" in request.POST
        return main_press(request.user, planned, VERBS)
    return None
