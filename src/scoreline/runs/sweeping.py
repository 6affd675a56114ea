"""A grid of settings trained as one sweep, and the best of it by the validation split."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data import Progress, RowsSource
from scoreline.engine.minibatch.halving import Halving, ranking
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.stopping import Listener, begin_with_data
from scoreline.errors import DivergedError, MismatchError
from scoreline.estimators.grid import GridPoint, Trial, grid_points, sweep_grid
from scoreline.estimators.validation import encode_labels
from scoreline.kernels.threads import limited_threads
from scoreline.runs.config import RunConfig
from scoreline.runs.data_record import TrainedOn
from scoreline.runs.no_validation import no_validation
from scoreline.runs.pipeline import Prepared, build_classifier, prepare, problem_of
from scoreline.runs.preconditions import check_settings
from scoreline.runs.refit import decide_refit

__all__ = ["Axes", "SweepResult", "SweepRow", "sweep_run"]


@dataclass(frozen=True, eq=False)
class Axes:
    """The values that a sweep combines.

    Parameters
    ----------
    solvers : sequence of str
    lams : array (n,)
        Strengths of the penalty, rising.
    lrs : array (m,) or None
        Learning rates, rising; None lets each follow from the data.
    """

    solvers: Sequence[str]
    lams: FloatArray
    lrs: FloatArray | None = None

    def __len__(self) -> int:
        """Return how many configurations they make."""
        return len(self.solvers) * len(self.lams) * (1 if self.lrs is None else len(self.lrs))


@dataclass(frozen=True, eq=False)
class SweepRow:
    """One configuration of a sweep; what was not measured is None."""

    config: RunConfig
    #: The learning rate that was used, where there was one.
    lr: float | None
    validation_accuracy: float | None
    validation_loss: float | None
    train_accuracy: float | None
    train_loss: float | None
    epochs: float
    #: Relative duality gap, where there is one.
    duality_gap: float | None
    #: Why its run ended.
    reason: Reason
    #: What the reader should know of how it ended; mostly nothing.
    remark: str

    @property
    def diverged(self) -> bool:
        """Whether it diverged."""
        return self.reason is Reason.DIVERGED


@dataclass(frozen=True, eq=False)
class SweepResult:
    """All that a sweep came to."""

    prepared: Prepared
    axes: Axes
    #: Every configuration: the best of those that ran to their end, then the others by accuracy and loss on
    #: validation, at last those that diverged.
    rows: tuple[SweepRow, ...]
    #: Wall-clock seconds of the sweep alone.
    seconds: float

    @property
    def best(self) -> SweepRow:
        """The configuration to take."""
        return self.rows[0]

    @property
    def settings(self) -> RunConfig:
        """What to train the best with: where there are test rows, with a refit on validation rows too."""
        config = self.best.config
        refit = decide_refit(config, self.prepared, chosen=True)
        return config.changed(refit=True) if refit.value else config

    def edges(self) -> list[str]:
        """Return a sentence for each axis at whose end the best lies, so that better may lie beyond."""
        axes: Mapping[str, tuple[FloatArray | None, float | None]] = {
            "lam": (self.axes.lams, self.best.config.strength),
            "lr": (self.axes.lrs, self.best.config.lr),
        }
        found = []
        for name, (values, best) in axes.items():
            if values is None or best is None or len(values) < 2:
                continue
            for end, value in (("lowest", values[0]), ("highest", values[-1])):
                if best == value > 0:  # nothing lies beyond 0
                    found.append(f"The best {name} is the {end} one tried, {value:g}: try others beyond it.")
        return found


def sweep_run(
    base: RunConfig,
    axes: Axes,
    *,
    halving: Halving | None = None,
    listeners: Sequence[Listener] = (),
    progress: Progress | None = None,
) -> SweepResult:
    """Train every combination of the axes, side by side where they can share passes over the data.

    Up to rounding, each comes to what `scoreline.runs.training.train_run` comes to with its settings.

    Parameters
    ----------
    base : RunConfig
        The settings that the axes do not change.
    axes : Axes
    halving : Halving, optional
        Which configurations are stopped early; by default none is.
    listeners : sequence of callables
        Are shown the sweep's events; see `scoreline.engine.minibatch.sweep.sweep`.
    progress : callable, optional
        Called as ``progress(what, done, total)`` while data are loaded.

    Raises
    ------
    MismatchError
        `base` asks for early stopping, which is not for sweeps.
    DataError
        There is no validation split.
    DivergedError
        Every configuration diverged.
    ScorelineError
        The data or a setting cannot be used.
    """
    with limited_threads(base.threads):
        return _swept(base, axes, halving, listeners, progress)


def _swept(
    base: RunConfig,
    axes: Axes,
    halving: Halving | None,
    listeners: Sequence[Listener],
    progress: Progress | None,
) -> SweepResult:
    points, configs = _grid(base, axes)
    prepared = prepare(base, progress=progress)
    if "validation" not in prepared.rows:
        raise no_validation(prepared.dataset, base.validation)
    begin_with_data(listeners, lambda: TrainedOn.of(base.data, prepared.dataset).record.fingerprint)
    classifier = build_classifier(base, prepared)
    begun = time.perf_counter()
    problem = problem_of(classifier, prepared)
    held_out = RowsSource(
        prepared.rows["validation"],
        encode_labels(prepared.labels("validation"), problem.classes),
        len(problem.classes),
    )
    trials = sweep_grid(classifier, problem, held_out, points, halving=halving, listeners=listeners)
    seconds = time.perf_counter() - begun
    rows = [_row(config, trial) for config, trial in zip(configs, trials, strict=True)]
    if all(row.diverged for row in rows):
        raise DivergedError(
            f"All {len(rows)} configurations of the sweep diverged",
            allowed="learning rates at which the loss falls",
            fix="lower the learning rates by ten times, or leave --lr out to have them set",
        )
    return SweepResult(prepared, axes, _best_first(rows), seconds)


def _grid(base: RunConfig, axes: Axes) -> tuple[list[GridPoint], list[RunConfig]]:
    """Return every combination of the axes, and the settings that single runs of them would have."""
    if base.early_stopping:
        raise MismatchError(
            "A sweep was asked for with early_stopping=True",
            allowed="early stopping in single runs",
            fix="leave it out; halving drops hopeless configurations, and tol ends those that have converged",
        )
    points = grid_points(axes.solvers, axes.lams, axes.lrs)
    configs = [base.changed(solver=p.solver, lam=p.lam, lr=p.lr) for p in points]
    for config in configs:
        check_settings(config)
    return points, configs


def _row(config: RunConfig, trial: Trial) -> SweepRow:
    outcome = trial.outcome
    return SweepRow(
        config,
        trial.lr,
        _measured(outcome.validation_accuracy),
        _measured(outcome.validation_loss),
        _measured(outcome.train_accuracy),
        _measured(outcome.train_loss),
        outcome.epochs,
        outcome.duality_gap,
        outcome.reason,
        _remark(trial),
    )


def _remark(trial: Trial) -> str:
    reason = trial.outcome.reason
    if reason in (Reason.MAX_EPOCHS, Reason.PRECISION, Reason.STALLED):
        return "did not reach tol"
    remarks = {Reason.OUTDONE: "dropped", Reason.DIVERGED: "diverged", Reason.INTERRUPTED: "interrupted"}
    return remarks.get(reason, "")


def _measured(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _best_first(rows: Sequence[SweepRow]) -> tuple[SweepRow, ...]:
    def column(values: Sequence[float | None]) -> FloatArray:
        return np.array([math.nan if value is None else value for value in values])

    order = ranking(column([r.validation_accuracy for r in rows]), column([r.validation_loss for r in rows]))
    ranked = [rows[k] for k in order]
    # A run that was cut short may have looked better by then than the best of those that went on.
    whole = next((row for row in ranked if row.reason.complete), ranked[0])
    others = [row for row in ranked if row is not whole]
    return (whole, *(row for row in others if not row.diverged), *(row for row in others if row.diverged))
