from datetime import timedelta

import pytest
from django.conf import settings as site
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.tips.making import ago, hidden_tips, make_tip
from tips.models import Category, SynonymGroup, Tip, TipState, Word
from tips.search import archive, index, labels, lookup, queries, synonyms
from tips.search.terms import parse

pytestmark = pytest.mark.django_db

ARCHIVE = site.BASE_DIR / "fixtures" / "archive"


def titles(query, **filters):
    return [tip.title for tip in queries.find(query, 1, queries.Filters(**filters)).page.tips]


def test_a_title_beats_a_takeaway_beats_a_body_and_then_the_newest_wins():
    make_tip("In the body", body="<p>An umbrella.</p>", publish_at=ago(days=1))
    make_tip("In the body too", body="<p>Umbrellas!</p>", publish_at=ago(days=2))
    make_tip("In the takeaway", takeaway="Lend an umbrella.", publish_at=ago(days=8))
    make_tip("The Umbrella", publish_at=ago(days=9))
    assert titles("umbrella") == ["The Umbrella", "In the takeaway", "In the body", "In the body too"]


def test_a_title_that_is_the_query_comes_before_one_that_has_its_words():
    make_tip("Plan the Exit, Then the Strategy", publish_at=ago(days=1))
    make_tip("Have an Exit Strategy", publish_at=ago(days=9))
    assert titles("exit strategy") == ["Have an Exit Strategy", "Plan the Exit, Then the Strategy"]


def test_quotes_ask_for_words_side_by_side():
    make_tip("Near", body="<p>We saw service recovery work.</p>")
    make_tip("Apart", body="<p>Recovery of the service.</p>")
    assert set(titles("service recovery")) == set(titles("service-recovery")) == {"Near", "Apart"}
    assert titles('"service recovery"') == titles("“service recovery”") == ["Near"]


def test_a_phrase_does_not_begin_in_one_field_and_end_in_the_next():
    make_tip("Ends with green", takeaway="Apples begin here.", body="<p>Nothing.</p>")
    assert titles('"green apples"') == []


@pytest.mark.parametrize("word", ["2e10x", "9e59a", "0x1f", "Жук", "３つ", "𒀀" * 30, "x" * 300])
def test_odd_words_are_words_on_either_database(word):
    make_tip("One", body=f"<p>Before {word} after.</p>")
    assert titles(word) == titles(f'"before {word} after"') == ["One"]


def test_a_takeaway_is_found_and_so_is_a_teasers_excerpt():
    make_tip("One", takeaway="Mind the lighthouse.")
    make_tip("Two", body="", excerpt="The lighthouse keeper was")
    assert set(titles("lighthouse")) == {"One", "Two"}


def test_a_teasers_excerpt_weighs_as_much_as_a_takeaway():
    make_tip("Full", body="<p>Lighthouses and umbrellas.</p>")
    make_tip("Teaser", body="", excerpt="The lighthouse keeper was", publish_at=ago(days=9))
    make_tip("Takeaway", takeaway="Mind the lighthouse.", publish_at=ago(days=10))
    assert titles("lighthouse") == ["Teaser", "Takeaway", "Full"]


def test_a_promotion_is_not_found():
    make_tip("One", body="<p>Answer.</p><p>Read our New Book – at http://www.example.org/zeppelin</p>")
    assert titles("zeppelin") == []


@pytest.mark.parametrize(
    ("typed", "meant"), [("recovry", "recovery"), ("recoevry", "recovery"), ("aplogize", "apologize")]
)
def test_a_typing_error_is_forgiven(typed, meant):
    tip = make_tip("Service", body=f"<p>Practise {meant} with grace.</p>")
    results = queries.find(typed)
    assert (results.page.tips, results.corrected) == ([tip], meant)


def test_what_was_meant_is_searched_for_with_its_synonyms():
    make_tip("Angry", body="<p>Nothing else.</p>")
    tip = make_tip("Furious", body="<p>Nothing more.</p>")
    results = queries.find("angrry")
    assert (results.corrected, results.also, results.page.tips[1]) == ("angry", ("furious",), tip)


def test_a_word_that_has_synonyms_is_no_typing_error():
    make_tip("The Singer", body="<p>Sing.</p>")
    assert queries.find("sincere").corrected == ""


