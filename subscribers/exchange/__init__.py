"""Lists of addresses in and out: export, import from other programs, re-import, lists that staff upload.

May import ``subscribers.people`` and the rooms below it.
"""
