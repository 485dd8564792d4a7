"""What every page for staff is made of: the admin site, verb pages, lists, forms, log lines, refusals.

This room imports nothing of ours; every other room may import it, but for ``shield``.
"""
