"""Who is on the list: what they agreed to, why an address gets nothing, erasing, and the journal of these.

May import ``subscribers.models`` and the rooms below it.
"""
