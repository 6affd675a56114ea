"""What the report page shows: plain values, so that the page depends on no other part of the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from scoreline.report.analyses import Analyses
from scoreline.report.findings import Finding
from scoreline.report.gallery import Gallery
from scoreline.report.metrics import Evaluation

__all__ = ["CheckRow", "Leaderboard", "PageFigure", "RunSummary", "TriedRecipe"]


class PageFigure(NamedTuple):
    """A figure as PNG, for light and for dark paper."""

    name: str
    caption: str
    light: bytes
    dark: bytes


class CheckRow(NamedTuple):
    """A sanity check."""

    name: str
    expected: str
    found: str
    passed: bool
    advice: str


class TriedRecipe(NamedTuple):
    """A recipe that a search has tried, as text; what was not measured is empty."""

    name: str
    rows: str
    validation: str
    interval: str
    test: str
    seconds: str
    microseconds: str
    size: str
    chosen: bool


class Leaderboard(NamedTuple):
    """What a search for a recipe came to: those that were tried, and those that were not, each with the reason."""

    tried: Sequence[TriedRecipe]
    left_out: Sequence[tuple[str, str]]
    #: Those that came no further than a part of the examples among them, with the reason.
    not_to_the_end: Sequence[tuple[str, str]] = ()
    #: By what the chosen one was judged; empty where nobody has noted it.
    judged: str = ""


@dataclass(frozen=True)
class RunSummary:
    """A run, as its page shows it.

    Parameters
    ----------
    title : str
        What was trained on what.
    evaluation : Evaluation
        Of the split that the run is evaluated on.
    training : mapping of str to str
        What was trained and how it ended, in the order of the table.
    data : mapping of str to str
        What the data were.
    checks : sequence of CheckRow
    figures : sequence of PageFigure
    command : str
        The command that reproduces the run.
    environment : mapping of str to str
        What it ran on.
    accuracies : mapping of str to float
        Accuracy on each split, to be shown side by side.
    findings : sequence of Finding
        What matters most first.
    analyses : Analyses
    class_counts : mapping of str to sequence of int
        By split, the number of examples of each class.
    rejected : sequence of (path, split, reason)
    pictures : mapping of (split, id) to bytes
        Small pictures of the examples of `Analyses.pictured`.
    class_pictures : sequence of sequences of bytes
        Some training examples of each class; nothing where there are many classes.
    gallery : Gallery, optional
        Examples that are shown.
    leaderboard : Leaderboard, optional
        What a search for a recipe came to.
    """

    title: str
    evaluation: Evaluation
    training: Mapping[str, str]
    data: Mapping[str, str]
    checks: Sequence[CheckRow]
    figures: Sequence[PageFigure]
    command: str
    environment: Mapping[str, str]
    accuracies: Mapping[str, float] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    analyses: Analyses = field(default_factory=Analyses)
    class_counts: Mapping[str, Sequence[int]] = field(default_factory=dict)
    rejected: Sequence[tuple[str, str, str]] = ()
    pictures: Mapping[tuple[str, str], bytes] = field(default_factory=dict)
    class_pictures: Sequence[Sequence[bytes]] = ()
    gallery: Gallery | None = None
    leaderboard: Leaderboard | None = None
