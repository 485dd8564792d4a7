"""The work of one connection: claim, look once more, send, settle, and only then the next."""

import logging
import time
import traceback

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from subscribers import tipmail
from subscribers.delivery import circuit_breaker, claims, scheduling, transport
from subscribers.delivery.ledger import Ledger
from subscribers.delivery.verdicts import Answer, Stage, Verdict
from subscribers.models import Mailing
from subscribers.recovery import guard

logger = logging.getLogger(__name__)

AWAY = (OperationalError, InterfaceError)
# A server that fails so often in a row, in whatever way short of a refusal, is left in peace for a while.
PATIENCE = 5
LONGEST_REST = 60.0
# In seconds, until the journal is tried again where it cannot be written, or where the guard is closed.
REST_WITHOUT_JOURNAL = 15.0
# A claim that lasts about so long, in seconds, costs little, and little of it is left lying when we die.
_QUICK, _SLOW = 0.5, 2.0
_AT_THE_DOOR = (Stage.CONNECT, Stage.HELLO, Stage.SIGN_IN)


class Sender:
    """One sender: a connection to the mail server, and one to the database, used by one thread."""

    def __init__(self, worker, stop):
        """``worker`` names who beats for it; ``stop`` has ``wait(seconds)`` and a truth value."""
        self.worker, self.stop = worker, stop
        self.lease_id = self.wire = None
        self._template = None
        # What it has claimed and not settled, the next one last, and what of that is on its way.
        self._claimed, self._in_hand = [], None
        # Where the search for queued deliveries goes on: {mailing: id}.
        self._after = {}
        self._count = claims.BATCH
        self._failures = 0
        self._rests_until = 0.0
        self._troubled = True

    def run_once(self):
        """Claim and send some deliveries; return whether there were any to do.

        Raises OperationalError or InterfaceError where the database is away.
        """
        self._return_claim()
        if time.monotonic() < self._rests_until:
            return False
        sending = Mailing.objects.filter(state=Mailing.State.SENDING).order_by("started_at", "pk")
        if any(self._serve(pk) for pk in sending.values_list("pk", flat=True)):
            return True
        if self.wire is not None:
            self.wire.rest()
        return False

    def close(self):
        """Give back what it has claimed, and close the connection to the mail server."""
        if self.wire is not None:
            self.wire.close()
        self._return_claim()
        if self.lease_id is not None:
            claims.close(self.lease_id)
            self.lease_id = None

    def _serve(self, mailing_id):
        if not claims.any_due(mailing_id):
            if scheduling.finish(mailing_id):
                guard.checkpoint(Mailing.objects.only("tip", "kind").get(pk=mailing_id), finished=True)
            return False
        if self.stop or not self._write(mailing_id) or not self._open():
            return False
        claim = self._claim(mailing_id)
        if not claim.ids:
            return False
        self._claimed = claim.ids[::-1]
        if self._checkpoint(claim.ids) and self._wait_until(claim.at):
            began = time.monotonic()
            self._send_all(mailing_id)
            self._adjust_batch(time.monotonic() - began)
        self._return_claim()
        return True

    def _adjust_batch(self, seconds):
        """Claim more the next time if the last claim took few ``seconds``, less if many."""
        if seconds < _QUICK:
            self._count = min(self._count * 2, claims.LARGEST)
        elif seconds > _SLOW:
            self._count = max(self._count // 2, 1)

    def _return_claim(self):
        """Give back what was not sent; what a failure left half done is uncertain. Else it does nothing."""
        if self._in_hand is not None:
            claims.mark_claimed_uncertain(self.lease_id, self._in_hand)
            self._in_hand = None
        if self._claimed:
            claims.give_back(self.lease_id, self._claimed)
            self._claimed = []

    def _open(self):
        try:
            if self.wire is None:
                self.wire = transport.connect()
            self.wire.open()
        except transport.Refusal as refusal:
            self._turned_away(refusal.answer)
            return False
        return True

    def _turned_away(self, answer):
        """Say what keeps us from the mail server, and leave it in peace for a while."""
        if answer.verdict is Verdict.OURS:
            circuit_breaker.blame(answer)
        else:
            self._say_trouble(f"The mail server cannot be reached ({answer.reply}).")
        self._failures += 1
        self._rest(_seconds_after(self._failures))

    def _claim(self, mailing_id):
        if self.lease_id is None:
            self.lease_id = claims.new_lease(self.worker)
        after = self._after.get(mailing_id, 0)
        claim = claims.take(self.lease_id, mailing_id, after, self._count)
        if claim is not None and not claim.ids and after:
            # Some may have come back into the queue behind us.
            claim = claims.take(self.lease_id, mailing_id, count=self._count)
        if claim is None:
            # We were silent for so long that others took us for dead.
            self.lease_id = None
            return claims.Claim([], None)
        self._after[mailing_id] = claim.ids[-1] if claim.ids else 0
        return claim

    def _checkpoint(self, ids):
        """Have the journal know how far the mailing is, before anything goes; return whether it may go."""
        if guard.checkpoint(self._template.mailing, max(ids)):
            return True
        closure = guard.why_closed()
        words = closure.sentence if closure else "The journal cannot be written; the log says why."
        self._say_trouble(words[:200])
        self._rest(REST_WITHOUT_JOURNAL)
        return False

    def _write(self, mailing_id):
        """Make the message of a mailing, if it is another one than before; return whether there is one."""
        if self._template is not None and self._template.mailing.pk == mailing_id:
            return True
        try:
            self._template = tipmail.Template(Mailing.objects.get(pk=mailing_id))
        except ValueError as error:
            logger.exception("Mailing %s cannot be written", mailing_id)
            reason = f"Its mail cannot be written ({type(error).__name__})."
            running = Mailing.objects.filter(pk=mailing_id, state=Mailing.State.SENDING)
            running.update(state=Mailing.State.PAUSED, reason=reason, by=None)
            return False
        return True

    def _wait_until(self, moment):
        seconds = (moment - timezone.now()).total_seconds()
        return not (self.stop.wait(seconds) if seconds > 0 else self.stop)

    def _send_all(self, mailing_id):
        """Send a claim's deliveries in their order, as long as nothing stands against it."""
        ledger, template, claimed = Ledger(self.lease_id), self._template, self._claimed
        person = ledger.ready(claimed[-1])
        while claimed:
            if self.stop:
                return
            pk = claimed[-1]
            following = claimed[-2] if len(claimed) > 1 else None
            if person and not self.wire.is_open:
                if not self._open():
                    return
                # To connect takes up to half a minute: who left meanwhile has left.
                person = ledger.ready(pk)
            if not person:
                if not person.reason:
                    return
                ledger.skip(pk, person.reason)
                claimed.pop()
                person = following and ledger.ready(following)
                continue
            self._in_hand = pk
            address, answer = person.address, self._send(template, pk, person)
            if answer.verdict is Verdict.SENT:
                person = self._until_it_answers(ledger.sent, pk, following)
                self._in_hand, self._failures = None, 0
                claimed.pop()
                if self._troubled:
                    self._all_is_well()
                continue
            if not self._goes_on(ledger, mailing_id, pk, answer, address):
                return
            claimed.pop()
            person = following and ledger.ready(following)

    def _send(self, template, pk, person):
        """Send one message and return the Answer; whatever fails in writing it puts it off."""
        try:
            return self.wire.send(template, pk, person.public_id, person.address)
        except Exception as error:
            # Never the error's own text, which may hold the address.
            where = traceback.extract_tb(error.__traceback__)[-1]
            logger.error(
                "Delivery %s: its message failed (%s, %s:%s)",
                pk,
                type(error).__name__,
                where.filename,
                where.lineno,
            )
            self.wire.close()
            return Answer(Verdict.LATER, Stage.DATA, type(error).__name__[:60])

    def _goes_on(self, ledger, mailing_id, pk, answer, address):
        """Settle what was not sent; return whether the sender goes on with its claim."""
        if answer.verdict is not Verdict.UNCERTAIN and answer.stage in _AT_THE_DOOR:
            # A mail service, which is only met with a message in hand. It never came to this one.
            self._in_hand = None
            self._turned_away(answer)
            return False
        if answer.verdict is Verdict.OURS:
            only_this = self._until_it_answers(ledger.blame, pk, answer)
            self._in_hand = None
            if not only_this:
                circuit_breaker.blame(answer)
            return only_this
        self._until_it_answers(ledger.settle, pk, answer, address)
        self._in_hand = None
        if answer.verdict in (Verdict.REFUSED, Verdict.GONE, Verdict.UNCERTAIN):
            return not circuit_breaker.look(mailing_id)
        self._failures += 1
        if self._failures % PATIENCE == 0:
            self._say_trouble(f"The mail server puts mail off ({answer.reply}).")
            self.wire.close()
            self._rest(_seconds_after(self._failures // PATIENCE))
            return False
        return True

    def _until_it_answers(self, settle, *arguments):
        """Call a function of the ledger until the database answers: what was sent must not be forgotten."""
        pause = 0.1
        while True:
            try:
                return settle(*arguments)
            except AWAY:
                if self.stop or connection.in_atomic_block:
                    raise
                connection.close()
                self.stop.wait(pause)
                pause = min(pause * 2, 5.0)

    def _rest(self, seconds):
        self._rests_until = time.monotonic() + seconds

    def _say_trouble(self, words):
        self._troubled = True
        Mailing.objects.filter(state=Mailing.State.SENDING).exclude(trouble=words).update(trouble=words)
        logger.warning("%s", words)

    def _all_is_well(self):
        self._troubled = False
        Mailing.objects.filter(state=Mailing.State.SENDING).exclude(trouble="").update(trouble="")


def _seconds_after(failures):
    """Return how long a server is left in peace after so many failures: 1, 2, 4 ... seconds."""
    return min(2.0 ** min(failures - 1, 6), LONGEST_REST)
