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
        slots spelling tagging text.markup text.tokens versions views ways weeks words writing""",
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


def test_no_text_uses_a_name_that_went():
    names = [rf"\b{name}\b" for name in IDENTIFIERS]
    for room, modules in MODULES.items():
        for module in modules.split():
            # A template may be called as a module was: a path is a module's by its ending.
            path = f"{room}/{module.replace('.', '/')}"
            names.append(rf"(?<![\w./]){re.escape(path)}(?:\.py|/__init__\.py)\b")
            names.append(rf"(?<![\w./]){re.escape(f'{room}.{module}')}(?![\w/])")
    gone = re.compile("|".join(names))
    used = []
    for path in files(".py", ".html", ".txt", ".xml", ".md", ".toml", ".service", ".yaml", ".js", ".css"):
        name = str(path.relative_to(ROOT))
        if name not in HISTORY:
            lines = enumerate(path.read_text().splitlines(), 1)
            used += [f"{name}:{number}: {hit[0]}" for number, line in lines if (hit := gone.search(line))]
    assert used == []


def test_no_name_counts_as_gone_while_its_module_is_there():
    there = [
        f"{room}.{module}"
        for room, modules in MODULES.items()
        for module in modules.split()
        if (place := ROOT / room / module.replace(".", "/")).is_dir() or place.with_suffix(".py").exists()
    ]
    assert there == []
