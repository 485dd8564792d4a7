"""What stands in no log: the tokens of links, which open what they are for, and addresses of people.

Nothing is meant to log either. But a page that fails is logged with its URL, a web server's line for each
request has the URL too, and databases quote rows in their errors.
"""

import logging
import re
from copy import copy

from gunicorn import glogging
from gunicorn.config import Config

# How a TimestampSigner writes them, with the separator of the readers' links or Django's own, also quoted in
# a URL (%3A); and those that Django makes for passwords.
_TOKEN = re.compile(r"[\w~=-]+(?:[.:]|%3A)[\w-]{6}(?:[.:]|%3A)[\w-]{43}|\b[0-9a-z]{6}-[0-9a-f]{32,64}\b")
# The paths behind which a token stands, whole or not. A day in the desk's calendar is shorter than one.
_PATH = re.compile(
    r"(/unsubscribe/|/subscribe/(?:confirm|preferences|move|undo)/|/calendar/(?=[^/\s?\"']{16}))[^/\s?\"']+"
)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+(?:@|%40)(?:[\w-]+\.)+[a-z][\w-]*", re.IGNORECASE)


def redact(text: str) -> str:
    """Return a text without the tokens and addresses in it."""
    return _ADDRESS.sub("(address)", _TOKEN.sub("(token)", _PATH.sub(r"\1(token)", text)))


class Formatter(logging.Formatter):
    """Formats as usual, tracebacks as well, and leaves out tokens and addresses.

    Of a request that was refused (400) or answered 503 there is one line: what failed there is no fault to be
    traced, and nobody fills the log by sending nonsense.
    """

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and getattr(record, "status_code", 0) in (400, 503):
            record = copy(record)
            why = " ".join(str(error).split()) or type(error).__name__
            if why not in record.getMessage():
                record.msg, record.args = f"{record.getMessage()} ({why})", ()
            record.exc_info = record.exc_text = None
        return redact(super().format(record))


class ServerLogger(glogging.Logger):
    """The web server's own logs, redacted like the site's."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                if usual := handler.formatter:
                    handler.setFormatter(Formatter(usual._fmt, usual.datefmt))
