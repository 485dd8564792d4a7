"""Comments beside the text of a tip, by forms alone; and what a script asks for."""

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.desk.sent_forms import as_sent
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import EditorialComment, Tip, TipState
from tips.publishing import commenting, preview
from tips.text.passages import Passage

BODY = "<p>She <em>rang</em> eleven possible numbers. The dog was fine.</p>"


@pytest.fixture
def tip(author):
    return make_tip("Call back", body=BODY, author=author, state=TipState.IN_REVIEW, publish_at=None)


def page_of(tip):
    return f"/admin/tips/tip/{tip.pk}/change/"


def comments_of(tip):
    return f"/admin/tips/tip/{tip.pk}/comments/"


def test_without_scripts_words_are_copied_talked_about_answered_and_settled(desk, tip, author, client):
    page = desk.get(page_of(tip))
    sent = as_sent(page, having="quote", quote="rang  eleven possible", text="Eleven <b>is</b> a lot.")
    response = desk.post(comments_of(tip), sent)
    thread = EditorialComment.objects.get()
    assert response.url == f"{page_of(tip)}#comment-{thread.pk}"
    assert (thread.quote, thread.before, thread.after[:9]) == ("rang eleven possible", "She", "numbers.T")
    assert "Eleven &lt;b&gt;is&lt;/b&gt; a lot." in desk.get(page_of(tip)).text
    client.force_login(author)
    page = client.get(page_of(tip)).text
    assert f'action="{comments_of(tip)}{thread.pk}/answer/"' in page
    assert f"{thread.pk}/take-back/" not in page
    client.post(f"{comments_of(tip)}{thread.pk}/answer/", {"text": "She kept the list."})
    client.post(f"{comments_of(tip)}{thread.pk}/resolve/")
    page = client.get(page_of(tip)).text
    assert "1 resolved" in page
    assert "Resolved by you" in page
    client.post(f"{comments_of(tip)}{thread.pk}/reopen/")
    assert [str(each) for each in get_messages(client.get(page_of(tip)).wsgi_request)][-1] == "Open again."


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"text": "y" * 2001}, "The comment has 2,001 letters"),
        ({"text": "Why?", "quote": "no such words"}, "The tip has no such words"),
    ],
)
def test_what_is_refused_stays_in_its_form(desk, tip, typed, why):
    page = desk.post(comments_of(tip), typed).text
    assert why in page
    assert f">{typed['text']}</textarea>" in page
    assert desk.post(comments_of(tip), typed | {"part": ""}).json()["line"].startswith(why)
    thread = commenting.comment(tip, "Good.", by=make_person("eve", "Editor"))
    page = desk.post(f"{comments_of(tip)}{thread.pk}/answer/", {"text": typed["text"] + "z" * 2001}).text
    assert "zz</textarea>" in page
    assert EditorialComment.objects.count() == 1


def test_handing_in_again_names_what_is_open_and_nothing_that_its_author_answered(client, tip, author):
    Tip.objects.filter(pk=tip.pk).update(state=TipState.DRAFT)
    olga = make_person("olga", "Editor", first_name="Olga")
    thread = commenting.comment(tip, "Begin with the dog.", by=olga)
    client.force_login(author)
    handed_in = as_sent(client.get(page_of(tip)), "title", _verb="submit")
    asked = client.post(page_of(tip), handed_in, follow=True).text
    assert "Olga’s comment is open: “Begin with the dog”." in asked
    assert Tip.objects.get(pk=tip.pk).state == TipState.DRAFT
    commenting.answer(thread, "Done.", by=author)
    assert "comment is open" not in client.get(f"/admin/tips/tip/{tip.pk}/do/submit/").text


def test_a_script_gets_the_threads_alone_and_quotes_what_is_not_saved_yet(desk, tip):
    sent = {"text": "Better.", "quote": "four numbers", "before": "She rang ", "chosen": "1", "part": ""}
    part = desk.post(comments_of(tip), sent).text
    assert "<html" not in part
    assert f'data-made="{EditorialComment.objects.get().pk}"' in part
    assert "About words that are gone" in part


def test_the_page_asks_one_question_for_all_comments_and_readers_see_none(desk, tip, author, client):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            page = desk.get(page_of(tip))
        assert len(page.content) < 60_000
        return len([each for each in asked if "SAVEPOINT" not in each["sql"]])

    questions()
    before = questions()
    for number in range(20):
        by = make_person(f"eve{number}", "Editor")
        thread = commenting.comment(tip, f"Secret {number}", Passage("The dog was fine."), by=by)
        commenting.answer(thread, "So it is.", by=author)
        if number % 2:
            commenting.resolve(thread, by=by)
    assert questions() == before <= 16
    assert "10 comments" in desk.get("/admin/tips/tip/").text
    link = preview.make_link(tip, by=author, days=7)
    assert "Secret" not in client.get(preview.url(link)).text
    Tip.objects.filter(pk=tip.pk).update(state=TipState.APPROVED, undated=True)
    assert "Secret" not in client.get(tip.get_absolute_url()).text
