"""Mails to staff that go out once, and who gets them."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db.models import F, Q
from django.utils import timezone

from shield import clocks
from tips import permissions
from tipsite.models import Notice
from tipsite.staff import accounts, emails
from tipsite.staff.authentication import BACKEND

logger = logging.getLogger(__name__)

# A claim holds at least this long; a mail server may take its time before it answers.
_PAUSE, _LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=1)


def send_once(notice: Notice, build: Callable[[], EmailMessage | None], now: datetime) -> bool:
    """Send the mail that ``build`` returns, unless it went out already; tell whether it went out now.

    ``notice`` need not be saved: its kind, ``about`` and ``occasion`` name the mail. A mail that fails is
    tried again by a later call. Where ``build`` returns None, there is nothing to tell any more, and the
    notice is settled.
    """
    named = {"kind": notice.kind, "about": notice.about, "occasion": notice.occasion}
    notice, _ = Notice.objects.get_or_create(**named, defaults={"created_at": now})
    # Claim the notice for this process alone, unless another has it, or it was sent.
    pause = min(_PAUSE * 2 ** max(notice.attempts - 1, 0), _LONGEST_PAUSE)
    is_void = Q(claimed_at__lte=now - pause) | Q(claimed_at__gt=clocks.latest_credible(now))
    is_free = Q(claimed_at=None) | is_void
    free = Notice.objects.filter(is_free, pk=notice.pk, sent_at=None, attempts=notice.attempts)
    if not free.update(claimed_at=now, attempts=F("attempts") + 1):
        return False
    mail = build()
    if mail is None:
        Notice.objects.filter(pk=notice.pk).update(settled_at=timezone.now())
        return False
    if not mail.to:
        logger.error("Nobody hears of “%s”: no editor has an address, and STAFF_EMAIL is empty.", notice)
    try:
        mail.send()
    except (OSError, ValueError):
        logger.exception("The notice “%s” could not be sent; it is tried again.", notice)
        # Whoever sends several over one connection goes on with another: this one may be broken.
        with suppress(OSError):
            mail.get_connection().close()
        return False
    Notice.objects.filter(pk=notice.pk).update(sent_at=timezone.now())
    return True


def mail_to_staff(template: str, permission: str, path: str, **context: object) -> EmailMessage:
    """Return the mail of templates ``emails/<template>`` to all who have a permission.

    ``path`` is that of the page which the mail leads to.
    """
    return emails.build(template, recipients(permission), {**context, "url": settings.SITE_URL + path})


def recipients(permission: str = permissions.APPROVE) -> list[str]:
    """Return the addresses of STAFF_EMAIL and of all who have a permission, each address once.

    Mails name tips that are not public: an invited colleague who never signed in gets none.
    """
    editors = User.objects.with_perm(permission, backend=BACKEND)
    by_folded: dict[str, str] = {}
    addresses = [editor.email for editor in editors.order_by("pk") if not accounts.is_invited(editor)]
    for address in filter(accounts.is_address, [*addresses, *settings.STAFF_EMAIL]):
        by_folded.setdefault(address.lower(), address)
    return list(by_folded.values())
