"""What comes back: reports of mail servers and services, and the mailboxes that they are read from.

May import ``subscribers.delivery`` and the rooms below it.
"""
