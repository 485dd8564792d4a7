"""Names and slugs in columns."""

import pytest
from django.core.exceptions import ValidationError

from tests.tips.making import make_tip
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


@pytest.mark.django_db
def test_no_bidi_override_gets_into_a_takeaway_or_an_excerpt_whatever_writes_it():
    turned = "\u202eturned\u0008\nround\u00ad"
    tip = make_tip(takeaway=turned, excerpt=turned)
    assert (tip.takeaway, tip.excerpt) == ("turned\nround", "turned\nround")
    Tip.objects.update(takeaway=f"{turned} 2", excerpt=f"{turned} 2")
    tip.refresh_from_db()
    assert (tip.takeaway, tip.excerpt) == ("turned\nround 2", "turned\nround 2")
