"""Tables: even, with their header rows apart; what only lays out a page becomes paragraphs."""

import pytest

from tips.text.normal_form import normal


def table(*rows, head=""):
    return f"<table>{f'<thead>{head}</thead>' if head else ''}<tbody>{''.join(rows)}</tbody></table>"


def test_a_table_of_two_by_two_is_one():
    source = "<table><tr><td>Do</td><td>Don’t</td></tr>\n<tr><td><p>smile</p></td><td>frown</td></tr></table>"
    assert normal(source) == table(
        "<tr><td>Do</td><td>Don’t</td></tr>", "<tr><td>smile</td><td>frown</td></tr>"
    )


def test_header_rows_stand_apart_and_keep_what_they_are_the_header_of():
    body = '<tr><th scope="row">a</th><td>1</td></tr>'
    head = '<tr><th scope="col">A</th><th>B</th></tr>'
    assert normal(f"<table>{head}{body}</table>") == table(body, head=head)
    in_head = f"<table><thead><tr><td>A</td><td>B</td></tr></thead>{body}</table>"
    assert normal(in_head) == table(body, head="<tr><th>A</th><th>B</th></tr>")


def test_rows_are_filled_up_and_spans_end_with_the_table():
    source = (
        '<table><tr><td rowspan="9">a</td><td colspan="2">b</td></tr><tr></tr>'
        '<tr><td colspan="40000">c</td></tr></table>'
    )
    assert normal(source).count("<td") < 55
    source = (
        '<table><tr><td rowspan="9">a</td><td>b</td></tr><tr></tr><tr><td colspan="2">c</td></tr></table>'
    )
    assert normal(source) == table(
        '<tr><td rowspan="2">a</td><td>b</td><td></td></tr>', '<tr><td colspan="2">c</td></tr>'
    )


def test_a_span_does_not_run_into_the_cell_that_reaches_down():
    source = '<table><tr><td>a</td><td rowspan="2">b</td></tr><tr><td colspan="2">c</td></tr></table>'
    assert normal(source) == table('<tr><td>a</td><td rowspan="2">b</td></tr>', "<tr><td>c</td></tr>")


@pytest.mark.parametrize(
    "source",
    [
        "<table><tr><td>one</td></tr><tr><td>two</td></tr></table>",
        "<table><tr><td>one</td><td><table><tr><td>two</td></tr></table></td></tr></table>",
    ],
)
def test_a_table_that_lays_out_a_page_becomes_paragraphs(source):
    assert normal(source) == "<p>one</p><p>two</p>"


def test_words_beside_the_cells_stand_before_the_table():
    source = "<table>so<tr>and<td>a</td><td>b</td></tr></table>"
    assert normal(source) == "<p>soand</p>" + table("<tr><td>a</td><td>b</td></tr>")
