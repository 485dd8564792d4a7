"""What a finished page costs nginx by the shipped file, against the same bytes and headers from a file.

``python -m bench.behind_nginx TIPS ROUNDS`` measures on the database of DATABASE_URL, and fills it first
where it is empty. Its exit status is 1 where a figure is out of its bounds, 2 without nginx. A cost is the
time of nginx' worker process on the CPU, by HTTPS over connections that stay open, a thousand answers each.
"""

import contextlib
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import django

if __name__ == "__main__":
    django.setup()

from bench import pages
from bench.report import Verdicts, machine, table
from tests.tipsite import nginx
from tests.tipsite.processes import Site, children, free_port, wait_until

# A page as it is shipped is sent at least so often in the time in which the bare file is sent once.
LEAST = 0.8
MEASURED = ("home", "tag, first page", "a tip")
# nginx closes a connection after a thousand answers.
REQUESTS, AT_ONCE, CONNECTIONS = 1000, 50, 4
# So many times for each round of the others: these figures are small, and the machine is not still.
TIMES = 4
# The same files and headers, and none of what decides whether a file may be sent.
BARE = """
server {{
    listen 127.0.0.1:{port} ssl http2;
    server_name bare.example;
    server_tokens off;
    access_log {folder}/bare.log tips;
    ssl_certificate {folder}/fullchain.pem;
    ssl_certificate_key {folder}/privkey.pem;
    gzip off;
    location / {{
        root {folder}/bare;
        try_files ${{uri}}index.html =404;
        include {headers};
    }}
}}
"""


def cost(port: int, path: str, worker: int) -> float:
    """Return how long nginx' worker is on the CPU for an answer, in microseconds."""
    words = f"GET {path} HTTP/1.1\r\nHost: {nginx.HOST}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    began = _on_cpu(worker)
    for _ in range(CONNECTIONS):
        plain = socket.create_connection(("127.0.0.1", port))
        with plain, nginx.any_certificate().wrap_socket(plain) as secure:
            stream = secure.makefile("rb", buffering=1 << 20)
            for _ in range(REQUESTS // AT_ONCE):
                secure.sendall(words * AT_ONCE)
                for _ in range(AT_ONCE):
                    _read_answer(stream)
    return (_on_cpu(worker) - began) / (REQUESTS * CONNECTIONS) / 1000


def _read_answer(stream: BinaryIO) -> None:
    """Read one answer of those that come one after the other."""
    length = 0
    while (line := stream.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    stream.read(length)


def _on_cpu(process: int) -> int:
    """Return for how long a process was on the CPU, in nanoseconds."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0])


@contextlib.contextmanager
def site_behind_nginx(folder: Path) -> Iterator[tuple[nginx.Nginx, int]]:
    """Run the site of DATABASE_URL behind the shipped nginx; give nginx, and the port of the bare files."""
    site = Site(folder, os.environ["DATABASE_URL"])
    done = site.manage("collectstatic", "--no-input", "-v0")
    if done.returncode:
        sys.exit(done.stderr)
    (folder / "nginx").mkdir()
    bare_port = free_port()

    def before_start(front: nginx.Nginx) -> None:
        text = (front.folder / "tips.conf").read_text()
        # A bench is one line of readers, in a hurry.
        text = re.sub(r"(zone=tips_pages:10m rate=)40r/s", r"\g<1>1000000r/s", text)
        headers = nginx.SHIPPED.parent / "page-headers.conf"
        text += BARE.format(port=bare_port, folder=front.folder, headers=headers)
        (front.folder / "tips.conf").write_text(text)
        main = front.folder / "nginx.conf"
        main.write_text(main.read_text().replace("worker_processes auto;", "worker_processes 1;"))

    with nginx.in_front_of(site, folder / "nginx", before_start) as front:
        yield front, bare_port


def put_beside(front: nginx.Nginx, path: str) -> None:
    """Wait until a page comes from a file, and lay its files where nginx sends them without more ado."""
    wait_until(lambda: front.ask(path)[1]["ETag"] is None)
    here = front.folder / "bare" / path.strip("/")
    here.mkdir(parents=True, exist_ok=True)
    written = sorted((front.pages / "live" / "now").glob(f"*/{path.strip('/')}/index.html*"))
    for file in written:
        subprocess.run(["cp", "--preserve", str(file), str(here)], check=True)


def main(total: int, rounds: int) -> int:
    """Build what is not there, measure, print and judge; return the exit status."""
    if not nginx.PROGRAM:
        print("Not measured: nginx is not installed.", file=sys.stderr)
        return 2
    pages.build(total)
    urls = {name: url for name, url in pages.urls(total).items() if name in MEASURED}
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in urls}
    with (
        tempfile.TemporaryDirectory(prefix="tips-nginx-") as folder,
        site_behind_nginx(Path(folder)) as (front, bare_port),
    ):
        worker = children(front.process.pid, "worker process")[0]
        for url in urls.values():
            put_beside(front, url)
        for _ in range(TIMES * rounds):
            for name, url in urls.items():
                costs[name].append((cost(front.port, url, worker), cost(bare_port, url, worker)))
    each = f"Each page {TIMES * rounds} times {REQUESTS * CONNECTIONS}, taking turns."
    print(f"{total} tips. {each} {machine()}\n")
    ratios = {name: statistics.median(bare / page for page, bare in pairs) for name, pairs in costs.items()}
    table(
        ("page", "µs of CPU", "bare, µs", "of bare files"),
        [
            (
                name,
                f"{statistics.median(page for page, _ in costs[name]):.1f}",
                f"{statistics.median(bare for _, bare in costs[name]):.1f}",
                f"{ratios[name]:.2f}",
            )
            for name in urls
        ],
    )
    verdicts = Verdicts()
    for name, ratio in ratios.items():
        verdicts.at_least(f"{name}, through nginx / bare file", ratio, LEAST)
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
