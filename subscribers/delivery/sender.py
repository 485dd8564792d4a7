"""The work of one connection: claim, look once more, send, settle, and only then the next."""

import logging
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from django.utils import timezone

from subscribers import outages, tipmail
from subscribers.delivery import circuit_breaker, claims, repeated_refusals, scheduling
from subscribers.delivery.envelopes import OUT_OF_STEP
from subscribers.delivery.ledger import Ledger, Ready
from subscribers.delivery.transport import Following, Refusal, Transport, connect
from subscribers.delivery.verdicts import Answer, Stage, Verdict
from subscribers.models import Mailing
from subscribers.people import journal
from subscribers.recovery import guard

logger = logging.getLogger(__name__)

# A server that fails so often in a row, in whatever way short of a refusal, is left in peace for a while.
PATIENCE = 5
LONGEST_PAUSE = 60.0
# In seconds, until the journal is tried again where it cannot be written, or where the guard is closed.
PAUSE_WITHOUT_JOURNAL = 15.0
# A claim that lasts about so long, in seconds, costs little, and little of it is left lying when we die.
_QUICK, _SLOW = 0.5, 2.0
_BEFORE_ANY_MESSAGE = (Stage.CONNECT, Stage.HELLO, Stage.SIGN_IN)
_Result = TypeVar("_Result")


class Stop(Protocol):
    """What tells threads to end: true when they shall."""

    def wait(self, seconds: float, /) -> bool:
        """Wait at most so many seconds; return whether the end is asked for."""

    def __bool__(self) -> bool: ...


