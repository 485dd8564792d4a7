"""Verbs over an object, as the admin offers them: a button each, and a page that asks first.

No transaction is opened here. A verb that does its deed, and then raises a Refused that says what did not
follow ("it is reset, but the mail did not go"), must not have its deed undone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from desk.errors import Refused
from desk.foresight import Foresight
from desk.pages import Context, page, staff_of

M = TypeVar("M", bound=Model)


class Fault(Protocol):
    """What is wrong with an object, with a ``severity`` and a ``sentence`` for the page."""

    @property
    def stops(self) -> bool:
        """Whether it keeps the verb from being done, and is not only worth a look."""


@dataclass(frozen=True)
class Verb(Generic[M]):
    """A verb over an object of one model.

    ``run`` is called with the object, the answers of ``form`` by their names, and ``by``. What it returns is
    a sentence for the person, None (``done`` is the sentence then), an object of the same model, to whose
    page the admin leads, or a response. Nobody does the verb without one of ``permissions``.
    ``is_available`` is called with the person and the object; ``why_not`` says why it is not, after "is not
    possible". Where ``why_not`` is empty, ``run`` itself refuses, and says why.
    ``consequence`` says what the verb does. ``foresight`` says what it will do to one object when this person
    presses it, and ``afterwards`` what follows once it is done. A verb that ``weighs_answers`` foresees more
    once its form is filled in: ``foresight`` is called with the answers too, and may ask again.
    ``faults`` are shown before; where ``faults_stop``, those that stop keep the verb from being done,
    and ``stopped`` is the heading of the page that says so.
    """

    label: str
    run: Callable[..., object]
    consequence: str
    is_available: Callable[[User, M], bool] = lambda user, obj: True
    done: str = ""
    why_not: str = ""
    permissions: tuple[str, ...] = ()
    form: type[forms.Form] = forms.Form
    faults: Callable[[M], Sequence[Fault]] = lambda obj: ()
    has_page: bool = True
    is_destructive: bool = False
    faults_stop: bool = True
    stopped: str = ""
    foresight: Callable[..., Foresight] | None = None
    afterwards: Callable[[M], str] = lambda obj: ""
    weighs_answers: bool = False

    def foresee(self, user: User, obj: M, **answers: object) -> Foresight:
        """Return what the verb will do to an object when this person presses it. May ask the database."""
        if self.foresight is None:
            return Foresight(self.label, sentence=self.consequence)
        return self.foresight(user, obj, **answers if self.weighs_answers else {})

    def is_permitted(self, user: User) -> bool:
        """Tell whether a person has one of the verb's permissions."""
        return not self.permissions or any(map(user.has_perm, self.permissions))


def foreseen_field(name: str) -> str:
    """Return the name of the field in which a form carries a verb's ``Foresight.key``."""
    return f"foreseen-{name}"


def focus_first_field(form: forms.Form) -> None:
    """Let a page that asks open with the focus in the first field that it asks for."""
    shown = (field.widget for field in form.fields.values() if not field.widget.is_hidden)
    for widget in islice(shown, 1):
        inner = widget.widgets[0] if isinstance(widget, forms.MultiWidget) else widget
        inner.attrs["autofocus"] = True


@contextmanager
def refusals_told(request: HttpRequest, before: str = "") -> Iterator[None]:
    """Do what stands in the block; where it is refused, tell the person why, and go on after the block.

    ``before`` is said before the reason.
    """
    try:
        yield
    except Refused as refusal:
        messages.error(request, f"{before} {refusal}".strip())


