"""The verbs over colleagues' accounts.

Each checks that this person may, and notes in the log what was done. Each raises NotPermitted, or a kind of
Refused; the text says what to do next. Who may is in ``permits``; roles are given by ``given_roles``.
"""

import logging
import re
from datetime import timedelta

from django.contrib.admin.models import ADDITION, DELETION
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from desk.errors import NotPermitted, Overtaken, Refused
from desk.log import log
from desk.names import person as person_name
from tipsite.staff import emails, given_roles, keys, mailed_links, sessions, two_factor
from tipsite.staff.audit_log import AccountAction, was_readdressed_since
from tipsite.staff.permits import lock, permitted

logger = logging.getLogger(__name__)

# How long nobody but a superuser resets the app of an account whose address somebody else changed.
NEW_ADDRESS_RESTS = timedelta(days=3)


class NotSent(Refused):
    """What the verb was about is done, but its mail could not be sent."""


# --- What an account is -------------------------------------------------------------------------------


def is_invited(person: User) -> bool:
    """Tell whether an account still waits for its first password."""
    return person.is_active and person.last_login is None and not person.has_usable_password()


def has_address(person: User) -> bool:
    """Tell whether an account has an address that mail can go to."""
    return is_address(person.email)


def is_address(text: str) -> bool:
    """Tell whether a text is an address that mail can go to."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


# --- Coming in ----------------------------------------------------------------------------------------


def invite(address: str, role: str, *, by: User, first_name: str = "", last_name: str = "") -> User:
    """Make an account that waits for its password, and send its owner the link; return the account."""
    if not is_address(address):
        raise Refused(f"“{address}” is no e-mail address. Correct it and try again.")
    if taken := account_with(address):
        raise Refused(
            f"{address} already belongs to the account of {person_name(taken)}. Look at that one instead."
        )
    called = {"first_name": first_name, "last_name": last_name}
    try:
        with transaction.atomic():
            by_now = lock(by).get(by.pk)
            if not by_now or not by_now.has_perm("auth.add_user"):
                raise NotPermitted("You may not invite colleagues. Ask an owner to do it.")
            # Without a password: nobody can sign in before the link is used.
            person = User.objects.create_user(_free_name(address), address, is_staff=True, **called)
            given_roles.give(person, role, by=by_now)
            log(by, person, AccountAction.INVITED, f"Invited as {role}.", ADDITION)
    except IntegrityError:
        raise Overtaken("Somebody else invited the same person just now. Look at the list.") from None
    return person


def send_invitation(person: User, *, by: User) -> None:
    """Send the link of an invitation, or raise NotSent."""
    mail = emails.invitation(person, by, mailed_links.INVITATION.link(person))
    _send(mail, f"The invitation for {person.email} is kept, but its mail could not be sent.")


def resend(person: User, *, by: User) -> None:
    """Send an invitation anew; the links of earlier mails are dead from then on."""
    with permitted(by, person):
        person = _still_invited(person)
        # The link is made of the password's hash, and an unusable one is random.
        person.set_unusable_password()
        person.save(update_fields=["password"])
        log(by, person, AccountAction.INVITED_AGAIN, "Invited again.")
    send_invitation(person, by=by)


def cancel(person: User, *, by: User) -> None:
    """Take an invitation back: the account, which nobody ever used, goes away."""
    try:
        with permitted(by, person):
            person = _still_invited(person)
            sentence = f"Invitation of {person.email} cancelled."
            log(by, person, AccountAction.INVITATION_CANCELLED, sentence, DELETION)
            person.delete()
    except ProtectedError:
        raise Refused(f"{person_name(person)} has tips already. Deactivate the account instead.") from None


def account_with(address: str, but: User | None = None) -> User | None:
    """Return an account with this e-mail address, or None; upper and lower case are one."""
    accounts = User.objects.filter(email__iexact=address)
    return (accounts.exclude(pk=but.pk) if but else accounts).first()


def _still_invited(account: User) -> User:
    person = User.objects.select_for_update().filter(pk=account.pk).first()
    if person is None or not is_invited(person):
        raise Overtaken("This invitation is no longer open: it was accepted or cancelled meanwhile.")
    return person


def _free_name(address: str) -> str:
    """Return an unused name made of an address: "mary.smith" of mary.smith@example.org, or mary.smith2."""
    base = re.sub(r"[^\w.+-]", "", address.rpartition("@")[0].lower())[:140] or "colleague"
    names = User.objects.filter(username__istartswith=base).values_list("username", flat=True)
    taken = {name.lower() for name in names}
    numbered = (f"{base}{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (base, *numbered) if name not in taken)


# --- Being in -----------------------------------------------------------------------------------------


def set_password(form: SetPasswordForm, *, by: User) -> None:
    """Save the password that a valid form has for somebody else. Their sessions end, and links in mails."""
    with permitted(by, form.user, "set your own password here; change it under “My account”"):
        form.save()
        log(by, form.user, AccountAction.PASSWORD_SET, "Password set for them.")


def change_address(person: User, *, by: User) -> str:
    """Note that ``by`` gives a person the address that is set on ``person`` and not saved yet.

    Call it in the transaction that saves. A colleague's sessions end. Returns the old address, for
    ``notify_of_new_address``; or "" where nobody is to be told: there was no address, or the invitation that
    went there was never accepted.
    """
    with permitted(by, person):
        before = User.objects.get(pk=person.pk)
        if before.email == person.email:
            return ""
        sentence = f"Address changed from {before.email or 'none'} to {person.email or 'none'}."
        log(by, person, AccountAction.ADDRESS_CHANGED, sentence)
        # Or a link in the mailbox of the old address would work again when that comes back.
        keys.end_mailed_links(person)
        if by.pk != person.pk:
            sessions.end_all(person)
        return "" if is_invited(before) else before.email


def notify_of_new_address(person: User, old: str, *, by: User) -> None:
    """Tell a person, at their old address, who gave them another, or raise NotSent."""
    owners = User.objects.filter(is_superuser=True, is_active=True).exclude(email="").exclude(pk=person.pk)
    to_tell = list(owners.order_by("pk").values_list("email", flat=True))
    mail = emails.address_changed(person, old, by, to_tell)
    _send(mail, f"The address is changed, but {old} could not be told by mail.")


def reset_two_factor(person: User, *, by: User) -> None:
    """Forget a lost app and its recovery codes, end the person's sessions, and tell them by mail.

    Whoever can give a colleague another address must not take their account over with it: for some days
    after that only a superuser resets.
    """
    with permitted(by, person, "reset your own app here; turn it off under “My account”") as by_now:
        since = timezone.now() - NEW_ADDRESS_RESTS
        if not by_now.is_superuser and was_readdressed_since(person, since):
            days = f"within the last {NEW_ADDRESS_RESTS.days} days"
            raise Refused(
                f"The address of {person_name(person)} was changed {days}."
                " Wait until they are over, or ask an owner to reset it."
            )
        if two_factor.device_of(person) is None:
            raise Refused(f"{person_name(person)} has no two-factor sign-in that could be reset.")
        two_factor.turn_off(person, by, AccountAction.TWO_FACTOR_RESET, "Two-factor sign-in reset.")
        sessions.end_all(person)
    _send(emails.two_factor_reset(person, by), f"It is reset, but {person.email} could not be told by mail.")


def sign_out(person: User, *, by: User) -> None:
    """End all sessions of a person."""
    # Whoever may change nobody may end their own sessions.
    with transaction.atomic() if by.pk == person.pk else permitted(by, person):
        sessions.end_all(person)
        log(by, person, AccountAction.SIGNED_OUT, "Signed out everywhere.")


# --- Leaving ------------------------------------------------------------------------------------------


def deactivate(person: User, *, by: User) -> None:
    """Shut an account at once, sessions and open links included. What its owner wrote stays."""
    with permitted(by, person, "deactivate your own account"):
        _set_active(person, False, by, AccountAction.DEACTIVATED)


def reactivate(person: User, *, by: User) -> None:
    """Open a deactivated account again, with its password and its role, and with none of its links."""
    with permitted(by, person):
        _set_active(person, True, by, AccountAction.REACTIVATED)


def _set_active(person: User, is_active: bool, by: User, action: AccountAction) -> None:
    if not User.objects.filter(pk=person.pk, is_active=not is_active).update(is_active=is_active):
        raise Overtaken(f"{person_name(person)} is {'active' if is_active else 'deactivated'} already.")
    log(by, person, action, f"{action.label}.")
    # Also on the way back: somebody may have been signing in while the account was being shut.
    keys.end_all(person)
    person.is_active = is_active


def _send(mail: EmailMessage, otherwise: str) -> None:
    try:
        mail.send()
    except OSError as error:
        logger.error("A mail to staff was not sent: %s", error)
        raise NotSent(f"{otherwise} Check the mail settings (EMAIL_URL), then send it again.") from error
