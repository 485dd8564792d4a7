"""Slow clients, on real connections."""

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import pytest
from django.conf import settings

from tests.tipsite.processes import answer, free_port, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.once]

POST = b"POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
# What has arrived, what follows in the end, and the answers to both.
SLOW = {
    "nothing": (b"", b"GET /late HTTP/1.1\r\n\r\n", [b"/late 0"]),
    "a part of the head": (b"GET /slow HTTP/1.1\r\nHost: loc", b"alhost\r\n\r\n", [b"/slow 0"]),
    "a part of the body": (POST + b"9\r\n\r\nabc", b"defghi", [b"/form 9"]),
    "a part of a long body": (POST + b"99999\r\n\r\nabc", b"d" * 99_996, [b"/form 99999"]),
    "a request, and a part of another": (
        b"GET /first HTTP/1.1\r\n\r\nGET /second HT",
        b"TP/1.1\r\n\r\n",
        [b"/first 0", b"/second 0"],
    ),
}


@pytest.fixture(scope="module")
def port():
    """Run the server with all its patience; give its port."""
    with running("Patient") as number:
        yield number


@contextmanager
def running(worker):
    """Run the server with a class of worker; give its port."""
    number = free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.tipsite.worker.patient_server:application"]
    command += [f"--worker-class=tests.tipsite.worker.patient_server.{worker}", "--threads=2"]
    command += ["--no-control-socket", "--keep-alive=75", f"--bind=127.0.0.1:{number}", "--log-level=error"]
    server = subprocess.Popen(command, cwd=settings.BASE_DIR)
    try:
        wait_until(lambda: answer(number) == 200)
        yield number
    finally:
        server.terminate()
        server.wait(20)


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def read(connection, *ends):
    """Read until something that ends like each of some answers has come, one after the other."""
    text = b""
    for end in ends:
        while end not in text:
            more = connection.recv(4096)
            assert more, text
            text += more
        text = text.partition(end)[2]
    return text


def answer_to(port, request):
    """Return what the server says to a request until it ends the connection."""
    text = b""
    with connected(port) as client, suppress(ConnectionResetError):
        client.sendall(request)
        while more := client.recv(4096):
            text += more
    return text


@pytest.mark.parametrize("what", SLOW)
def test_slow_clients_keep_nobody_waiting_and_are_answered_in_the_end(port, what):
    at_first, rest, answers = SLOW[what]
    with ExitStack() as stack:
        slow = [stack.enter_context(connected(port)) for _ in range(6)]
        for client in slow:
            client.sendall(at_first)
        for client in slow if len(answers) > 1 else []:
            read(client, answers[0])
        for _ in range(3):
            with connected(port) as reader:
                reader.sendall(b"GET /reader HTTP/1.1\r\n\r\n")
                read(reader, b"/reader 0")
        for client in slow:
            client.sendall(rest)
        for client in slow:
            read(client, answers[-1])


def test_whoever_never_comes_to_an_end_is_cut_off():
    requests = b"", b"GET / HTTP/1.1\r\nHost: loc", POST + b"9\r\n\r\nabc", POST + b"99999\r\n\r\n"
    with running("Impatient") as port, ThreadPoolExecutor() as clients:
        *cut_off, long = clients.map(partial(answer_to, port), requests)
    assert cut_off == [b""] * 3
    # What has a thread gets the answer to what there is.
    assert b"/form 0" in long


def test_a_head_that_is_too_long_is_cut_off_at_once(port):
    assert answer_to(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000) == b""


@pytest.mark.parametrize(
    ("request_of_one", "expected"),
    [
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", b" 411 "),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b" 400 "),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\nab", b" 400 "),
        (b"\r\n\r\nGET / HTTP/1.1\r\n\r\n", b" 400 "),
        (b"GET / HTTP/1.0\r\n\r\n", b"/ 0"),
    ],
)
def test_what_is_no_whole_request_has_no_thread_for_long(port, request_of_one, expected):
    assert expected in answer_to(port, request_of_one)


def test_a_client_that_asks_whether_to_go_on_is_told_to(port):
    with connected(port) as client:
        client.sendall(POST + b"5\r\nExpect: 100-continue\r\n\r\n")
        read(client, b"100 Continue\r\n\r\n")
        client.sendall(b"abcde")
        read(client, b"/form 5")
        client.sendall(b"GET /next HTTP/1.1\r\n\r\n")
        read(client, b"/next 0")
