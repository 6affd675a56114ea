"""The running server: floods keep no page out and fill no log, and the token stands on no command line."""

import json
import logging
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from scoreline.lab.serving import open_in_browser
from scoreline.web.connections import MOST_CONNECTIONS
from scoreline.web.logs import OnePerMinute


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A running lab: port, token, and the file of what it writes to standard error."""
    errors = tmp_path_factory.mktemp("lab") / "errors"
    command = [sys.executable, "-m", "scoreline", "lab", "--no-open"]
    with (
        errors.open("w") as file,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=file, text=True) as process,  # noqa: S603
    ):
        address = process.stdout.readline().split()[-1]
        yield int(address.split(":")[2].split("/")[0]), address.split("token=")[1], errors
        process.terminate()


def page(port, token, name=""):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{name}?token={token}", timeout=20) as answer:
        return answer.read()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GET / HTTP/1.1\r\nHost: x\r\n",
        "GET /plotly.js?token={token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
    ],
    ids=["silent", "half-a-request", "slow-to-read"],
)
def test_a_flood_of_connections_keeps_no_page_out(lab, text):
    port, token, errors = lab
    page(port, token)
    flood = []
    for _ in range(3 * MOST_CONNECTIONS):
        one = socket.create_connection(("127.0.0.1", port), timeout=20)
        one.sendall(text.format(port=port, token=token).encode())
        flood.append(one)
    assert b"<html" in page(port, token)
    assert json.loads(page(port, token, "pages.json"))
    for one in flood:
        one.close()
    assert errors.read_text().count(f"more than {MOST_CONNECTIONS} connections") == 1
    assert "Traceback" not in errors.read_text()
    assert token not in errors.read_text()


def frame(kind, data):
    """A WebSocket frame as browsers send it, with a mask of zeros."""
    length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xff" + len(data).to_bytes(8, "big")
    return bytes([0x80 | kind]) + length + bytes(4) + data


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(2, b"\x00\xff"), 1003),
        (frame(1, b"\xff\xfe"), 1007),
        (frame(1, b"x" * (1 << 20)), 1009),
        (b"\xff" * 100, 1002),
    ],
    ids=["binary", "not-utf-8", "too-long", "no-frame"],
)
def test_messages_that_are_none_end_in_a_code(lab, sent, code):
    port, token, errors = lab
    with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
        one.sendall(
            f"GET /session/scores?token={token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        assert b" 101 " in one.recv(4096)
        one.sendall(sent)
        answer = one.recv(4096)
    assert answer[0] == 0x88
    assert int.from_bytes(answer[2:4], "big") == code
    assert "Traceback" not in errors.read_text()


def test_the_browser_gets_a_file_that_only_the_user_can_read(monkeypatch):
    opened, came = [], threading.Event()

    def browser(address):
        opened.append(address)
        came.set()
        return True

    monkeypatch.setattr("webbrowser.open", browser)
    with open_in_browser("http://127.0.0.1:1/?token=secret&x=1", pytest.fail):
        assert came.wait(20)
        assert "secret" not in opened[0]
        file = Path(urllib.request.url2pathname(opened[0].removeprefix("file://")))
        assert file.stat().st_mode & 0o077 == 0
        assert "url=http://127.0.0.1:1/?token=secret&amp;x=1" in file.read_text()
    assert not file.exists()


def test_it_says_when_there_is_no_browser(monkeypatch):
    came = threading.Event()
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    with open_in_browser("http://127.0.0.1:1/", came.set):
        assert came.wait(20)


def test_the_same_error_is_written_once_in_one_line(caplog):
    log = logging.getLogger("scoreline.lab.test")
    filter_ = OnePerMinute()
    log.addFilter(filter_)
    for i in range(3):
        try:
            raise OSError(f"too many\nfiles {i}")
        except OSError:
            log.exception("failed")
    log.removeFilter(filter_)
    (record,) = caplog.records
    assert record.exc_info is None
    assert record.getMessage().startswith("OSError: too many files 0 (")
