"""The site's own pages, such as “About”, among what a search finds: few, and apart from the tips."""

from tips.search import labels
from tips.search.archive import Archive, OwnPage
from tips.search.terms import Query


def named(query: Query, public: Archive) -> list[OwnPage]:
    """Return the pages that all words of a query name by their titles, a typing error forgiven."""
    return [page for page in public.pages if labels.all_name(query, page.title)]


def holding(query: Query, public: Archive) -> list[OwnPage]:
    """Return the pages that have all words of a query but those that only hold it together."""
    wanted = {stem for term in query.terms if not term.is_stop_word for stem in term.stems}
    return [page for page in public.pages if wanted and wanted <= page.stems]
