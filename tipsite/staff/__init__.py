"""Staff: how colleagues come in, prove who they are, and leave.

This room may import ``desk`` and ``shield``; no room below ``tipsite`` knows of accounts.
"""