class VerbsMixin(admin.ModelAdmin, Generic[M]):
    """Gives the admin of a model its verbs. Nothing is changed but by a POST."""

    verbs: Mapping[str, Verb[M]] = {}
    # How a message says what followed; it may name the object, as ``%(obj)s``.
    success_message = "%(sentence)s"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.verb_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        return [path("<int:pk>/do/<slug:name>/", view, name=name), *super().get_urls()]

    # --- What an admin says about its own verbs -------------------------------------------------------

    def verb_form(self, request: HttpRequest, verb: Verb[M], obj: M) -> forms.Form:
        """Return the form that is filled in before a verb is done."""
        return verb.form(request.POST if request.method == "POST" else None)

    def may_use(self, request: HttpRequest, verb: Verb[M], obj: M) -> bool:
        """Tell whether a person may do a verb at all, whatever the object's state."""
        return self.has_view_permission(request, obj) and verb.is_permitted(staff_of(request))

    def described(self, obj: M) -> str:
        """Return how the page of a verb names the object."""
        return str(obj)

    def why_not(self, verb: Verb[M], obj: M) -> str:
        """Return why a verb is not available for an object; empty where ``run`` itself says so."""
        return verb.why_not

    def consequence(self, verb: Verb[M], obj: M) -> str:
        """Return what the page of a verb says that it does to an object."""
        return verb.consequence

    def form_context(self, request: HttpRequest, obj: M | None, context: Context) -> Context:
        """Return what the page of an object shows besides Django's context; ``obj`` is None for a new one."""
        return {"verbs": self.available_verbs(request, obj) if obj else {}}

    def seen(self, obj: M) -> dict[str, object]:
        """Return what a page notes of the object that it shows, to be compared when it is sent."""
        return {}

    def overtaken(self, obj: M) -> str:
        """Say that an object is no longer what the page showed."""
        return f"Nothing was done: somebody else changed “{obj}” meanwhile. Look again."

    # --- Offering and doing them ----------------------------------------------------------------------

    def available_verbs(self, request: HttpRequest, obj: M) -> dict[str, Verb[M]]:
        """Return the verbs that make sense for an object, and that this person may do, by their names."""
        user = staff_of(request)
        return {
            name: verb
            for name, verb in self.verbs.items()
            if verb.is_permitted(user) and verb.is_available(user, obj)
        }

    # Django's own further arguments are passed on as they come.
    def render_change_form(
        self, request: HttpRequest, context: Context, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context |= self.form_context(request, context["original"], context)
        return super().render_change_form(request, context, *args, **kwargs)

    def verb_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Say what a verb does and ask for what it needs; do it on POST."""
        if (verb := self.verbs.get(name)) is None:
            raise Http404("There is no such verb.")
        user, obj = staff_of(request), self.get_object(request, str(pk))
        if not (verb.is_permitted(user) and (obj is None or self.may_use(request, verb, obj))):
            raise PermissionDenied
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined]  # not in the stubs
        sent = request.POST if request.method == "POST" else None
        if sent and any(sent.get(name, str(value)) != str(value) for name, value in self.seen(obj).items()):
            messages.error(request, self.overtaken(obj))
            return self.to_page_of(pk)
        why = self.why_not(verb, obj)
        if not verb.is_available(user, obj) and (why or sent is None):
            why = why or "it cannot be done now, or not by you"
            messages.warning(request, f"“{verb.label}” is not possible: {why}. Nothing was changed.")
            return self.to_page_of(pk)
        form = self.verb_form(request, verb, obj)
        foreseen = verb.foresee(user, obj, **form.cleaned_data if form.is_valid() else {})
        if form.is_valid() and not self.is_otherwise(request, name, verb, foreseen):
            return self.do(request, verb, obj, **form.cleaned_data)
        faults = verb.faults(obj)
        focus_first_field(form)
        context: Context = {"opts": self.opts, "original": obj, "described": self.described(obj)}
        context |= {"verb": verb, "form": form, "faults": faults, "foreseen": foreseen}
        context["consequence"] = foreseen.sentence if verb.foresight else self.consequence(verb, obj)
        context["is_stopped"] = verb.faults_stop and any(fault.stops for fault in faults)
        # The URL may hold what the page showed that led here.
        context["seen"] = {each: request.GET.get(each, value) for each, value in self.seen(obj).items()}
        context["seen"][foreseen_field(name)] = foreseen.key
        question = foreseen.question or verb.label
        if context["is_stopped"]:
            question = verb.stopped or question
        # The scripts of Django's own fields need those of its forms.
        context["media"] = self.media + form.media if str(form.media) else ""
        return page(request, "desk/verb", question, **context)

    def is_otherwise(self, request: HttpRequest, name: str, verb: Verb[M], foreseen: Foresight) -> bool:
        """Tell whether a verb would do something else than its form said, and tell the person so."""
        stated = request.POST.get(foreseen_field(name), "" if verb.weighs_answers else foreseen.key)
        if stated == foreseen.key:
            return False
        if stated or not verb.weighs_answers:
            now = f"What follows now is: “{foreseen.label}”."
            messages.warning(request, f"Nothing was done, since things have changed meanwhile. {now}")
        return True

    def do(self, request: HttpRequest, verb: Verb[M], obj: M, **answers: object) -> HttpResponse:
        """Do a verb, tell the person what came of it, and lead to the object's page, or to the list."""
        pk = obj.pk
        with refusals_told(request):
            result = verb.run(obj, **answers, by=staff_of(request))
            if isinstance(result, HttpResponse):
                return result
            sentence = result if isinstance(result, str) else verb.done
            sentence = f"{sentence} {verb.afterwards(obj)}".strip()
            messages.success(request, self.success_message % {"obj": obj, "sentence": sentence})
            pk = result.pk if isinstance(result, self.model) else pk
        return self.to_page_of(pk)

    def to_page_of(self, pk: int) -> HttpResponseRedirect:
        """Lead to the page of an object, or to the list where it is gone."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if self.model._default_manager.filter(pk=pk).exists():
            return HttpResponseRedirect(reverse(f"{name}_change", args=[pk]))
        return HttpResponseRedirect(reverse(f"{name}_changelist"))
