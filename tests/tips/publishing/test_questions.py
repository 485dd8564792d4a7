"""What is asked before a tip is handed on."""

import pytest

from tests.desk.sent_forms import as_sent
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Tip, TipState
from tips.publishing import commenting, questions

pytestmark = pytest.mark.django_db
TOLD = """<p>A parcel came late, and the customer rang before breakfast. The clerk had the number of the van
at hand, called the driver while the customer waited, and promised to ring back at nine. She rang at five to
nine. The parcel lay on the doormat by then, and the next order came within a week.</p>"""
# Said in other words here and there.
RETOLD = TOLD.replace("came late", "was late").replace("promised to ring", "said that she would ring")


def alike(tip):
    return [each.sentence for each in questions.of(tip) if "nearly the same" in each.sentence]


def in_review(title, body, author=None):
    return make_tip(title, body=body, state=TipState.IN_REVIEW, publish_at=None, author=author)


def test_a_tip_that_was_told_before_is_asked_about():
    make_tip("Five to nine", body=TOLD)
    again = in_review("Ring back in time", RETOLD)
    other = in_review(
        "Umbrellas", "<p>Rain fell all day long. The shop lent umbrellas to whoever had none.</p>" * 2
    )
    assert len(alike(again)) == 1
    assert "“Five to nine” says nearly the same" in alike(again)[0]
    assert alike(other) == []


def test_of_a_draft_by_somebody_else_no_author_hears():
    ann, ben = make_person("ann", "Author"), make_person("ben", "Author")
    make_tip("Five to nine", body=TOLD, state=TipState.DRAFT, publish_at=None, author=ben)
    assert alike(in_review("Ring back", RETOLD, author=ann)) == []
    assert len(alike(in_review("Ring back again", RETOLD, author=ben))) == 1


def test_neither_the_double_nor_an_open_comment_is_approved_unasked(client):
    ed = make_person("ed", "Editor")
    client.force_login(ed)
    make_tip("Five to nine", body=TOLD)
    again = in_review("Ring back in time", RETOLD)
    commenting.comment(again, "Have we had this?", by=ed)
    url = f"/admin/tips/tip/{again.pk}/change/"
    asked = client.post(url, as_sent(client.get(url), "title", _verb="approve"), follow=True).text
    assert "“Five to nine” says nearly the same" in asked
    assert "comment is open: “Have we had this?”" in asked
    assert "this?”." not in asked
    assert Tip.objects.get(pk=again.pk).state == TipState.IN_REVIEW
