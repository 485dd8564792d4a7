"""What readers and subscribers are served: forms, and the pages behind the links that are mailed.

May import ``mail``, ``exchange`` and the rooms below them; never ``subscribers.admin``.
"""
