"""Is the next tip safe? The reasons against it, the probes for machines, and the admin's pages.

May import ``tipsite.worker`` and what that may import.
"""
