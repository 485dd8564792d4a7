"""What a verb will do, said before it is done: the words of its button, and a line of time."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MailLine:
    """How a mail will look in a list of mails: its subject and what follows; ``url`` shows the whole."""

    subject: str
    preheader: str
    url: str = ""


@dataclass(frozen=True)
class Step:
    """One thing that follows from a verb.

    ``when`` says in short when it follows, such as “07:10”. ``is_mail`` marks what leaves the site and cannot
    be taken back; ``mail`` is then shown as far as it is known.
    """

    when: str
    title: str
    detail: str = ""
    is_mail: bool = False
    mail: MailLine | None = None


@dataclass(frozen=True)
class Foresight:
    """What follows from a verb, as far as can be told before it.

    ``label`` is the verb in words that name what follows, such as “Approve for Tue 15 Dec, 07:00”, and
    ``question`` the same as the heading of the page that asks first. ``sentence`` stands below the button,
    ``lead`` below the heading. ``leave`` names the way out by what stays. ``key`` is what the words depend
    on: a form carries the key, and a verb that would do something else by now asks again. ``asks`` says that
    more follows than the button can name, so that the page comes first.
    """

    label: str
    question: str = ""
    lead: str = ""
    sentence: str = ""
    steps: Sequence[Step] = ()
    leave: str = "Leave it as it is"
    key: str = ""
    asks: bool = False

    @property
    def mails(self) -> bool:
        """Whether something leaves the site that cannot be taken back."""
        return any(step.is_mail for step in self.steps)
