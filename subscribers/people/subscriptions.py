"""The verbs: ask, confirm, leave, come back, pause, move. Each is safe to repeat."""

from datetime import UTC, date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from shield.rate_limits import FixedWindow
from subscribers import addresses, tokens
from subscribers.models import ConsentEvent, LinkRequest, ServiceMail, Subscriber, Suppression
from subscribers.models.link_requests import PURPOSES
from subscribers.people import consent_wording, journal, suppressions

# This limit stops nothing; to spend from it is something to write.
_REHEARSALS = FixedWindow("rehearsed leaving", 10**9, timedelta(days=1))
# What a consent keeps of the link request that it followed from.
_AGREED = ("asked_at", "wording_version", "wording", "page", "region")


def request(
    address: str,
    *,
    kind: LinkRequest.Kind = LinkRequest.Kind.JOIN,
    wording_version: int | None = consent_wording.NEWEST_SHIPPED,
    turn: int = 1,
    **origin: str,
) -> LinkRequest:
    """Note that somebody typed an address; nothing else changes.

    ``address`` is a normal one (see ``addresses.normal``), ``kind`` what they would like, ``wording_version``
    what they agree to (None: to nothing), ``turn`` whose turn the mail is among those to its domain, and
    ``origin``, as far as known, their ``first_name``, the ``page`` (its path) with the form, and the
    ``region`` (the coarse network) that it came from.

    It is the same work for every address, so that neither the answer nor its time tells who is a member; what
    becomes of it is decided when its mail is due.
    """
    wording = consent_wording.text(wording_version) if wording_version else ""
    return LinkRequest.objects.create(
        address=address,
        kind=kind,
        wording_version=wording_version,
        wording=wording,
        turn=turn,
        **origin,
    )


def confirm(link_request: LinkRequest, first_name: str = "") -> Subscriber | None:
    """Make the owner of a link request's address a confirmed subscriber, and return them.

    ``first_name`` is one line of at most 60 characters, or "": then it stays as it is.
    Returns None where the request cannot do that: it is used and they left since, it asked for something
    else, or the address is suppressed for a lasting reason. A confirmation is the end of "unsubscribed", and
    of no other reason.
    """
    address, folded = link_request.address, link_request.address_folded
    is_signup = link_request.kind in (LinkRequest.Kind.JOIN, LinkRequest.Kind.AGAIN)
    if not is_signup or suppressions.is_silenced(address):
        return None
    with transaction.atomic():
        # A person is locked before their requests, here as wherever both are: no two wait for each other.
        Subscriber.objects.select_for_update().filter(address_folded=folded).first()
        name = first_name or link_request.first_name
        keys = _lock_open(LinkRequest.objects.filter(address_folded=folded))
        if link_request.pk not in keys:
            return Subscriber.objects.confirmed().filter(address_folded=folded).first()
        _close(keys)
        now = timezone.now()
        new = {"address": address, "first_name": name, "joined_at": now}
        people = Subscriber.objects.select_for_update()
        subscriber, is_new = people.get_or_create(address_folded=folded, defaults=new)
        suppressions.lift(subscriber.address_hash, Suppression.Reason.UNSUBSCRIBED)
        is_back = subscriber.state == Subscriber.State.LEFT
        if is_back:
            subscriber.state, subscriber.joined_at = Subscriber.State.CONFIRMED, now
            subscriber.left_at = subscriber.paused_until = None
        if not is_new:
            subscriber.address, subscriber.first_name = address, name or subscriber.first_name
            subscriber.save()
        _note(ConsentEvent.Kind.CONFIRMED, subscriber, link_request, now)
        if is_new or is_back:
            subscriber.service_mails.create(kind=ServiceMail.Kind.WELCOME)
    return subscriber


def confirmed_by(link_request: LinkRequest) -> Subscriber | None:
    """Return the confirmed subscriber of a link request's address, or None.

    None too while "unsubscribed" holds for them: then confirming is still of use.
    """
    person = Subscriber.objects.confirmed().filter(address_folded=link_request.address_folded).first()
    left = person and Suppression.Reason.UNSUBSCRIBED in suppressions.reasons(person.address)
    return None if left else person


