"""The verbs: ask, confirm, leave, suppress. Each is safe to repeat."""

from django.db import transaction
from django.utils import timezone

from subscribers import addresses, tokens, wording
from subscribers.models import ConsentEvent, SignupRequest, Subscriber, Suppression

# What no sign-up lifts. "Unsubscribed" is not among these: whoever left may come back by confirming anew.
LASTING_REASONS = frozenset(Suppression.Reason) - {Suppression.Reason.UNSUBSCRIBED}


def request(address, *, first_name="", page="", region="", wording_version=wording.CURRENT):
    """Note that somebody typed an address; nothing else changes. Return the SignupRequest.

    ``address`` is a normal one (see ``addresses.normal``), ``page`` the path of the page with the form,
    ``region`` the coarse network it came from. It is the same work for every address, so that neither the
    answer nor its time tells who is a member; what becomes of it is decided when its mail is due.
    """
    return SignupRequest.objects.create(
        address=address,
        first_name=first_name,
        page=page,
        region=region,
        wording_version=wording_version,
        wording=wording.text(wording_version),
    )


def confirm(signup):
    """Make the owner of a sign-up request's address a confirmed subscriber, and return them.

    Returns None where the request cannot do that: it is used and they left since, or the address is
    suppressed for a lasting reason. Of "unsubscribed", and of nothing else, a confirmation is the end.
    """
    if is_silenced(signup.address):
        return None
    with transaction.atomic():
        if signup.pk not in _close_requests(signup.folded):
            return Subscriber.objects.confirmed().filter(folded=signup.folded).first()
        Suppression.objects.filter(
            key=addresses.keyed_hash(signup.address), reason=Suppression.Reason.UNSUBSCRIBED
        ).delete()
        now = timezone.now()
        subscriber, is_new = Subscriber.objects.select_for_update().get_or_create(
            folded=signup.folded,
            defaults={"address": signup.address, "first_name": signup.first_name, "joined_at": now},
        )
        if not is_new:
            if subscriber.state == Subscriber.State.LEFT:
                subscriber.state = Subscriber.State.CONFIRMED
                subscriber.joined_at, subscriber.left_at = now, None
            subscriber.address = signup.address
            subscriber.first_name = signup.first_name or subscriber.first_name
            subscriber.save()
        ConsentEvent.objects.create(
            subscriber=subscriber,
            kind=ConsentEvent.Kind.CONFIRMED,
            at=now,
            asked_at=signup.asked_at,
            wording_version=signup.wording_version,
            wording=signup.wording,
            page=signup.page,
            region=signup.region,
        )
    return subscriber


def confirmed_by(signup):
    """Return the confirmed subscriber of a sign-up request's address, or None."""
    return Subscriber.objects.confirmed().filter(folded=signup.folded).first()


def leave(subscriber):
    """Take a subscriber off the list at once. Links that were mailed to them before confirm nothing more."""
    now = timezone.now()
    with transaction.atomic():
        _close_requests(subscriber.folded)
        suppress(subscriber.address, Suppression.Reason.UNSUBSCRIBED, "left by the link")
        subscribed = Subscriber.objects.confirmed().filter(pk=subscriber.pk)
        if subscribed.update(state=Subscriber.State.LEFT, left_at=now):
            ConsentEvent.objects.create(subscriber=subscriber, kind=ConsentEvent.Kind.LEFT, at=now)


def suppress(address, reason, evidence=""):
    """Note that an address gets nothing, for a ``Suppression.Reason``; others that hold stay.

    ``evidence`` says how we know, without personal data.
    """
    row = Suppression(key=addresses.keyed_hash(address), reason=reason, evidence=evidence)
    Suppression.objects.bulk_create([row], ignore_conflicts=True)


def is_silenced(address):
    """Return whether an address may not even be asked: bounced, complained, blocked or erased."""
    return Suppression.objects.filter(key=addresses.keyed_hash(address), reason__in=LASTING_REASONS).exists()


def forget_old_requests():
    """Delete sign-up requests whose link has ended; return how many. Safe to run at any time."""
    ended = timezone.now() - tokens.LIFETIMES[tokens.Purpose.CONFIRM]
    unfinished = [SignupRequest.Mail.WAITING, SignupRequest.Mail.SENDING]
    old = SignupRequest.objects.filter(asked_at__lt=ended).exclude(mail__in=unfinished)
    return old.exclude(mailed_at__gte=ended).delete()[0]


def _close_requests(folded):
    """Mark all open requests of an address as used; return their primary keys.

    They are locked in one order, so that two links pressed at once do not wait for each other for ever.
    """
    open_requests = SignupRequest.objects.filter(folded=folded, state=SignupRequest.State.OPEN)
    keys = list(open_requests.select_for_update().order_by("pk").values_list("pk", flat=True))
    if keys:
        SignupRequest.objects.filter(pk__in=keys).update(state=SignupRequest.State.USED)
    return keys
