from io import StringIO

import pytest
from django.core.management import call_command

from tests.tips.making import make_tip
from tips.models import Tip
from tips.search import queries


@pytest.mark.django_db
def test_it_mends_the_search_and_says_how_many_tips_it_read():
    tip = make_tip(body="<p>Umbrella.</p>")
    Tip.objects.update(words_body="spoilt")
    out = StringIO()
    call_command("rebuild_search", stdout=out)
    assert out.getvalue() == "Tips indexed: 1.\n"
    assert queries.find("umbrella").page.tips == [tip]
