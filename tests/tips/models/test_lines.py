"""Names and slugs in columns."""

import pytest
from django.core.exceptions import ValidationError

from tips.models import Category, Tag, Tip


@pytest.mark.parametrize("model", [Tag, Category, Tip])
def test_a_slug_may_have_the_vowel_signs_of_any_script(model):
    for slug in ("thank-you", "हिन्दी", "ภาษาไทย"):
        model._meta.get_field("slug").clean(slug, None)
        model._meta.get_field("slug").formfield().clean(slug)


@pytest.mark.parametrize("model", [Tag, Category, Tip])
@pytest.mark.parametrize("slug", ["Thank-You", "thank you", "a--b", "c++", "x" * 300])
def test_what_is_no_slug_is_refused(model, slug):
    with pytest.raises(ValidationError):
        model._meta.get_field("slug").clean(slug, None)
