"""The real server: no request is lost or answered wrongly while models are replaced, and when it ends."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from tests.data.test_images import damaged_tiff
from tests.features.test_user_extractor import EXAMPLE
from tests.serve.conftest import CLASSES, SIZE, model, picture

import scoreline
from scoreline.cli.app import run as command
from scoreline.cli.serve import read_token
from scoreline.features import build_features, trusting
from scoreline.models import SavedModel

HEADERS = {"content-type": "image/png"}


class Server:
    """A running server and what it has written."""

    def __init__(self, folder, *words):
        self.log = folder.parent / f"{folder.name}.log"
        with self.log.open("w") as errors:
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "scoreline", "serve", str(folder), "--port", "0", *words],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.port = int(line.rstrip("/\n").rpartition(":")[2])

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def get(self, path):
        connection = self.connect()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(30)
        self.process.stdout.close()
        return code


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    model(0).save(folder)
    found = Server(folder)
    found.folder = folder
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.wait(30)
        found.process.stdout.close()


class Load:
    """Clients that send images one after the other until they are stopped or the server ends."""

    def __init__(self, server, expected):
        self.server, self.expected = server, expected
        self.stop = threading.Event()
        self.seen, self.wrong = Counter(), []
        #: Is set again and again, with each answer.
        self.answered = threading.Condition()
        self.threads = [threading.Thread(target=self.work, args=(seed,)) for seed in range(4)]
        for thread in self.threads:
            thread.start()

    def work(self, seed):
        content = picture(seed)
        connection = self.server.connect()
        while not self.stop.is_set():
            try:
                connection.connect() if connection.sock is None else None
            except ConnectionRefusedError:
                break  # it no longer listens: nothing was sent
            try:
                connection.request("POST", "/predict?scores=true", content, HEADERS)
                answer = connection.getresponse()
                body = json.loads(answer.read())
            except Exception as error:  # noqa: BLE001 - each is a lost request
                self.wrong.append(repr(error))
                break
            closing = answer.headers.get("connection") == "close"
            scores = body["predictions"][0]["scores"] if answer.status == 200 else body
            names = [name for name, expected in self.expected.items() if scores == expected[seed]]
            with self.answered:
                if names:
                    self.seen[names[0]] += 1
                else:
                    self.wrong.append(scores)
                self.answered.notify_all()
            if closing:  # as a balancer does: it asks another server from here on
                break
        connection.close()

    def wait_for(self, condition):
        with self.answered:
            assert self.answered.wait_for(lambda: condition(self.seen) or self.wrong, 30), self.seen
        assert self.wrong == []

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(30)
        assert self.wrong == []


def scores_of(folder):
    classifier = scoreline.load(folder)
    answers = [classifier.predict(picture(seed), len(classifier.classes))[0].guesses for seed in range(4)]
    return [{guess.label: guess.score for guess in guesses} for guesses in answers]


def test_models_are_replaced_under_load_and_sigterm_loses_nothing(server, tmp_path):
    expected = {"old": scores_of(server.folder)}
    newer = tmp_path / "newer"
    newer.mkdir()
    model(1, classes=("a", "b", "c", "d")).save(newer)
    expected["new"] = scores_of(newer)
    load = Load(server, expected)
    load.wait_for(lambda seen: seen["old"] >= 20)

    # A damaged model is refused, and the old one stays.
    description = (server.folder / "model.json").read_text()
    (server.folder / "model.json").write_text(description[:-20])
    while "refused" not in server.log.read_text():
        before = load.seen["old"]
        load.wait_for(lambda seen, before=before: seen["old"] > before + 20)
    assert load.seen["new"] == 0

    model(1, classes=("a", "b", "c", "d")).save(server.folder)
    load.wait_for(lambda seen: seen["new"] >= 20)
    assert server.end(signal.SIGTERM) == 143
    load.end()
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines if line["event"] != "request"] == [
        "loading",
        "ready",
        "new model refused, the old one stays",
        "model replaced",
        "ending",
    ]
    assert sum(line["event"] == "request" for line in lines) == sum(load.seen.values())


def test_a_request_that_has_begun_is_finished(server):
    connection = server.connect()
    content = picture()
    connection.putrequest("POST", "/predict")
    connection.putheader("content-type", "image/png")
    connection.putheader("content-length", str(len(content)))
    connection.endheaders(content[:100])
    kept = server.connect()
    kept.request("GET", "/readyz")
    assert kept.getresponse().read()
    server.process.send_signal(signal.SIGTERM)
    while True:  # until the signal has arrived
        kept.request("GET", "/readyz")
        answer = kept.getresponse()
        answer.read()
        if answer.status == 503:
            break
    connection.send(content[100:])
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["connection"] == "close"
    assert json.loads(answer.read())["predictions"][0]["class"]
    connection.close()
    kept.close()
    assert server.process.wait(30) == 143
    server.process.stdout.close()


def test_ctrl_c_ends_it_and_all_of_the_log_is_json(server):
    connection = server.connect()
    requests = [
        ("multipart/form-data; boundary=secret", b"--secret?\r\n", 422),
        ("text/plain", b"--secret?\r\n", 415),
        ("image/tiff", damaged_tiff(), 422),
    ]
    for kind, content, status in requests:
        connection.request("POST", "/predict", content, {"content-type": kind})
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (status, True)
    connection.close()
    assert server.end(signal.SIGINT) == 130
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert [line.get("status", line["event"]) for line in lines] == ["loading", "ready", 422, 415, 422, "ending"]


def test_a_body_that_is_too_large_is_answered_though_it_is_sent(server):
    connection = server.connect()
    connection.request("POST", "/predict", bytes(34 << 20), HEADERS)
    answer = connection.getresponse()
    assert answer.status == 413
    assert "Allowed: 33.6 MB at most" in json.loads(answer.read())["detail"]
    connection.close()


def refused(capfd, *words):
    with pytest.raises(SystemExit) as ended:
        command(["serve", *map(str, words)])
    return ended.value.code, capfd.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "0", "models.example"])  # noqa: S104
def test_other_machines_need_a_token(run, capfd, monkeypatch, host):
    found = socket.getaddrinfo("0.0.0.0", 0, type=socket.SOCK_STREAM)  # noqa: S104
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)  # as this machine's own name may lead
    code, told = refused(capfd, run, "--host", host)
    assert code == 2
    assert "would be reached from other machines, at 0.0.0.0" in told
    assert "--token-file" in told


def test_a_token_file_that_others_can_read_is_remarked(tmp_path, caplog):
    path = Path(token(tmp_path))
    path.chmod(0o600)
    assert read_token(path) == "t" * 32
    assert caplog.records == []
    path.chmod(0o644)
    assert read_token(path) == "t" * 32
    (record,) = caplog.records
    assert record.facts == {"remark": f"every user of this machine can read it: chmod 600 {path}"}


def test_what_holds_no_token(run, tmp_path, capfd):
    short = tmp_path / "token"
    for text in ("", "short", "x" * 5000, "with a space in between them", "ü" * 20):
        short.write_text(text, encoding="utf-8")
        code, told = refused(capfd, run, "--token-file", short)
        assert code == 2
        assert "token" in told
        assert "short" not in told
    assert refused(capfd, run, "--token-file", tmp_path)[0] == 2
    os.mkfifo(tmp_path / "pipe")
    assert refused(capfd, run, "--token-file", tmp_path / "pipe")[0] == 2


def test_features_of_the_user_s_own_need_trust(tmp_path, monkeypatch, capfd):
    name = "features_to_be_served"
    (tmp_path / f"{name}.py").write_text(EXAMPLE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    images = np.random.default_rng(0).integers(0, 256, (6, *SIZE, 3), dtype=np.uint8)
    with trusting(name):
        fitted = build_features(f"{name}:Contrast,grid=2").fit(images)
        weights = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32), np.zeros(3, np.float32)
        folder = tmp_path / "run"
        folder.mkdir()
        SavedModel(*weights, CLASSES, "softmax", f"{name}:Contrast,grid=2", (*SIZE, 3), 0.0, fitted.state()).save(
            folder
        )
    code, told = refused(capfd, folder, "--port", 0)
    assert code == 2
    assert f"--trust {name}" in told
    expected = scoreline.load(folder, trust=[name]).predict(picture(), 3)[0]
    server = Server(folder, "--trust", name)
    try:
        connection = server.connect()
        connection.request("POST", "/predict?top_k=3", picture(), HEADERS)
        (found,) = json.loads(connection.getresponse().read())["predictions"]
        connection.close()
    finally:
        assert server.end() == 143
    assert [top["score"] for top in found["top"]] == [guess.score for guess in expected.guesses]


def test_what_cannot_be_served(run, tmp_path, capfd):
    assert refused(capfd, tmp_path / "nowhere", "--port", 0)[0] == 3
    for host in ("no.such.host.invalid", "192.0.2.1"):
        code, told = refused(capfd, run, "--host", host, "--token-file", token(tmp_path))
        assert code == 2
        assert f"no host '{host}'" in told


def token(folder):
    path = folder / "a-token"
    path.write_text("t" * 32 + "\n")
    return path
