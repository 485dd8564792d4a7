"""Templates are indented one way.

Each element and each template tag that is open when a line begins indents the line by two spaces. A tag whose
partner is on another line stands on a line of its own. What ``<style>`` holds is left alone.
"""

import re

import pytest

from tests.architecture.tree import ROOT, files

TAG = re.compile(
    r"""<!--.*?-->|\{\#.*?\#\}|\{\{.*?\}\}|\{%\ *(?P<word>\w+).*?%\}
    |<(?P<slash>/?)(?P<name>[a-z]\w*)(?:\{[{%].*?[%}]\}|"(?:\{[{%].*?[%}]\}|[^"])*"|[^">])*?(?P<empty>/?)>""",
    re.VERBOSE,
)
BLOCKS = {"block", "if", "for", "with", "comment"}
VOID = {"meta", "link", "input", "br", "img", "hr"}
BETWEEN = {"else", "elif", "empty"}


def loose_tags(line):
    """Return the tags of a line whose partner is not on it, each with the change of depth: 1, 0 or -1."""
    opened, loose = [], []
    for tag in TAG.finditer(line):
        word, name = tag["word"] or "", tag["name"]
        if word in BETWEEN and not opened:
            loose.append((tag[0], 0))
        elif word in BLOCKS or (name and not tag["slash"] and not tag["empty"] and name not in VOID):
            opened.append((word or name, tag[0]))
        elif word.removeprefix("end") in BLOCKS or tag["slash"]:
            if opened and opened[-1][0] == (word.removeprefix("end") or name):
                opened.pop()
            else:
                loose.append((tag[0], -1))
    return loose + [(text, 1) for _, text in opened]


def badly_indented(text):
    """Return the numbers of the lines that break the rule."""
    depth, wrong, is_style = 0, [], False
    for number, line in enumerate(text.splitlines(), 1):
        is_style = is_style and "</style>" not in line
        if is_style or not line.strip():
            continue
        loose = loose_tags(line)
        before = depth - any(change < 1 for _, change in loose)
        depth += sum(change for _, change in loose)
        is_alone = len(loose) < 2 and all(tag == line.strip() for tag, _ in loose)
        if not is_alone or len(line) - len(line.lstrip()) != 2 * before:
            wrong.append(number)
        is_style = line.strip() == "<style>"
    return wrong


@pytest.mark.parametrize(
    "path", files(".html", under="templates"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_template_is_indented_by_two_spaces(path):
    # What has to be a document's first line may follow what loads its tags.
    assert badly_indented(path.read_text().replace("%}<!doctype html>", "%}")) == []


# Whoever signs in has no mark yet; whoever logs out needs none.
NOBODYS = {"login.html", "code.html", "sign_in_again.html", "_bar.html"}


def test_each_form_of_the_desk_says_whose_it_is():
    paths = [path for path in files(".html", under="templates/admin") if path.name not in NOBODYS]
    tokens = {str(path.relative_to(ROOT)): path.read_text().count("{% csrf_token %}") for path in paths}
    marks = {str(path.relative_to(ROOT)): path.read_text().count("{% person_mark %}") for path in paths}
    # The form of a tip, and Django's own, have the mark with what else a form notes.
    part, form = "templates/admin/desk/_concurrent.html", "templates/admin/tips/tip/change_form.html"
    own = "templates/admin/change_form.html"
    assert marks == tokens | {part: 1, form: 0, own: 0}
