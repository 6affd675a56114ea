"""The limited-memory BFGS model of an objective."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from scoreline.engine.params import Params
from scoreline.engine.point import Point, dot

__all__ = ["LBFGS"]

#: Pairs of steps and gradient changes that are remembered.
MEMORY = 10


class _Pair(NamedTuple):
    """A step, the change of the gradient along it, and one over their product."""

    step: Params
    change: Params
    rho: float


class LBFGS:
    """Recent curvature on top of a preconditioner: the two-loop recursion.

    Parameters
    ----------
    inverse : callable
        Multiplies a gradient by the preconditioner, an inverse Hessian.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, algorithm 7.4.
    """

    def __init__(self, inverse: Callable[[Params], Params]) -> None:
        self.inverse = inverse
        self.pairs: deque[_Pair] = deque(maxlen=MEMORY)

    def learn(self, step: Params, after: Params, before: Params) -> None:
        """Keep the step and the change of the gradient; see `Model.learn`."""
        change = Params(after.W - before.W, after.b - before.b)
        curvature = dot(step, change)
        # Curvature that is lost in rounding would make the inverse Hessian indefinite.
        if curvature > 1e-12 * np.sqrt(dot(step, step) * dot(change, change)):
            self.pairs.append(_Pair(step, change, 1 / curvature))

    def direction(self, here: Point) -> Params:
        """Return minus the inverse Hessian times the gradient; see `Model.direction`."""
        r = self.times(here.gradient)
        return Params(-r.W, -r.b)

    def times(self, gradient: Params) -> Params:
        """Return the inverse Hessian times `gradient`."""
        q = gradient
        shares = []
        for pair in reversed(self.pairs):
            share = pair.rho * dot(pair.step, q)
            shares.append(share)
            q = q.plus(pair.change, -share)
        r = self.inverse(q)
        for pair, share in zip(self.pairs, reversed(shares), strict=True):
            r = r.plus(pair.step, share - pair.rho * dot(pair.change, r))
        return r
