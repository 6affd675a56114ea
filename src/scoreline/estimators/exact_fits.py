"""Exact fits of one classifier at strengths that are asked for one by one, evaluated on held-out rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scoreline._typing import FloatArray
from scoreline.data.memory import RowsSource
from scoreline.engine.exact.first_step import first_steps, has_first_step
from scoreline.engine.exact.path import Path
from scoreline.engine.problem.objective import compute_dtype
from scoreline.engine.problem.outcome import Outcome
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.stopping import Listener
from scoreline.engine.solvers import FitProblem, MeasuredMoments, build_solver
from scoreline.estimators.linear import LinearClassifier
from scoreline.estimators.problem import Problem, solver_settings
from scoreline.estimators.warm_start import WarmStart

__all__ = ["ExactFits"]

#: Of one fit: by then held-out accuracy stands to 0.3 points (docs/solvers.md), while a proof may take hundreds.
MOST_ITERATIONS = 8
#: Where moments are partial: with those of 512 of 4,500 rows, eight iterations leave the accuracy of weak
#: penalties three points below that of the optimum, and the choice is ten times too strong.
MOST_WITH_PARTIAL_MOMENTS = 40


@dataclass(frozen=True, eq=False)
class ExactFits:
    """Fits of a classifier that differ in `lam` alone, and share moments and the way from one to the next.

    They rank strengths: their arithmetic is the fastest that the data allow, whatever precision the last fit has.
    """

    path: Path
    problem: Problem
    held_out: RowsSource | None

    @classmethod
    def of(
        cls,
        classifier: LinearClassifier,
        problem: Problem,
        held_out: RowsSource | None,
        lams: FloatArray,
        listeners: Sequence[Listener] = (),
        start: WarmStart | None = None,
    ) -> ExactFits | None:
        """Measure what all fits need; return None where the classifier's solver follows no path.

        Parameters
        ----------
        classifier : LinearClassifier
            The settings that all have in common.
        problem : Problem
            That of the classifier.
        held_out : RowsSource or None
            Labels numbered as in `problem`; with None, fits are not evaluated.
        lams : array (n,)
            Strengths that may be asked for: the more, the more rows the moments are measured on.
        listeners : sequence of callables
            Are shown the events of every fit.
        start : WarmStart, optional
            Moments of the rows, where they have been measured already.

        Raises
        ------
        MismatchError
            The solver that was asked for does not take the objective.
        """
        objective, source, settings = problem.objective, problem.source, solver_settings(classifier, problem.seed)
        options = settings.options(classifier.lr)
        solver = build_solver(classifier.solver, objective, source, options=options).solver
        origin = zero_params(1, objective.n_rows, source.n_features, compute_dtype(source.dtype))
        shared = FitProblem(objective, source, settings, held_out, tuple(listeners))
        path = solver.path(shared, origin, lams, None if start is None else start.measured)
        if path is None:
            return None
        path.max_iter = min(path.max_iter, MOST_WITH_PARTIAL_MOMENTS if path.moments.partial else MOST_ITERATIONS)
        return cls(path, problem, held_out)

    def first_steps(self, lams: Sequence[float]) -> Iterator[tuple[float, float, Params]]:
        """Yield strength, held-out accuracy and parameters of a Newton step from 0, where that says something."""
        path = self.path
        if self.held_out is None or not has_first_step(path.objective):
            return
        for lam, params in first_steps(path.objective, path.source, path.moments, lams, path.last.W.dtype):
            yield lam, float(path.objective.data_loss(params, self.held_out)[1][0]), params

    def begin(self, params: Params) -> None:
        """Let the first fit begin here."""
        self.path.begin(params)

    def begin_at_steps(self, steps: Mapping[float, Params], lam: float) -> None:
        """Let the first fit begin where the step at `lam` led.

        Where the loss is quadratic, these steps are the optima up to rounding: a fit at such a strength begins at
        its own, and needs no factor to prove it.
        """
        self.path.begin(steps[lam], steps if self.problem.objective.loss.quadratic else None)

    def fit(self, lam: float) -> Outcome:
        """Fit at one strength."""
        return self.path.fit(lam)

    def warm_start(self, params: Params) -> WarmStart:
        """Return the warm start that the fit which reached `params` gives the next."""
        measured = MeasuredMoments(self.path.moments, self.path.objective, self.path.source.n_examples)
        return WarmStart(self.path.objective.folded(params), measured, self.problem.measured)
