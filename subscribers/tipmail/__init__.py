"""The mail that brings a tip: written once, and made personal as bytes.

1. ``render(tip, kind, note="") -> Frozen(subject, text, html)`` writes it. A mailing keeps the three texts in
   columns of the same names when it is frozen, and whatever happens to the tip afterwards, all get the same.
2. ``Template(mailing)`` makes the whole message of a frozen mailing (anything with ``pk``, ``kind``,
   ``subject``, ``text`` and ``html``), once for each connection to the mail server.
   ``.personal(delivery_id, public_id, address) -> (envelope sender, bytes)`` puts in what differs between
   persons: the recipient, the Message-ID, the links that leave, the time. Nothing is rendered anew. The bytes
   are a whole message with CRLF line ends, in 7-bit characters, for ``smtplib.SMTP.sendmail``.
   ``.message(delivery_id, public_id, address) -> EmailMultiAlternatives`` is the same mail for Django's own
   backends (the console, Anymail's services), at their speed.
3. ``test_message(tip, to) -> EmailMultiAlternatives`` is a test, whose link cannot unsubscribe anybody.
4. ``read_token(text) -> delivery id or None`` reads an envelope sender, or a Message-ID, that came back.
"""

from subscribers.mail.senders import read_token
from subscribers.tipmail.template import Template, test_message
from subscribers.tipmail.writing import Frozen, render

__all__ = ["Frozen", "Template", "read_token", "render", "test_message"]
