"""The admin's front page and the admin site as a whole, with its sign-in.

May import ``tipsite.safety`` and what that may import.
"""
