"""Unsaved text: kept while it is typed, offered when the tip is opened again, on whichever device."""

from secrets import token_hex

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from desk.concurrent_forms import Shown
from desk.pages import Context, StaffRequest, number_in, staff_of
from tips.admin.forms import TipForm
from tips.admin.pages import require_any, tip_or_new, tip_page
from tips.models import Autosave, Tip
from tips.permissions import may_change
from tips.publishing import autosaving
from tips.text import html_to_plain

# What a form says of itself besides its fields: by this it is merged with what others saved meanwhile.
_OF_THE_PAGE = {"shown", "seen_version"}
_INPUTS = {
    f"{name}{suffix}" for name in TipForm.base_fields for suffix in ("", "_week", "_0", "_1")
} | _OF_THE_PAGE
# So many of one tip are offered.
_MOST_OFFERED = 5


# --- Pages --------------------------------------------------------------------------------------------


def autosave_view(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """Keep what the posted form holds for this person; return as JSON when that was.

    Also for whoever may only read the tip by now: what they typed before is theirs. What was typed into a tip
    that is deleted is kept as that of none.
    """
    try:
        tip = tip_or_new(request, pk)
    except Http404:
        may_write = any(map(request.user.has_perm, ("tips.add_tip", "tips.change_tip")))
        if request.method == "POST" and may_write and not Tip.objects.filter(pk=pk or 0).exists():
            keep(request, None)
        return JsonResponse({"line": "There is no such tip."}, status=404)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not keep(request, tip):
        return JsonResponse({"line": "Nothing was kept: the form has no key."}, status=400)
    return JsonResponse({"line": "What you typed is kept."})


def unsaved_view(request: StaffRequest) -> HttpResponse:
    """List what this person typed and did not save; on POST, throw one of it away."""
    require_any(request, "view", "add", "change")
    if request.method == "POST":
        _throw_away(request, request.POST.get("key", ""), number_in(request.POST.get("sequence")))
        return JsonResponse({}) if "part" in request.POST else redirect("admin:tips_tip_unsaved")
    rows = autosaving.of(request.user).select_related("tip")
    response = tip_page(request, "unsaved", "Unsaved texts", texts=[_text(row, request) for row in rows])
    response["Cache-Control"] = "private, no-store"
    return response


def _text(row: Autosave, request: StaffRequest) -> Context:
    """Return an unsaved text as its writer's list shows it."""
    typed, tip = {name: values[0] for name, values in row.fields.items() if values}, row.tip
    is_open = may_change(request.user, tip) if tip else request.user.has_perm("tips.add_tip")
    return {
        "key": row.key,
        "saved_at": row.saved_at,
        "title": typed.get("title") or (tip.title if tip else "") or "Without a title",
        "texts": [
            html_to_plain.to_text(typed.get("body", "")),
            typed.get("takeaway", ""),
            typed.get("excerpt", ""),
        ],
        "url": _url(row) if is_open else "",
    }


def _url(row: Autosave) -> str:
    """Return where a form opens with an unsaved text in it."""
    name, args = ("change", [row.tip_id]) if row.tip_id else ("add", [])
    return reverse(f"admin:tips_tip_{name}", args=args, query={"unsaved": row.key})


# --- The form of a tip --------------------------------------------------------------------------------


def keep(request: HttpRequest, tip: Tip | None) -> bool:
    """Keep what was sent from a tip's form; tell whether it has a key to be kept by."""
    key = request.POST.get("_draft", "")
    if not autosaving.is_key(key):
        return False
    # PostgreSQL keeps no NUL, and no form takes one.
    fields = {
        name: [value.replace("\0", "") for value in request.POST.getlist(name)]
        for name in request.POST
        if name in _INPUTS
    }
    autosaving.keep(staff_of(request), tip, key, fields, number_in(request.POST.get("_sequence")))
    # It goes on in this form, under this form's key.
    autosaving.forget(staff_of(request), _brought_from(request) - {key})
    return True


def brought_back(request: HttpRequest) -> QueryDict | None:
    """Return what a page is to open with, as a browser would send it, or None for what is saved."""
    key = request.GET.get("unsaved", "")
    row = autosaving.of(staff_of(request)).filter(key=key).first() if key else None
    if row is None or request.method != "GET":
        return None
    data = QueryDict(mutable=True)
    for name, values in row.fields.items():
        data.setlist(name, values)
    return data


def form_context(request: HttpRequest, tip: Tip | None, form: TipForm) -> Context:
    """Return what a form has to know to keep its text, and the unsaved texts that it offers."""
    sent = request.POST.get("_draft", "")
    brought = request.GET.get("unsaved", "") if form.is_brought_back else ""
    rows = autosaving.of(staff_of(request)).filter(tip=tip).exclude(key__in=[sent, brought])
    kept = [] if form.is_bound else list(rows[:_MOST_OFFERED])
    offered = [row for row in kept if _is_news(row, form if tip else None)]
    return {
        "url": reverse("admin:tips_tip_autosave", args=[tip.pk] if tip else []),
        "draft": sent if autosaving.is_key(sent) else token_hex(12),
        "sequence": number_in(request.POST.get("_sequence")),
        "from": brought or request.POST.get("_draft_from", ""),
        "brought_back": brought,
        "offered": [(row, _url(row)) for row in offered],
    }


def forget_saved(request: HttpRequest) -> None:
    """Erase what was kept of a form that is saved now."""
    key, sequence = request.POST.get("_draft", ""), number_in(request.POST.get("_sequence"))
    autosaving.forget(staff_of(request), _brought_from(request) - {key})
    _throw_away(request, key, sequence)


def _throw_away(request: HttpRequest, key: str, sequence: int) -> None:
    """Erase what was kept of a form, with what comes in late of all that was sent before ``sequence``."""
    # Without its script, a form has sent nothing that could come in late.
    if sequence and autosaving.is_key(key):
        autosaving.settle(staff_of(request), key, sequence)
    else:
        autosaving.forget(staff_of(request), [key])


def _brought_from(request: HttpRequest) -> set[str]:
    return {request.POST.get("_draft_from", "")} - {""}


def _is_news(row: Autosave, form: TipForm | None) -> bool:
    """Tell whether an unsaved text has anything that the tip has not: else nobody needs it back.

    ``form`` is an unbound one of the tip, None for a tip that is not made yet.
    """
    data = QueryDict(mutable=True)
    for name, values in row.fields.items():
        data.setlist(name, values)
    if form is None:
        return any(data.get(name, "").strip() for name in ("title", "body", "takeaway", "excerpt"))
    shown = Shown.read(data.get("shown", "")).fields
    for name, field in ((name, form.fields[name]) for name in shown if name in form.fields):
        raw = field.widget.value_from_datadict(data, form.files, name)
        try:
            # Whatever the form of a choice, its keys are what is sent.
            mine = form.carried(name, raw if isinstance(field, forms.ModelChoiceField) else field.clean(raw))
        except forms.ValidationError:
            return True
        as_typed = form.carried(name, raw) if isinstance(raw, str) else mine
        if not any(each in (form.present[name], shown[name]) for each in (mine, as_typed)):
            return True
    return False