class Sender:
    """One sender: a connection to the mail server, and one to the database, used by one thread."""

    def __init__(self, worker_id: str, stop: Stop) -> None:
        """``worker_id`` names the worker that gives a heartbeat for this sender."""
        self.worker_id, self.stop = worker_id, stop
        self.lease_id: int | None = None
        self.transport: Transport | None = None
        self._template: tipmail.Template | None = None
        # What it has claimed and not settled, the next one last, and what of that is on its way.
        self._claimed: list[int] = []
        self._in_hand: int | None = None
        # Where the search for queued deliveries goes on: {mailing: id}.
        self._after: dict[int, int] = {}
        self._count = claims.BATCH
        self._failures = 0
        self._paused_until = 0.0
        self._troubled = True

    def run_once(self) -> bool:
        """Claim and send some deliveries; return whether there were any to do.

        Raises one of ``outages.AWAY`` where the database is away.
        """
        self._return_claim()
        if time.monotonic() < self._paused_until:
            return False
        sending = Mailing.objects.filter(state=Mailing.State.SENDING).order_by("started_at", "pk")
        if any(self._serve(pk) for pk in sending.values_list("pk", flat=True)):
            return True
        if self.transport is not None:
            self.transport.close_if_idle()
        return False

    def close(self) -> None:
        """Give back what it has claimed, and close the connection to the mail server."""
        if self.transport is not None:
            self.transport.close()
        self._return_claim()
        if self.lease_id is not None:
            claims.close(self.lease_id)
            self.lease_id = None

    def _serve(self, mailing_id: int) -> bool:
        if not claims.any_due(mailing_id):
            if scheduling.finish(mailing_id):
                guard.checkpoint(Mailing.objects.only("tip", "kind").get(pk=mailing_id), finished=True)
                repeated_refusals.decide(timezone.now())
            return False
        template = None if self.stop else self._template_of(mailing_id)
        server = self._connected() if template else None
        claim = self._claim(mailing_id) if server else None
        if template is None or server is None or claim is None or not claim.ids:
            return False
        self._claimed = claim.ids[::-1]
        if self._checkpoint(template.mailing, max(claim.ids)) and self._wait_until(claim.at):
            began = time.monotonic()
            self._send_claimed(template, server, Ledger(claim.lease_id))
            # Claim more the next time if this claim took little time, less if much.
            seconds = time.monotonic() - began
            if seconds < _QUICK:
                self._count = min(self._count * 2, claims.LARGEST)
            elif seconds > _SLOW:
                self._count = max(self._count // 2, 1)
        self._return_claim()
        return True

    def _return_claim(self) -> None:
        """Give back what was not sent; what a failure left half done is uncertain. Else it does nothing."""
        if self.lease_id is None:
            return
        if self._in_hand is not None:
            claims.mark_claimed_uncertain(self.lease_id, self._in_hand)
            self._in_hand = None
        if self._claimed:
            claims.give_back(self.lease_id, self._claimed)
            self._claimed = []

    def _connected(self) -> Transport | None:
        """Return the mail server, ready for a message, or None where it cannot be used now."""
        try:
            if self.transport is None:
                self.transport = connect()
            self.transport.open()
        except Refusal as refusal:
            self._note_no_connection(refusal.answer)
            return None
        return self.transport

    def _note_no_connection(self, answer: Answer) -> None:
        """Say what keeps us from the mail server, and leave it in peace for a while."""
        if answer.verdict is Verdict.SENDER_AT_FAULT:
            circuit_breaker.blame(answer)
        else:
            self._note_trouble(f"The mail server cannot be reached ({answer.reply}).")
        self._failures += 1
        self._paused_until = time.monotonic() + _seconds_after(self._failures)

    def _claim(self, mailing_id: int) -> claims.Claim | None:
        if self.lease_id is None:
            self.lease_id = claims.new_lease(self.worker_id)
        after = self._after.get(mailing_id, 0)
        if self._count > claims.FEW and (journal.is_short_of_room() or journal.why_unwritable()):
            self._count = claims.FEW
        claim = claims.take(self.lease_id, mailing_id, after, self._count)
        if after and claim is not None and not claim.ids:
            # Some may have come back into the queue behind us.
            claim = claims.take(self.lease_id, mailing_id, count=self._count)
        if claim is None:
            # We were silent for so long that others took us for dead.
            self.lease_id = None
        else:
            self._after[mailing_id] = claim.ids[-1] if claim.ids else 0
        return claim

    def _checkpoint(self, mailing: Mailing, up_to: int) -> bool:
        """Have the journal know how far the mailing is, before anything goes; return whether it may go."""
        if guard.checkpoint(mailing, up_to):
            return True
        closure = guard.why_closed()
        why = journal.why_unwritable() or "the log says why"
        words = closure.sentence if closure else f"The journal cannot be written ({why})."
        self._count = claims.FEW
        self._note_trouble(words[:200])
        self._paused_until = time.monotonic() + PAUSE_WITHOUT_JOURNAL
        return False

    def _template_of(self, mailing_id: int) -> tipmail.Template | None:
        """Return the message of a mailing, made once for all that follow; None where it cannot be written."""
        if self._template is None or self._template.mailing.pk != mailing_id:
            try:
                self._template = tipmail.Template(Mailing.objects.get(pk=mailing_id))
            except ValueError as error:
                logger.exception("Mailing %s cannot be written", mailing_id)
                reason = f"Its mail cannot be written ({type(error).__name__})."
                running = Mailing.objects.filter(pk=mailing_id, state=Mailing.State.SENDING)
                running.update(state=Mailing.State.PAUSED, reason=reason, by=None)
                return None
        return self._template

    def _wait_until(self, moment: float) -> bool:
        """Wait for a moment of ``time.monotonic()``; return whether the sender goes on then."""
        seconds = moment - time.monotonic()
        return not (self.stop.wait(seconds) if seconds > 0 else self.stop)

    def _send_claimed(self, template: tipmail.Template, server: Transport, ledger: Ledger) -> None:
        """Send a claim's deliveries in their order, as long as nothing stands against it."""
        claimed = self._claimed
        # To whom the next envelope may go ahead; before the message itself each is judged again.
        addresses = ledger.addresses(claimed)
        ready: Ready | None = ledger.ready(claimed[-1])
        while claimed and ready is not None and not self.stop:
            pk = claimed[-1]
            following = claimed[-2] if len(claimed) > 1 else None
            if ready and not server.is_open:
                if self._connected() is None:
                    return
                # To connect takes up to half a minute: who left meanwhile has left.
                ready = ledger.ready(pk)
            if ready:
                self._in_hand = pk
                ahead = addresses.get(following) if following is not None else None
                answer = self._send(
                    template, server, pk, ready, (following, ahead) if following and ahead else None
                )
                if answer is OUT_OF_STEP:
                    self._in_hand = None
                    continue
                if answer.verdict is Verdict.SENT:
                    ready = self._until_it_answers(partial(ledger.sent, pk, following))
                    self._in_hand, self._failures = None, 0
                    claimed.pop()
                    if self._troubled:
                        self._note_trouble("")
                    if claimed and len(claimed) % claims.FEW == 0 and journal.why_unwritable():
                        # No further checkpoint could be written. What is left is given back while it can be.
                        return
                    continue
                if not self._goes_on(ledger, template.mailing.pk, pk, answer, ready.address):
                    return
            elif ready.reason:
                ledger.skip(pk, ready.reason)
            else:
                if ready.is_taken_back:
                    scheduling.stop_taken_back()
                return
            claimed.pop()
            ready = None if following is None else ledger.ready(following)

    def _send(
        self,
        template: tipmail.Template,
        server: Transport,
        pk: int,
        ready: Ready,
        following: Following | None,
    ) -> Answer:
        """Send one message and return the Answer; whatever fails in writing it puts it off."""
        try:
            return server.send(template, pk, ready.public_id, ready.address, following)
        except Exception as error:
            # Never the error's own text, which may hold the address.
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__}, {where.filename}:{where.lineno}"
            logger.error("Delivery %s: its message failed (%s)", pk, place)
            server.close()
            return Answer(Verdict.LATER, Stage.DATA, type(error).__name__[:60])

    def _goes_on(self, ledger: Ledger, mailing_id: int, pk: int, answer: Answer, address: str) -> bool:
        """Settle what was not sent; return whether the sender goes on with its claim."""
        if answer.verdict is not Verdict.UNCERTAIN and answer.stage in _BEFORE_ANY_MESSAGE:
            # A mail service, which is only met with a message in hand. It never came to this one.
            self._in_hand = None
            self._note_no_connection(answer)
            return False
        if answer.verdict is Verdict.SENDER_AT_FAULT:
            if answer.stage is Stage.SENDER:
                # Before any recipient. What it was going to is given back with the rest of the claim.
                self._in_hand = None
                circuit_breaker.blame(answer)
                return False
            is_new = self._until_it_answers(partial(ledger.blame, pk, answer))
            self._in_hand = None
            return not (is_new and circuit_breaker.blamed(mailing_id, answer))
        self._until_it_answers(partial(ledger.settle, pk, answer, address))
        self._in_hand = None
        if answer.verdict in (Verdict.REFUSED, Verdict.GONE, Verdict.UNCERTAIN):
            return not circuit_breaker.check(mailing_id)
        self._failures += 1
        if self._failures % PATIENCE == 0:
            self._note_trouble(f"The mail server puts mail off ({answer.reply}).")
            if self.transport is not None:
                self.transport.close()
            self._paused_until = time.monotonic() + _seconds_after(self._failures // PATIENCE)
            return False
        return True

    def _until_it_answers(self, settle: Callable[[], _Result]) -> _Result:
        """Call a function of the ledger until the database answers: what was sent must not be forgotten."""
        return outages.until_it_answers(settle, self.stop, self.stop.wait)

    def _note_trouble(self, words: str) -> None:
        """Note at all mailings that are on their way what keeps them from it; "" when all is well again."""
        self._troubled = bool(words)
        Mailing.objects.filter(state=Mailing.State.SENDING).exclude(trouble=words).update(trouble=words)
        if words:
            logger.warning("%s", words)


def _seconds_after(failures: int) -> float:
    """Return how long a server is left in peace after so many failures: 1, 2, 4 ... seconds."""
    return min(2.0 ** min(failures - 1, 6), LONGEST_PAUSE)