def leave(subscriber: Subscriber, evidence: str = "left by the link") -> bool:
    """Take a subscriber off the list at once, and return whether they were on it.

    Links that were mailed to them before confirm nothing more. The journal has it before this returns.
    ``evidence`` says how they left, without personal data.
    """
    with transaction.atomic():
        locked = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
        # Erased at the same moment.
        if locked is None:
            return False
        _close(_lock_open(LinkRequest.objects.filter(address_folded=locked.address_folded)))
        suppressions.suppress(locked.address_hash, Suppression.Reason.UNSUBSCRIBED, evidence)
        if locked.state != Subscriber.State.CONFIRMED:
            return False
        subscriber.state, subscriber.left_at = Subscriber.State.LEFT, timezone.now()
        subscriber.save(update_fields=["state", "left_at"])
        subscriber.consents.create(kind=ConsentEvent.Kind.LEFT, at=subscriber.left_at)
        subscriber.service_mails.create(kind=ServiceMail.Kind.LEFT)
    return True


def rehearse_leaving() -> None:
    """Do the work of ``leave`` for nobody and take it back, where an answer's time must tell nothing."""
    with transaction.atomic():
        with transaction.atomic():
            nobody = Subscriber.objects.create(address=f"{tokens.nobody()}@invalid")
            reason = Suppression.Reason.UNSUBSCRIBED
            Suppression.objects.create(address_hash=nobody.address_hash, reason=reason)
            leave(nobody)
            journal.append([])
            transaction.set_rollback(True)
        # A leaving is written to the disk, which takes its time too.
        _REHEARSALS.spend()


def at_address(subscriber: Subscriber) -> str:
    """Return the name of a subscriber at their present address, for a link that ends with the address."""
    return f"{subscriber.public_id}~{subscriber.address_hash[:16]}"


def found_at_address(name: str) -> Subscriber | None:
    """Return the subscriber whom ``at_address`` named, if they have that address still."""
    person = Subscriber.objects.filter(public_id=name.partition("~")[0]).first()
    return person if person and at_address(person) == name else None


def leaving(subscriber: Subscriber, at: datetime | None = None) -> str:
    """Return the name of a leaving (the last, or one ``at`` a time), for a link that undoes no other one."""
    at = at or subscriber.left_at
    return f"{subscriber.public_id}~{at.astimezone(UTC):%Y%m%d%H%M%S%f}" if at else ""


def no_leaving() -> str:
    """Return a name of the same form that no leaving has."""
    return leaving(Subscriber(left_at=timezone.now()))


def may_undo(name: str) -> bool:
    """Tell whether ``undo_leaving`` would put somebody back on the list who is not on it."""
    person = Subscriber.objects.filter(public_id=name.partition("~")[0]).first()
    return person is not None and _left_by(person, name)


def undo_leaving(name: str) -> bool:
    """Put back on the list whoever left by the leaving of that name (see ``leaving``).

    Returns whether they are on it by that: not if they came back or left again since, were erased, or are
    suppressed for a lasting reason.
    """
    with transaction.atomic():
        people = Subscriber.objects.filter(public_id=name.partition("~")[0])
        person = people.select_for_update().first()
        if person is None:
            return False
        if not _left_by(person, name):
            return _came_back_by(person, name)
        left_at, person.state, person.left_at = person.left_at, Subscriber.State.CONFIRMED, None
        suppressions.lift(person.address_hash, Suppression.Reason.UNSUBSCRIBED)
        person.save(update_fields=["state", "left_at"])
        person.consents.create(kind=ConsentEvent.Kind.RETURNED, asked_at=left_at)
    return True


def _left_by(person: Subscriber, name: str) -> bool:
    is_last = person.state == Subscriber.State.LEFT and leaving(person) == name
    return is_last and not suppressions.is_silenced(person.address)


def _came_back_by(person: Subscriber, name: str) -> bool:
    """Tell whether the button that undoes a leaving was pressed before: pressing it twice is no mistake."""
    last = person.consents.order_by("-pk").first()
    if last is None or person.state != Subscriber.State.CONFIRMED:
        return False
    return last.kind == ConsentEvent.Kind.RETURNED and leaving(person, last.asked_at) == name


def rename(subscriber: Subscriber, first_name: str) -> None:
    """Give a subscriber another first name (one line of at most 60 characters), or none ("")."""
    Subscriber.objects.filter(pk=subscriber.pk).update(first_name=first_name)


def pause(subscriber: Subscriber, until: date | None) -> None:
    """Send a subscriber no tip before a day; None sends them tips again from now on."""
    Subscriber.objects.filter(pk=subscriber.pk).update(paused_until=until)


def ask_to_move(subscriber: Subscriber, address: str, region: str = "", turn: int = 1) -> LinkRequest:
    """Note that a subscriber would like the tips at another address (a normal one).

    Nothing changes until the link in the mail to that address is followed, and what is there tells nobody
    whether that address is a member's.
    """
    kind = LinkRequest.Kind.MOVE
    return LinkRequest.objects.create(
        kind=kind, subscriber=subscriber, address=address, region=region, turn=turn
    )


