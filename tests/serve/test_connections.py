"""Requests as bytes on a connection, with both parsers, and connections when the server ends."""

import http.client
import json
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest
from tests.serve.conftest import picture

from scoreline.errors import UsageError
from scoreline.serve import running
from scoreline.serve.app import create_app
from scoreline.serve.connections import Connection
from scoreline.serve.model import ServedModel
from scoreline.serve.service import Service
from scoreline.web import connections as web_connections
from scoreline.web import limits as web_limits
from scoreline.web.connections import bound_socket
from scoreline.web.guard import LocalHosts
from scoreline.web.limits import Limits

BODY = picture()
HEAD = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: image/png\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n%x;a=b\r\n" % len(BODY)
KINDS = {"h11": Connection} | ({"httptools": running.connection_kind()} if find_spec("httptools") else {})


@pytest.fixture(params=KINDS)
def kind(request, monkeypatch):
    """Each kind of connections."""
    monkeypatch.setattr(running, "connection_kind", lambda: KINDS[request.param])


def during(run, work, limits=Limits()):  # noqa: B008 - it is frozen
    """Run a server in a thread, and return what `work` returns for it and its port."""
    listening, begun = bound_socket(0), threading.Event()
    port = listening.getsockname()[1]
    service = Service(ServedModel(run, max_pixels=limits.pixels), limits, 1)
    server = running.server_of(create_app(service, LocalHosts(port)), service, listening, begun.set)
    # Not in this thread: a browser of other tests may keep an event loop running in it.
    with listening, ThreadPoolExecutor(1) as pool:
        serving = pool.submit(server.run, [listening])
        try:
            begun.wait(30)
            return work(server, port)
        finally:
            server.should_exit = True
            serving.result(30)


def exchanged(*pieces):
    """Return work that sends pieces over one connection, and returns all that comes until it is closed."""

    def work(_, port):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as one:
            for piece in pieces:
                one.sendall(piece.replace(b"%d", b"%d" % port))
            return b"".join(iter(lambda: one.recv(1 << 16), b""))

    return work


def answers(text):
    """Return the statuses of the answers in a text."""
    return [int(part[:3]) for part in text.split(b"HTTP/1.1 ")[1:]]


LAST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "statuses"),
    [
        ([HEAD, LENGTH, BODY[:100], BODY[100:], LAST], [200, 200]),
        ([HEAD, LENGTH + BODY] * 3 + [LAST], [200] * 4),
        (
            [HEAD, CHUNKED, BODY, b"\r\n0\r\nHost: evil.example\r\nA: b\r\n\r\n", LAST],
            [200, 200],
        ),
        # Clients of Java and curl ask for HTTP/2 so.
        ([HEAD, b"Connection: Upgrade\r\nUpgrade: h2c\r\n", LENGTH, BODY, HEAD, LENGTH, BODY, LAST], [200] * 3),
        ([HEAD, b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + LENGTH + BODY, LAST], [200, 200]),
        # What is refused before its body is read is answered all the same, and another request may follow.
        (
            [
                HEAD.replace(b"127.0.0.1:%d", b"evil.example"),
                b"Content-Length: 5000000\r\n\r\n" + bytes(5_000_000),
                LAST,
            ],
            [403, 200],
        ),
        ([b"GARBAGE\r\n\r\n"], [400]),
        ([b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost : y\r\n\r\n"], [400]),
    ],
    ids=["pieces", "pipelined", "chunked", "upgrade", "upgrade-at-once", "refused", "garbage", "space"],
)
def test_requests_are_parsed(run, kind, pieces, statuses):
    assert answers(during(run, exchanged(*pieces))) == statuses


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port is taken as soon as it is bound")
def test_a_port_that_another_program_takes_meanwhile(run):
    listening = bound_socket(0)
    with listening, bound_socket(listening.getsockname()[1]) as other:
        other.listen()
        service = Service(ServedModel(run, max_pixels=1000), Limits(), 1)
        server = running.server_of(create_app(service, LocalHosts(1)), service, listening, pytest.fail)
        with ThreadPoolExecutor(1) as pool:
            serving = pool.submit(server.run, [listening])
            with pytest.raises(UsageError, match="Port .* cannot be used: Address already in use"):
                serving.result(30)


@pytest.mark.parametrize("head", [b"GET /", b"GET / HTTP/1.1\r\nA: ", b"GET / HTTP/1.1\r\nAccept"])
def test_a_head_without_end_is_not_kept(run, kind, head, monkeypatch):
    monkeypatch.setattr(web_connections, "REQUEST_SECONDS", 60.0)  # its length ends it, not the time

    def work(_, port):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as one:
            one.sendall(head)
            with pytest.raises(ConnectionError):
                one.sendall(b"x" * 100_000_000)
            return True

    assert during(run, work)


@pytest.mark.parametrize(
    ("first", "later"),
    [(b"", b"GET /healthz HTTP/1.1\r\nHos"), (b"Content-Length: 1000\r\n", b"of a body that nobody reads")],
    ids=["head", "unread-body"],
)
def test_what_comes_slowly_after_an_answer_has_a_deadline(run, kind, monkeypatch, first, later):
    def work(_, port):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%b\r\n" % (port, first))
            assert b"200 OK" in one.recv(1 << 16)
            monkeypatch.setattr(web_connections, "REQUEST_SECONDS", 0.02)
            one.sendall(later)
            try:
                return b"".join(iter(lambda: one.recv(1 << 16), b""))
            except ConnectionResetError:
                return b""

    assert b"HTTP/1.1" not in during(run, work)


@pytest.mark.skipif("httptools" not in KINDS, reason="h11 bounds only what is not complete")
def test_a_head_of_more_than_64_kib_is_400(run):
    head = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\nA: "
    assert answers(during(run, exchanged(head + b"x" * 60_000 + b"\r\n\r\n"))) == [200]
    assert answers(during(run, exchanged(head + b"x" * 66_000 + b"\r\n\r\n"))) == [400]


def test_a_body_that_does_not_come_is_408(run, kind, monkeypatch):
    monkeypatch.setattr(web_limits, "_SILENT_SECONDS", 0.02)
    text = during(run, exchanged(HEAD, LENGTH, BODY[:100]), Limits(read_seconds=0.05))
    assert answers(text) == [408]
    head, _, body = text.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert "did not come within 0.05 seconds" in json.loads(body)["detail"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_clients_that_come_again_and_again_are_answered_or_refused(run, kind, monkeypatch, number):
    monkeypatch.setattr(running, "LINGER_SECONDS", 0.3)
    seen, wrong, enough = [], [], threading.Semaphore(0)

    def client(port):
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                connection.connect()
            except ConnectionRefusedError:
                return
            try:
                connection.request("POST", "/predict", BODY, {"content-type": "image/png"})
                answer = connection.getresponse()
                seen.append((answer.status, bool(json.loads(answer.read())["predictions"])))
            except Exception as error:  # noqa: BLE001 - each is a lost request
                wrong.append(repr(error))
                return
            finally:
                connection.close()
                enough.release()

    def work(server, port):
        threads = [threading.Thread(target=client, args=(port,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            enough.acquire(timeout=30)
        server.handle_exit(number, None)
        return threads

    for thread in during(run, lambda server, port: wait_for_end(server, work(server, port))):
        thread.join(30)
    assert wrong == []
    assert set(seen) == {(200, True)}


def wait_for_end(server, threads):
    """Return when no client is left: the server ends by itself, and refuses them."""
    for thread in threads:
        thread.join(30)
    assert server.should_exit
    return threads
