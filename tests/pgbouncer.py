"""PgBouncer in transaction mode before a PostgreSQL server of the tests, where the machine has it."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.postgres import server_account
from tests.tipsite.processes import free_port

CONFIGURATION = """
[databases]
* = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 500
default_pool_size = 12
"""


class Pool:
    """PgBouncer as it runs: ``log`` is what it says."""

    def __init__(self, folder, port):
        self.log, self.port = folder / "log", port

    def url(self, name="postgres"):
        """Return the DATABASE_URL that leads to a database through the pool."""
        return f"postgres://tips@127.0.0.1:{self.port}/{name}"


@contextlib.contextmanager
def pooled(**server):
    """Run PgBouncer before a server (host, port, user and password, as libpq has them); give the Pool."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    with tempfile.TemporaryDirectory(prefix="tips-pool-", dir="/tmp") as place:
        folder, run_as = Path(place), {}
        if account := server_account():
            os.chown(folder, account.pw_uid, account.pw_gid)
            run_as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        pool = Pool(folder, free_port())
        words = " ".join(f"{name}={value}" for name, value in server.items() if value)
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(CONFIGURATION.format(server=words, port=pool.port))
        with pool.log.open("w") as log:
            process = subprocess.Popen(
                [program, "--quiet", configuration],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0),
                **run_as,
            )
        try:
            deadline = time.monotonic() + 30
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", pool.port), 1):
                    break
                assert process.poll() is None, pool.log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield pool
        finally:
            process.kill()
            process.wait()
