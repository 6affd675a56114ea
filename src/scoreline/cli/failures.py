"""The last error handler: whatever ends a command is reported in one line, with a defined exit code."""

from __future__ import annotations

import errno
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from tempfile import gettempdir
from typing import Any, NamedTuple, get_args

from scoreline._text import escaped, shortened, shown
from scoreline.cli.streams import drop_output, output_fails, output_refuses, uninterrupted
from scoreline.errors import ScorelineError, UsageError

__all__ = ["INTERRUPTED", "PIPE_CLOSED", "REFUSED", "UNFORESEEN", "exit_code_of"]

#: The machine refuses: no space, no memory, no permission.
REFUSED = 3
#: An unforeseen error; ``EX_SOFTWARE`` of BSD's sysexits.
UNFORESEEN = 70
#: The shells' codes for programs that Ctrl-C or a closed pipe has ended.
INTERRUPTED, PIPE_CLOSED = 130, 141

_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
#: The parser's messages on a value and on an unknown command.
_BAD_VALUE = re.compile(
    r"(?P<given>Invalid value for '(?P<option>.+)'): Input should be (?P<allowed>.+?)(, unable to .+)?"
)
_NEAREST = re.compile(r"\. Did you mean (.+)\?$")
_LEAVE = {errno.EACCES, errno.EPERM, errno.EROFS}


class _Failure(NamedTuple):
    """The message of a failed command."""

    kind: str
    #: What happened, and what to do.
    lines: tuple[str, str]
    message: str
    exit_code: int
    #: Whether the file with the traceback helps: the error is the machine's or ours.
    traced: bool


def exit_code_of(command: Callable[[], int], words: Sequence[str]) -> int:
    """Run a command of the program; return its exit code, whatever happens.

    Parameters
    ----------
    command : callable
        Returns an exit code.
    words : sequence of str
        The words of the command line.
    """
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        return PIPE_CLOSED
    except KeyboardInterrupt:
        with uninterrupted(), suppress(Exception):
            from scoreline.cli.output import notes

            notes.print("Interrupted.")
        return INTERRUPTED
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # typer makes it exit code 1
            drop_output()
            return PIPE_CLOSED
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException as error:  # noqa: BLE001 - it is the outermost
        return _told(error, words)
    return code


def _told(error: BaseException, words: Sequence[str]) -> int:
    """Report the error on standard error, and in JSON where that was requested; return the exit code."""
    failure = _with_notes(_described(error, words), error)
    trace = _write_traceback(error, words) if failure.traced else None
    deaf = output_fails()
    if deaf:
        drop_output()
    with suppress(Exception):  # standard error may be full as well
        _print(failure, trace)
    if "--json" in words and not deaf:
        facts = {"error": failure.kind, "message": failure.message, "exit_code": failure.exit_code}
        with suppress(Exception):
            from scoreline.cli.output import print_json

            print_json(facts | ({"traceback": trace} if failure.traced else {}))
    if output_fails():
        drop_output()
    return failure.exit_code


def _described(error: BaseException, words: Sequence[str]) -> _Failure:
    if isinstance(error, ScorelineError):
        return _wrong(type(error).__name__, error)
    if hasattr(error, "format_message"):  # the command line's own: typer hides the class
        return _wrong("UsageError", _wrong_use(error, words))
    if isinstance(error, MemoryError):
        fix = "give --memory a bound, such as 2GB, or take fewer or smaller data"
        return _failure(error, f"There is not enough memory{_said(error)}", fix, REFUSED)
    if isinstance(error, OSError):
        return _failure(error, *_refusal(error), REFUSED)
    what = f"An error that was not foreseen ended the command ({type(error).__name__}{_said(error)})"
    return _failure(error, what, "please report it, with the file named below", UNFORESEEN)


def _with_notes(failure: _Failure, error: BaseException) -> _Failure:
    """Add the notes of the error, such as which results were kept."""
    added = "".join(f" {escaped(note)}." for note in getattr(error, "__notes__", ()))
    what, fix = failure.lines
    return failure._replace(lines=(what + added, fix), message=failure.message + added)


