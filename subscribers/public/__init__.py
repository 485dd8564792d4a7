"""What readers and subscribers are served: forms, and the pages behind the links that are mailed.

May import ``subscribers.tasks`` and the rooms below it; never ``subscribers.admin``.
"""
