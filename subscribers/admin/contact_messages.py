"""What people wrote to the owner: the list, a message's page, and what is done with it."""

from urllib.parse import quote

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from desk.lists import ChoiceFilter, LongList
from desk.pages import badge
from desk.verbs import Verb, VerbsMixin
from shield import scoring
from subscribers.admin.private_search import PrivateSearch
from subscribers.models import ContactMessage
from subscribers.people import contact
from tips import dates

State = ContactMessage.State

_BADGES = {State.NEW: "in-review", State.ANSWERED: "public", State.SPAM: "withdrawn"}
# Mail programs take no longer links.
_MOST_QUOTED = 1500


class StateFilter(ChoiceFilter):
    """Those that wait, were answered, or are spam."""

    title = "state"
    parameter_name = "state"
    options = {
        "new": (State.NEW.label, lambda messages: messages.filter(state=State.NEW)),
        "answered": (State.ANSWERED.label, lambda messages: messages.filter(state=State.ANSWERED)),
        "spam": (State.SPAM.label, lambda messages: messages.filter(state=State.SPAM)),
    }


def _verb(label: str, state: State, consequence: str) -> Verb[ContactMessage]:
    def run(message: ContactMessage, by: User) -> str:
        return contact.mark(message, state, by=by)

    return Verb(
        label,
        run,
        consequence,
        is_available=lambda user, message: message.state != state,
        why_not="it is so already",
        permissions=("subscribers.change_contactmessage",),
        has_page=False,
    )


@admin.register(ContactMessage)
class ContactMessageAdmin(PrivateSearch, VerbsMixin[ContactMessage], LongList):
    """Nobody types over a message; what becomes of it is a verb."""

    list_display = ["name", "about", "beginning", "standing", "sent"]
    list_filter = [StateFilter]
    sortable_by = []
    fields = ["name", "answer_to", "about", "words", "sent", "standing", "against", "region"]
    verbs = {
        "answered": _verb("Answered", State.ANSWERED, "It waits for nobody any more."),
        "spam": _verb("Spam", State.SPAM, "It is put away, and deleted some weeks later."),
        "new": _verb("Not yet answered", State.NEW, "It waits for an answer again."),
    }

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """A message is deleted when who wrote it asks for that."""
        return request.user.has_perm("subscribers.delete_contactmessage")

    @admin.display(description="message")
    def beginning(self, message: ContactMessage) -> str:
        words = " ".join(message.text.split())
        return words if len(words) <= 80 else f"{words[:79]}…"

    @admin.display(description="message")
    def words(self, message: ContactMessage) -> SafeString:
        paragraphs = format_html_join("", "<p>{}</p>", ((part,) for part in message.text.split("\n") if part))
        return format_html('<div class="written">{}</div>', paragraphs)

    @admin.display(description="state")
    def standing(self, message: ContactMessage) -> SafeString:
        state = State(message.state)
        if state == State.NEW and message.points >= scoring.SUSPICIOUS:
            return badge("to-come", "New, looks like spam")
        return badge(_BADGES[state], state.label)

    @admin.display(description="sent")
    def sent(self, message: ContactMessage) -> str:
        return dates.short(message.sent_at)

    @admin.display(description="looks like spam because")
    def against(self, message: ContactMessage) -> str:
        return " ".join(message.reasons) or "Nothing speaks for spam."

    @admin.display(description="answer to")
    def answer_to(self, message: ContactMessage) -> SafeString:
        """A link that opens a mail with what was written below."""
        quoted = "\n".join(f"> {line}" for line in message.text[:_MOST_QUOTED].split("\n"))
        subject, body = quote(f"Re: {message.about}"), quote("\n\n" + quoted)
        url = f"mailto:{quote(message.address, '@')}?subject={subject}&body={body}"
        return format_html('<a href="{}">{}</a>', url, message.address)
