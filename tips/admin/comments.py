"""Editorial comments beside the text of a tip: its threads as a page shows them, and what is sent of them."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from desk.errors import Refused, WrongState
from desk.names import person
from desk.pages import Context, StaffRequest, page, staff_of
from tips.admin.pages import tip_or_404, tip_page
from tips.models import EditorialComment, Tip
from tips.publishing import comment_threads, commenting
from tips.publishing.comment_threads import Thread
from tips.text.passages import Passage

# The page of a tip shows so many resolved threads, those resolved last; a page of its own has them all.
_MOST_RESOLVED = 10


def comments_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Show all comments on a tip on a page of their own; on POST, begin a thread."""
    tip = _tip_talked_about(request, pk)
    if request.method != "POST":
        return _all_comments(request, tip)

    def begin() -> EditorialComment:
        passage = _passage(request, tip)
        return commenting.comment(tip, request.POST.get("text", ""), passage, by=request.user)

    return _answered(request, tip, begin, "Your comment stands beside the text.")


def verb_view(request: StaffRequest, pk: int, comment_pk: int, name: str) -> HttpResponse:
    """Answer, resolve, reopen or take back a comment."""
    tip = _tip_talked_about(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if name not in ("answer", "resolve", "reopen", "take-back"):
        raise Http404("There is no such verb.")
    rows = tip.editorial_comments.select_related("tip", "thread", "by")
    if name != "take-back":
        rows = rows.filter(thread=None)
    about, by = get_object_or_404(rows, pk=comment_pk), request.user
    deeds: dict[str, tuple[Callable[[], EditorialComment | None], str]] = {
        "answer": (
            lambda: commenting.answer(about, request.POST.get("text", ""), by=by),
            "Your answer is kept.",
        ),
        "resolve": (lambda: commenting.resolve(about, by=by), "Resolved."),
        "reopen": (lambda: commenting.reopen(about, by=by), "Open again."),
        "take-back": (lambda: commenting.take_back(about, by=by), "Taken back."),
    }
    return _answered(request, tip, *deeds[name], about=about)


def page_context(request: HttpRequest, tip: Tip | None) -> Context:
    """Return what the page of a tip shows of the comments on it; nothing for whoever may not see them."""
    user = staff_of(request)
    if tip is None or not commenting.may_comment(user, tip):
        return {}
    return {"talk": _talk(user, tip, _MOST_RESOLVED)}


def _tip_talked_about(request: StaffRequest, pk: int) -> Tip:
    tip = tip_or_404(request, pk)
    if not commenting.may_comment(request.user, tip):
        raise PermissionDenied
    return tip


def _talk(user: User, tip: Tip, most_resolved: int | None = None) -> Context:
    """Return the threads about a tip, the unresolved ones apart, each as the template needs it."""
    threads = comment_threads.of(tip, user)
    resolved = sorted(
        (thread for thread in threads if thread.is_resolved),
        key=lambda thread: str(thread.comment.resolved_at),
        reverse=True,
    )
    unresolved = [thread for thread in threads if not thread.is_resolved]
    return {
        "url": reverse("admin:tips_tip_comments", args=[tip.pk]),
        "key": f"{user.pk}-{tip.pk}",
        "unresolved": [_shown(thread, user) for thread in unresolved],
        "resolved": [_shown(thread, user) for thread in resolved[:most_resolved]],
        "number_resolved": len(resolved),
    }


def _shown(thread: Thread, user: User) -> Context:
    said = [thread.comment, *thread.answers]
    return {
        "thread": thread,
        "comment": thread.comment,
        "said": [(each, "You" if each.by_id == user.pk else person(each.by)) for each in said],
        "resolver": _resolver(thread.comment, user) if thread.is_resolved else "",
        # Whether it is somebody else's turn.
        "is_mild": said[-1].by_id == user.pk,
    }


def _resolver(comment: EditorialComment, user: User) -> str:
    return "you" if comment.resolved_by_id == user.pk else person(comment.resolved_by)


def _passage(request: HttpRequest, tip: Tip) -> Passage:
    """Return the passage that a form names: as a script read it in the editor, or by its words alone."""
    quote = request.POST.get("quote", "").strip()
    around = [request.POST.get(name, "") for name in ("before", "after")]
    is_chosen = "chosen" in request.POST
    if not quote or (is_chosen and any(around)):
        return Passage(quote, *around)
    if passage := comment_threads.passage_of(quote, tip):
        return passage
    if is_chosen:
        # Of words that are typed, and not saved yet.
        return Passage(quote)
    raise WrongState(
        "The tip has no such words, as it is saved. Copy them as they stand, or leave them out to comment on"
        " the whole tip."
    )


def _answered(
    request: StaffRequest,
    tip: Tip,
    do: Callable[[], EditorialComment | None],
    done: str,
    about: EditorialComment | None = None,
) -> HttpResponse:
    """Do a verb, and answer with the threads as they are now; ``part`` asks for them alone.

    What is refused is said beside the form that was sent, in which what was typed stays.
    """
    is_part = "part" in request.POST
    try:
        made = do()
    except Refused as refusal:
        if is_part:
            return JsonResponse({"line": str(refusal)}, status=409)
        return _all_comments(request, tip, refused=str(refusal), refused_at=about)
    if is_part:
        talk = _talk(request.user, tip, _MOST_RESOLVED)
        context: Context = {"talk": talk, "said": done, "made": made, "original": tip}
        response = page(request, "tips/_threads_answer", "Comments", **context)
        response["Cache-Control"] = "private, no-store"
        return response
    messages.success(request, done)
    place = f"#comment-{(made.thread_id or made.pk) if made else ''}" if made else "#comments"
    return redirect(reverse("admin:tips_tip_change", args=[tip.pk]) + place)


def _all_comments(request: StaffRequest, tip: Tip, **refused: object) -> HttpResponse:
    typed = {name: request.POST.get(name, "") for name in ("text", "quote", "before", "after")}
    talk = _talk(request.user, tip) | refused | {"typed": typed if refused else {}}
    return tip_page(request, "comments", "Comments", tip, talk=talk)
