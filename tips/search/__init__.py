"""The search of readers. ``queries`` answers; the steps are modules of their own, each below the one before.

``archive`` knows what is public, ``terms`` reads a query, ``synonyms`` and ``related`` widen it, ``postings``
asks the database which tips hold its words, ``spelling`` puts typing errors right, ``labels`` finds
categories and tags, ``lookup`` brings together what is known of the words, ``ranking`` orders the hits.
``index`` keeps the index; ``similar`` has related tips and duplicates. This package may import ``paging``,
``dates``, ``models`` and ``text``.
"""
