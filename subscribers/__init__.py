"""Everything about people and mail: all personal data, the weekly mail, and what comes back.

This room may import ``tips``, ``desk`` and ``shield``. Folders: ``models`` (rows), ``people`` (who is on the
list, and why somebody gets nothing), ``recovery`` (the restore guard), ``mail`` (one mail to one person),
``tipmail`` (the weekly mail's text), ``delivery`` (the engine), ``bounces`` (what comes back), ``mailings``
(what staff do with a mailing), ``exchange`` (lists in and out), ``public`` and ``admin`` (pages).
"""
