"""What stands around the pages that readers see, asked for once a page, and only where a page shows it."""

from django.http import HttpRequest
from django.template.context import Context
from django.utils.functional import SimpleLazyObject

from tips.models import Surroundings


def surroundings(request: HttpRequest) -> dict[str, object]:
    """Give templates the surroundings, for the context processors of the settings."""
    return {"around": SimpleLazyObject(Surroundings.load)}


def of(context: Context) -> Surroundings:
    """Return the surroundings of the page that is rendered, which a view may have at hand (``around``)."""
    around: Surroundings | None = context.get("around")
    return Surroundings.load() if around is None else around
