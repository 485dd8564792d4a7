"""Everything a reader sees, and what staff do with it: tips, their slots, the search, the public site.

This room may import ``desk`` and ``shield``. It knows nothing of subscribers or mail; where a page of theirs
must appear here, an upper room registers it in its ``AppConfig.ready``.
"""
