"""`scoreline lab` as a process: it tells its address, ends quietly, and says why it cannot begin."""

import signal
import socket
import subprocess
import sys

COMMAND = [sys.executable, "-m", "scoreline", "lab", "--no-open"]


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


def test_a_taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = subprocess.run([*COMMAND, "--port", str(port)], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 2
    assert f"Port {port} cannot be used" in done.stderr
    assert "leave --port out" in done.stderr


def test_a_folder_that_is_no_run(tmp_path):
    done = subprocess.run([*COMMAND, "--run", str(tmp_path)], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 3
    assert "is not the folder of a run" in done.stderr


def test_data_that_are_not_there(tmp_path):
    missing = str(tmp_path / "nowhere")
    done = subprocess.run([*COMMAND, "--data", missing], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 3
    assert "nowhere" in done.stderr
