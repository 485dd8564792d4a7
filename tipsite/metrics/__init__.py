"""Figures for a monitor: what web processes count, and the registry of whoever else has some to tell.

May import nothing of ours. ``tipsite/safety/metrics.py`` answers with them.
"""