def group(*texts):
    SynonymGroup.objects.all().delete()
    synonyms.write(SynonymGroup.objects.create(), texts)


def test_a_typing_error_of_a_word_that_only_the_synonyms_know_is_forgiven():
    group("talkative", "chatty")
    tip = make_tip("Chatty Callers", body="<p>Hours pass.</p>")
    results = queries.find("talkitive")
    assert (results.corrected, results.page.tips, results.also) == ("talkative", [tip], ("chatty",))


def test_a_word_of_the_synonyms_by_which_nothing_is_found_is_not_suggested():
    group("talkative", "chatty")
    make_tip("One")
    assert queries.find("talkitive").corrected == ""


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("blond", "blinks"),
        ("property", "proper"),
        ("property", "properly"),
        ("media", "medical"),
        ("rooster", "booster"),
        ("wait", "want"),
    ],
)
def test_a_word_that_is_known_or_not_very_close_is_no_typing_error(typed, held):
    group("lost property", "left behind", "waiting")
    make_tip("One", body=f"<p>Umbrella: {held}.</p>")
    results = queries.find(f"{typed} umbrella")
    assert (results.corrected, results.missing) == ("", (typed,))


def test_what_is_searched_for_instead_leaves_out_what_no_tip_has():
    make_tip("One", body="<p>Umbrellas and coats.</p>")
    results = queries.find("umbrela xylophone coats")
    assert (results.corrected, results.missing) == ("umbrellas coats", ("umbrela", "xylophone"))


def test_what_was_typed_is_not_named_as_also_searched_for():
    group("loyal", "loyalty", "angry", "angry customer", "furious")
    make_tip("All", body="<p>Loyal, loyalty, angry: an angry customer is furious.</p>")
    assert queries.find("loyal customers, angry").also == ("furious",)


def test_the_best_hit_lacks_no_telling_word_if_it_lacks_a_common_one():
    for number in range(12):
        make_tip(f"Customer {number}", body="<p>Customers.</p>")
    make_tip("Umbrella")
    make_tip("Raincoat")
    assert not queries.find("umbrella customer").partly
    assert queries.find("umbrella raincoat").partly


def test_a_word_of_most_tips_of_a_large_archive_counts_in_titles_alone_beside_a_rarer_one(monkeypatch):
    monkeypatch.setattr(lookup, "LARGE", 8)
    for number in range(6):
        make_tip(f"Number {number}", body="<p>Customers.</p>")
    make_tip("Umbrella", body="<p>A coat.</p>")
    make_tip("The Customer’s Umbrella", body="<p>A coat.</p>", publish_at=ago(days=9))
    index.count_words()
    results = queries.find("umbrella customer coat")
    assert [tip.title for tip in results.page.tips] == ["The Customer’s Umbrella", "Umbrella"]
    assert not results.partly
    assert queries.find("customer").page.total == queries.find("customer xylophone").page.total == 7


def test_a_label_that_all_tips_have_makes_its_words_known_and_says_no_more():
    for number in range(5):
        make_tip(f"Number {number}", tags=["queue"])
    make_tip("Umbrella", tags=["queue"])
    results = queries.find("umbrella queue")
    assert ([tip.title for tip in results.page.tips], results.missing) == (["Umbrella"], ())


def test_an_error_in_one_of_several_words_is_forgiven_and_the_others_stay():
    make_tip("Hit", body="<p>Service recovery.</p>")
    make_tip("Half", body="<p>Recovery alone.</p>")
    results = queries.find("servcie recovery")
    assert [tip.title for tip in results.page.tips] == ["Hit", "Half"]
    assert results.corrected == "service recovery"


def test_where_no_tip_has_all_words_those_with_the_most_come_first():
    make_tip("Two of three", body="<p>A lighthouse with an umbrella.</p>")
    make_tip("One of three", body="<p>An umbrella.</p>")
    results = queries.find("lighthouse umbrella xylophone")
    assert [tip.title for tip in results.page.tips] == ["Two of three", "One of three"]
    assert results.partly


