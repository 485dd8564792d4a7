"""Archives of another site brought in: files → posts of a parser → tips as stated → rows.

``pages`` parses text pages, ``merging`` makes one tip of all mentions in a run, ``matching`` finds the row of
each tip, ``taxonomy`` the rows of slugs, categories and tags, and ``store`` writes. This package may import
``publishing`` and what is below it.
"""
