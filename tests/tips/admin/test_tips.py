from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from tests.desk.sent_forms import as_sent
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.admin.tips import TipAdmin
from tips.models import Category, Tag, Tip, TipState
from tips.publishing import tagging

LIST = "/admin/tips/tip/"
ADD = "/admin/tips/tip/add/"


def form_of(tip):
    return reverse("admin:tips_tip_change", args=[tip.pk])


def filled(**fields):
    """Return what a browser sends for a tip's form."""
    empty = {"title": "A title", "slug": "", "body": "", "takeaway": "", "excerpt": "", "tags": ""}
    return {**empty, "publish_at_0": "", "publish_at_1": "", **fields}


def titles(response):
    return [tip.title for tip in response.context["cl"].result_list]


def messages(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


# --- Who sees what ----------------------------------------------------------------------------------------


def test_an_author_sees_their_own_tips_only(client, author, editor):
    make_tip("Mine", state=TipState.DRAFT, publish_at=None, author=author)
    theirs = make_tip("Theirs", state=TipState.DRAFT, publish_at=None, author=editor)
    client.force_login(author)
    assert titles(client.get(LIST)) == ["Mine"]
    for address in ("change", "history", "delete"):
        page = reverse(f"admin:tips_tip_{address}", args=[theirs.pk])
        assert client.get(page).status_code == client.get(page.rstrip("/")).status_code == 404


def test_an_author_reads_but_does_not_change_what_is_handed_in(client, author):
    tip = make_tip("Handed in", state=TipState.IN_REVIEW, author=author, body="<p>As <em>read</em>.</p>")
    client.force_login(author)
    page = client.get(form_of(tip))
    assert "<p>As <em>read</em>.</p>" in page.content.decode()
    assert "_save" not in page.content.decode()
    assert client.post(form_of(tip), filled(title="Changed")).status_code == 403


def test_an_author_cannot_give_a_draft_its_day(client, author):
    tip = make_tip(state=TipState.DRAFT, publish_at=None, author=author)
    client.force_login(author)
    day = {"publish_at_0": "2099-01-06", "publish_at_1": "07:00", "undated": "on"}
    client.post(form_of(tip), filled(title="Mine", **day))
    tip.refresh_from_db()
    assert (tip.title, tip.publish_at, tip.undated) == ("Mine", None, False)


def test_whoever_would_delete_what_readers_have_seen_is_led_to_withdrawing_it(desk):
    public, draft = make_tip(), make_tip(state=TipState.DRAFT)
    led = desk.get(reverse("admin:tips_tip_delete", args=[public.pk]), follow=True)
    assert "cannot be deleted: readers may know its address. Withdraw it instead." in led.text
    assert led.redirect_chain[-1][0] == reverse("admin:tips_tip_do", args=[public.pk, "withdraw"])
    assert desk.get(reverse("admin:tips_tip_delete", args=[draft.pk])).status_code == 200


@pytest.fixture
def approved_meanwhile(monkeypatch):
    """Lets one of the tips that are being deleted be approved at the last moment."""

    def approve(self, request, queryset):
        Tip.objects.filter(title="Approved meanwhile").update(state=TipState.APPROVED)

    monkeypatch.setattr(TipAdmin, "log_deletions", approve)


def test_a_tip_that_is_approved_while_it_is_deleted_stays(desk, approved_meanwhile):
    tip = make_tip("Approved meanwhile", state=TipState.DRAFT)
    page = desk.post(reverse("admin:tips_tip_delete", args=[tip.pk]), {"post": "yes"}, follow=True)
    assert page.status_code == 200
    assert page.context["messages"]
    assert Tip.objects.exists()


def test_a_stranger_is_asked_to_log_in(client, db):
    tip = make_tip()
    for address in (LIST, ADD, form_of(tip), f"{LIST}tag-suggestions/", f"{LIST}{tip.pk}/do/withdraw/"):
        assert client.get(address)["Location"].startswith("/admin/login/")


# --- The form ---------------------------------------------------------------------------------------------


def test_a_new_tip_is_a_draft_of_the_one_who_writes_it(client, author):
    Category.objects.create(name="Sports", slug="sports")
    client.force_login(author)
    fields = {"body": "<p>Text</p><script>x</script>", "tags": 'calm, "first, second"'}
    response = client.post(
        ADD, filled(title="  On   time ", in_categories=[Category.objects.get().pk], **fields)
    )
    tip = Tip.objects.get()
    assert response.status_code == 302
    assert (tip.title, tip.slug, tip.state, tip.author) == ("On time", "on-time", TipState.DRAFT, author)
    assert tip.body == "<p>Text</p>"
    assert [category.name for category in tip.categories.all()] == ["Sports"]
    assert set(tip.tags.names()) == {"calm", "first, second"}


def test_what_cleaning_took_out_is_said_after_saving(desk):
    body = '<p>Text <a href="file:///c">x</a><img src="https://b.org/x.png"></p><script>x</script>'
    page = desk.post(ADD, filled(body=body), follow=True).content.decode()
    assert "Left out on saving: 1 picture of another site, 1 script, 1 link to file:." in page
    plain = desk.post(ADD, filled(title="Other", body="<p>Text</p>"), follow=True)
    assert "Left out" not in plain.content.decode()


def test_a_title_that_is_taken_gets_an_address_of_its_own(desk):
    make_tip("On time", slug="on-time")
    desk.post(ADD, filled(title="On time"))
    assert Tip.objects.filter(slug="on-time-2").exists()


def test_saving_without_a_change_changes_nothing(desk):
    tip = make_tip(
        "As it was",
        takeaway="One line.\nAnother.",
        body="<p>One<br>two</p>",
        excerpt="Short.",
        categories=["Sports"],
        tags=["one, two", "three"],
    )
    form = desk.get(form_of(tip)).context["adminform"].form
    before = Tip.objects.values().get(pk=tip.pk)
    sent = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent["in_categories"] = [category.pk for category in sent["in_categories"]]
    sent["tags"] = form["tags"].field.widget.format_value(sent["tags"])
    sent["takeaway"] = sent["takeaway"].replace("\n", "\r\n")
    desk.post(form_of(tip), {name: value for name, value in sent.items() if value})
    after = Tip.objects.values().get(pk=tip.pk)
    assert {**after, "updated_at": None} == {**before, "updated_at": None}
    assert set(tip.tags.names()) == {"one, two", "three"}
    assert [category.name for category in tip.categories.all()] == ["Sports"]


def test_a_tag_in_another_case_is_the_tag_that_is_there(desk):
    tagging.make("Café")
    tip = make_tip()
    desk.post(form_of(tip), filled(tags="CAFÉ, café"))
    assert list(tip.tags.names()) == ["Café"]
    assert Tag.objects.count() == 1


def test_a_date_alone_means_the_slots_time(desk, settings):
    tip = make_tip(state=TipState.DRAFT, publish_at=None)
    desk.post(form_of(tip), filled(publish_at_0="2099-01-06"))
    tip.refresh_from_db()
    assert timezone.localtime(tip.publish_at).strftime("%Y-%m-%d %H:%M") == "2099-01-06 07:00"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"publish_at_0": "2001-01-02"}, "has passed. Choose a later day"),
        ({"publish_at_0": "2099-01-06", "undated": "on"}, "An undated tip has no day"),
        ({"title": "  "}, "Give it a title"),
        ({"title": "\u200b\u202e"}, "Give it a title"),
        ({"slug": "two words"}, "small letters, digits and hyphens"),
        ({"tags": "x" * 150}, "has 150 letters; 100 is the most. Separate tags by commas"),
        ({"title": "x" * 301}, "at most 200 characters (it has 301)"),
        ({"publish_at_0": "31.12.2026"}, "Write the day as 2026-12-31."),
        ({"publish_at_0": "2099-12-31", "publish_at_1": "2 pm"}, "Write the time as 14:30"),
    ],
)
def test_what_does_not_fit_is_said_in_words(desk, fields, words):
    response = desk.post(ADD, filled(**fields))
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Tip.objects.exists()


