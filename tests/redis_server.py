"""A Redis server that lives as long as a test."""

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import redis

from tests.postgres import _end_with_parent


class Server:
    """A server in memory alone, reached through a socket in a folder of its own."""

    def __init__(self, folder):
        self.folder, self.process = Path(folder), None
        self.url = f"unix://{self.folder}/redis.sock"
        self.client = redis.Redis.from_url(self.url)

    def start(self):
        """Start it and wait until it answers; what an earlier one held is lost."""
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("Redis is not installed")
        options = f"--port 0 --unixsocket {self.folder}/redis.sock --dir {self.folder} --save".split()
        self.process = subprocess.Popen(
            [program, *options, "", "--appendonly", "no"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        while True:
            with contextlib.suppress(redis.ConnectionError):
                self.client.ping()
                return
            assert self.process.poll() is None, "the Redis server did not start"

    def stop(self):
        """End it as a crash does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def running_redis():
    """Run a Redis server for the length of a ``with`` block; give the Server."""
    # A socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="tips-redis-", dir="/tmp") as folder:
        server = Server(folder)
        try:
            server.start()
            yield server
        finally:
            server.client.close()
            server.stop()
