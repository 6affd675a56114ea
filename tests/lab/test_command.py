"""`scoreline lab`: it tells its address, ends quietly, and says why it cannot begin."""

import signal
import socket
import subprocess
import sys

import pytest

from scoreline.cli.app import run

COMMAND = [sys.executable, "-m", "scoreline", "lab", "--no-open"]


@pytest.fixture
def refused(capfd):
    """Run the command where it cannot begin; give its exit code and what it told."""

    def call(*words):
        with pytest.raises(SystemExit) as ended:
            run(["lab", "--no-open", *map(str, words)])
        return ended.value.code, capfd.readouterr().err

    return call


def test_ctrl_c_is_a_quiet_end():
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(COMMAND, **pipes) as process:  # noqa: S603
        assert "http://127.0.0.1:" in process.stdout.readline()
        process.stdout.readline()
        # It may not listen to signals yet: what counts is that none of them leaves a trace.
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors
    assert process.returncode in (0, 130)


def test_a_taken_port(refused):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, told = refused("--port", port)
    assert code == 2
    assert f"Port {port} cannot be used" in told
    assert "--port 0 takes a free one" in told


def test_a_folder_that_is_no_run(tmp_path, refused):
    code, told = refused("--run", tmp_path)
    assert code == 3
    assert "is not the folder of a run" in told


def test_data_that_are_not_there(tmp_path, refused):
    code, told = refused("--data", tmp_path / "nowhere")
    assert code == 3
    assert "nowhere" in told
