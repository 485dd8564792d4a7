"""What may stand in a first name, whoever typed it or brought it over: our mails greet with it."""

import re

LONGEST = 60
_ADDRESS = re.compile(r"://|www\.|@", re.IGNORECASE)


def leads_somewhere(name):
    """Tell whether a name holds an address, of a page or of a person, which a mail program would link."""
    return _ADDRESS.search(name) is not None
