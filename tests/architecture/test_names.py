"""Names that went, so that no text leads to them: modules, and identifiers that are no ordinary words."""

import re

from tests.architecture.tree import ROOT, files

MODULES = {
    "shield": "budgets origins questions stamps strain turns",
    "tips": """
        addresses admin.images admin.moves admin.watching admin.ways admin.writing desk differences feeds
        grounds highlight history images importers.files importers.merging importers.names mail_mark
        markup media metadata models.desk models.editing models.listing models.slots models.timetable
        models.traces models.ways openings pictures planning preflight preview public.archive
        public.images queue refusals rights rules schedule.calendar schedule.slot_rules similar sitemaps
        slots spelling tagging text.characters text.list_marks text.markup
        text.tokens versions views ways weeks words writing""",
    "subscribers": """
        admin.exchange admin.growing admin.ledger admin.lists admin.people admin.requests admin.searching
        admin.signup_requests admin.trials changes charts confirmations delivery.brakes delivery.opening
        delivery.post delivery.replies delivery.sending delivery.wire emails erasure exchange.files
        exchange.own_export exchange.own_format exports figures forms growth guard importers journal
        letters mail.changes mail.emails mail.letters mail.senders mail.signup_mail mailboxes marks
        models.instance models.letters models.outgoing models.requests models.returns
        models.signup_requests mydata names outbox preference_forms previews public.preference_forms
        public.responses replay sheets staff stories subscriptions suppressions telling tipmail.messages
        tipmail.plain tipmail.senders tipmail.template tipmail.writing uploads views watermarks wording""",
    "tipsite": """
        background backups clock context demonstration dumps emails floods health leases notices roles
        safety.verdict staff.account staff.desk staff.notes staff.people staff.safe staff.signing_in
        staff.tokens staff.uploads stopping supervisor troubles""",
}
IDENTIFIERS = """
    Allowance EXTRA_TURN HistoricalRecords InTheDesk Pace SignupRequest StaffDesk Turns Wish answer_form
    at_the_desk bring_in desk_address give_to_mail in_the_desk is_grave keep_from_mail mail_mark
    nudge_due nudge_letters once_uncertain open_to_all opened_at opened_up_to opens_at reason_in
    refusals_in send_confirmation send_letter signup_mail simple_history unhurried unkept watermark
    watermarks work_off written_anew
""".split()
# What tells of the past.
HISTORY = {"CHANGELOG.md", "docs/decisions.md", ".git-blame-ignore-revs", "tests/architecture/test_names.py"}


def pattern_of(room, modules):
    """Return what finds the modules of a room, as paths or with dots."""
    dotted = "|".join(map(re.escape, modules))
    paths = dotted.replace(r"\.", "/")
    # A template may be called as a module was: a path is a module's by its ending.
    return rf"(?<![\w./]){room}(?:/(?:{paths})(?:\.py|/__init__\.py)\b|\.(?:{dotted})(?![\w/]))"


def test_no_text_uses_a_name_that_went():
    # One after the other: in one pattern with the rest, nothing that begins alike is passed over quickly.
    patterns = [re.compile(pattern_of(room, modules.split())) for room, modules in MODULES.items()]
    identifiers = {*IDENTIFIERS}
    used = []
    for path in files(".py", ".html", ".txt", ".xml", ".md", ".toml", ".service", ".yaml", ".js", ".css"):
        name = str(path.relative_to(ROOT))
        if name not in HISTORY:
            text = path.read_text()
            hits = [hit[0] for pattern in patterns for hit in pattern.finditer(text)]
            used += [f"{name}: {hit}" for hit in (*hits, *identifiers.intersection(re.findall(r"\w+", text)))]
    assert used == []


def test_no_name_counts_as_gone_while_its_module_is_there():
    there = [
        f"{room}.{module}"
        for room, modules in MODULES.items()
        for module in modules.split()
        if (place := ROOT / room / module.replace(".", "/")).is_dir() or place.with_suffix(".py").exists()
    ]
    assert there == []
