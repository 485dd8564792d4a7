"""What goes live when: the weekly slots, the queue that fills them, and the calendar that shows both.

May import ``tips.models``, ``tips.permissions``, ``tips.dates`` and ``desk``.
"""
