import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.utils import timezone

from tests.desk.sent_forms import as_sent
from tests.tips.making import ago, make_tip
from tips import dates
from tips.models import Category, EditorialComment, Tip, TipState
from tips.publishing import commenting, editing, workflow
from tips.schedule import slots

LIST = "/admin/tips/tip/"


def titles(response):
    return [tip.title for tip in response.context["cl"].result_list]


def messages(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def tabs(response):
    return {label: number for _, label, number, _ in response.context["cl"].tabs}


def seen_on(page):
    """Return what the page of a list carries of its rows."""
    return re.search('name="seen" value="([^"]*)"', page.text)[1]


def act(desk, action, tips, **answers):
    """Choose an action for some tips as the list shows them now, and go on where it asks; return the answer.

    Without answers, it goes no further than the page that asks.
    """
    chosen = {"action": action, "_selected_action": [tip.pk for tip in tips]}
    asked = desk.post(LIST, {**chosen, "seen": seen_on(desk.get(LIST))})
    return desk.post(LIST, as_sent(asked, "post", **answers)) if answers else asked


# --- What it shows ----------------------------------------------------------------------------------------


def test_a_row_says_whose_a_tip_is_how_it_stands_and_when(desk, author):
    coming = timezone.now() + timedelta(days=2)
    make_tip("Seen")
    make_tip("Soon", publish_at=coming, pinned=True, author=author)
    make_tip("Old teaser", undated=True, body="", excerpt="Only this much.")
    make_tip("Planned", state=TipState.DRAFT, publish_at=coming + timedelta(days=7), pinned=True)
    make_tip("Kept from mail", state=TipState.DRAFT, publish_at=None, for_mail=False)
    page = desk.get(LIST).text
    for words in ("Public", "Approved", "Undated", "full text missing", ">ann<", "Not for mail"):
        assert words in page
    assert f"{dates.short(coming)}, pinned" in page
    assert f"planned {dates.short_day(coming + timedelta(days=7))}" in page


def test_what_is_at_work_stands_first_and_what_was_just_saved_before_all_else(desk, editor):
    make_tip("Undated", undated=True)
    make_tip("Older", publish_at=ago(days=9))
    make_tip("Newer", publish_at=ago(days=2))
    make_tip("Later", publish_at=timezone.now() + timedelta(days=9))
    make_tip("Sooner", publish_at=timezone.now() + timedelta(days=2))
    make_tip("In review", state=TipState.IN_REVIEW, publish_at=None)
    make_tip("Draft", state=TipState.DRAFT, publish_at=None)
    make_tip("Withdrawn", state=TipState.WITHDRAWN)
    saved = Tip(title="Just saved", slug="just-saved")
    editing.start(saved, by=editor)
    at_work, queue, public = ["Draft", "In review"], ["Sooner", "Later"], ["Newer", "Older", "Undated"]
    page = desk.get(LIST)
    assert titles(page) == ["Just saved", *at_work, *queue, *public, "Withdrawn"]
    assert tabs(page) == {
        "All": "9",
        "Drafts": "2",
        "In review": "1",
        "Queue": "2",
        "Public": "3",
        "Mine": "1",
        "Withdrawn": "1",
    }
    assert titles(desk.get(LIST, {"state": "mine"})) == ["Just saved"]


def test_pages_go_on_where_the_one_before_ends(desk):
    made = {make_tip(f"Draft {number}", state=TipState.DRAFT, publish_at=None).title for number in range(30)}
    made |= {make_tip(f"Public {number}").title for number in range(30)}
    first, second = titles(desk.get(LIST)), titles(desk.get(LIST, {"p": "2"}))
    assert [len(first), len(second)] == [50, 10]
    assert set(first) | set(second) == made


def test_a_draft_that_was_sent_back_says_so_until_it_is_handed_in_again(desk, author, editor):
    tip = make_tip("Back", state=TipState.IN_REVIEW, publish_at=None, author=author)
    workflow.send_back(tip, "Too long.", by=editor)
    assert "Draft, sent back" in desk.get(LIST).text
    workflow.submit(Tip.objects.get(pk=tip.pk), by=author)
    assert "sent back" not in desk.get(LIST).text


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ("state=draft", {"Draft"}),
        ("state=planned", {"Soon"}),
        ("state=public", {"Public", "Teaser", "Undated"}),
        ("state=withdrawn", {"Withdrawn"}),
        ("text=missing", {"Teaser"}),
        ("day=undated", {"Undated"}),
        ("day=none", {"Draft"}),
        ("category=sports", {"Public"}),
        ("category=none", {"Draft", "Soon", "Teaser", "Undated", "Withdrawn"}),
        ("tag=HOTELS", {"Soon"}),
        ("tag=unheard-of", set()),
        ("tag=", {"Draft", "Soon", "Public", "Teaser", "Undated", "Withdrawn"}),
        ("author=none", {"Draft", "Soon", "Public", "Teaser", "Undated"}),
        ("state=public&category=sports", {"Public"}),
        ("year=2019", {"Teaser"}),
        ("year=1066", set()),
        ("year=abc", set()),
    ],
)
def test_filters_find(desk, author, choice, found):
    make_tip("Draft", state=TipState.DRAFT, publish_at=None)
    make_tip("Soon", publish_at=timezone.now() + timedelta(days=2), tags=["hotels"])
    make_tip("Public", categories=["Sports"])
    # An hour before midnight in the site's zone is another year in UTC.
    new_years_eve = dates.year(2020)[0] - timedelta(hours=1)
    make_tip("Teaser", body="", excerpt="Only this much.", publish_at=new_years_eve)
    make_tip("Undated", undated=True)
    make_tip("Withdrawn", state=TipState.WITHDRAWN, author=author)
    assert set(titles(desk.get(f"{LIST}?{choice}"))) == found


