"""The tip of the week: the newest full one. Here as JSON, for the pages of others."""

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from tips.models import Tip
from tips.public.structured_data import local_day


def current() -> Tip | None:
    """Return the newest full tip that readers may see, or an undated one where none has a day; else None."""
    dated = Tip.objects.published_dated().full().newest_first().defer(*Tip.COMPUTED)
    return dated.first() or Tip.objects.published().full().newest_first().defer(*Tip.COMPUTED).first()


@require_safe
def as_json(request: HttpRequest) -> JsonResponse:
    """Answer with the tip of the week. Scripts of any site may read the answer, since it is everybody's."""
    tip = current()
    if tip is None:
        raise Http404("There is no tip yet.")
    site = settings.SITE_URL
    data = {
        "title": tip.title,
        "takeaway": tip.takeaway,
        "excerpt": tip.excerpt,
        "url": site + tip.get_absolute_url(),
        "date_published": tip.publish_at and local_day(tip.publish_at),
        "embed_url": site + reverse("tips:embed", args=[tip.slug]),
        "site_name": settings.SITE_NAME,
        "site_url": f"{site}/",
    }
    return JsonResponse(
        data,
        json_dumps_params={"ensure_ascii": False, "indent": 1},
        headers={"Access-Control-Allow-Origin": "*"},
    )
