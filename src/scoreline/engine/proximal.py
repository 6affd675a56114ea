r"""Accelerated proximal steps in the metric of the data's second moments, for penalties with absolute values.

A step minimises

.. math:: \langle g, d \rangle + \tfrac12 d^\top (c\, M + 2 \lambda \alpha I)\, d + \lambda \beta |W + d|

by coordinate descent, which needs the moments M alone and no pass over the data. In this metric the objective is
nearly as round as for L-BFGS with the same moments, so that few passes are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.events import Evaluated, Event, Reason
from scoreline.engine.moments import DenseMoments
from scoreline.engine.params import Params
from scoreline.engine.passes import Passes
from scoreline.engine.point import Point, dot

__all__ = ["ProximalMetric", "descend_proximally"]

#: Sweeps of coordinate descent a step at the most, and their accuracy relative to the first sweep.
MOST_SWEEPS, ACCURACY = 60, 1e-4
#: Weights beyond which the sweep is compiled.
WORTH_COMPILING = 500
#: By how much the curvature grows when the quadratic was too flat, and shrinks after each step, in case it is not.
STEEPER, FLATTER = 1.5, 0.9
#: What is added to the diagonal of the moments, relative to its largest entry.
JITTER = 1e-6


class ProximalMetric:
    r"""The quadratic that stands for the loss and the squares of the penalty near a point.

    Parameters
    ----------
    moments : DenseMoments
    curvature : float
        Of the loss; grows where the quadratic proves too flat.
    ridge : float
        :math:`2 \lambda \alpha`.
    shrink : float
        :math:`\lambda \beta`.

    References
    ----------
    Friedman, Hastie & Tibshirani (2010), Regularization paths for generalized linear models via coordinate
    descent, J. Stat. Softw. 33; Lee, Sun & Saunders (2014), Proximal Newton-type methods, SIAM J. Optim. 24.
    """

    def __init__(self, moments: DenseMoments, curvature: float, ridge: float, shrink: float) -> None:
        self.mean, self.curvature, self.ridge, self.shrink = moments.mean, curvature, ridge, shrink
        self.matrix = np.tril(moments.matrix) + np.tril(moments.matrix, -1).T
        self.matrix.flat[:: len(self.matrix) + 1] += JITTER * max(float(self.matrix.diagonal().max()), 1e-30)

    def step(self, here: Point) -> Params:
        """Return the step to the lowest point of the quadratic and the absolute values together."""
        of_bias = here.gradient.b[0].astype(np.float64)
        # In the dtype of the weights, whatever the matrix's: steps may be far smaller than the weights are.
        W = here.params.W[0]
        gradient = (here.gradient.W[0] - np.outer(of_bias, self.mean)).astype(W.dtype)
        moved = W.copy()
        self._descend(gradient, moved)
        dW = moved - W
        db = -of_bias / self.curvature - dW @ self.mean
        return Params(dW[None], db[None].astype(here.params.b.dtype))

    def bend(self, step: Params) -> float:
        r""":math:`\tfrac12 d^\top (c M + 2 \lambda \alpha I) d` of a step, bias included."""
        dW = step.W[0].astype(np.float64)
        centred_bias = step.b[0] + dW @ self.mean
        along = np.einsum("rd,rd->", step.W[0] @ self.matrix, dW) + centred_bias @ centred_bias
        return float(self.curvature * along + self.ridge * np.vdot(dW, dW)) / 2

    def _descend(self, gradient: FloatArray, W: FloatArray) -> None:
        """Minimise over W, whose rows do not mix: each thread has its own."""
        args = self.matrix, self.curvature, self.ridge, self.shrink, gradient, W, MOST_SWEEPS, ACCURACY
        if W.size < WORTH_COMPILING:
            _sweep(0, 1, *args)
            return
        from scoreline.engine.kernels.threads import run_together, thread_count

        n_threads = min(thread_count(), len(W))
        with ThreadPoolExecutor(n_threads) as pool:
            run_together(pool, n_threads, _compiled_sweep(), *args)


def descend_proximally(
    passes: Passes,
    here: Point,
    metric: ProximalMetric,
    decide: Callable[[Point, float], tuple[Point, Reason | None]],
    tell: Callable[[Point], Evaluated],
) -> Generator[Event, Reason | None, tuple[Point, Reason]]:
    """Go down by accelerated proximal steps; begin anew where the objective would rise.

    See `scoreline.engine.descent.descend` for the parameters.

    References
    ----------
    Beck & Teboulle (2009), A fast iterative shrinkage-thresholding algorithm, SIAM J. Imaging Sci. 2; O'Donoghue &
    Candès (2015), Adaptive restart for accelerated gradient schemes, Found. Comput. Math. 15.
    """
    ahead, weight = here, 1.0
    while True:
        step, there = _proximal_step(passes, ahead, metric)
        # What the quadratic promises, the absolute values included.
        promise = ahead.objective - _modelled(passes, ahead, metric, step)
        best, reason = decide(here, promise)
        if reason is not None:
            return best, reason
        if best is not here:
            # A bias that was settled takes the point ahead along: without its momentum a step may get nowhere.
            ahead = best if ahead is here else _carried(passes, ahead, best, here, 1.0)
            here = best
            step, there = _proximal_step(passes, ahead, metric)
        if there.objective >= here.objective:
            if ahead is here and promise <= _noise(here):
                return here, Reason.ROUNDING
            metric.curvature *= STEEPER if ahead is here else 1.0
            ahead, weight = here, 1.0
            continue
        metric.curvature *= FLATTER
        grown = (1 + np.sqrt(1 + 4 * weight * weight)) / 2
        momentum = float((weight - 1) / grown)
        ahead = _carried(passes, there, there, here, momentum) if momentum else there
        here, weight = there, grown
        wish = yield tell(here)
        if wish is not None:
            return here, wish


def _proximal_step(passes: Passes, here: Point, metric: ProximalMetric) -> tuple[Params, Point]:
    """Return a step and where it leads; the metric becomes steeper until it lies above the objective there."""
    while True:
        step = metric.step(here)
        scores = here.scores + passes.scores(step)
        there = Point.at(passes, here.params.plus(step), scores, np.empty_like(scores))
        bound = _modelled(passes, here, metric, step)
        if there.objective <= bound + _noise(here):
            return step, there
        metric.curvature *= STEEPER


def _noise(here: Point) -> float:
    """Return the change of the objective that rounding may feign."""
    return float(np.finfo(here.scores.dtype).eps) * abs(here.objective)


def _modelled(passes: Passes, here: Point, metric: ProximalMetric, step: Params) -> float:
    """Return the objective after a step, by the quadratic."""
    objective = passes.objective
    lam = float(objective.lam[0])
    W = here.params.W

    def absolutes(W: FloatArray) -> float:
        return lam * float((objective.penalty.value(W) - objective.penalty.smooth_value(W))[0])

    change = dot(here.gradient, step) + metric.bend(step)
    return here.objective + change + absolutes(W + step.W) - absolutes(W)


def _carried(passes: Passes, here: Point, to: Point, before: Point, share: float) -> Point:
    """Return the point that lies from one by a share of the way between two others."""
    step = to.params.plus(before.params, -1.0)
    scores = here.scores + here.scores.dtype.type(share) * (to.scores - before.scores)
    return Point.at(passes, here.params.plus(step, share), scores, np.empty_like(scores))


def _sweep(
    thread: int,
    n_threads: int,
    matrix: Any,
    curvature: float,
    ridge: float,
    shrink: float,
    gradient: Any,
    W: Any,
    most_sweeps: int,
    accuracy: float,
) -> None:
    """Descend along each weight of a thread's rows in turn, until a sweep changes next to nothing."""
    R, D = W.shape
    for r in range(R * thread // n_threads, R * (thread + 1) // n_threads):
        first = 0.0
        for _ in range(most_sweeps):
            gain = 0.0
            for j in range(D):
                bend = curvature * matrix[j, j] + ridge
                aim = W[r, j] - gradient[r, j] / bend
                size = abs(aim) - shrink / bend
                change = (np.sign(aim) * size if size > 0 else 0.0) - W[r, j]
                if change != 0:
                    W[r, j] += change
                    gradient[r] += matrix.dtype.type(curvature * change) * matrix[j]
                    gradient[r, j] += ridge * change
                    gain += bend * change * change
            first = max(first, gain)
            if gain <= accuracy * first:
                break


@cache
def _compiled_sweep() -> Callable[..., None]:
    from scoreline.engine.kernels.compiling import compiled_loosely

    sweep: Callable[..., None] = compiled_loosely(_sweep)
    return sweep
