"""The page store: finished pages for readers, kept in memory and served before Django's stack.

``state`` watches what decides whether a kept page is still right; ``page`` is one kept response with its
compressed forms; ``store`` holds pages within bounds and lets one request build each; ``page_files`` writes
them for nginx; ``requests`` says which requests are answered alike for everybody; ``counts`` has figures for
a monitor; ``application`` is the WSGI application in front of Django's. ``query_limits`` has how long a query
of a reader's page may take.

This package imports nothing else of this room.
"""
