"""The sheet for a team's meeting about a tip: what the writer adds, and what stands there otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from desk.log import log
from tips.models import Huddle, Tip, TipAction
from tips.permissions import may_change, permit_change
from tips.text import excerpts, shortening

QUESTIONS = 3
# What one sheet has room for: of a takeaway in characters, of a telling in words.
LONGEST_TAKEAWAY, MOST_WORDS, _FEWEST_WORDS = 360, 120, 60
_ROLE_PLAY = (
    "Two of you, two minutes: one is the customer of this story, the other answers as well as they can. Then"
    " swap. Afterwards each says one thing that the other did well."
)


@dataclass(frozen=True)
class Sheet:
    """What one sheet says of a tip."""

    takeaway: str
    telling: str
    questions: Sequence[str]
    role_play: str


def sheet(tip: Tip) -> Sheet:
    """Return the sheet of a tip: in the writer's words, and otherwise in words that fit its takeaway."""
    own = Huddle.objects.filter(pk=tip.pk).first() or Huddle()
    takeaway = shortening.at_word(tip.takeaway, LONGEST_TAKEAWAY)
    words = max(_FEWEST_WORDS, MOST_WORDS - len(takeaway.split()))
    telling = excerpts.excerpt(tip.body, words) or tip.excerpt
    questions = [line.strip() for line in own.questions.splitlines() if line.strip()]
    return Sheet(
        takeaway,
        telling,
        (questions or _questions(bool(takeaway)))[:QUESTIONS],
        own.role_play or _ROLE_PLAY,
    )


def _questions(has_takeaway: bool) -> list[str]:
    about = "the takeaway" if has_takeaway else "the story"
    return [
        "When did something like this last happen here? Tell it in three sentences.",
        f"What does {about} mean at our counter, on our phone, in our inbox? Name one place each.",
        "What will each of us do differently before we meet again, and how will we notice?",
    ]


def may_write(user: User, tip: Tip) -> bool:
    """Tell whether a person writes the sheet of a tip: whoever may change the tip."""
    return bool(tip.pk) and may_change(user, tip)


@transaction.atomic
def write(tip: Tip, questions: str, role_play: str, *, by: User) -> str:
    """Keep what a writer adds to the sheet of a tip; nothing at all brings back the words for every tip."""
    permit_change(by, tip)
    words = {"questions": questions.strip(), "role_play": role_play.strip()}
    if any(words.values()):
        Huddle.objects.update_or_create(pk=tip.pk, defaults=words)
    else:
        Huddle.objects.filter(pk=tip.pk).delete()
    return log(by, tip, TipAction.HUDDLE_WRITTEN, "The sheet for the team’s meeting was changed.")