def can_move(link_request: LinkRequest) -> bool:
    """Tell whether a request leads, once its link is followed, to a change of address.

    It does not where it is used, where the subscriber left or was silenced since, and where the new address
    is another subscriber's, whether they left or not, or suppressed for any reason.
    """
    person = link_request.subscriber
    return (
        person is not None
        and link_request.kind == LinkRequest.Kind.MOVE
        and link_request.state == LinkRequest.State.OPEN
        and person.state == Subscriber.State.CONFIRMED
        and not suppressions.is_silenced(person.address)
        and not suppressions.reasons(link_request.address)
        and not Subscriber.objects.filter(address_folded=link_request.address_folded).exists()
    )


def moved_by(link_request: LinkRequest) -> Subscriber | None:
    """Return the confirmed subscriber whom a request to move led to its address, or None."""
    # No other kind of request has a subscriber.
    if link_request.subscriber_id is None:
        return None
    moved = Subscriber.objects.confirmed().filter(address_folded=link_request.address_folded)
    return moved.filter(pk=link_request.subscriber_id).first()


def move(link_request: LinkRequest) -> Subscriber | None:
    """Give the subscriber who asked for it their new address, and return them; None where it cannot be.

    See ``can_move``. With the change end the links that were mailed to either address, and whatever other
    change of address they had asked for. The old address gets a service mail that tells of it.
    """
    if link_request.subscriber_id is None:
        return None
    with transaction.atomic():
        person = Subscriber.objects.select_for_update().filter(pk=link_request.subscriber_id).first()
        if person is None or moved_by(link_request):
            return person
        link_request.subscriber = person
        if not can_move(link_request):
            return None
        at_either = Q(address_folded__in=[link_request.address_folded, person.address_folded])
        keys = _lock_open(LinkRequest.objects.filter(at_either | Q(subscriber=person)))
        if link_request.pk not in keys:
            return None
        old, person.address = person.address, link_request.address
        try:
            with transaction.atomic():
                person.save(update_fields=["address", "address_folded", "address_hash"])
        except IntegrityError:
            # Somebody else confirmed or moved to this address at the same moment.
            return None
        _close(keys)
        # What was typed for an address that is theirs no longer would outlive their erasure.
        LinkRequest.objects.filter(address_folded=addresses.folded(old)).delete()
        person.service_mails.create(kind=ServiceMail.Kind.MOVED, address=old)
        _note(ConsentEvent.Kind.MOVED, person, link_request, timezone.now())
        # An older database knows them by the old address, and later lines of the journal by the new one.
        # Before the commit: a line too many only silences.
        journal.append([journal.new_entry("moved", addresses.keyed_hash(old), to=person.address_hash)])
    return person


def forget_old_requests() -> int:
    """Delete link requests whose link has ended, and service mails that are done; return how many.

    Safe to run at any time.
    """
    now, unfinished = timezone.now(), [LinkRequest.MailState.WAITING, LinkRequest.MailState.SENDING]
    ended = now - tokens.LIFETIMES[tokens.Purpose.UNDO_BY_MAIL]
    service_mails = ServiceMail.objects.filter(asked_at__lt=ended)
    deleted, _ = service_mails.exclude(mail_state__in=unfinished).delete()
    for kind, purpose in PURPOSES.items():
        ended = now - tokens.LIFETIMES[purpose]
        requests = LinkRequest.objects.filter(kind=kind, asked_at__lt=ended)
        deleted += requests.exclude(mail_state__in=unfinished).exclude(mailed_at__gte=ended).delete()[0]
    return deleted


def _note(kind: ConsentEvent.Kind, subscriber: Subscriber, link_request: LinkRequest, at: datetime) -> None:
    agreed = {name: getattr(link_request, name) for name in _AGREED}
    subscriber.consents.create(kind=kind, at=at, **agreed)


def _close(keys: list[int]) -> None:
    LinkRequest.objects.filter(pk__in=keys).update(state=LinkRequest.State.USED)


def _lock_open(requests: QuerySet[LinkRequest]) -> list[int]:
    """Lock those of some requests that are open, and return their primary keys.

    That is done in one order, and after their subscriber was locked, so that two links pressed at once do not
    wait for each other for ever.
    """
    locked = requests.filter(state=LinkRequest.State.OPEN).select_for_update().order_by("pk")
    return list(locked.values_list("pk", flat=True))
