"""No-break spaces before units, in Python and in the editor's script."""

import re

import pytest
from django.conf import settings

from tips.text import no_break_spaces


def test_the_editor_knows_the_same_units():
    script = (settings.BASE_DIR / "static" / "admin-desk" / "paste-spaces.js").read_text()
    (stated,) = re.findall(r"const UNITS =\n(.*?);\n", script, re.DOTALL)
    assert "".join(re.findall(r'"(.*?)"', stated)).split(" ") == no_break_spaces._UNITS


@pytest.mark.parametrize("words", ["3 min", "30 EUR", "5 °C", "9 a.m."])
def test_a_number_keeps_its_unit_beside_it(words):
    sticking = words.replace(" ", "\u00a0")
    assert no_break_spaces.loosened(f"in\u00a0{sticking}\u00a0or so") == f"in {sticking} or so"


def test_a_word_that_begins_like_a_unit_is_none():
    assert no_break_spaces.loosened("3\u00a0mines, 4\u00a0people") == "3 mines, 4 people"