def test_a_public_tip_keeps_address_and_day(desk):
    tip = make_tip("Public")
    day = tip.publish_at
    desk.post(
        form_of(tip), filled(title="Corrected", slug="elsewhere", publish_at_0="2099-01-06", undated="on")
    )
    fresh = Tip.objects.get(pk=tip.pk)
    assert (fresh.title, fresh.slug, fresh.publish_at, fresh.undated) == ("Corrected", tip.slug, day, False)


def test_suggestions_begin_with_what_was_typed(desk):
    for name in ("Recovery", "Service recovery", "Calm"):
        tagging.make(name)
    answer = desk.get(f"{LIST}tag-suggestions/", {"q": "reco"}).json()
    assert answer == {"names": ["Recovery", "Service recovery"]}
    assert desk.get(f"{LIST}tag-suggestions/").json() == {"names": []}


def test_an_author_is_told_no_tag_that_only_others_drafts_have(client, author, editor):
    later = {"state": TipState.DRAFT, "publish_at": None}
    make_tip(tags=["recovery at sea"], author=editor, **later)
    make_tip(tags=["recovery in public"], author=editor)
    make_tip(tags=["recovery of mine"], author=author, **later)
    client.force_login(author)
    names = client.get(f"{LIST}tag-suggestions/", {"q": "recovery"}).json()["names"]
    assert names == ["recovery in public", "recovery of mine"]
    assert "at sea" not in client.get("/admin/tips/tag/").content.decode()


# --- The verbs --------------------------------------------------------------------------------------------


