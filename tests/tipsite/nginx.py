"""A real nginx with the shipped site file, on ports and in a folder of its own."""

import contextlib
import http.client
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tests.tipsite.processes import answer, free_port, wait_until

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needs_nginx = pytest.mark.skipif(not PROGRAM, reason="no nginx on this machine")
SHIPPED = Path(settings.BASE_DIR) / "deploy" / "nginx" / "tips.conf"
HOST = "tips.example.org"
# What a real site has in its environment.
REAL_SITE = {
    "SITE_URL": f"https://{HOST}",
    "SITE_NAME": "Whistle and Bell",
    "SECRET_KEY": "a key of the tests alone, of no use to anybody elsewhere",
    "SUPPRESSION_KEY": "another key of the tests alone, of no use elsewhere",
    "TRUSTED_PROXIES": "1",
    "POSTAL_ADDRESS": "Springfield",
}
# As Debian ships it, but for its places; and its processes are of whoever runs the tests.
MAIN = """
{user}
daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/main.log;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/tips.conf;
}}
"""


def any_certificate():
    """Return a context for TLS that asks nobody whose certificate it is."""
    return ssl._create_unverified_context()  # noqa: S323


class Nginx:
    """A running nginx in front of the site on a port; ``port`` speaks HTTPS, ``plain_port`` HTTP."""

    def __init__(self, folder, site_port, public_folder):
        """``public_folder`` has the folder ``static``; into ``self.pages`` the site may write pages."""
        self.folder, self.site_port = folder, site_port
        self.port, self.plain_port = free_port(), free_port()
        self.pages = folder / "pages"
        self.pages.mkdir()
        places = {
            "127.0.0.1:8000": f"127.0.0.1:{site_port}",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "    listen [::]:80;\n": "",
            "    listen [::]:443 ssl http2;\n": "",
            "/etc/letsencrypt/live/tips.example.org": str(folder),
            "/var/log/nginx": str(folder),
            "/var/lib/nginx/tips": str(folder / "kept"),
            "root /srv/tips;": f"root {public_folder};",
            "root /srv/tips/pages;": f"root {folder / 'pages'};",
            "/srv/tips/live/deploy/nginx": str(SHIPPED.parent),
        }
        text = SHIPPED.read_text()
        for shipped, ours in places.items():
            assert shipped in text, shipped
            text = text.replace(shipped, ours)
        (folder / "tips.conf").write_text(text)
        user = "user root;" if Path("/root").owner() == folder.owner() else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
        request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split()
        names = ["-subj", f"/CN={HOST}", "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
        subprocess.run(["openssl", *request, *names], check=True, capture_output=True)
        self.command = [PROGRAM, "-p", folder, "-c", folder / "nginx.conf"]

    def check(self):
        """Return what nginx says of the file."""
        done = subprocess.run([*self.command, "-t"], capture_output=True, text=True)
        return done.returncode, done.stderr

    @contextlib.contextmanager
    def running(self):
        self.process = process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: answer(self.plain_port, "/.well-known/acme-challenge/none") == 404)
            yield self
        finally:
            process.terminate()
            process.wait(timeout=60)

    def connection(self, source="127.0.0.1"):
        """Return a connection by HTTPS from an address of this machine, to be opened by the first request."""
        options = {"timeout": 60, "context": any_certificate(), "source_address": (source, 0)}
        return http.client.HTTPSConnection("127.0.0.1", self.port, **options)

    def connect(self, source="127.0.0.1"):
        """Return an open connection by HTTPS from an address of this machine."""
        connection = self.connection(source)
        connection.connect()
        return connection

    def ask(self, path, method="GET", body=None, **headers):
        """Return (status, headers, text) of an answer by HTTPS over a connection of its own."""
        with contextlib.closing(self.connect()) as connection:
            return ask(connection, path, method, body, **headers)


@contextlib.contextmanager
def in_front_of(site, folder, before_start=None):
    """Run a prepared site as a real one, and nginx in front of it; give nginx.

    ``site_port`` is where the site listens, ``end_site`` ends it, ``site`` is what was given.
    ``before_start`` may change nginx' files.
    """
    site.environment |= REAL_SITE
    done = site.manage("error_pages")
    assert done.returncode == 0, done.stderr
    front = Nginx(folder, free_port(), site.folder)
    if before_start:
        before_start(front)
    assert front.check() == (0, front.check()[1])
    site.environment["PAGES_DIR"] = str(front.pages)
    process = site.start("serve", f"--port={front.site_port}", "--without-worker")
    wait_until(lambda: "Ctrl-C" in site.log.read_text())
    front.site, front.end_site = site, lambda: (process.terminate(), process.wait(timeout=60))
    try:
        with front.running():
            yield front
    finally:
        site.end_all()


def ask(connection, path, method="GET", body=None, **headers):
    """Return (status, headers, text) of an answer over a connection; a header's name has _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers={"Host": HOST, **named})
    response = connection.getresponse()
    return response.status, response.headers, response.read().decode("latin-1")
