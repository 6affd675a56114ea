"""What every export does: write a model for another program, and measure that its answers are the same."""

from __future__ import annotations

import importlib.util
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.names import printable
from scoreline.errors import MissingPackageError, ModelError, UsageError
from scoreline.models.prediction import class_scores

if TYPE_CHECKING:
    from scoreline.models.saved import SavedModel

__all__ = ["Export", "Exported", "Parity", "Sample", "check_writable", "parity"]

#: Examples that are answered at a time.
_AT_A_TIME = 50


class Sample(NamedTuple):
    """Examples by which answers are compared, as the model sees them, and where they come from."""

    examples: Array
    source: str


class Parity(NamedTuple):
    """How far the answers of an export are from scoreline's, at the most."""

    #: ``probabilities``, or ``scores`` where the loss has no probabilities: relative to the largest then.
    of: str
    difference: float
    examples: int
    source: str


@dataclass(frozen=True)
class Exported:
    """What was written."""

    path: Path
    #: ``images`` or ``features``: what the model takes there.
    takes: str
    parity: Parity
    #: Why it does not begin with images; empty where it does.
    remark: str = ""


class Export(ABC):
    """A format for trained models.

    The command line makes its option of what is declared here, and imports every format to show its help: what
    takes long to import is imported where it is used.
    """

    #: What its option of ``scoreline export`` writes, for the help.
    help: ClassVar[str]
    #: Packages that writing takes, and the extra that has them.
    packages: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = ""

    def check(self, target: Path) -> None:
        """Raise an error before any work if `target` cannot be written, or a package is missing."""
        for package in self.packages:
            if importlib.util.find_spec(package) is None:
                raise MissingPackageError(
                    f"The package {package} is not installed",
                    allowed=f"exports of this kind with the extra '{self.extra}'",
                    fix=f"run: pip install 'scoreline[{self.extra}]'",
                )
        if target.is_dir() or not target.parent.is_dir():
            fault = "is a folder" if target.is_dir() else "would be in a folder that does not exist"
            raise UsageError(
                f"The export {printable(target)} {fault}",
                allowed="the path of a file, in a folder that exists",
                fix="choose another path",
            )
        check_writable(target)

    @abstractmethod
    def write(self, model: SavedModel, target: Path, sample: Sample) -> Exported:
        """Write a model, if its answers to the examples are the same.

        Raises
        ------
        ModelError
            The answers differ, or the model cannot be written in this format. Nothing is left then.
        OSError
            The file cannot be written.
        """


def check_writable(target: Path) -> None:
    """Raise UsageError unless files can be made beside `target`."""
    try:
        with tempfile.TemporaryFile(dir=target.parent, prefix=".scoreline-"):
            pass
    except OSError as error:
        raise UsageError(
            f"The export cannot be written to {printable(target)}: {error.strerror or error}",
            allowed="a path in a folder that may be written to",
            fix="choose another path, or make room on the disk",
        ) from error


def parity(
    model: SavedModel,
    sample: Sample,
    rows: Callable[[Array], Array],
    answer: Callable[[Array], tuple[FloatArray, FloatArray | None]],
    tolerance: float,
) -> Parity:
    """Compare the answers of an export with scoreline's.

    Parameters
    ----------
    model : SavedModel
    sample : Sample
    rows : callable
        Returns scoreline's feature rows of examples.
    answer : callable
        Returns the export's scores ``(n, C)`` and probabilities, if it has them, of examples.
    tolerance : float
        Largest difference that is allowed: of probabilities or, where there are none, of scores as a share of the
        largest one.

    Raises
    ------
    ModelError
        They differ by more.
    """
    worst, largest, of = 0.0, 1.0, "scores"
    for first in range(0, len(sample.examples), _AT_A_TIME):
        examples = sample.examples[first : first + _AT_A_TIME]
        own = model.scores(rows(examples))
        wanted, chances = class_scores(own), model.probabilities(own)
        scores, found = answer(examples)
        if chances is not None and found is not None:
            wanted, scores, of = chances, found, "probabilities"
        else:
            largest = max(largest, float(np.abs(wanted).max()))
        difference = float(np.abs(wanted - scores).max()) if wanted.shape == scores.shape else np.inf
        worst = max(worst, difference if np.isfinite(difference) else np.inf)
    worst /= largest
    if worst > tolerance:
        raise ModelError(
            f"The export answers otherwise than the model: its {of} differ by up to {worst:.2g}, "
            f"on {len(sample.examples):,} examples",
            allowed=f"a difference of at most {tolerance:g}",
            fix="report it, with the features and the loss; nothing was written",
        )
    return Parity(of, worst, len(sample.examples), sample.source)
