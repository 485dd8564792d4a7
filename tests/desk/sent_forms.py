"""What a browser without scripts sends of a page's form."""

from html.parser import HTMLParser

# These belong to a button, and are sent only where that is pressed.
_BUTTONS = ("submit", "button", "image", "reset", "file")


class _Forms(HTMLParser):
    """Reads the fields of each form of a page, in order, as (name, value)."""

    def __init__(self, page):
        super().__init__()
        self.forms, self.area, self.select = [], None, None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        name = attributes.get("name")
        if tag == "form":
            self.forms.append([])
        elif not self.forms:
            return
        elif tag == "input" and name:
            kind = attributes.get("type", "text")
            is_chosen = "checked" in attributes or kind not in ("checkbox", "radio")
            if kind not in _BUTTONS and is_chosen and "disabled" not in attributes:
                self.forms[-1].append((name, attributes.get("value", "on" if kind == "checkbox" else "")))
        elif tag == "textarea":
            self.area = (name, [])
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in attributes:
            self.forms[-1].append((self.select, attributes.get("value", "")))

    def handle_data(self, data):
        if self.area:
            self.area[1].append(data)

    def handle_endtag(self, tag):
        if tag == "textarea" and self.area:
            name, parts = self.area
            text = "".join(parts).replace("\r\n", "\n").removeprefix("\n")
            self.forms[-1].append((name, text.replace("\n", "\r\n")))
            self.area = None
        elif tag == "select":
            self.select = None


def as_sent(response, having="csrfmiddlewaretoken", **typed):
    """Return what is sent of the form that has a field of some name, but for what somebody has ``typed``.

    A value of None takes a field away, as unticking a box does; a list stands for several of one name.
    """
    form = next(form for form in _Forms(response.text).forms if having in dict(form))
    data = {}
    for name, value in form:
        data.setdefault(name, []).append(value)
    data.update({name: value if isinstance(value, list) else [value] for name, value in typed.items()})
    return {name: values for name, values in data.items() if values != [None]}