def test_filters_offer_only_what_some_tip_has(desk, author):
    make_tip(categories=["Sports"], author=author)
    Category.objects.create(name="Empty", slug="empty")
    page = desk.get(LIST).text
    assert re.findall(r'<option value="(sports|empty)"', page) == ["sports"]
    assert re.findall(r">(ann|ed)</option>", page) == ["ann"]


@pytest.mark.parametrize("query", ["Umbrel", "closing moral", "sion in sh", "thunderstorms", "umbrelas"])
def test_the_search_looks_into_every_text_of_every_tip(desk, query):
    make_tip("Other")
    make_tip(
        "Umbrellas",
        state=TipState.DRAFT,
        takeaway="The closing moral.",
        excerpt="The version in short.",
        body="<p>Ready for any thunderstorm.</p>",
    )
    make_tip("Umbrellas and more")
    found = titles(desk.get(LIST, {"q": query}))
    assert "Umbrellas" in found
    assert "Other" not in found


def test_the_search_ranks_as_the_site_does_and_the_tabs_count_what_it_found(desk):
    make_tip("Parking", body="<p>An umbrella is mentioned.</p>")
    make_tip("The umbrella", state=TipState.DRAFT, publish_at=None)
    page = desk.get(LIST, {"q": "umbrella"})
    assert titles(page) == ["The umbrella", "Parking"]
    assert (tabs(page)["All"], tabs(page)["Drafts"]) == ("2", "1")
    assert titles(desk.get(LIST, {"q": "umbrella", "state": "public"})) == ["Parking"]


def test_an_author_searches_their_own_tips_alone(client, author):
    make_tip("Umbrella of mine", state=TipState.DRAFT, publish_at=None, author=author)
    make_tip("Umbrella of another", state=TipState.DRAFT, publish_at=None)
    client.force_login(author)
    page = client.get(LIST, {"q": "umbrella"})
    assert titles(page) == ["Umbrella of mine"]
    assert "Mine" not in tabs(page)


