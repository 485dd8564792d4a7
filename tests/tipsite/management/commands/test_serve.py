import contextlib
import os
import signal
import socket

import pytest

from tests.tipsite.processes import Site, answer, children, descendants, free_port, is_alive, wait_until

pytestmark = pytest.mark.processes


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def serve(site, port):
    """The process of ``serve``, once the site answers and the worker runs."""
    process = site.start("serve", f"--port={port}")
    wait_until(lambda: "Ctrl-C" in site.log.read_text())
    wait_until(lambda: children(process.pid, " worker"))
    return process


def web_processes(serve):
    return [each for server in children(serve.pid, "gunicorn") for each in children(server, "gunicorn")]


@pytest.mark.once
def test_it_prints_the_addresses_once_the_site_answers(serve, site, port):
    assert answer(port) == 200
    assert answer(port, "/admin/login/") == 200
    lines = site.log.read_text().splitlines()
    assert f"The site is at  http://localhost:{port}/" in lines
    assert f"The desk is at  http://localhost:{port}/admin/" in lines
    # No line for each request, unless asked for.
    assert "GET /" not in site.log.read_text()


def test_it_brings_back_whatever_is_killed_and_leaves_nothing_of_it_behind(serve, site, port):
    first = wait_until(lambda: len(found := web_processes(serve)) == 2 and found)
    os.kill(first[0], signal.SIGKILL)
    second = wait_until(lambda: len(now := web_processes(serve)) == 2 and now != first and now)
    assert answer(port) == 200
    for name, words in (("web server", "gunicorn"), ("worker", " worker")):
        before = children(serve.pid, words)
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda before=before, words=words: children(serve.pid, words) not in ([], before))
        assert answer(port) == 200
        assert f"The {name} ended (killed by SIGKILL)" in site.log.read_text()
    wait_until(lambda: not any(map(is_alive, second)))


@pytest.mark.once
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_all_its_children(serve, site, port, number):
    started = descendants(serve.pid)
    assert len(started) >= 3
    serve.send_signal(number)
    assert serve.wait(timeout=60) == 0
    assert not [each for each in started if is_alive(each)]
    assert answer(port) is None
    assert "Traceback" not in site.log.read_text()


@pytest.mark.once
def test_its_children_end_when_it_is_killed_itself(serve, port):
    started = descendants(serve.pid)
    serve.kill()
    wait_until(lambda: not any(map(is_alive, started)))
    assert answer(port) is None


@pytest.mark.once
def test_it_says_where_it_faces_the_net_alone(site, port):
    site.environment["TRUSTED_PROXIES"] = "0"
    site.start("serve", f"--port={port}", "--host=0.0.0.0", "--without-worker", "--processes=1")
    wait_until(lambda: "no web server in between" in site.log.read_text())


@pytest.mark.once
def test_it_refuses_a_port_that_is_in_use_in_one_line(site):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        refused = site.manage("serve", f"--port={port}")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert f"port {port}" in refused.stderr
    assert "in use" in refused.stderr


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_it_refuses_a_database_that_waits_for_migrations_in_one_line(tmp_path, command):
    refused = Site(tmp_path, f"sqlite:///{tmp_path / 'new.sqlite3'}").manage(command)
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert "manage.py migrate" in refused.stderr


def test_it_refuses_a_database_that_is_away_in_one_line(site, port):
    refused = site.manage("serve", DATABASE_URL=f"postgres://tips@127.0.0.1:{port}/tips")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert "does not answer" in refused.stderr


@pytest.mark.once
def test_it_refuses_to_serve_pages_without_their_stylesheets(site, tmp_path):
    refused = site.manage("serve", STATE_DIR=str(tmp_path))
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert "manage.py collectstatic" in refused.stderr
