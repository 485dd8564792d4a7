"""Clean HTML as a tree of elements and texts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tips.text.html_tokens import tokens

# Elements without content, which have no closing tag.
VOID = {"br", "hr", "img"}
# No person nests so deep; what does is read as if its outer elements ended here.
_DEEPEST = 150


@dataclass
class Element:
    """An element: its tag, its attributes with references resolved, its elements and texts in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text in it, a line break as a line end."""
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return "\n" if self.tag == "br" else "".join(parts)

    def all(self, tag: str) -> Iterator["Element"]:
        """Yield the elements of a tag in it, at any depth, in order."""
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag:
                    yield child
                yield from child.all(tag)


def tree(source: str) -> Element:
    """Return HTML that went through the cleaner as a tree, within one element ``body``."""
    body = Element("body")
    open_elements = [("", body)]
    for token in tokens(source):
        parent = open_elements[-1][1]
        if token.text:
            parent.children.append(token.text)
        elif not token.closes:
            is_too_deep = len(open_elements) > _DEEPEST
            element = (
                parent if is_too_deep and token.tag not in VOID else Element(token.tag, token.attributes)
            )
            if element is not parent:
                parent.children.append(element)
            if token.tag not in VOID:
                open_elements.append((token.tag, element))
        elif any(tag == token.tag for tag, _ in open_elements):
            while open_elements.pop()[0] != token.tag:
                pass
    return body