def test_the_link_to_all_of_theirs_leads_an_author_to_all_that_they_see(client, author):
    make_tip("Of mine", state=TipState.DRAFT, publish_at=None, author=author)
    make_tip("Public of mine", author=author)
    make_tip("Of another", state=TipState.DRAFT, publish_at=None)
    client.force_login(author)
    page = client.get(LIST, {"state": "mine"})
    assert titles(page) == ["Of mine", "Public of mine"]
    assert tabs(page)["All"] == "2"


def test_a_page_asks_at_most_twelve_questions_and_as_many_for_any_number_of_tips(
    desk, django_assert_max_num_queries
):
    def questions():
        with django_assert_max_num_queries(12) as captured:
            page = desk.get(LIST)
        # A search asks what its words, their synonyms and related words are, too.
        with django_assert_max_num_queries(14):
            desk.get(LIST, {"q": "tip"})
        assert len(page.content) < 60_000
        return len(captured)

    def make(number):
        for _ in range(number):
            make_tip(categories=["Sports", "Business"], tags=["a", "b"])
            make_tip(categories=["Sports"], state=TipState.DRAFT, publish_at=None)

    make(3)
    questions()
    few = questions()
    make(25)
    assert questions() == few


# --- Several at once --------------------------------------------------------------------------------------


def test_what_was_changed_since_the_list_was_shown_is_refused_by_name_and_the_rest_is_done(desk, editor):
    tips = [make_tip(title, state=TipState.IN_REVIEW, publish_at=None) for title in ("Same", "Corrected")]
    chosen = {"action": "approve_selected", "_selected_action": [tip.pk for tip in tips]}
    seen = seen_on(desk.get(LIST))
    tips[1].takeaway = "Another one."
    tips[1].save()
    asked = desk.post(LIST, {**chosen, "seen": seen})
    assert "“Corrected” was changed since you opened the list. Nothing was done to it." in messages(asked)
    desk.post(LIST, as_sent(asked, "post"))
    assert Tip.objects.get(title="Same").state == TipState.APPROVED
    assert Tip.objects.get(title="Corrected").state == TipState.IN_REVIEW


def test_what_is_sent_without_what_the_list_showed_is_refused(desk):
    tip = make_tip("Unseen", state=TipState.IN_REVIEW, publish_at=None)
    said = messages(desk.post(LIST, {"action": "approve_selected", "_selected_action": [tip.pk]}))
    assert said == ["“Unseen” was not on the list that you sent. Nothing was done to it."]
    assert Tip.objects.get().state == TipState.IN_REVIEW


def test_tags_and_categories_are_given_and_taken_and_kept_in_the_history(desk):
    tips = [make_tip("One", tags=["hotels"], categories=["Sports"]), make_tip("Two", categories=["Sports"])]
    assert "Separated by commas" in act(desk, "tag_selected", tips).text
    act(desk, "tag_selected", tips, names="Hotels, new one")
    assert [sorted(tip.tags.names()) for tip in tips] == [["hotels", "new one"]] * 2
    assert tips[0].versions.first().tags == ["hotels", "new one"]
    act(desk, "untag_selected", tips, names="HOTELS")
    assert [sorted(tip.tags.names()) for tip in tips] == [["new one"]] * 2
    business = Category.objects.create(name="Business", slug="business")
    act(desk, "categorise_selected", tips[:1], category=business.pk)
    sports = Category.objects.get(name="Sports")
    said = messages(act(desk, "uncategorise_selected", tips, category=sports.pk))
    assert [sorted(map(str, tip.categories.all())) for tip in tips] == [["Business"], ["Sports"]]
    assert "“Two” has no other category than “Sports”. Put it into another first." in said


