"""The program: its commands, and how it ends."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections import deque
from collections.abc import Collection, Sequence
from typing import Annotated, TextIO

import typer
from rich.text import Text

from scoreline._version import __version__
from scoreline.cli import compare, sweep
from scoreline.cli.datasets import datasets
from scoreline.cli.evaluate import evaluate
from scoreline.cli.export import export
from scoreline.cli.failures import exit_code_of
from scoreline.cli.features import features_command
from scoreline.cli.gradcheck import gradcheck
from scoreline.cli.help import Interrupted, Program, add_command
from scoreline.cli.lab import lab
from scoreline.cli.output import notes, shown_data
from scoreline.cli.predict import predict
from scoreline.cli.report import report
from scoreline.cli.resume import resume
from scoreline.cli.serve import serve
from scoreline.cli.train import train
from scoreline.errors import UsageError

__all__ = ["app", "run", "spread"]

app = typer.Typer(
    name="scoreline",
    cls=Program,
    help="Linear image classifiers, trained exactly and fast, with every number in sight.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 1 a check failed, 2 wrong use, 3 bad data, or the machine refuses (disk, memory), "
    "4 diverged, 70 an unforeseen error, 130 interrupted (143 by SIGTERM and 129 by SIGHUP, which keep what "
    "Ctrl-C keeps), 141 the reader of the output has gone away.",
)
#: Options of commands that take several values, with spaces between them.
MANY_VALUED = {"compare": compare.MANY_VALUED, "sweep": sweep.MANY_VALUED}

#: Beginnings of warnings that a user cannot act on: letters of class names that a font lacks.
IGNORED = ("Glyph ",)
#: Notes that are not said again.
REMEMBERED = 100

add_command(
    app,
    train,
    "train",
    "photos --out run",
    "photos --features hog,hue --lam auto",
    "cifar10 --loss svm --solver adam --max-epochs 20",
    "--config run/config.yaml --seed 1",
)
add_command(app, resume, "resume", "run")
add_command(app, evaluate, "evaluate", "run", "run other-photos --json")
add_command(app, predict, "predict", "run *.jpg", "run folder --top-k 3 --format json")
add_command(app, export, "export", "run --onnx model.onnx", "run --skops model.skops --numpy program")
add_command(app, report, "report", "run", "run --full")
add_command(
    app,
    compare.compare_command,
    "compare",
    "photos --losses softmax svm --lams 1e-4 1e-3",
    "digits --solvers sgd adam --baselines 1-nn",
)
add_command(
    app, sweep.sweep_command, "sweep", "photos --lam 1e-5:1:11", "digits --solver sgd --lr 1e-3:1:7 --halving 3"
)
add_command(app, features_command, "features", "photos", "cat.jpg --features hog,hue --out figures")
add_command(app, gradcheck, "gradcheck", "digits --loss svm", "photos --every-loss")
add_command(app, serve, "serve", "run", "run --host 0.0.0.0 --token-file token")
add_command(app, lab, "lab", "", "--data photos --run run")
add_command(app, datasets, "datasets", "")


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"scoreline {__version__}\n")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Take the options before a command."""
    del version


def run(arguments: Sequence[str]) -> None:
    """Run the program and end it with its exit code."""
    many = MANY_VALUED.get(arguments[0], ()) if arguments else ()
    words = spread(arguments, many)
    sys.exit(exit_code_of(lambda: _command(words), words))


def _command(words: list[str]) -> int:
    if not sys.warnoptions:  # an explicit -W option keeps Python's own format
        warnings.showwarning = _Notes()
        logging.getLogger("matplotlib").setLevel(logging.ERROR)  # caches that it cannot write, fonts that it lacks
    try:
        with shown_data:
            ended = app(args=words, prog_name="scoreline", standalone_mode=False)
    except Interrupted as interrupt:
        raise KeyboardInterrupt from interrupt
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # its text is the help, already printed
            return UsageError.exit_code
        raise
    return ended if isinstance(ended, int) else 0


class _Notes:
    """Prints warnings as notes, without their place in the source; those for developers are ignored.

    What two steps of a command remark on, such as a run that is not finished, is said once.
    """

    def __init__(self) -> None:
        self._said: deque[str] = deque(maxlen=REMEMBERED)

    def __call__(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Print one, unless it was among the last ones."""
        del filename, lineno, file, line
        text = str(message)
        if not issubclass(category, UserWarning) or text.startswith(IGNORED) or text in self._said:
            return
        self._said.append(text)
        notes.print(Text(f"Note: {text}"))


def spread(words: Sequence[str], options: Collection[str]) -> list[str]:
    """Repeat an option for each of its values: ``--lrs 1 2`` becomes ``--lrs 1 --lrs 2``."""
    out: list[str] = []
    current = ""
    fresh = False
    for word in words:
        if word.startswith("-") and not _is_number(word):
            current, fresh = (word, True) if word in options else ("", False)
            out.append(word)
        elif current and not fresh:
            out += [current, word]
        else:
            out.append(word)
            fresh = False
    return out


def _is_number(word: str) -> bool:
    try:
        json.loads(word)
    except ValueError:
        return False
    return True
