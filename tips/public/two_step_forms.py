"""The views of forms in two steps: write, read it over, send."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from desk.storage_errors import COME_AGAIN_SOON, retry_after
from shield import request_origin
from shield.judgement import Refusal, judge
from shield.network_limits import NetworkLimit
from shield.two_steps import TwoStepForm

logger = logging.getLogger(__name__)

_Form = TypeVar("_Form", bound=TwoStepForm)

_ELSEWHERE = "That came from another site’s page. Please use the form on this one."
_AGAIN = "Please look at it once more, and then press Send."


@dataclass(frozen=True)
class TwoSteps(Generic[_Form]):
    """One kind of form in two steps, for one request.

    ``write`` and ``read`` are the templates of the steps (``form``, ``problem``, and what ``context`` has).
    ``take`` is called with a form that is let through and the seconds for which its text was read, in a
    transaction; ``done`` answers, whether the text was taken now or had been taken before.
    ``limit`` is what a network may send unasked.
    """

    form_class: Callable[..., _Form]
    write: str
    read: str
    take: Callable[[_Form, float], None]
    done: Callable[[_Form], HttpResponse]
    limit: NetworkLimit
    context: dict[str, object]

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Show the form, what was written in it to be read over, or what follows once it was sent.

        The answer to a POST is kept by nobody. The status is 422 for a slip or a question, 403 for a form of
        another site's page, 429 and 503 as ``shield.judgement`` and the database say.
        """
        if request.method != "POST":
            return self._show(request, self.write, self.form_class())
        response = self._posted(request)
        response["Cache-Control"] = "no-store"
        return response

    def _posted(self, request: HttpRequest) -> HttpResponse:
        if request_origin.origin(request) is request_origin.Origin.FOREIGN:
            return self._show(request, self.write, self.form_class(), Refusal(_ELSEWHERE, 403))
        form, step = self.form_class(request.POST), request.POST.get("step", "")
        if step == "change":
            kept = {name: request.POST.get(name, "") for name in form.written}
            return self._show(request, self.write, self.form_class(initial=kept))
        if not form.is_valid():
            form.data = form.renewed()
            if slips := [name for name in form.errors if name in form.written]:
                # The browser goes to the first slip by itself, also without a script.
                form.fields[slips[0]].widget.attrs["autofocus"] = True
            return self._show(request, self.write, form, Refusal("", 422))
        if step != "send":
            return self._read_over(request, form)
        seconds = form.seconds_read()
        if seconds is None:
            return self._read_over(request, form, Refusal(_AGAIN, 422))
        try:
            refusal = self._send(request, form, seconds)
        except DatabaseError as error:
            if (wait := retry_after(error)) is None:
                raise
            logger.warning("A form was not taken, the database refused: %s", error)
            soon = "a few seconds" if wait == COME_AGAIN_SOON else "five minutes"
            refusal = Refusal(f"Nothing can be saved just now. Please press Send again in {soon}.", 503, wait)
        return self._read_over(request, form, refusal) if refusal else self.done(form)

    def _send(self, request: HttpRequest, form: _Form, seconds: float) -> Refusal | None:
        # What is counted of a form that cannot be saved is given back.
        with transaction.atomic():
            if refusal := judge(request, form, self.limit):
                return refusal
            if form.is_first():
                self.take(form, seconds)
        return None

    def _read_over(self, request: HttpRequest, form: _Form, refusal: Refusal | None = None) -> HttpResponse:
        """Show the text of a valid form with a new seal; where it was refused, with what is to be done."""
        if not form.question:
            form.data = form.renewed()
        form.data["seal"] = form.new_seal()
        return self._show(request, self.read, form, refusal)

    def _show(
        self, request: HttpRequest, template: str, form: _Form, refusal: Refusal | None = None
    ) -> HttpResponse:
        refusal = refusal or Refusal("", 200)
        context = {**self.context, "form": form, "problem": refusal.problem}
        response = render(request, template, context, status=refusal.status)
        if refusal.retry:
            response["Retry-After"] = str(refusal.retry)
        return response
