"""Damaged requests to the server, and damaged messages to the lab."""

import asyncio
import base64
import io
import json
import logging
import socket
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from tests.fuzz.mutations import STRANGE, mutated
from tests.serve.conftest import model
from tests.serve.test_running import Server

from scoreline.lab import server as lab_server
from scoreline.lab.pages import PAGES
from scoreline.lab.resources import Resources
from scoreline.lab.session import LabSession
from scoreline.serve.app import create_app
from scoreline.serve.model import ServedModel
from scoreline.serve.service import Service
from scoreline.web.guard import LocalHosts
from scoreline.web.limits import Limits

__all__ = ["http_bodies", "http_heads", "lab_messages"]

#: Messages of a page before its session begins anew: states that were reached by nonsense are worth some more.
MESSAGES = 40


def picture(kind):
    """The bytes of a small image file."""
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(stream, kind)
    return stream.getvalue()


PART = (
    b'--x\r\nContent-Disposition: form-data; name="images"; filename="%d.png"\r\n'
    b"Content-Type: image/png\r\n\r\n%b\r\n"
)
FORM = b"".join(PART % (number, picture("png")) for number in range(3)) + b"--x--\r\n"
#: Kinds and bodies of requests that are right.
REQUESTS = [
    (b"image/png", picture("png")),
    (b"image/jpeg", picture("jpeg")),
    (b"application/octet-stream", picture("gif")),
    (b"multipart/form-data; boundary=x", FORM),
    (b"application/json", json.dumps({"images": [base64.b64encode(picture("png")).decode()] * 2}).encode()),
]
QUERY = b"top_k=2&scores=true&explain=true"


@contextmanager
def http_bodies():
    """Send damaged bodies, kinds and queries to the application, in pieces."""
    with TemporaryDirectory(prefix="fuzz-") as place, asyncio.Runner() as runner:
        model().save(Path(place))
        limits = Limits(body_bytes=1 << 20, pixels=1 << 20)
        service = Service(ServedModel(Path(place), max_pixels=limits.pixels), limits, 1)
        app, running = create_app(service, LocalHosts(80)), service.running()
        logging.getLogger("python_multipart").setLevel(logging.ERROR)  # as the server does
        runner.run(running.__aenter__())

        def attempt(rng):
            kind, body = REQUESTS[rng.integers(len(REQUESTS))]
            query = [b"", QUERY][rng.integers(2)]
            damaged = rng.integers(8)
            if damaged == 0:
                kind = mutated(kind, rng)
            elif damaged == 1:
                query = mutated(QUERY, rng)
            else:
                body = mutated(body, rng)
            status, answer = runner.run(asked(app, kind, body, query, rng))
            found = json.loads(answer)
            assert status in (200, 400, 413, 415, 422), f"{status} {answer[:200]!r}"
            assert ("detail" in found) == (status != 200)
            assert service.bodies.taken == service.requests.taken == service.images.taken == 0
            return "" if status == 200 else f"{status} {found['detail'][:100]}"

        try:
            yield attempt
        finally:
            runner.run(running.__aexit__(None, None, None))


async def asked(app, kind, body, query, rng):
    """Return status and body of the answer to a request whose body comes in pieces."""
    ends = sorted({*rng.integers(0, len(body) + 1, rng.integers(3)).tolist(), len(body)})
    pieces = [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    messages = [
        {"type": "http.request", "body": piece, "more_body": number + 1 < len(pieces)}
        for number, piece in enumerate(pieces)
    ]
    scope = {
        "type": "http", "method": "POST", "path": "/predict", "raw_path": b"/predict", "query_string": query,
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", kind)], "scheme": "http", "root_path": "",
        "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    sent = []

    async def receive():
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


HEAD = (
    b"POST /predict?top_k=2 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: image/png\r\nX-Request-ID: abc\r\n"
    b"Accept: */*\r\n%bConnection: close\r\n\r\n%b"
)
CHUNKED = b"".join(
    b"%x;a=b\r\n%b\r\n" % (len(piece), piece) for piece in (picture("png")[:50], picture("png")[50:])
)


@contextmanager
def http_heads():
    """Send damaged requests to a running server, head and all."""
    with TemporaryDirectory(prefix="fuzz-") as place:
        folder = Path(place, "run")
        folder.mkdir()
        model().save(folder)
        server = Server(folder)
        length = b"Content-Length: %d\r\n" % len(picture("png"))
        requests = [
            HEAD % (server.port, length, picture("png")),
            HEAD % (server.port, b"Transfer-Encoding: chunked\r\n", CHUNKED + b"0\r\nA: b\r\n\r\n"),
            HEAD % (server.port, length + b"Upgrade: h2c\r\nConnection: Upgrade\r\n", picture("png")),
            b"GET /model HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % server.port * 2,
        ]

        def attempt(rng):
            request = mutated(requests[rng.integers(len(requests))], rng)
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as one:
                cut = int(rng.integers(len(request) + 1))
                one.sendall(request[:cut])
                one.sendall(request[cut:])
                one.settimeout(0.05)
                try:
                    answer = one.recv(1 << 16)
                except TimeoutError:
                    answer = b"HTTP/1.1 000 it waits for the rest\r\n"
                except ConnectionResetError:  # it was refused, and more came
                    answer = b""
            status = answer.partition(b"\r\n")[0].partition(b" ")[2].decode()
            assert not status.startswith("5"), status
            assert server.process.poll() is None, "the server has ended"
            return "" if status.startswith("200") else status or "closed"

        try:
            yield attempt
            assert server.get("/healthz")[0] == 200
            log = server.log.read_text()
            assert "trace" not in log, log[-5000:]
        finally:
            server.end()


class Failures(logging.Handler):
    """What the lab writes down where a message fails in a way that nobody foresaw."""

    def __init__(self):
        super().__init__()
        self.found = []

    def emit(self, record):
        self.found.append(record.exc_info[1])


@contextmanager
def lab_messages():
    """Send damaged messages to every page of the lab."""
    resources, failures = Resources(), Failures()
    log = logging.getLogger(lab_server.__name__)
    log.addHandler(failures)
    log.propagate = False
    sessions = {}

    def attempt(rng):
        page = sorted(PAGES)[rng.integers(len(PAGES))]
        session, sent = sessions.get(page, (None, MESSAGES))
        if sent >= MESSAGES:
            session, sent = LabSession(page, resources=resources), 0
        sessions[page] = session, sent + 1
        answer = json.loads(lab_server._answer(session, message(session, rng)))
        if failures.found:
            raise failures.found.pop()
        return f"{page}: {answer['error'][:80]}" if "error" in answer else ""

    try:
        yield attempt
    finally:
        log.removeHandler(failures)
        log.propagate = True


def message(session, rng):
    """Return the text of a message to a session: a field is changed, or the text is damaged, or none is."""
    state = session.state.model_dump()
    actions = ["edit", "edit", "edit", "undo", "redo", "reset", "python", *session.page.verbs]
    fields = sorted(state)
    changes = {name: state[name] for name in (fields[place] for place in rng.integers(0, len(fields), 2))}
    if rng.random() < 0.6:
        changes[fields[rng.integers(len(fields))]] = STRANGE[rng.integers(len(STRANGE))]
    found = {
        "id": 1,
        "action": actions[rng.integers(len(actions))],
        "changes": changes,
        "count": int(rng.integers(1, 4)),
        "coarse": bool(rng.integers(2)),
    }
    text = json.dumps(found).encode()
    return (mutated(text, rng) if rng.random() < 0.6 else text).decode("utf-8", "replace")
