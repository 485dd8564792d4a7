"""The restore guard: no mail from a database that is older than its journal, or has lost it.

Each time mail goes out, the database's counter rises. Afterwards the journal (``people.journal``) gets a
*checkpoint*: the name and the counter of the database, and how far the mailing is. A backup that is put back
has a lower counter than the journal beside it. A copy on another machine has no journal, or a journal with
another name. A journal that was cut off has a lower counter than the database has seen in it. And a restore
leaves its mark in the database. Host names and clocks are never asked. From such a database nothing goes out:
the *guard* is closed until a Publisher says that this is the real database. Then the journal is *replayed*:
who left, was suppressed or was erased since the backup gets no mail. The journal may itself be as old as the
backup, so what may have been mailed after its last line waits for a person. The database goes on under a new
name, so that its twin finds itself closed.

The database commits its counter before the journal gets the checkpoint. A process that dies in between leaves
the journal behind, never ahead, so the guard does not close by accident. (A power failure may take commits
from SQLite. Then the database is older than what was mailed, and the guard closes rightly.)

``checkpoints`` reads the checkpoints, ``guard`` closes and writes them, ``doubts`` says what is not known,
``declaration`` opens, and ``replay`` brings the entries about people into the database.

May import ``subscribers.people`` and the rooms below it.
"""
