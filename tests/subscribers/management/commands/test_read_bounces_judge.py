"""How a folder of reports is judged, with nothing kept."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from subscribers.models import BounceReport
from tests.subscribers.bounces.returned import delivery_report

pytestmark = pytest.mark.django_db
LETTER = (
    b"From: Bea <bea@example.net>\r\nTo: bounces@tips.example.org\r\nSubject: Thank you\r\n\r\nLovely.\r\n"
)


@pytest.fixture
def folder(tmp_path):
    """A folder of reports that are about no mail of ours."""
    (tmp_path / "more").mkdir()
    named = {
        "gone": ("5.1.1", "550 5.1.1 unknown"),
        "full": ("5.2.2", "552 5.2.2 full"),
        "no": ("5.0.0", "550 no"),
    }
    for name, (status, words) in named.items():
        (tmp_path / "more" / name).write_bytes(
            delivery_report("x@example.org", status, words=f"smtp; {words}")
        )
    (tmp_path / "letter.eml").write_bytes(LETTER)
    return tmp_path


def judged(*arguments):
    out = io.StringIO()
    call_command("read_bounces", "--judge", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_folder_of_reports_is_judged_and_nothing_is_kept(folder):
    lines = judged(folder).splitlines()
    assert lines[0].split() == ["kind", "cause", "status", "what", "follows", "mail"]
    assert [line.split()[:4] for line in lines[2:5]] == [
        ["soft", "full", "5.2.2", f"{folder}/more/full"],
        ["hard", "no_mailbox", "5.1.1", "suppressed"],
        ["hard", "unexplained", "5.0.0", "counts"],
    ]
    assert lines[-1] == "4 mails: 2 hard, 1 other, 1 soft."
    assert not BounceReport.objects.exists()


def test_a_judged_folder_is_one_json_object_where_asked_for(folder):
    found = json.loads(judged(folder, "--json"))
    assert found["counts"] == {"other": 1, "soft": 1, "hard": 2}
    assert found["mails"][2]["follows"] == "suppressed"


@pytest.mark.parametrize("more", [[], ["--to", "a@example.org"]])
def test_what_is_no_folder_is_one_line_and_status_2(tmp_path, more):
    with pytest.raises(CommandError) as refusal:
        judged(tmp_path / "none", *more)
    assert refusal.value.returncode == 2
    assert "\n" not in str(refusal.value)
