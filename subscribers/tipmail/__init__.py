"""The weekly mail's text and bytes: written once, and made personal as bytes.

1. ``render`` writes the mail of a tip. A mailing keeps subject, text and HTML when it is frozen, and whatever
   happens to the tip afterwards, all get the same.
2. ``Template`` makes the whole message of a frozen mailing, once for each connection to the mail server, and
   puts in what differs between persons: the recipient, the Message-ID, the links that leave, the time.
   ``.personal`` returns bytes with CRLF line ends, in 7-bit characters. ``.message`` returns the same mail
   for Django's own backends (the console, Anymail's services), at their speed.
3. ``test_message`` is a test, whose link cannot unsubscribe anybody.
4. ``read_token`` reads the delivery in an envelope sender, or a Message-ID, that came back.

May import ``subscribers.mail`` and the rooms below it.
"""

from subscribers.mail.envelope import read_token
from subscribers.tipmail.personal_copies import Template, test_message
from subscribers.tipmail.rendering import Frozen, render, render_mailing

__all__ = ["Frozen", "Template", "read_token", "render", "render_mailing", "test_message"]
