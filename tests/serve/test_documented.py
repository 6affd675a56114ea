"""The examples of docs/serve.md run against a real server."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.serve.conftest import model, picture
from tests.serve.test_running import Server

PAGE = (Path(__file__).parents[2] / "docs" / "serve.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_lines_of_the_page_are_answered(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    model().save(folder)
    for name in ("cat", "dog"):
        (tmp_path / f"{name}.png").write_bytes(picture())
    lines = re.search("```sh\n(.*?)```", PAGE, re.DOTALL)[1].replace("curl", "curl -sS --fail").splitlines()
    assert len(lines) >= 9
    server = Server(folder)
    try:
        for line in lines:
            own = line.replace(":8000", f":{server.port}")
            done = subprocess.run(own, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S602
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            assert done.stdout
    finally:
        server.end()


@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx")
def test_nginx_takes_its_lines(tmp_path):
    lines = re.search("```nginx\n(.*?)```", PAGE, re.DOTALL)[1]
    settings = tmp_path / "nginx.conf"
    settings.write_text(f"pid {tmp_path}/pid; events {{}} http {{ access_log off; {lines} }}")
    command = ["nginx", "-t", "-e", str(tmp_path / "errors"), "-c", str(settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


def test_the_limits_are_documented():
    from scoreline.serve.connections import Connection
    from scoreline.serve.running import LINGER_SECONDS
    from scoreline.web.connections import REQUEST_SECONDS
    from scoreline.web.limits import Limits

    limits = Limits()
    for text in (
        f"{limits.body_bytes >> 20} MiB",
        f"| {limits.images} |",
        f"{limits.pixels:,}",
        f"{limits.requests}, {limits.held_bytes >> 20} MiB, {limits.queued_images:,}",
        f"{limits.read_seconds:g} s",
        f"{limits.answer_seconds:g} s",
        f"{Connection.most}; beyond",
        f"{REQUEST_SECONDS:g} s since the connection",
        f"{LINGER_SECONDS:g} seconds at the most",
    ):
        assert text in PAGE


def test_the_tests_of_the_promises_are_there():
    root = Path(__file__).parents[2]
    named = re.findall(r"`(tests/[^`]+)`", (root / "docs" / "security.md").read_text(encoding="utf-8"))
    assert len(named) > 10
    assert [name for name in named if not (root / name).exists()] == []
