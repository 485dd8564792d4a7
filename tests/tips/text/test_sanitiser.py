"""What a body may hold: nothing else stays, and no word goes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tips.text import sanitiser


@settings(deadline=None)
@given(st.text())
def test_cleaning_twice_changes_nothing_more(source):
    once = sanitiser.clean(source)
    assert sanitiser.clean(once) == once
    assert "<script" not in once.lower()


def test_a_script_in_html_goes_with_its_content_and_other_tags_leave_theirs():
    source = '<p onclick="x()">Hi <u>you</u><script>alert(1)</script> <a href="javascript:x()">there</a></p>'
    assert sanitiser.clean(source) == "<p>Hi you <a>there</a></p>"


def test_html_without_words_is_no_body():
    assert sanitiser.clean("<p> </p><p><br></p>") == ""
