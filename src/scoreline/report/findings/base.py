"""What a finding is, and the facts that rules find it in."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

from scoreline.engine.problem.events import Reason
from scoreline.report.analyses import Analyses
from scoreline.report.metrics import Evaluation

__all__ = ["Facts", "Finding", "Rule", "Searched", "Severity"]


class Severity(IntEnum):
    """How much a finding matters; the least is listed first."""

    #: What the report says is not true, or the classifier is of no use.
    PROBLEM = 0
    #: Something that most likely can be mended.
    WARNING = 1
    #: Worth knowing.
    NOTE = 2

    @property
    def label(self) -> str:
        """What a reader is told."""
        return {Severity.PROBLEM: "Problem", Severity.WARNING: "To mend", Severity.NOTE: "Note"}[self]


class Finding(NamedTuple):
    """Something that the facts of a run say, and what to do about it."""

    severity: Severity
    #: What was found and what to do, as text.
    sentence: str
    #: The command to do it by.
    command: str
    #: The id of the place of the page that shows it; empty for none.
    anchor: str = ""

    def to_json(self) -> dict[str, str]:
        """Return what ``--json`` prints."""
        return {"severity": self.severity.name.lower(), "sentence": self.sentence, "command": self.command}


class Searched(NamedTuple):
    """What a search for a recipe has left out, and by which settings it would not."""

    #: Recipes that there was no time for, and a budget that is enough for the next of them.
    late: tuple[str, ...] = ()
    budget: str = ""
    #: Recipes that there was no memory for, and a bound with which the next of them has a chance.
    too_large: tuple[str, ...] = ()
    memory: str = ""


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of a run.

    Parameters
    ----------
    run : str
        Its folder.
    data : str
        Its data: a name or a path.
    split : str
        The split that the accuracy is measured on.
    evaluations : mapping of str to Evaluation
        By split.
    classes : tuple of str
    class_counts : tuple of int
        Number of training examples of each class.
    shape : tuple of int
        Of an example: height, width and channels of images; the number of features else.
    settings : mapping
        Settings of the run, as they were asked.
    retrain : callable
        Returns the command that trains with the same settings, but for those that it is given by name.
    searched : Searched or None
        What a search for a recipe had no time or no memory for; None where the settings name the recipe.
    of_pixels : bool
        Whether the classifier sees the pixels themselves, and no features that are computed of them.
    lam : float
        The strength of the penalty that was used.
    mini_batches : bool
        Whether the solver goes through the data in mini-batches, a given number of times.
    status : Reason
        Why the training ended.
    epochs : int
    resumable : bool
        Whether it was interrupted where ``scoreline resume`` goes on.
    failed_checks : mapping of str to str
        The sanity checks that were not passed: name and advice.
    rejected : mapping of str to int
        Number of files that could not be used, by reason.
    changes : tuple of str
        What is different in the data since the training.
    validation_copies : (int, int)
        Number of validation examples with a near copy among the training examples, and of all of them: of those
        that chose something too, and were trained on after that.
    analyses : Analyses
    """

    run: str
    data: str
    split: str
    evaluations: Mapping[str, Evaluation]
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]
    shape: tuple[int, ...]
    settings: Mapping[str, Any]
    retrain: Callable[..., str]
    searched: Searched | None = None
    of_pixels: bool = False
    lam: float = 0.0
    mini_batches: bool = False
    status: Reason = Reason.CONVERGED
    epochs: int = 0
    resumable: bool = False
    failed_checks: Mapping[str, str] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    changes: tuple[str, ...] = ()
    validation_copies: tuple[int, int] = (0, 0)
    analyses: Analyses = field(default_factory=Analyses)

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation that counts."""
        return self.evaluations[self.split]

    @property
    def images(self) -> bool:
        """Whether the examples are images."""
        return len(self.shape) == 3

    def command(self, *words: str) -> str:
        """Return a command of the program as one line that a shell takes apart again."""
        return shlex.join(["scoreline", *words])

    def report(self, *options: str) -> str:
        """Return the command that makes this report again."""
        return self.command("report", self.run, *options)

    def lab(self) -> str:
        """Return the command that opens the run's mistakes in the lab, or makes the full report of rows."""
        if not self.images:
            return self.report("--full")
        return self.command("lab", "--data", self.data, "--run", self.run)


class Rule(ABC):
    """One kind of finding.

    To add one: a class in a file here, and a line in `RULES`.
    """

    @abstractmethod
    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Yield what is found, in most cases nothing."""
