"""Our own table of subscribers, as it is exported and read again: its columns, and cells that nothing runs.

A cell that begins with one of some signs is run as a formula by spreadsheets. Such a cell gets an apostrophe
before it, and so does one that begins with an apostrophe already: taking one away again gives every text
back as it was. That is done to this table alone; an apostrophe in anybody else's file is part of the text.
"""

ADDRESS = "E-mail address"
FIRST_NAME = "First name"
STATUS = "Status"
SOURCE = "Source"
JOINED = "Joined"
LEFT = "Left"
PAUSED = "Paused until"
RECORD = "Record"
# For people to read; an import takes what they say from RECORD.
TOLD = ("Suppressed", "Agreed to", "Wording version", "Asked", "Agreed", "Page", "Coarse origin")
COLUMNS = (ADDRESS, FIRST_NAME, STATUS, SOURCE, JOINED, LEFT, PAUSED, *TOLD, RECORD)

# The status of a row that goes on with the record of the one above it.
CONTINUED = "continued"
# A cell of a spreadsheet holds 32,767 characters.
LONGEST_CELL = 30_000

# The last four are what East Asian keyboards make of the first four.
_STARTS_A_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_GUARD = "'"


def guarded(text):
    """Return a text as a cell that no spreadsheet runs."""
    runs = text[:1] in _STARTS_A_FORMULA or text.lstrip()[:1] in _STARTS_A_FORMULA
    return _GUARD + text if runs or text.startswith(_GUARD) else text


def unguarded(cell):
    """Return the text of a cell of our own table."""
    return cell.removeprefix(_GUARD)
