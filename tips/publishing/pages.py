"""The verbs over the site's own pages: save, approve, take from the site."""

import re
from collections.abc import Iterator, Sequence

from django.contrib.auth.models import User
from django.db import transaction

from desk.errors import WrongState
from desk.log import log
from tips import permissions
from tips.models import FormerPath, Page, PageAction, PageImage, PageVersion
from tips.publishing.preflight import STOP, WARN, Fault
from tips.text import html_to_plain

APPROVE = "tips.approve_page"
# What somebody still has to fill in.
_PLACEHOLDER = re.compile(r"\[[^\[\]]{2,60}\]")


@transaction.atomic
def save(page: Page, *, by: User | None) -> None:
    """Save a page that was validated, and its version; a new address takes those of the pages below along.

    Each address that a page leaves leads on to the page.
    """
    former = Page.objects.select_for_update().filter(pk=page.pk).values_list("path", flat=True).first()
    page.save()
    if former and former != page.path:
        _leave(page, former)
        for below in list(Page.objects.filter(path__startswith=former).exclude(pk=page.pk)):
            old, below.path = below.path, page.path + below.path.removeprefix(former)
            below.save(update_fields=["path", "updated_at"])
            _leave(below, old)
            PageVersion.record(below, by)
    # A page that comes to an address is meant by it, whoever had the address before.
    FormerPath.objects.filter(path__in=Page.objects.values("path")).delete()
    PageImage.record(page)
    PageVersion.record(page, by)


def _leave(page: Page, former: str) -> None:
    FormerPath.objects.update_or_create(path=former, defaults={"page": page})


def faults(page: Page) -> Sequence[Fault]:
    """Return what keeps a page from being approved, or is worth a look before."""
    return list(_faults(page))


def _faults(page: Page) -> Iterator[Fault]:
    text = html_to_plain.one_line(html_to_plain.to_text(page.body))
    if not text:
        yield Fault(STOP, "body", "The page has no text. Write it first.")
    if left := _PLACEHOLDER.search(f"{page.title} {text}"):
        yield Fault(WARN, "body", f"“{left[0]}” is still to be filled in.")


@transaction.atomic
def approve(page: Page, *, by: User) -> str:
    """Show a page to readers. Raises WrongState where there is nothing to show."""
    permissions.permit(by, APPROVE, "approve pages")
    current = Page.objects.select_for_update().get(pk=page.pk)
    if stop := next((fault for fault in faults(current) if fault.stops), None):
        raise WrongState(stop.sentence)
    if current.state != Page.State.APPROVED:
        current.state = Page.State.APPROVED
        current.save(update_fields=["state", "updated_at"])
        log(by, current, PageAction.APPROVED, "Approved: readers see it.")
    return f"Readers see “{current}” now, at {current.path}"


@transaction.atomic
def take_back(page: Page, *, by: User) -> str:
    """Take a page from the site; its text stays here."""
    permissions.permit(by, APPROVE, "take pages from the site")
    current = Page.objects.select_for_update().get(pk=page.pk)
    if current.state != Page.State.DRAFT:
        current.state = Page.State.DRAFT
        current.save(update_fields=["state", "updated_at"])
        log(by, current, PageAction.TAKEN_BACK, "Taken from the site: a draft again.")
    return f"“{current}” is a draft again; readers do not see it."
