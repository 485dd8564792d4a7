"""The verbs over editorial comments.

None of them touches the tip, its versions or the queue, so that whoever writes the tip meets no conflict.
Each takes ``by``, who does it, and leaves a line in the tip's history. What is refused raises NotPermitted,
or a kind of Refused whose text says what to do next.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import Truncator

from desk.errors import NotPermitted, Overtaken, WrongState
from desk.log import log
from desk.names import person
from tips.models import EditorialComment, Tip, TipAction
from tips.models.editorial_comments import LONGEST_AROUND, LONGEST_COMMENT, LONGEST_QUOTE
from tips.permissions import CHANGE_ANY
from tips.text import folding, html_to_plain
from tips.text.passages import Passage

# In letters: what of a quotation stands in a sentence.
_SHORT = 60
_NO_PASSAGE = Passage("")
# What is sent again within this time, because the answer was lost or a button pressed twice, counts once.
_TWICE = timedelta(minutes=2)


def may_comment(user: User, tip: Tip) -> bool:
    """Tell whether a person sees and writes the comments on a tip: its author and editors, in any state."""
    is_theirs = tip.author_id == user.pk or user.has_perm(CHANGE_ANY)
    return is_theirs and user.has_perm("tips.change_tip")


def comment(tip: Tip, text: str, passage: Passage = _NO_PASSAGE, *, by: User) -> EditorialComment:
    """Begin a thread about a passage of a tip, or about the whole of it; return its comment."""
    _permit(by, tip)
    text = _cleaned(text)
    quote = html_to_plain.one_line(passage.quote)
    if len(quote) > LONGEST_QUOTE:
        most = f"The passage has {len(quote):,} letters, and {LONGEST_QUOTE:,} is the most"
        raise WrongState(f"{most}. Choose fewer words, or comment on the whole tip.")
    made = EditorialComment(tip=tip, by=by, text=text, quote=quote)
    if quote:
        made.before = html_to_plain.one_line(passage.before)[-LONGEST_AROUND:]
        made.after = html_to_plain.one_line(passage.after)[:LONGEST_AROUND]
    with _saved(tip):
        if twin := _sent_before(made):
            return twin
        made.save(force_insert=True)
        log(by, tip, TipAction.COMMENTED, f"Commented on {_about(made)}.")
    return made


def answer(thread: EditorialComment, text: str, *, by: User) -> EditorialComment:
    """Answer the comment that begins a thread; return the answer.

    An answer to a thread that was resolved opens it again: somebody has still something to say.
    """
    tip = thread.tip
    _permit(by, tip)
    text = _cleaned(text)
    with _saved(tip):
        thread = _locked(thread)
        made = EditorialComment(tip=tip, thread=thread, by=by, text=text)
        if twin := _sent_before(made):
            return twin
        made.save(force_insert=True)
        log(by, tip, TipAction.ANSWERED, f"Answered {_named(thread)}.")
        if thread.resolved_at:
            _reopen(thread, by)
    return made


def resolve(thread: EditorialComment, *, by: User) -> None:
    """Mark a thread as settled. One that is settled already stays so."""
    _permit(by, thread.tip)
    with transaction.atomic():
        thread = _locked(thread)
        if thread.resolved_at is None:
            thread.resolved_at, thread.resolved_by = timezone.now(), by
            thread.save(update_fields=["resolved_at", "resolved_by"])
            log(by, thread.tip, TipAction.RESOLVED, f"Resolved {_named(thread)}.")


def reopen(thread: EditorialComment, *, by: User) -> None:
    """Take back that a thread is settled."""
    _permit(by, thread.tip)
    with transaction.atomic():
        thread = _locked(thread)
        if thread.resolved_at:
            _reopen(thread, by)


def take_back(comment: EditorialComment, *, by: User) -> None:
    """Delete one's own comment or answer, soon after it was written and as long as nobody answered it."""
    _permit(by, comment.tip)
    if comment.by_id != by.pk:
        raise NotPermitted("You may take back your own comments alone. Answer it, or resolve it.")
    with transaction.atomic():
        thread = _locked(comment.thread or comment)
        if not comment.may_be_taken_back(timezone.now()):
            raise WrongState("A comment is taken back within ten minutes. Answer it, or resolve it.")
        if thread.answers.filter(pk__gt=comment.pk).exists():
            raise WrongState(
                "Somebody has answered meanwhile, so the comment stays. Answer it, or resolve it."
            )
        if not EditorialComment.objects.filter(pk=comment.pk).delete()[0]:
            raise Overtaken("That comment is gone already.")
        what = "a comment" if thread == comment else "an answer"
        log(by, comment.tip, TipAction.COMMENT_TAKEN_BACK, f"Took back {what} on {_about(thread)}.")


def _permit(user: User, tip: Tip) -> None:
    if not may_comment(user, tip):
        raise NotPermitted(f"You may not comment on “{tip}”. Its author and editors may.")


def _cleaned(text: str) -> str:
    """Return what somebody wrote as it is kept, or raise WrongState."""
    lines = folding.without_invisible(folding.without_controls(text)).replace("\r\n", "\n")
    if not (lines := lines.strip()):
        raise WrongState("Write what you have to say.")
    if (number := len(lines)) > LONGEST_COMMENT:
        most = f"{LONGEST_COMMENT:,} is the most"
        raise WrongState(f"The comment has {number:,} letters, and {most}. Shorten it, or write two.")
    return lines


@contextmanager
def _saved(tip: Tip) -> Iterator[None]:
    """Write what the block writes at once; raise Overtaken where the tip was deleted meanwhile."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Overtaken(f"“{tip}” was deleted meanwhile. Nothing was kept of the comment.") from error


def _sent_before(made: EditorialComment) -> EditorialComment | None:
    """Return the same comment of the same person, where it arrived a moment ago.

    What one person says is written one after the other: of two at one instant, the second finds the first.
    """
    if made.by_id:
        User.objects.select_for_update(no_key=True).filter(pk=made.by_id).values_list("pk").first()
    same = {name: getattr(made, name) for name in ("tip", "thread", "by", "text", "quote")}
    return EditorialComment.objects.filter(at__gte=made.at - _TWICE, **same).first()


def _locked(thread: EditorialComment) -> EditorialComment:
    """Return the comment that begins a thread, locked; raise Overtaken where it was taken back."""
    rows = EditorialComment.objects.select_for_update(of=("self",)).select_related("tip", "by")
    locked = rows.filter(pk=thread.pk, thread=None).first()
    if locked is None:
        raise Overtaken("That comment was taken back meanwhile.")
    return locked


def _reopen(thread: EditorialComment, by: User) -> None:
    thread.resolved_at = thread.resolved_by = None
    thread.save(update_fields=["resolved_at", "resolved_by"])
    log(by, thread.tip, TipAction.REOPENED, f"Reopened {_named(thread)}.")


def _about(thread: EditorialComment) -> str:
    """Return what a thread is about, as the end of a sentence."""
    # What is quoted may have marks of its own.
    return f"“{Truncator(thread.quote.strip('“”')).chars(_SHORT)}”" if thread.quote else "the whole tip"


def _named(thread: EditorialComment) -> str:
    return f"the comment of {person(thread.by)} on {_about(thread)}"