def test_tips_are_given_to_another_author_and_planned_into_the_next_gaps(desk, author):
    slots.seed(None, using="default")
    held = next(slots.Timetable.load().after(timezone.now()))
    make_tip("Held", publish_at=held.at, pinned=True)
    tips = [make_tip(f"Draft {number}", state=TipState.DRAFT, publish_at=None) for number in range(2)]
    act(desk, "give_selected", tips, author=author.pk)
    assert {Tip.objects.get(pk=tip.pk).author for tip in tips} == {User.objects.get(username="ann")}
    act(desk, "plan_selected", tips, post="yes")
    days = list(
        Tip.objects.filter(state=TipState.DRAFT).order_by("publish_at").values_list("publish_at", "pinned")
    )
    assert [(at - held.at, pinned) for at, pinned in days] == [(dates.WEEK, True), (2 * dates.WEEK, True)]


def test_of_a_selection_what_readers_may_know_stays_and_the_rest_is_deleted(desk):
    public, draft = make_tip("Public"), make_tip("Draft", state=TipState.DRAFT)
    EditorialComment.objects.create(tip=draft, text="Too long.")
    asked = act(desk, "delete_selected", [public, draft])
    assert [step.detail for step in asked.context["foreseen"].steps] == [
        "1 comment of colleagues goes with it."
    ]
    assert "“Public” cannot be deleted: readers may know the address." in asked.text
    assert "“Draft” is deleted" in asked.text
    assert messages(act(desk, "delete_selected", [public, draft], post="yes"))[-1] == "“Draft”: Deleted."
    assert list(Tip.objects.all()) == [public]


def test_approving_several_does_what_can_be_done_and_names_the_rest(desk):
    coming = timezone.now() + timedelta(days=2)
    ready = make_tip("Ready", state=TipState.IN_REVIEW, publish_at=coming, pinned=True)
    faulty = make_tip("Faulty", state=TipState.IN_REVIEW, publish_at=None, categories=[])
    assert (
        "“Faulty” is not ready: There is no category." in act(desk, "approve_selected", [ready, faulty]).text
    )
    assert Tip.objects.filter(state=TipState.IN_REVIEW).count() == 2
    said = messages(act(desk, "approve_selected", [ready, faulty], post="yes"))
    ready.refresh_from_db()
    assert ready.state == TipState.APPROVED
    assert any(each.startswith("“Faulty” is not ready: There is no category.") for each in said)
    assert any(each.startswith("“Ready”: Approved") for each in said)


def test_withdrawing_several_asks_for_a_reason_first(desk):
    tips = [make_tip(), make_tip()]
    asked = act(desk, "withdraw_selected", tips)
    assert "reason" in asked.text
    assert Tip.objects.published().count() == 2
    done = act(desk, "withdraw_selected", tips, reason="Out of date.")
    assert messages(done) == ["2 tips: Withdrawn."]
    assert Tip.objects.filter(state=TipState.WITHDRAWN).count() == 2


def test_an_author_is_offered_no_action_of_an_editor(client, author):
    make_tip(author=author, state=TipState.DRAFT)
    client.force_login(author)
    page = client.get(LIST).text
    for action in ("submit_selected", "tag_selected"):
        assert action in page
    for action in ("approve_selected", "withdraw_selected", "give_selected", "plan_selected"):
        assert action not in page


def test_deleting_a_draft_names_it_and_its_comments_and_no_row_of_the_program(desk, editor):
    tip = make_tip("Wait a moment", state=TipState.DRAFT, publish_at=None)
    desk.get(f"/admin/tips/tip/{tip.pk}/change/")
    commenting.comment(tip, "Too short?", by=editor)
    page = desk.get(f"/admin/tips/tip/{tip.pk}/delete/")
    assert page.context["deleted_objects"] == ["“Wait a moment”", "1 comment of colleagues"]
    desk.post(f"/admin/tips/tip/{tip.pk}/delete/", as_sent(page, "post"))
    assert not Tip.objects.filter(pk=tip.pk).exists()
