"""What the report page shows: plain values, so that the page depends on no other part of the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from scoreline.report.metrics import Evaluation

__all__ = ["CheckRow", "PageFigure", "RunSummary"]


class PageFigure(NamedTuple):
    """A figure as PNG, for light and for dark paper."""

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
