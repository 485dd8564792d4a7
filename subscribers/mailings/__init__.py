"""What staff see of mailings and do with them: verbs, status, numbers, the preview of the mail.

May import ``subscribers.delivery`` and the rooms below it.
"""
