import pytest
from django.urls import reverse

from tips.models import urls


@pytest.mark.parametrize("slug", ["thank-you", "größe", "धन्यवाद", "9-rules", "slug", "under_score"])
@pytest.mark.parametrize("name", ["detail", "category", "tag"])
def test_they_are_those_that_django_finds(name, slug):
    assert urls.of_slug(name, slug) == reverse(f"tips:{name}", args=[slug])
