"""One way to write days and times (``tips/dates.py``), and people (``desk/names.py``)."""

import itertools
import re
from datetime import UTC, datetime

from tests.architecture.tree import ROOT, code, files
from tips.admin.pages import state_of
from tips.admin.tip_rows import WORDS
from tips.admin.verbs import VERBS
from tips.models import Tip, TipState

# For machines, and the single pieces of a day that the strip of weeks and the month view set apart.
MACHINE_FORMS, PIECES = {"c", "Y-m-d", "Y-m", "U"}, {"j", "D", "F"}
FILTER = re.compile(r"""\|(?:date|time)\b(?::["']([^"']*)["'])?|\{%\s*now\b""")
# What turns a moment into text, or asks a format to: of a day or an hour, in words for people.
FORMATTED = re.compile(r"""\b(?:date_format|time_format|strftime)\(|:%[aAbBdHIjmMpyY]""")
# Modules whose text machines read: names of files, identifiers, tokens, SQL, and the fields of a browser.
FOR_MACHINES = {
    "tips/models/edition.py",
    "subscribers/admin/import_export.py",
    "subscribers/people/subscriptions.py",
    "tips/admin/fields.py",
    "tips/admin/forms.py",
    "tips/admin/calendar_weeks.py",
    "tips/public/feeds.py",
    "tips/triggers.py",
    "tipsite/alerts/refusal_alerts.py",
    "tipsite/backup/database_dump.py",
    "tipsite/backup/folder.py",
}


def test_templates_write_days_and_times_by_the_filters_of_our_dates():
    found = {
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in files(".html", ".txt", ".xml", under="templates")
        for hit in FILTER.finditer(path.read_text())
        if hit[1] not in MACHINE_FORMS | PIECES
    }
    assert found == set()


def test_code_writes_days_and_times_by_our_dates():
    found = {str(path.relative_to(ROOT)) for path in code() if FORMATTED.search(path.read_text())}
    assert found - {"tips/dates.py"} == FOR_MACHINES


# What somebody signs in with: for their eyes, for the locks on signing in, and where it is typed.
SIGN_IN_NAME = re.compile(r"\bget_full_name\b|\bget_username\b|(?:user|person|by|author|editor)\.username\b")
SIGN_IN_NAMES = {
    "desk/names.py",
    "templates/admin/staff/account.html",
    "templates/emails/address_changed.html",
    "templates/emails/address_changed.txt",
    "templates/emails/invitation.html",
    "templates/emails/invitation.txt",
    "templates/emails/password_reset.html",
    "templates/emails/password_reset.txt",
    "templates/registration/password_reset_confirm.html",
    "tipsite/staff/colleagues_admin.py",
    "tipsite/staff/lockout.py",
    "tipsite/staff/my_account.py",
    "tipsite/staff/sign_in.py",
    "tipsite/staff/sign_in_again.py",
}


def test_people_are_written_by_their_names():
    paths = [*code(), *files(".html", ".txt", under="templates")]
    found = {str(path.relative_to(ROOT)) for path in paths if SIGN_IN_NAME.search(path.read_text())}
    assert found == SIGN_IN_NAMES
    # Django writes a user by what they sign in with.
    written = re.compile(r"\{\{ *(?:\w+\.)*(?:user|tip\.author|tip\.editor|made_by) *\}\}")
    found = {
        str(path.relative_to(ROOT))
        for path in files(".html", ".txt", under="templates")
        if written.search(path.read_text())
    }
    assert found == set()


def _table(heading):
    """Return the rows of a table of the concepts, {first cell: second cell}, by how its head begins."""
    lines = (ROOT / "docs/concepts.md").read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {heading} |")) + 2
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    return dict(tuple(cell.strip() for cell in row.strip("|").split("|")[:2]) for row in rows)


def test_verbs_and_states_are_called_as_the_concepts_call_them():
    pressed = [f"{verb.label} …" if verb.has_page else verb.label for verb in VERBS.values()]
    assert list(_table("press")) == pressed
    named = _table("state | what the desk calls it")
    assert {*named.values()} == {
        WORDS[name] for name in ("draft", "in_review", "queue", "public", "withdrawn")
    }
    assert {str(state.label) for state in TipState} <= {*named.values()}
    assert WORDS["sent_back"].startswith(WORDS["draft"])
    to_come = Tip(state=TipState.APPROVED, publish_at=datetime(2100, 1, 1, tzinfo=UTC))
    assert WORDS["queue"] in state_of(to_come)
