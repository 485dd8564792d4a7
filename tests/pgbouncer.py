"""PgBouncer in transaction mode before a PostgreSQL server of the tests, where the machine has it."""

import contextlib
import ctypes
import shutil
import signal
import socket
import subprocess
import time

import pytest

CONFIGURATION = """
[databases]
* = host={socket} user=tips
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 500
default_pool_size = 12
"""


@contextlib.contextmanager
def pooled(server, port):
    """Run PgBouncer before a ``tests.postgres.Server``; give the DATABASE_URL that leads through it."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    configuration = server.place / "pgbouncer.ini"
    configuration.write_text(CONFIGURATION.format(socket=server.place, port=port))
    with (server.place / "pgbouncer.log").open("w") as log:
        process = subprocess.Popen(
            [program, "--quiet", configuration],
            cwd=server.place,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0),
            **server.run_as,
        )
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None, (server.place / "pgbouncer.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"postgres://tips@127.0.0.1:{port}/postgres"
    finally:
        process.kill()
        process.wait()
