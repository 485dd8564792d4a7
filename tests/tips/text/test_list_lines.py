"""What begins an item of a list, and what only looks like it."""

import pytest

from tips.text.list_lines import Item, items


def read(text):
    return items(text.split("\n"))


@pytest.mark.parametrize(
    "line",
    [
        "• One",
        "•One",
        "▪ One",
        "■ One",
        "● One",
        "◦\tOne",
        "· One",
        "·\u00a0\u00a0One",
        "\uf0b7 One",
        "‣ One",
    ],
)
def test_a_bullet_begins_an_item_wherever_it_stands(line):
    assert read(f"Say this.\n{line}") == [None, Item("One")]


@pytest.mark.parametrize("sign", ["-", "–", "*", "o", "−"])
def test_a_sign_that_means_much_else_begins_items_in_a_run(sign):
    assert read(f"Say:\n{sign} One\n{sign}\u00a0Two\nEnd.") == [None, Item("One"), Item("Two"), None]
    # An indented line goes on where the item left off.
    assert read(f"{sign} One\n   and more\n{sign} Two") == [Item("One"), None, Item("Two")]


@pytest.mark.parametrize(
    "text",
    [
        "He paused.\n- Not today, he said.\nShe left.",
        "– Is anybody here?\nNobody was.\n– Hello?",
        "— Good morning.\n— Good morning to you.",
        "- Ines, front desk",
        "* Names were changed.",
        "-5 degrees\n-7 degrees",
        "* * *\n* * *",
        "- - -\n- - -",
        "- One\n– Another sign",
        "o dear\nEnd.",
        "·com is no bullet",
        "- \n- ",
    ],
)
def test_a_dash_alone_is_speech_or_a_signature_or_a_note(text):
    assert not any(read(text))


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("a) One\nb) Two", "a"),
        ("(a) One\n(b) Two", "a"),
        ("a. One\nb. Two", "a"),
        ("A) One\nB) Two", "A"),
        ("i. One\nii. Two", "i"),
        ("(i) One\n(ii) Two", "i"),
        ("i) One\nii) Two", "i"),
        ("(1) One\n(2) Two", ""),
    ],
)
def test_letters_and_numerals_begin_items_in_a_row_from_the_first_on(text, style):
    assert read(text) == [Item("One", 1, style), Item("Two", 2, style)]
    assert read(f"Say:\n{text}\nEnd.")[1:3] == read(text)
    apart = text.replace("\n", "\nand explain it\n")
    assert [item for item in read(apart) if item] == read(text)


@pytest.mark.parametrize(
    "text",
    [
        "A) is the answer.",
        "b) Two\nc) Three",
        "a) One\nc) Three",
        "(1) is where to begin.",
        "(2) Two\n(3) Three",
        "A. Lindqvist wrote it.\nB. Moreno read it.",
        "1,000 guests came.\n2,000 left.",
        "i. e. that is\nOther",
        "a)One\nb)Two",
        "(one) One\n(two) Two",
    ],
)
def test_a_letter_without_its_row_is_text(text):
    assert not any(read(text))


def test_the_letter_i_is_the_ninth_in_a_row_of_letters():
    found = read("\n".join(f"{letter}) Item" for letter in "abcdefghij"))
    assert [(item.number, item.style) for item in found] == [(number, "a") for number in range(1, 11)]


def test_each_row_is_its_own():
    found = read(
        "a) One\n(i) One of one\n(ii) Two of one\nb) Two\n\na) One anew\nb) Two anew".replace("\n\n", "\n")
    )
    assert [(item.number, item.style) for item in found] == [
        (1, "a"),
        (1, "i"),
        (2, "i"),
        (2, "a"),
        (1, "a"),
        (2, "a"),
    ]
