"""HTML that went through a parser, as a tree of elements and strings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

from tips.text.html_tokens import tokens

# What is nested deeper stands in the element at this depth: no writer means it, and no reader sees it.
_DEEPEST = 60
_VOID = frozenset(["br", "hr", "img", "wbr", "col", "input", "area", "embed", "source", "track"])


@dataclass
class Element:
    """An element with what it holds, in order."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list[Union["Element", str]] = field(default_factory=list)


def tree(source: str) -> Element:
    """Return HTML whose tags are balanced as an element without a name that holds it all."""
    open_elements = [Element("")]
    too_deep = 0
    for token in tokens(source):
        if token.text:
            open_elements[-1].children.append(token.text)
        elif token.tag in _VOID:
            open_elements[-1].children.append(Element(token.tag, token.attributes))
        elif token.closes:
            if too_deep:
                too_deep -= 1
            elif len(open_elements) > 1:
                open_elements.pop()
        elif len(open_elements) > _DEEPEST:
            too_deep += 1
        else:
            element = Element(token.tag, token.attributes)
            open_elements[-1].children.append(element)
            open_elements.append(element)
    return open_elements[0]


def retagged(element: Element, tag: str, other: str) -> Element:
    """Return a copy of an element in which all elements of one tag have another one."""
    children = [
        retagged(child, tag, other) if isinstance(child, Element) else child for child in element.children
    ]
    return Element(other if element.tag == tag else element.tag, element.attributes, children)
