"""The search of readers: ``index`` and ``queries``, and what is made from the same index.

``similar`` has related tips and duplicates, ``spelling`` typing errors. This package may import ``paging``,
``dates``, ``models`` and ``text``.
"""
