"""Whatever ends a command is told in one line, with a defined exit code; whatever is printed can be printed."""

import errno
import json
import os
import stat
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from scoreline.cli import failures, streams
from scoreline.cli.app import run
from scoreline.cli.failures import exit_code_of
from scoreline.cli.output import console, facts, notes, print_json, shown_data, table
from scoreline.errors import DataError

pytestmark = pytest.mark.usefixtures("no_figures")


class StrangeError(Exception):
    """An error that cannot tell itself."""

    def __str__(self):
        raise ValueError


def deep():
    return deep()


@pytest.fixture
def fails(monkeypatch, capfd, tmp_path):
    """End a command with an error; give its exit code, and what it printed."""
    monkeypatch.setattr(failures, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(shown_data, "described", {})  # of a command that another test has run in this process

    def fail(error, *words):
        def command():
            print("begun")
            raise error

        code = exit_code_of(command, words)
        printed = capfd.readouterr()
        return code, printed.out, printed.err

    return fail


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x/y"), 3, "/x/y: No space left on device"),
        (
            PermissionError(errno.EACCES, "Permission denied", b"/x/\xff\x1b"),
            3,
            "/x/\\xff\\x1b: Permission denied",
        ),
        (OSError(errno.EIO, "Input/output error"), 3, "Input/output error"),
        (OSError("no number"), 3, "no number"),
        (MemoryError(), 3, "not enough memory"),
        (RecursionError("maximum recursion depth exceeded"), 70, "RecursionError"),
        (KeyError("x\x1b[31m\ny" + "z" * 10**5), 70, "KeyError"),
        (StrangeError(), 70, "StrangeError"),
        (UnicodeEncodeError("ascii", "\udcff", 0, 1, "surrogates not allowed"), 70, "surrogates"),
        (ExceptionGroup("several", [ValueError("a")]), 70, "several"),
        (AssertionError(), 70, "AssertionError"),
        (GeneratorExit(), 70, "GeneratorExit"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_errors_are_one_line_and_a_file(fails, tmp_path, error, code, told):
    ended, out, err = fails(error, "--json")
    assert ended == code
    assert told in err
    assert err.startswith("Error: ")
    assert len(err.splitlines()) == 3
    assert len(err) < 1000
    assert "Traceback" not in err
    assert "\x1b" not in err
    facts = json.loads(out.splitlines()[-1])
    assert facts["exit_code"] == code
    assert facts["error"] == type(error).__name__
    assert "Traceback" in Path(facts["traceback"]).read_text(encoding="utf-8")
    assert Path(facts["traceback"]).parent == tmp_path


def test_errors_made_on_purpose_have_no_file(fails, tmp_path):
    code, out, _ = fails(DataError("x", allowed="y", fix="z"), "--json")
    assert code == 3
    assert set(json.loads(out.splitlines()[-1])) == {"error", "message", "exit_code"}
    assert not list(tmp_path.iterdir())


def test_the_umask_decides_who_may_read_the_file(fails, tmp_path):
    before = os.umask(0o027)
    try:
        fails(ValueError())
    finally:
        os.umask(before)
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_without_a_place_for_the_file_the_line_is_there(fails, monkeypatch, tmp_path):
    monkeypatch.setattr(failures, "gettempdir", lambda: str(tmp_path / "none"))
    code, _, err = fails(ValueError("x"))
    assert code == 70
    assert "ValueError: x" in err


def test_ctrl_c_is_told_and_a_closed_pipe_says_nothing(fails, monkeypatch):
    monkeypatch.setattr(failures, "drop_output", lambda: None)
    assert fails(KeyboardInterrupt())[::2] == (130, "Interrupted.\n")
    assert fails(BrokenPipeError(errno.EPIPE, "Broken pipe"))[::2] == (141, "")


@pytest.mark.parametrize(("ended", "code"), [(SystemExit(4), 4), (SystemExit(), 0), (SystemExit("text"), 1)])
def test_exit_codes_pass(fails, ended, code):
    assert fails(ended)[0] == code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["train", "--bogus"], "No such option"),
        (["nonsense"], "nonsense"),
        (["train", "--seed", "1" * 5000], "--seed"),
        (["train", "--lam", "nan"], "lam"),
        (["evaluate"], "Missing argument"),
    ],
)
def test_wrong_use_is_told_in_json_too(capfd, words, told):
    with pytest.raises(SystemExit) as ended:
        run([*words, "--json"])
    assert ended.value.code == 2
    printed = capfd.readouterr()
    assert told in json.loads(printed.out.splitlines()[-1])["message"]
    assert len(printed.err) < 1000


def test_names_obey_nothing(capfd):
    name = "a\x1b[31mb\x07c\u202ed\ne[/bold]"
    for consoles in (console, notes):
        consoles.print(table((name,), [(name,)]))
        consoles.print(facts([(name, name)]))
        consoles.print(f"in a sentence: {name}")
    printed = "".join(capfd.readouterr())
    assert not set(printed) & {"\x1b", "\x07", "\u202e"}
    assert "a\\x1b[31mb\\x07c\\u202ed\\ne[/bold]" in printed


