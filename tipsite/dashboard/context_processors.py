"""What every template may say about the site, without a query."""

from django.conf import settings


def site(request):
    """Give templates the site's name and its public address (no trailing slash)."""
    return {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL}
