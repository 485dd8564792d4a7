"""The listening socket of the web server: systemd's, which outlives the program, or one of our own."""

import contextlib
import os
import socket

# The first file descriptor that systemd hands over (sd_listen_fds(3)).
_FIRST = 3


class UnusableSocketError(Exception):
    """The site cannot listen where it shall; the text says why, and what to do."""


def inherited() -> socket.socket | None:
    """Return the socket that systemd, or ``systemd-socket-activate``, hands over to this process, if any.

    Raises UnusableSocketError for what is no single listening TCP socket.
    """
    if os.environ.pop("LISTEN_PID", "") != str(os.getpid()):
        return None
    count = os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if count != "1":
        raise UnusableSocketError(f"systemd hands over {count or 'no'} sockets; let tips.socket have one.")
    with contextlib.suppress(OSError):
        listener = socket.socket(fileno=_FIRST)
        is_tcp = listener.family in (socket.AF_INET, socket.AF_INET6) and listener.type == socket.SOCK_STREAM
        if is_tcp and listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return listener
        listener.detach()
    raise UnusableSocketError("systemd hands over no listening TCP socket; see ListenStream in tips.socket.")


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket of our own, which the web server inherits.

    It stays open while the server behind it is restarted, so that visitors wait a moment instead of
    being refused, and the port cannot be lost. Raises UnusableSocketError where the port cannot be had.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        remedy = f"end what uses it, or choose another: PORT={port + 1}"
        raise UnusableSocketError(f"Cannot listen on {host}, port {port} ({why}); {remedy}") from error
    return listener
