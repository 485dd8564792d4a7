"""What may stand in a first name, whoever typed it or brought it over: our mails greet with it."""

import re

LONGEST = 60
_LINK = re.compile(r"://|www\.|@", re.IGNORECASE)


def holds_link(name: str) -> bool:
    """Tell whether a name holds a URL or an e-mail address, of which a mail program would make a link."""
    return _LINK.search(name) is not None