def test_json_has_no_nan(capfd):
    print_json({"a": [float("nan"), {"b": float("-inf")}], "c": 1.5})
    assert json.loads(capfd.readouterr().out) == {"a": [None, {"b": None}], "c": 1.5}


def test_warnings_for_developers_are_dropped(capfd, monkeypatch):
    def command(**_):
        for category in (DeprecationWarning, FutureWarning, RuntimeWarning, ResourceWarning):
            warnings.showwarning(category("of a library"), category, "file", 1)
        warnings.showwarning(UserWarning("Glyph 29483 missing"), UserWarning, "file", 1)
        warnings.showwarning(UserWarning("that it did not converge"), UserWarning, "file", 1)

    monkeypatch.setattr("scoreline.cli.app.app", command)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setattr(sys, "warnoptions", [])
    with pytest.raises(SystemExit):
        run([])
    assert capfd.readouterr().err == "Note: that it did not converge\n"


def shell(command, **environment):
    """Run a line of a shell in which ``scoreline`` is the program."""
    line = f'scoreline() {{ {sys.executable} -m scoreline "$@"; }}; {command}'
    return subprocess.run(  # noqa: S602
        line, shell=True, capture_output=True, timeout=100, env=os.environ | environment, executable="/bin/bash"
    )


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("scoreline datasets >&-", 3, b"Error: Standard output is closed"),
        ("scoreline datasets --json >/dev/full", 3, b"Error: Standard output cannot be written (No space left"),
        ("scoreline datasets >&- 2>&- <&-", 3, b""),
        ("scoreline nonsense 2>/dev/full", 2, b""),
        ("set -o pipefail; scoreline datasets | true", 141, b""),
    ],
)
def test_streams_that_refuse(command, code, told):
    done = shell(command)
    assert done.returncode == code
    assert done.stderr.startswith(told)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert bool(done.stderr) == bool(told)


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell")
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_terminals_that_lack_letters(encoding):
    done = shell("scoreline train 猫 >&2; scoreline sweep --help", PYTHONIOENCODING=encoding, LC_ALL="C")
    assert done.returncode == 0
    assert b"\\u732b" in done.stderr
    assert done.stdout.decode(encoding)


@pytest.mark.parametrize(
    ("words", "told", "allowed", "help"),
    [
        (
            ["train", "--lr", "abc"],
            "Invalid value for '--lr': 'abc'.",
            "a number above 0.",
            "see 'scoreline train --help'",
        ),
        (
            ["lab", "--port", "99999"],
            "'--port': '99999'.",
            "a whole number from 0 to 65,535.",
            "see 'scoreline lab --help'",
        ),
        (["train", "--validation", "2"], "The setting validation is 2.0.", "a number from 0 to below 1.", ""),
        (["train", "--batch-size", "0"], "The setting batch_size is 0.", "a whole number from 1 to 2,147", ""),
        (["train", "--lr", "-1"], "The setting lr is -1.0.", "a number above 0.", ""),
        (["compare", "--seed", "x"], "Invalid value for '--seed': 'x'.", "a whole number from 0 to below", ""),
        (["evaluate", "x", "--max-rejected", "7"], "'--max-rejected': '7'.", "a number from 0 to 1.", ""),
        (["train", " "], "The name or path of a data set or file is empty.", "a name or a path; .", ""),
        (["trian"], "No such command 'trian' (the nearest is 'train').", "the commands", "see 'scoreline --help'"),
        (
            ["compare", "--lams"],
            "'--lams' requires an argument.",
            "the commands",
            "see 'scoreline compare --help'",
        ),
    ],
)
def test_wrong_words_are_quoted_with_what_is_allowed(capfd, words, told, allowed, help):
    with pytest.raises(SystemExit) as ended:
        run(words)
    error = capfd.readouterr().err
    assert ended.value.code == 2
    assert told in error
    assert f"Allowed: {allowed}" in error
    assert help in error


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="terminals of POSIX")
def test_a_terminal_that_was_closed_takes_what_is_left_to_say(monkeypatch):
    """As where a signal to end tells of that: the command ends with the signal's exit code."""
    master, terminal = os.openpty()
    with os.fdopen(terminal, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        streams.drop_lost_terminal()
        os.write(terminal, b"heard")
        assert os.read(master, 5) == b"heard"
        os.close(master)
        with pytest.raises(OSError, match="Input/output"):
            os.write(terminal, b"lost")
        streams.drop_lost_terminal()
        os.write(terminal, b"dropped")


CTRL_C_WHILE_IMPORTED = """
import signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "scoreline.cli.app":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Finder())
from scoreline.cli import main
main()
"""


def test_ctrl_c_at_once_is_no_traceback():
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", CTRL_C_WHILE_IMPORTED], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (130, b"Interrupted.\n")


def test_ctrl_c_where_nothing_is_kept_is_told(monkeypatch, capfd):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("scoreline.runs.reporting.report_run", interrupted)
    with pytest.raises(SystemExit) as ended:
        run(["report", "somewhere"])
    assert (ended.value.code, capfd.readouterr().err) == (130, "Interrupted.\n")