def test_a_verbs_button_saves_the_form_first(client, author):
    Category.objects.create(name="To tick", slug="to-tick")
    tip = make_tip(state=TipState.DRAFT, publish_at=None, author=author)
    client.force_login(author)
    page = client.post(form_of(tip), filled(title="Better", _verb="submit"), follow=True)
    tip.refresh_from_db()
    # What is to be mended is said before an editor reads it.
    assert (tip.title, tip.state) == ("Better", TipState.DRAFT)
    assert "There is no category." in page.text
    client.post(page.redirect_chain[-1][0])
    tip.refresh_from_db()
    assert tip.state == TipState.IN_REVIEW


def test_a_refused_verb_keeps_the_text_and_says_why(desk):
    tip = make_tip(state=TipState.IN_REVIEW, publish_at=None)
    response = desk.post(form_of(tip), filled(title="Better", _verb="approve"), follow=True)
    tip.refresh_from_db()
    assert (tip.title, tip.state) == ("Better", TipState.IN_REVIEW)
    assert "There is no category." in response.content.decode()


def test_a_verb_that_asks_leads_to_a_page_and_looking_at_it_changes_nothing(desk):
    tip = make_tip("Public")
    response = desk.post(form_of(tip), filled(title="Public", _verb="withdraw"), follow=True)
    assert "It leaves every list and feed, and its page says that it is gone." in response.content.decode()
    tip.refresh_from_db()
    assert tip.state == TipState.APPROVED
    address = response.redirect_chain[-1][0]
    assert "Give a reason." in desk.post(address, {"reason": " "}).content.decode()
    desk.post(address, {"reason": "Wrong figure."})
    tip.refresh_from_db()
    assert tip.state == TipState.WITHDRAWN
    assert LogEntry.objects.filter(object_id=tip.pk, change_message="Withdrawn: Wrong figure.").exists()


def test_another_day_is_given_on_a_page(desk):
    tip = make_tip(publish_at=timezone.now() + timedelta(days=2))
    address = f"{LIST}{tip.pk}/do/schedule/"
    assert "has passed" in messages(desk.post(address, {"when_0": "2001-01-02", "when_1": ""}))[-1]
    desk.post(address, {"when_0": "2099-01-06", "when_1": ""})
    tip.refresh_from_db()
    assert timezone.localtime(tip.publish_at).year == 2099


@pytest.mark.parametrize("verb", ["approve", "publish-now", "send-back", "withdraw", "reinstate"])
def test_an_author_cannot_do_an_editors_verb_by_its_address(client, author, verb):
    tip = make_tip(state=TipState.WITHDRAWN if verb == "reinstate" else TipState.IN_REVIEW, author=author)
    state = tip.state
    client.force_login(author)
    assert client.post(f"{LIST}{tip.pk}/do/{verb}/", {"reason": "Because."}).status_code == 403
    tip.refresh_from_db()
    assert tip.state == state


def test_a_verb_on_anothers_draft_is_not_found(client, author, editor):
    tip = make_tip(state=TipState.DRAFT, author=editor)
    client.force_login(author)
    assert client.post(f"{LIST}{tip.pk}/do/submit/").status_code == 404
    assert client.post(f"{LIST}{tip.pk}/do/eat/").status_code == 404


# --- The policy -------------------------------------------------------------------------------------------


def test_scripts_are_allowed_in_the_desk_alone_and_none_inline_but_by_name(desk, client):
    for address in (LIST, ADD, "/admin/", "/admin/password_change/"):
        policy = desk.get(address)["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
    assert "nonce-" in desk.get(ADD)["Content-Security-Policy"]
    assert "nonce-" not in desk.get(LIST)["Content-Security-Policy"]
    assert "script-src 'none'" in client.get("/tips/no-such-tip/")["Content-Security-Policy"]


def test_a_member_of_no_group_gets_nowhere(client, db):
    client.force_login(make_person("new"))
    for address in (LIST, ADD, f"{LIST}tag-suggestions/"):
        assert client.get(address).status_code == 403


@pytest.mark.parametrize(("held", "said"), [(["Sports"], True), ([], False)])
def test_what_is_approved_stays_in_its_last_category(desk, held, said):
    tip = make_tip("Public", categories=held)
    url = reverse("admin:tips_tip_change", args=[tip.pk])
    answer = desk.post(url, as_sent(desk.get(url), "title", in_categories=None, mail_subject="Hello"))
    assert ("has no other category than “Sports”" in answer.text) == said
    tip.refresh_from_db()
    assert ([str(each) for each in tip.categories.all()], tip.mail_subject) == (held, "" if said else "Hello")


def test_paragraphs_typed_without_the_editor_stay_paragraphs_and_signs_stay_signs(client, author):
    tip = make_tip(state=TipState.DRAFT, publish_at=None, author=author)
    client.force_login(author)
    client.post(form_of(tip), filled(body="Greet them first, & mean it.\r\n\r\nIf 3 < 4, say so, and wait."))
    tip.refresh_from_db()
    assert tip.body == "<p>Greet them first, &amp; mean it.</p><p>If 3 &lt; 4, say so, and wait.</p>"