def _wrong(kind: str, error: ScorelineError) -> _Failure:
    fix = f"  Allowed: {error.allowed}.\n  To fix it: {error.fix}."
    return _Failure(kind, (f"{error.given}.", fix), str(error), error.exit_code, traced=False)


def _wrong_use(error: BaseException, words: Sequence[str]) -> UsageError:
    """Return what the command line's parser found, as an error like all others."""
    path = getattr(getattr(error, "ctx", None), "command_path", None) or " ".join(("scoreline", *words[:1]))
    text = str(error.format_message()).rstrip(". \n")  # type: ignore[attr-defined]
    allowed = "the commands, arguments and options that --help lists"
    if bad := _BAD_VALUE.fullmatch(text):
        text = bad["given"] + _value_of(bad["option"], words)
        allowed = _numbers_of(getattr(error, "param", None)) or bad["allowed"]
    return UsageError(_NEAREST.sub(r" (the nearest is \1)", text), allowed=allowed, fix=f"see '{path} --help'")


def _numbers_of(parameter: Any) -> str:
    """Return the numbers that an option takes; nothing for options of another kind."""
    from scoreline._checks import describe_range
    from scoreline.runs.config import RunConfig
    from scoreline.runs.setting_ranges import allowed_numbers

    kind = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    kinds = {kind, *get_args(kind)}
    if not kinds & {int, float}:
        return ""
    if found := allowed_numbers(RunConfig.model_fields.get(parameter.name)):
        return found
    return describe_range(parameter.min, parameter.max, whole=int in kinds)


def _value_of(option: str, words: Sequence[str]) -> str:
    """Return what follows an option on the command line, after a colon."""
    for word, value in pairwise(words):
        if word == option:
            return f": {shown(value)}"
    return ""


def _failure(error: BaseException, what: str, fix: str, code: int) -> _Failure:
    lines = f"{what}.", f"  To fix it: {fix}."
    return _Failure(type(error).__name__, lines, " ".join(map(str.strip, lines)), code, traced=True)


def _refusal(error: OSError) -> tuple[str, str]:
    """Return what the system refused, and what to do."""
    reason = error.strerror or "it cannot be used"
    if error.filename is None and output_refuses():
        closed = error.errno == errno.EBADF
        what = "Standard output is closed" if closed else f"Standard output cannot be written ({reason})"
        return what, "redirect it elsewhere; files that the command has written are complete"
    if error.filename is not None:
        name = shortened(escaped(os.fsdecode(error.filename) if not isinstance(error.filename, int) else "a file"))
        what = f"{name}: {reason}"
    else:
        what = f"The system refused something{_said(error)}"
    if error.errno in _ROOM:
        return what, "free some space, or write to another disk (--out; the variable TMPDIR for temporary files)"
    if error.errno in _LEAVE:
        return what, "give a path that you may read, or write to"
    return what, "check the path and the disk"


def _said(error: BaseException) -> str:
    """Return an error's text as one bounded line, after a colon."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - errors of libraries may fail to format themselves
        text = ""
    return f": {shortened(escaped(text))}" if text else ""


def _print(failure: _Failure, trace: str | None) -> None:
    from rich.text import Text

    from scoreline.cli.output import notes

    what, fix = failure.lines
    notes.print(Text.assemble(("Error: ", "bold red"), what))
    notes.print(Text(fix))
    if trace is not None:
        notes.print(Text(f"  Details for developers: {trace}"))


def _write_traceback(error: BaseException, words: Sequence[str]) -> str | None:
    """Write the traceback into a new file of the temporary folder; return its path, None where that fails."""
    import platform
    import traceback

    try:
        from scoreline._version import __version__

        folder = Path(gettempdir())
        path = folder / f"scoreline-error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
        versions = f"scoreline {__version__}, Python {platform.python_version()}, {platform.platform()}"
        text = f"{versions}\n{list(words)!r}\n\n" + "".join(traceback.format_exception(error))
        # Exclusively: no existing file or link of that name is written to. The umask decides who may read it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except Exception:  # noqa: BLE001 - the disk may be what is full
        return None
    return str(path)
