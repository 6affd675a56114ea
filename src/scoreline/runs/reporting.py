"""The figures and the report page of a run: as it ends, and anew from its folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scoreline.data import Progress
from scoreline.data.names import printable
from scoreline.data.options import no_progress
from scoreline.report.analyses import Analyses
from scoreline.report.data_quality.near_duplicates import NearDuplicates
from scoreline.report.findings import Facts, Finding, find_all
from scoreline.report.page import write_report
from scoreline.report.summary import CheckRow, Leaderboard, PageFigure, RunSummary
from scoreline.runs.analysing import analyse, seconds_for_regions, write_analyses
from scoreline.runs.described import describe_data, describe_training
from scoreline.runs.drawing import Drawing, draw_run, save_drawings
from scoreline.runs.environment import describe_environment
from scoreline.runs.gallery import make_gallery, picture_classes, picture_examples
from scoreline.runs.leaderboard import read_leaderboard, searched_by
from scoreline.runs.reported import ReportedRun
from scoreline.runs.result import RunResult
from scoreline.runs.retraining import Retraining

__all__ = ["Report", "report_run", "summarise", "write_figures_and_report"]


@dataclass(frozen=True, eq=False)
class Report:
    """A report that was written."""

    page: Path
    accuracy: float
    split: str
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "report": str(self.page),
            "accuracy": self.accuracy,
            "split": self.split,
            "findings": [found.to_json() for found in self.findings],
        }


def write_figures_and_report(result: RunResult) -> tuple[Finding, ...]:
    """Draw the run's figures, write its report page, and return its findings.

    The folder remembers what cannot be written.
    """
    run = ReportedRun.of(result)
    analyses = analyse(run)
    write_analyses(analyses, run)
    return tuple(_write(run, analyses, full=False).findings)


def report_run(
    run: Path,
    *,
    full: bool = False,
    data_dir: Path | None = None,
    trust: Iterable[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Make the figures and the report of a finished run anew.

    Parameters
    ----------
    run : path
        Its folder.
    full : bool, default False
        Whether what takes its time is looked into too: see `scoreline.runs.analysing.analyse`.
    data_dir : path, optional
        Folder with named data sets.
    trust : iterable of str
        Modules that the model's features may import.
    progress : callable, optional
        Called as ``progress(what, done, total)``.

    Raises
    ------
    ModelError
        There is no usable model in `run`, or one of its files is damaged.
    DataError
        The data cannot be used, or are no longer where they were.
    OutputError
        Something could not be written to the folder.
    """
    progress = progress or no_progress
    reported = ReportedRun.read(run, data_dir=data_dir, trust=trust, progress=progress)
    analyses = analyse(reported, full=full, progress=progress)
    progress("Drawing figures", 0, 0)
    write_analyses(analyses, reported)
    summary = _write(reported, analyses, full=full)
    reported.folder.check()
    evaluation = summary.evaluation
    return Report(reported.folder.report, evaluation.accuracy, evaluation.split, tuple(summary.findings))


def _write(run: ReportedRun, analyses: Analyses, *, full: bool) -> RunSummary:
    drawings = list(draw_run(run.history, run.model, run.evaluation, run.prepared))
    run.folder.keep("figures", lambda: save_drawings(drawings, run.folder.figures))
    summary = summarise(run, analyses, drawings, full=full)
    run.folder.keep("report.html", lambda: write_report(summary, run.folder.report))
    return summary


def summarise(
    run: ReportedRun, analyses: Analyses, drawings: Sequence[Drawing], *, full: bool = False
) -> RunSummary:
    """Return what the page of a run shows."""
    dataset, recorded = run.dataset, run.recorded
    leaderboard = read_leaderboard(run.folder.path, images=run.images)
    facts = facts_of(run, analyses, leaderboard)
    more = "" if full else facts.report("--full")
    empty = () if len(run.history.get("epoch", ())) > 1 else ("loss-curves",)  # of one point
    return RunSummary(
        title=f"{run.model.loss} on {dataset.name}",
        evaluation=run.evaluation,
        training=describe_training(run),
        data=describe_data(run),
        checks=[CheckRow(c.name, c.expected, c.found, c.passed, c.advice) for c in recorded.sanity],
        figures=[PageFigure(*drawing) for drawing in drawings if drawing.name not in empty],
        command=run.command,
        environment=(recorded.environment or describe_environment()) | {"seed": str(run.request.seed)},
        accuracies=run.accuracies,
        findings=find_all(facts),
        analyses=analyses,
        class_counts=_class_counts(run),
        rejected=[(item.path, item.split, item.reason) for item in dataset.rejected],
        pictures=picture_examples(run.prepared, analyses.pictured()),
        class_pictures=picture_classes(run.prepared),
        gallery=make_gallery(
            run.model, run.prepared, run.evaluation, seconds=seconds_for_regions(run, full=full), command=more
        ),
        leaderboard=leaderboard,
    )


def facts_of(run: ReportedRun, analyses: Analyses, leaderboard: Leaderboard | None) -> Facts:
    """Return the facts that the rules of the findings evaluate."""
    dataset, recorded = run.dataset, run.recorded
    reasons: dict[str, int] = {}
    for item in dataset.rejected:
        reason = item.reason.partition(" of ")[0] if item.reason.startswith("duplicate of ") else item.reason
        reasons[reason] = reasons.get(reason, 0) + 1
    retraining = Retraining(run.request)
    return Facts(
        run=printable(run.folder.path),
        data=run.request.data,
        split=run.evaluation.split,
        evaluations=run.evaluations,
        classes=tuple(run.model.classes),
        class_counts=tuple(_class_counts(run)["train"]),
        shape=dataset.example_shape,
        settings=run.request.model_dump(),
        retrain=retraining.command,
        searched=searched_by(run.request, leaderboard),
        of_pixels=not run.prepared.extractor.computes,
        lam=run.settings.strength,
        mini_batches=retraining.mini_batches(recorded),
        status=recorded.status,
        epochs=recorded.epochs,
        failed_checks={check.name: check.advice for check in recorded.sanity if not check.passed},
        rejected=reasons,
        changes=run.changes,
        validation_copies=_validation_copies(run, analyses.near_duplicates),
        resumable=run.folder.resumable,
        analyses=analyses,
    )


def _validation_copies(run: ReportedRun, copies: NearDuplicates | None) -> tuple[int, int]:
    """Return how many validation examples have a near copy among the training examples, and how many they are."""
    if copies is None or run.changes:
        return 0, 0
    train, held_out = copies.groups["train"], copies.groups.get("validation")
    if held_out is None:  # they are the last of the training examples, if there were any
        train, held_out = np.split(train, [len(train) - run.recorded.n_joined])
    return int(np.isin(held_out, train).sum()), len(held_out)


def _class_counts(run: ReportedRun) -> dict[str, list[int]]:
    n_classes = len(run.model.classes)
    return {
        name: np.bincount(run.prepared.labels(name), minlength=n_classes).tolist() for name in run.prepared.rows
    }
