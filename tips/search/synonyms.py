"""What else a query is searched for: synonyms, asked for with each query, so that a change works at once.

Also the rules of a group that staff write.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tips.models import Synonym, SynonymGroup
from tips.search.terms import Query, Term
from tips.text import folding


@dataclass(frozen=True)
class Expansion:
    """A synonym for the words of a query from ``start`` to before ``stop``."""

    start: int
    stop: int
    text: str
    stems: tuple[str, ...]

    def covers(self, term: Term) -> bool:
        """Tell whether it stands for a term, alone or with others."""
        return self.start <= term.place < self.stop


def expansions(query: Query) -> list[Expansion]:
    """Return the synonyms of a query's words and phrases, in one statement."""
    places: dict[str, list[tuple[int, int]]] = {}
    for start, stop, key in query.runs(Synonym.MOST_WORDS):
        places.setdefault(key, []).append((start, stop))
    if not places:
        return []
    groups = Synonym.objects.filter(key__in=places).values("group")
    members = Synonym.objects.filter(group__in=groups).order_by("pk").values_list("group", "text", "key")
    by_group: dict[int, list[tuple[str, str]]] = {}
    for group, text, key in members:
        by_group.setdefault(group, []).append((text, key))
    return [
        Expansion(start, stop, text, tuple(key.split()))
        for group in by_group.values()
        for _, typed in group
        for start, stop in places.get(typed, ())
        for text, key in group
        if key != typed
    ]


# --- What staff write -------------------------------------------------------------------------------------


def lines(text: str) -> list[str]:
    """Return the words and phrases of a text, one of each line, cleaned."""
    return list(filter(None, map(folding.visible, text.splitlines())))


def problems(texts: Sequence[str], group: int | None) -> list[str]:
    """Return a sentence for each thing that keeps some words from being a group.

    ``group`` is the id of the group that they are to replace, None for a new one.
    """
    result, first = [], dict[str, str]()
    if len(texts) < 2:
        result.append("A group needs at least two words. Write each on a line of its own.")
    for text in texts:
        key = Synonym.key_of(text)
        if not key:
            result.append(f"“{text}” has no word in it. Leave it out.")
        elif len(text) > Synonym.LONGEST or len(key.split()) > Synonym.MOST_WORDS:
            result.append(f"“{text}” is too long. Write at most {Synonym.MOST_WORDS} words a line.")
        elif key in first:
            result.append(f"“{text}” and “{first[key]}” are one word to the search. Keep one of them.")
        else:
            first[key] = text
    others = Synonym.objects.filter(key__in=first).exclude(group=group).select_related("group")
    for other in others.prefetch_related("group__synonyms"):
        result.append(
            f"“{first[other.key]}” is in the group “{other.group}” already. A word has one group: take it out"
            " there, or write these words into that group."
        )
    return result


def write(group: SynonymGroup, texts: Sequence[str]) -> None:
    """Make these the words of a group."""
    group.synonyms.all().delete()
    Synonym.objects.bulk_create(Synonym(group=group, text=text, key=Synonym.key_of(text)) for text in texts)
