import io
import sys

from desk import terminal


def test_it_writes_what_a_terminal_would_obey_as_its_code():
    assert terminal.printable("caf\u00e9\u00a0\x1b[31m\n\u202e") == "caf\u00e9\u00a0\\x1b[31m\\n\\u202e"


def test_a_reason_is_one_line():
    assert terminal.reason(ValueError("a\n  b")) == "a b"


def test_a_bar_passes_all_on_and_shows_itself_on_a_terminal_only(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert list(terminal.progress_bar([1, 2], desc="Reading", unit="file")) == [1, 2]
    assert sys.stderr.getvalue() == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert list(terminal.progress_bar([1, 2], desc="Reading", unit="file")) == [1, 2]
    assert "Reading" in sys.stderr.getvalue()
