"""One mail to one person: SMTP, senders and their tokens, what the mails say, and how each goes out once.

``link_mails`` and ``service_mails`` say which mail a row is due, ``compose`` builds it from its templates,
and ``outbox`` sends it, within limits and through crashes.

May import ``subscribers.recovery`` and the rooms below it.
"""