@pytest.mark.parametrize("query", ["umbrella", "umbrlla", "umbrella xylophone"])
def test_results_go_on_over_several_pages_however_they_were_found(query):
    made = {make_tip(body="<p>Umbrella.</p>").pk for _ in range(12)}
    pages = [queries.find(query, number).page for number in (1, 2, 3)]
    assert [(page.last, page.total, len(page.tips)) for page in pages] == [
        (2, 12, 10),
        (2, 12, 2),
        (2, 12, 0),
    ]
    assert {tip.pk for page in pages for tip in page.tips} == made


def test_words_that_say_nothing_are_not_looked_for():
    make_tip("Hit", body="<p>Umbrella.</p>")
    assert titles("what to do about an umbrella") == ["Hit"]
    assert [term.text for term in parse("how to be").terms] == ["how", "to", "be"]


def test_it_filters_by_category_tag_and_year():
    make_tip("A", body="<p>Rain.</p>", categories=["Sports"], tags=["wet"], publish_at=ago(days=800))
    make_tip("B", body="<p>Rain.</p>", categories=["Business"], tags=["wet"])
    make_tip("C", body="<p>Rain.</p>", categories=["Business"], undated=True)
    assert titles("rain", category="business") == ["B", "C"]
    assert titles("rain", tag="wet") == ["B", "A"]
    assert titles("rain", tag="wet", category="business") == ["B"]
    assert titles("rain", year=ago(days=800).year) == ["A"]
    assert titles("rain", category="none") == []


def test_nothing_hidden_is_found_or_suggested():
    hidden_tips(body="<p>A stapler.</p>")
    make_tip("Public", body="<p>A bowl of staples.</p>")
    assert titles("stapler") == ["Public"]  # as the nearest word that is public
    assert queries.find("stapler").corrected == "staples"
    assert titles("Hidden") == []


def test_a_tip_is_found_from_the_minute_it_is_public():
    tip = make_tip("Later", publish_at=timezone.now() + timedelta(minutes=1))
    assert titles("later") == []
    Tip.objects.filter(pk=tip.pk).update(publish_at=ago(minutes=1))
    assert titles("later") == ["Later"]
    Tip.objects.filter(pk=tip.pk).update(state=TipState.WITHDRAWN)
    assert titles("later") == []


def test_the_index_follows_a_change_and_a_removal():
    tip = make_tip("One", body="<p>Umbrella.</p>")
    tip.body = "<p>Raincoat.</p>"
    tip.save()
    assert (titles("umbrella"), titles("raincoat")) == ([], ["One"])
    tip.delete()
    assert titles("raincoat") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@example(query="ﾞ ⑴⑵ " + "ﷺ" * 100)
@given(query=st.text(max_size=300) | st.text(alphabet="\"'()*:^-+&|!<>\\ abANDORNEAR{}", max_size=60))
def test_no_query_is_an_error(query):
    if not Tip.objects.exists():
        make_tip("And or not near", body="<p>One two three.</p>")
    queries.find(query)


@pytest.mark.parametrize(
    "query", ["zebra", "umbrela", "umbrella raincoat", "umbrela raincaot hats", "xx yy zz", '"a b" c']
)
def test_no_query_costs_more_than_seven_statements_beside_the_edition(query, django_assert_max_num_queries):
    make_tip("One", body="<p>Umbrella and hats.</p>")
    public = archive.current()
    with django_assert_max_num_queries(7):
        queries.find(query, public=public)


def test_rebuilding_restores_a_broken_index_and_forgets_lost_words():
    tip = make_tip("One", body="<p>Umbrella.</p>")
    Tip.objects.filter(pk=tip.pk).update(words_body="spoilt")
    Word.objects.create(word="ghost", stem="ghost")
    assert titles("umbrella") == []
    assert index.rebuild() == 1
    assert titles("umbrella") == ["One"]
    assert not Word.objects.filter(word="ghost").exists()
    assert Word.objects.get(word="umbrella").tips == 1


def test_words_that_name_a_category_or_a_tag_lead_to_it():
    groups = [Category(name="Service Recovery"), Category(name="E-mail"), Category(name="Waiting")]

    def named(query):
        return [group.name for group in labels.named(parse(query), groups)]

    assert named("recovery") == named("recovry") == named("service recovery") == ["Service Recovery"]
    assert named("email") == ["E-mail"]
    assert named("wait") == ["Waiting"]
    assert named("recovery room") == named("the") == named("") == []
