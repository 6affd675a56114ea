"""The tree of exceptions: everything that scoreline raises on purpose.

::

    ScorelineError                          exit code 1
    ├── UsageError (ValueError)             exit code 2   a wrong argument, name or combination
    │   ├── UnknownNameError                              no part of that name
    │   ├── MismatchError                                 parts that do not fit together
    │   └── UntrustedError                                code that the user has not named would run
    ├── DataError (ValueError)              exit code 3   the data cannot be used
    │   ├── ImageError                                    one image cannot be used
    │   ├── TooManyRejectedError                          too large a share of the images was bad
    │   └── DownloadError                                 a named data set could not be fetched
    ├── ModelError (ValueError)             exit code 3   a saved model cannot be used
    ├── OutputError (OSError)               exit code 3   results cannot be written any more
    ├── DivergedError (ArithmeticError)     exit code 4   training ran away
    └── MissingPackageError (ImportError)   exit code 2   an optional package is not installed

Every message answers three questions: what was given, what is allowed, what to do. It is one line of bounded
length, whatever it quotes.

What the machine refuses (a full disk, no memory, no permission) ends a command with exit code 3 too, an error that
nobody foresaw with 70, Ctrl-C with 130 (SIGTERM with 143, SIGHUP with 129), and a reader of the output that has
gone away with 141.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, ClassVar

from scoreline._text import escaped, shortened, shown

__all__ = [
    "DataError",
    "DivergedError",
    "DownloadError",
    "ImageError",
    "MismatchError",
    "MissingPackageError",
    "ModelError",
    "OutputError",
    "ScorelineError",
    "TooManyRejectedError",
    "UnknownNameError",
    "UntrustedError",
    "UsageError",
]


#: Characters of each part of a message.
MOST_SAID = 1500
#: Characters of a name that was not found that are compared with the known names.
MOST_COMPARED = 60
#: Share of equal letters above which one name may be a slip of the pen for another. At 0.5 "nope" was taken for
#: "opponent"; two letters out of three in the wrong order ("sdg") have 0.67.
NEAR = 0.65
#: Letters that are enough for the beginning of a name.
BEGINNING = 3


class ScorelineError(Exception):
    """The root of all exceptions that scoreline raises on purpose.

    Parameters
    ----------
    given : str
        What was given or found, as a sentence without its full stop.
    allowed : str
        What would have been right.
    fix : str
        What the reader can do now.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, given: str, *, allowed: str, fix: str) -> None:
        self.given, self.allowed, self.fix = map(_one_line, (given, allowed, fix))
        super().__init__(f"{self.given}. Allowed: {self.allowed}. To fix it: {self.fix}.")

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only arguments do not survive BaseException's own reduce, and joblib sends errors between
        # processes.
        return _rebuild, (type(self), self.given, self.allowed, self.fix)


def _one_line(text: str) -> str:
    return shortened(escaped(" ".join(text.splitlines())), MOST_SAID)


def _rebuild(kind: type[ScorelineError], given: str, allowed: str, fix: str) -> ScorelineError:
    return kind(given, allowed=allowed, fix=fix)


class UsageError(ScorelineError, ValueError):
    """An argument is wrong, or does not go with the others."""

    exit_code = 2


class UnknownNameError(UsageError):
    """No loss, penalty, optimiser, ... has that name."""

    @classmethod
    def of(cls, kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
        """Build the error for `name`, suggesting the nearest of the `known` names, if one is near."""
        names = sorted(known)
        near = nearest_name(name, names)
        fix = f"write {near!r}" if near else f"choose one of the names of a {kind} above"
        return cls(f"There is no {kind} called {shown(name)}", allowed=", ".join(names), fix=fix)


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the one of the `known` names for which `name` may be a slip, or None if there is none so near.

    Two names are near when two thirds of their letters are the same in the same order (``sdg`` and ``sgd``), or
    when one of three letters or more is the beginning of the other (``cross`` and ``cross-entropy``).
    """
    given = name.strip().lower()[:MOST_COMPARED]
    spelt = {other.lower(): other for other in known}
    close = difflib.get_close_matches(given, spelt, n=1, cutoff=NEAR)
    begun = [other for other in sorted(spelt, key=len) if other.startswith(given) and len(given) >= BEGINNING]
    return next((spelt[other] for other in [*close, *begun]), None)


class MismatchError(UsageError):
    """Parts that are right one by one do not fit together."""


class UntrustedError(UsageError):
    """A model or a file names a module whose code would run, and the user has not said to trust it."""


class DataError(ScorelineError, ValueError):
    """The data cannot be used as they are."""

    exit_code = 3


class ImageError(DataError):
    """One image cannot be read or used."""


class TooManyRejectedError(DataError):
    """More images were rejected than the run allows."""


class DownloadError(DataError):
    """A named data set could not be downloaded."""


class ModelError(ScorelineError, ValueError):
    """A saved model cannot be read or does not fit the data."""

    exit_code = 3


class OutputError(ScorelineError, OSError):
    """Results cannot be written any more: the disk is full, or the folder is gone or has become read-only."""

    exit_code = 3


class DivergedError(ScorelineError, ArithmeticError):
    """Training ran away: the loss grew without bound or was not a number."""

    exit_code = 4


class MissingPackageError(ScorelineError, ImportError):
    """A feature needs a package that is not installed."""

    exit_code = 2
