"""A query with what the database knows of its words: which tips hold them, and what else is looked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace

from django.db.models import Max

from tips.models import Word
from tips.search import labels as label_names
from tips.search import postings, ranking, related, spelling, synonyms
from tips.search.archive import Archive, Label
from tips.search.index import TAKEAWAY, TITLE
from tips.search.postings import Filters, Postings
from tips.search.ranking import Held, Ranked, Sought
from tips.search.related import RelatedWord
from tips.search.synonyms import Expansion
from tips.search.terms import Query, Term
from tips.text import stems as words

# A word that more tips hold needs no others to be found by.
ENOUGH = 100
# In an archive of so many tips, the commonest of so many words are only looked for in titles.
LARGE, FEW = 2000, 3


class Lookup:
    """A query with what the database knows of its words."""

    def __init__(
        self, query: Query, public: Archive, expansions: Sequence[Expansion], filters: Filters
    ) -> None:
        self.query, self.public, self.expansions = query, public, expansions
        self.related: dict[Term, list[RelatedWord]] = {}
        self.labels = {term: label_names.holding(term, public.labels) for term in query.terms}
        # The stems of which only titles are read, and in how many tips each stands.
        self.counts = _common(query, expansions, len(public.known))
        self._cached: dict[str, Held] = {}
        stems, phrases = _sought_for([*query.terms, *expansions])
        stems |= {stem for term in query.terms for stem in term.joined}
        stems |= {words.pair(one.stems[0], other.stems[0]) for one, other in query.pairs}
        if len(public.known) <= ENOUGH:
            # Every term of it will be widened.
            stems |= {
                stem for found in related.widened(query).values() for word in found for stem in word.sought
            }
        self.asked_for = frozenset(stems)
        named = {label for held in self.labels.values() for label in held}
        telling = {label for label in named if ranking.is_telling(label, public)}
        self.postings = postings.read(
            sorted(stems - self.counts.keys()),
            sorted(phrases),
            sorted(telling, key=_order),
            filters,
            sorted(self.counts),
        )

    def unknown(self) -> list[Term]:
        """Return the terms that no public tip holds, neither by a synonym nor by a label."""
        return [term for term in self.query.terms if not self._is_known(term)]

    def _is_known(self, term: Term) -> bool:
        has_label = any(self.public.counts.get(label) for label in self.labels.get(term, ()))
        return has_label or self._sought(term).is_found or term.stems[0] in self.counts

    def correct(self, wrong: Sequence[Term]) -> Mapping[Term, Term]:
        """Put the typing errors among some terms right; return {term: what was meant}.

        What was meant is searched for with its synonyms, too.
        """
        correctable = [term for term in wrong if term.correctable and not related.knows(term)]
        if not correctable:
            return {}
        meant, more = spelling.correct(correctable, self.public)
        self._add(more)
        terms = tuple(dict.fromkeys(meant.get(term, term) for term in self.query.terms))
        self.labels = {term: label_names.holding(term, self.public.labels) for term in terms}
        sequence = list(self.query.sequence)
        for term in meant.values():
            sequence[term.place] = term.stems[0]
        self.query = replace(self.query, terms=terms, sequence=tuple(sequence))
        self._expand(meant.values())
        return meant

    def _expand(self, terms: Collection[Term]) -> None:
        """Search for the synonyms of some terms that have taken the place of others."""
        found = synonyms.expansions(self.query) if terms else []
        new = [each for each in found if any(each.covers(term) for term in terms)]
        if new:
            self.expansions = [*self.expansions, *new]
            stems, phrases = _sought_for(new)
            self._add(postings.read(sorted(stems), sorted(phrases)))

    def widen(self) -> None:
        """Search for related words, too, where few tips hold a term."""
        everybody = self.public.known
        for term, found in related.widened(self.query).items():
            if found and not self._is_common(term):
                same = {each.stems for each in self.expansions if each.covers(term)}
                self.related[term] = [word for word in found if word.stems not in same]
        stems = {stem for found in self.related.values() for word in found for stem in word.sought}
        stems -= self.asked_for
        if len(everybody) > postings.COMMONEST:
            common = Word.objects.filter(stem__in=stems, tips__gt=postings.COMMONEST)
            stems -= set(common.values_list("stem", flat=True))
        self._add(postings.read(sorted(stems)))

    def _add(self, more: Postings) -> None:
        """Take in what was read besides."""
        self.postings.stems |= more.stems
        self.postings.phrases |= more.phrases
        self.postings.labels |= more.labels
        for stem in more.stems:
            self._cached.pop(stem, None)

    def _is_common(self, term: Term) -> bool:
        """Tell whether more than enough public tips hold a term."""
        sought = self._sought(term)
        held = set[int]().union(*(pks for each in sought.own for pks in each.values()))
        return max(sought.count, len(held)) > ENOUGH

    def related_found(self, ids: Iterable[int]) -> list[RelatedWord]:
        """Return the related words that some tips hold."""
        tips = set(ids)
        words = dict.fromkeys(word for found in self.related.values() for word in found)
        return [word for word in words if any(not tips.isdisjoint(pks) for pks in self._where(word).values())]

    def _where(self, word: RelatedWord) -> Held:
        """Return where tips hold a related word; a phrase is only looked for in titles and takeaways."""
        if len(word.stems) == 1:
            return self._public(word.stems[0])
        title, takeaway = (self._with_pairs(word.sought, place) for place in (TITLE, TAKEAWAY))
        parted = {TITLE | TAKEAWAY: title & takeaway, TITLE: title - takeaway, TAKEAWAY: takeaway - title}
        return {how: pks for how, pks in parted.items() if pks}

    def _with_pairs(self, pairs: Iterable[str], place: int) -> Set[int]:
        """Return the tips that hold all of some pairs of stems in their title or takeaway."""
        first, *others = (
            set[int]().union(*(pks for how, pks in self._public(pair).items() if how & place))
            for pair in pairs
        )
        return first.intersection(*others)

    def _public(self, stem: str) -> Held:
        """Return where public tips hold a stem."""
        if stem not in self._cached:
            held = self.postings.stems.get(stem, {}).items()
            public = ((how, self.public.known.intersection(pks)) for how, pks in held)
            self._cached[stem] = {how: pks for how, pks in public if pks}
        return self._cached[stem]

    def ranked(self, most: int) -> Ranked:
        """Return the hits in order, of which at most ``most`` ids."""
        found = [self._sought(term) for term in self.query.terms]
        for one, other in self.query.pairs:
            beside = self._public(words.pair(one.stems[0], other.stems[0]))
            found[self.query.terms.index(one)].pairs = beside
        return ranking.rank(found, self.public, self.postings.filtered, most)

    def expansions_found(self, ranked: Ranked) -> list[Expansion]:
        """Return the synonyms that a hit holds."""
        hits = set(ranked.ids)
        return [
            expansion
            for expansion in self.expansions
            if any(not hits.isdisjoint(pks) for pks in self._held(expansion.stems).values())
        ]

    def _sought(self, term: Term) -> Sought:
        own = [self._held(term.stems), *(self._held((stem,)) for stem in term.joined)]
        kin = [self._held(each.stems) for each in self.expansions if each.covers(term)]
        labels = [self.postings.labels.get(label, ()) for label in self.labels.get(term, ())]
        related = [self._where(word) for word in self.related.get(term, ())]
        return Sought(
            own=list(filter(None, own)),
            synonyms=list(filter(None, kin)),
            labels=list(filter(None, map(self.public.known.intersection, labels))),
            related=list(filter(None, related)),
            is_weak=not term.quoted and term.stems[0] in words.WEAK_STEMS,
            count=self.counts.get(term.stems[0], 0) if len(term.stems) == 1 else 0,
        )

    def _held(self, stems: tuple[str, ...]) -> Held:
        """Return where public tips hold a word or a phrase; a phrase, where all its pairs stand."""
        if len(stems) == 1:
            return self._public(stems[0])
        holders = self.public.known.intersection(self.postings.phrases.get(stems, ()))
        pairs = words.pairs(stems)
        title, takeaway = (holders & self._with_pairs(pairs, place) for place in (TITLE, TAKEAWAY))
        parted = {TITLE: title, TAKEAWAY: takeaway - title, 1: holders - takeaway - title}
        return {how: pks for how, pks in parted.items() if pks}


def _common(query: Query, expansions: Sequence[Expansion], everybody: int) -> dict[str, int]:
    """Return {stem: in how many tips} of the words of a query that say little beside a rarer one.

    They are in more than half of a large archive. Of such a word only titles are read: its other places are
    in so many tips that to read them takes longer than all else, and they hardly change the order.
    """
    single = {term.stems[0] for term in query.terms if len(term.stems) == 1 and not term.quoted}
    if everybody < LARGE or len(single) < FEW:
        return {}
    known = Word.objects.filter(stem__in=single, tips__gt=0).order_by()
    counts = dict(known.values("stem").annotate(most=Max("tips")).values_list("stem", "most"))
    rarest = max((ranking.rarity_of(count, everybody) for count in counts.values()), default=0.0)
    also = {stem for each in expansions for stem in each.stems}
    return {
        stem: count
        for stem, count in counts.items()
        if count > everybody / 2
        and ranking.rarity_of(count, everybody) < ranking.TELLING * rarest
        and stem not in also
    }


def _sought_for(each: Iterable[Term | Expansion]) -> tuple[set[str], set[tuple[str, ...]]]:
    """Return the stems, and the phrases, that must be asked for to know where words stand."""
    runs = {one.stems for one in each}
    phrases = {run for run in runs if len(run) > 1}
    return {run[0] for run in runs} | {pair for phrase in phrases for pair in words.pairs(phrase)}, phrases


def _order(label: Label) -> tuple[str, int]:
    return label._meta.model_name or "", label.pk
