"""The text of a mail about work: titles, who did what, and one link to each tip. No text of a tip."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.urls import reverse
from django.utils.crypto import salted_hmac

from desk.names import person as name_of
from subscribers.mail import envelope
from tips import dates
from tips.models import Tip
from tips.publishing import preview
from tipsite.alerts import reach, work_deeds
from tipsite.models import Notice, WorkDeed, WorkMail, WorkMailChoice
from tipsite.staff import emails


@dataclass(frozen=True)
class Line:
    """One deed as the mail tells it; ``by`` is empty where nobody did it."""

    name: str
    sentence: str
    by: str
    when: str


@dataclass
class Part:
    """What the mail tells of one tip."""

    tip: Tip
    url: str
    lines: list[Line]


def write(
    mail: WorkMail,
    restored_at: datetime,
    people: work_deeds.People,
    connection: BaseEmailBackend,
    now: datetime,
) -> EmailMessage | None:
    """Return a mail about work as it is to go out, or None where it has come to nothing.

    Left out is what was done before the database was restored, what concerns the person no more, and what
    they may not see.
    """
    if mail.due_at <= now - work_deeds.LONGEST_AGO or reach.obstacle(
        mail.person, WorkMailChoice.of(mail.person)
    ):
        return None
    recent = [deed for deed in mail.deeds.all() if deed.at > restored_at]
    reasons = {deed: work_deeds.why(deed, mail.person, people) for deed in recent}
    deeds = [deed for deed, why in reasons.items() if why and preview.may_see(mail.person, deed.tip)]
    if not deeds:
        return None
    parts = _parts(deeds, now)
    is_digest = mail.notice.kind == Notice.Kind.WORK_DIGEST
    context = {
        "parts": parts,
        "names": _names(parts),
        "is_digest": is_digest,
        "whys": list(dict.fromkeys(reasons[deed] for deed in deeds)),
        "settings_url": f"{settings.SITE_URL}{reverse('admin:account')}#mails",
    }
    message = emails.build("work", [mail.person.email], context)
    message.connection = connection
    # The same however often it is built: of a copy that a crash made, programs show one.
    message.extra_headers["Message-ID"] = _message_id(f"mail {mail.pk} {mail.notice.created_at.isoformat()}")
    if len(parts) == 1:
        # No mail has that number; all that tell of the tip name it, and so stand together.
        thread = _message_id(f"tip {parts[0].tip.pk}")
        message.extra_headers |= {"In-Reply-To": thread, "References": thread}
    return message


def _parts(deeds: Iterable[WorkDeed], now: datetime) -> list[Part]:
    """Return what there is to tell, tip by tip, in the order of the first deed on each."""
    parts: dict[int, Part] = {}
    for deed in deeds:
        kind = work_deeds.kind_of(deed)
        # The part that the last deed is about: there is one link.
        url = settings.SITE_URL + reverse("admin:tips_tip_change", args=[deed.tip.pk]) + kind.part
        part = parts.setdefault(deed.tip.pk, Part(deed.tip, "", []))
        part.url = url
        sentence, by = kind.sentence, ""
        if deed.entry:
            sentence, by = sentence or deed.entry.change_message, name_of(cast(User, deed.entry.user))
        part.lines.append(Line(kind.name, sentence, by, dates.short(deed.at, now)))
    return list(parts.values())


def _names(parts: Iterable[Part]) -> str:
    """Return what was done, for the subject: “Approved”, or “Back in review, approved”."""
    names = list(dict.fromkeys(line.name for part in parts for line in part.lines))
    return ", ".join([*names[:1], *(name[:1].lower() + name[1:] for name in names[1:])])


def _message_id(of: str) -> str:
    digest = salted_hmac("tipsite.work-mail", of, algorithm="sha256").hexdigest()[:32]
    return f"<work.{digest}@{envelope.domain()}>"
