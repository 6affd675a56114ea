"""Requests a second, and how long they take, against a FastAPI handler around scikit-learn.

``python -m benchmarks.serving`` needs ``wrk`` (Debian's package) and the extra ``serve``. Both servers get the
same files in the same forms, in turn, and the same two models; the plain one has one thread of BLAS, with which it
is faster. ``--small`` takes a second a measurement: does it all work?
"""

from __future__ import annotations

import argparse
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from scoreline.runs.prediction import load_classifier

CONNECTIONS = (1, 8, 64)
MODELS = ("pixels", "dictionary:400")
#: Sides of the JPEG files: as small as the model's images, and a telephone's.
SIDES = {"32 x 32": (32, 32), "12 megapixels": (3000, 4000)}
SCRIPT = """
local file = io.open(os.getenv("SERVING_BODY"), "rb")
wrk.method, wrk.body = "POST", file:read("*a")
wrk.headers["Content-Type"] = "multipart/form-data; boundary=x"
function done(summary, latency)
  local e = summary.errors
  local wrong = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format('\\n{"requests": %d, "us": %d, "p50": %d, "p99": %d, "wrong": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), wrong))
end
"""


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.serving")
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="one round of a second each, to see that all works")
    given = parser.parse_args()
    seconds, rounds = (1, 1) if given.small else (given.seconds, given.rounds)
    each = "requests/s | p50, p99 in ms | CPU ms a request"
    print(f"| model | image | connections | scoreline, {each} | plain, {each} | ratio | of CPU |")
    print("|---" * 11 + "|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bodies = {text: _body(folder / f"{sides[0]}.form", sides) for text, sides in SIDES.items()}
        for features in MODELS:
            run = _trained(folder / features.partition(":")[0], features)
            commands = {
                "scoreline": [sys.executable, "-m", "scoreline", "serve", str(run), "--port"],
                "plain": [sys.executable, "-m", "benchmarks.plain_server", str(run)],
            }
            with _served(commands["scoreline"]) as ours, _served(commands["plain"]) as plain:
                _same_answers(ours, plain, bodies["32 x 32"], run)
                for text, body in bodies.items():
                    for n in CONNECTIONS:
                        pairs = [
                            (_wrk(ours, body, n, seconds), _wrk(plain, body, n, seconds)) for _ in range(rounds)
                        ]
                        print(_row(features, text, n, pairs), flush=True)


def _trained(run: Path, features: str) -> Path:
    """Train a model on drawn images of its size."""
    photos = run.parent / "photos"
    if not photos.exists():
        values = np.random.default_rng(0)
        for label in range(10):
            (photos / str(label)).mkdir(parents=True)
            for number in range(20):
                low = values.integers(0, 256, (6, 6, 3), dtype=np.uint8)
                Image.fromarray(low).resize((32, 32), Image.Resampling.BICUBIC).save(
                    photos / str(label) / f"{number}.png"
                )
    command = ["train", str(photos), "--features", features, "--lam", "0.1", "--tol", "1e-2", "--out", str(run)]
    subprocess.run([sys.executable, "-m", "scoreline", *command], check=True, capture_output=True)
    return run


def _body(path: Path, sides: tuple[int, int]) -> Path:
    """Write a form with one JPEG file."""
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8))
    file = io.BytesIO()
    picture.resize(sides[::-1], Image.Resampling.BICUBIC).save(file, "jpeg", quality=90)
    head = b'--x\r\nContent-Disposition: form-data; name="images"; filename="a.jpg"\r\n\r\n'
    path.write_bytes(head + file.getvalue() + b"\r\n--x--\r\n")
    return path


class _Server(NamedTuple):
    address: str
    pid: int

    def cpu(self) -> float:
        """Return the seconds that it has computed, as Linux tells them."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _served(command: list[str]) -> Iterator[_Server]:
    """Run a server at a free port; yield it when it answers."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    plain = {"OPENBLAS_NUM_THREADS": "1"} if "benchmarks.plain_server" in command else {}
    process = subprocess.Popen(
        [*command, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | plain
    )
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield _Server(f"http://127.0.0.1:{port}/predict", process.pid)
    finally:
        process.terminate()
        try:
            process.wait(90)
        except subprocess.TimeoutExpired:  # it works off requests whose clients have gone
            process.kill()
            process.wait()


def _same_answers(ours: _Server, plain: _Server, body: Path, run: Path) -> None:
    """Check that both servers give the model's own answer."""
    found = []
    for address in (ours.address, plain.address):
        request = urllib.request.Request(  # noqa: S310 - our own address
            address, body.read_bytes(), {"Content-Type": "multipart/form-data; boundary=x"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            found.append(json.load(answer)["predictions"][0])
    image = body.read_bytes().partition(b"\r\n\r\n")[2].removesuffix(b"\r\n--x--\r\n")
    own = float(load_classifier(run).predict_proba(image).max())
    if any(abs(one["probability"] - own) > 1e-3 for one in found):
        sys.exit(f"The servers differ: {found}, and the model says {own}")


def _wrk(server: _Server, body: Path, n: int, seconds: int) -> dict[str, Any]:
    """Return what wrk has measured with so many connections, and the server's CPU seconds."""
    script = body.parent / "post.lua"
    script.write_text(SCRIPT, encoding="utf-8")
    command = ["wrk", "-t1", f"-c{n}", f"-d{seconds}s", "--timeout", "60s", "-s", str(script), server.address]
    before = server.cpu()
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | {"SERVING_BODY": str(body)}
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    found["cpu"] = server.cpu() - before
    return found


def _row(features: str, text: str, n: int, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    """Return a row of medians; the ratio is that of each round."""

    def median(side: int, key: str) -> float:
        return float(np.median([pair[side][key] for pair in pairs]))

    def rate(found: dict[str, Any]) -> float:
        return 1e6 * found["requests"] / found["us"]

    def cpu(found: dict[str, Any]) -> float:
        return 1e3 * float(found["cpu"]) / max(found["requests"], 1)

    if any(not plain["requests"] for _, plain in pairs):
        shown = "no plain answer in time |"
    else:
        ratios = [(rate(ours) / rate(plain), cpu(plain) / cpu(ours)) for ours, plain in pairs]
        shown = " | ".join(f"{ratio:.1f}x" for ratio in np.median(ratios, axis=0))
    cells = []
    for side in (0, 1):
        wrong = sum(pair[side]["wrong"] for pair in pairs)
        rates = np.median([rate(pair[side]) for pair in pairs])
        cells.append(f"{rates:.1f}" + (f" ({wrong} failed)" if wrong else ""))
        cells.append(f"{median(side, 'p50') / 1e3:.1f}, {median(side, 'p99') / 1e3:.1f}")
        cells.append(f"{np.median([cpu(pair[side]) for pair in pairs]):.2f}")
    return f"| {features} | {text} | {n} | {' | '.join(cells)} | {shown} |"


if __name__ == "__main__":
    main()
