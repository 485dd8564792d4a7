"""What a verb over a tip will mean for its mail, in the same words before the verb and after it."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from desk import once
from desk.foresight import MailLine, Step
from subscribers.delivery import scheduling
from subscribers.mailings.reach import Reach, expected, reachable
from subscribers.models import Mailing
from subscribers.recovery import guard
from tips import dates
from tips.models import Tip, TipState
from tips.publishing.consequences import Outlook

# What ``once`` knows by this and the key of a tip.
MAILINGS_OF = "mailings of"
_STOP = "you can stop that; afterwards only what has not left yet"


def of_tip(before: Tip, after: Tip, now: datetime) -> Outlook:
    """Return what is foreseen for the mail of a tip; ``tips.publishing.consequences`` calls this."""
    mailings = mailings_of(after) if scheduling.may_have_mailing(before) else []
    own = next((mailing for mailing in mailings if mailing.kind == Mailing.Kind.TIP), None)
    if scheduling.obstacle(after) or after.publish_at is None:
        begun = next((mailing for mailing in mailings if mailing.started_at), None)
        return _begun_is_taken_back(begun) if begun else _never_begins(before, after, own)
    if own and not own.may_return:
        return _goes_on(after, after.publish_at, own, now)
    return _to_come(after, after.publish_at, now)


def mailings_of(tip: Tip) -> list[Mailing]:
    """Return the mailings of a tip without their texts, the newest first; asked once a page."""
    found = Mailing.objects.filter(tip=tip.pk).defer("text", "html").order_by("-pk")
    return once.asked((MAILINGS_OF, tip.pk), lambda: list(found))


def _to_come(tip: Tip, publish_at: datetime, now: datetime) -> Outlook:
    """Foresee the mailing of a tip that has none yet."""
    if now - publish_at > scheduling.LOOK_BACK:
        days = scheduling.LOOK_BACK.days
        return _said("It is not mailed", f"Its day is more than {days} days ago.")
    if now - publish_at > scheduling.window():
        late = f"Its day is more than {settings.MAIL_WINDOW_HOURS} hours ago"
        return _said("Its mail waits", f"{late}: it goes out only when a publisher releases it.", key="held")
    at = scheduling.begins_at(publish_at, now)
    # Whoever publishes it this moment has the whole grace.
    return _is_mailed(tip, publish_at, at if at > now else now + scheduling.GRACE, now)


def _is_mailed(tip: Tip, publish_at: datetime, at: datetime, now: datetime) -> Outlook:
    count = reachable(timezone.localdate(at))
    if not count:
        return _said("It is mailed to nobody", "Nobody has subscribed yet.")
    # Of later mails nobody knows yet; whether the next tip is safe, the desk says elsewhere.
    if at - now < dates.DAY and (closure := guard.why_closed()):
        return _said("Its mail waits", closure.sentence, key="guarded")
    is_today = timezone.localdate(at) == timezone.localdate(now)
    hour, to = dates.clock(at), expected(count)
    minutes = scheduling.GRACE.seconds // 60
    shown = f"Its mail is shown {minutes} minutes before. " if publish_at > now else ""
    line = MailLine(tip.title, tip.takeaway or tip.excerpt, _preview_url(tip))
    when = hour if is_today else dates.short(at, now)
    step = Step(when, f"It is mailed to {to}", f"{shown}Until {hour} {_STOP}.", is_mail=True, mail=line)
    sentence = f"It is mailed to {to} {'at' if is_today else 'on'} {when}; until then {_STOP}."
    return Outlook(sentence, f"by mail to {to}", f"mail {to}", [step], key="mailed")


def _goes_on(tip: Tip, publish_at: datetime, own: Mailing, now: datetime) -> Outlook:
    """Foresee what becomes of a mailing that is there, of a tip that is for mail."""
    if own.state == Mailing.State.PREPARED:
        return _is_mailed(tip, publish_at, max(publish_at, min(own.starts_at, now + scheduling.GRACE)), now)
    if own.state == Mailing.State.HELD:
        return _said("Its mail is held", "It goes out only when a publisher releases it.", key="held")
    reach = Reach.of(own)
    if own.state in (Mailing.State.SENT, Mailing.State.CANCELLED):
        return _said("It is not mailed again", f"{reach.who_have}.")
    if own.tip_moment != publish_at or own.state == Mailing.State.PAUSED:
        resume = "Resume it on its page, or cancel it."
        return _said("Its mail stays stopped", f"{reach.both}. {resume}", key="paused")
    return _said("Its mail goes on", f"{reach.both_under_way}.", key="under way")


def _begun_is_taken_back(begun: Mailing) -> Outlook:
    """Foresee what becomes of the mail that went out, or goes out, of a tip that is taken back."""
    reach = Reach.of(begun)
    if begun.state not in Mailing.UNFINISHED:
        tell = "A correction can tell them: send it from the page of the mailing."
        return _said(f"{reach.who_have} by mail", tell) if reach.have else Outlook()
    then = "Bring it back and resume; or cancel the mailing, and send a correction to those who have it."
    return _said("Its mail stops", f"{reach.both}. {then if reach.have else ''}".strip())


def _never_begins(before: Tip, after: Tip, own: Mailing | None) -> Outlook:
    """Foresee that nobody gets a tip by mail, as far as that is news."""
    reason = scheduling.obstacle(after)
    if after.state in (TipState.DRAFT, TipState.IN_REVIEW):
        if scheduling.obstacle(before):
            return Outlook()
        reason = "Nobody gets it by mail before it is approved again."
    elif after.state == TipState.WITHDRAWN:
        if scheduling.obstacle(before):
            return Outlook()
        reason = f"{_whoever_goes_without()}."
    elif not after.for_mail:
        reason = f"{_whoever_goes_without()}, since it is marked as not for mail."
    if own and own.state == Mailing.State.PREPARED:
        return _said("Its mail does not begin", reason)
    return _said("It is not mailed", reason)


def _whoever_goes_without() -> str:
    if not (count := reachable()):
        return "Nobody is subscribed who would go without"
    return f"{expected(count).capitalize()} {'goes' if count == 1 else 'go'} without"


def _said(title: str, detail: str, key: str = "") -> Outlook:
    """Return an Outlook of a thing that has no moment of its own."""
    return Outlook(f"{title}: {detail[0].lower()}{detail[1:]}", steps=[Step("", title, detail)], key=key)


def _preview_url(tip: Tip) -> str:
    return reverse("admin:tips_tip_preview", args=[tip.pk, "mail"]) if tip.pk else ""
