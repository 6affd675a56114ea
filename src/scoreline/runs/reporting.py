"""The figures and the report page of a run."""

from __future__ import annotations

from scoreline.runs.drawing import draw_run, save_drawings
from scoreline.runs.result import RunResult

__all__ = ["write_figures_and_report"]


def write_figures_and_report(result: RunResult) -> None:
    """Draw the run's figures into its folder and write its report page."""
    history = result.classifier.history_.columns()
    drawings = list(draw_run(history, result.model, result.judged, result.prepared))
    save_drawings(drawings, result.folder.figures)
