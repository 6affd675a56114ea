"""The limited-memory BFGS model of an objective."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import dot

__all__ = ["LBFGS"]

#: Pairs of steps and gradient changes that are remembered.
MEMORY = 10


class _Pair(NamedTuple):
    """A step, the change of the gradient along it, and one over their product."""

    step: Params
    change: Params
    rho: float


class LBFGS:
    r"""Recent curvature on top of a preconditioner P: the two-loop recursion.

    P is scaled to the last curvature seen, by :math:`s^\top y / y^\top P y` for a step s and the change y of the
    gradient.

    Parameters
    ----------
    inverse : callable
        Multiplies the rows of a gradient, or of more than one, by the preconditioner: an inverse Hessian. Another
        one may take its place.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, algorithm 7.4 and equation 7.20.
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

    def times(self, gradient: Params) -> Params:
        """Return the inverse Hessian times `gradient`."""
        q = gradient
        shares = []
        for pair in reversed(self.pairs):
            share = pair.rho * dot(pair.step, q)
            shares.append(share)
            q = q.plus(pair.change, -share)
        r = self._scaled_inverse(q)
        for pair, share in zip(self.pairs, reversed(shares), strict=True):
            r = r.plus(pair.step, share - pair.rho * dot(pair.change, r))
        return r

    def _scaled_inverse(self, q: Params) -> Params:
        if not self.pairs:
            return self.inverse(q)
        # Both products in one: what takes time is to read the preconditioner.
        last, rows = self.pairs[-1], q.b.shape[1]
        both = self.inverse(Params(np.hstack([q.W, last.change.W]), np.hstack([q.b, last.change.b])))
        of_change = Params(both.W[:, rows:], both.b[:, rows:])
        scale = 1 / (last.rho * dot(last.change, of_change))
        return Params(scale * both.W[:, :rows], scale * both.b[:, :rows])
