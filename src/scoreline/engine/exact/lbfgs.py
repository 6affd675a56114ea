"""The limited-memory BFGS model of an objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from scoreline.engine.exact.constants import MEMORY
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.point import dot

__all__ = ["Pair", "Pairs", "inverse_times", "no_pairs", "with_pair"]


class Pair(NamedTuple):
    """A step, the change of the gradient along it, and one over their product; 0 where there is no pair yet."""

    step: Params
    change: Params
    rho: float


#: The last `MEMORY` pairs, oldest first.
Pairs: TypeAlias = tuple[Pair, ...]


def no_pairs() -> Pairs:
    """Return the memory of a model that has seen no step."""
    nothing = zero_params(1, 0, 0, np.dtype(np.float64))
    return (Pair(nothing, nothing, 0.0),) * MEMORY


def with_pair(pairs: Pairs, step: Params, after: Params, before: Params) -> Pairs:
    """Remember a step and the gradients after and before it, in place of the oldest pair.

    Curvature that is lost in rounding would make the inverse Hessian indefinite: such a step is not remembered.
    """
    change = Params(after.W - before.W, after.b - before.b)
    curvature = dot(step, change)
    if not curvature > 1e-12 * np.sqrt(dot(step, step) * dot(change, change)):
        return pairs
    return (*pairs[1:], Pair(step, change, 1 / curvature))


def inverse_times(pairs: Pairs, inverse: Callable[[Params], Params], gradient: Params) -> Params:
    r"""Return the inverse Hessian times `gradient`: recent curvature on top of a preconditioner P, in two loops.

    P is scaled to the last curvature seen, by :math:`s^\top y / y^\top P y` for a step s and the change y of the
    gradient.

    Parameters
    ----------
    pairs : Pairs
    inverse : callable
        Multiplies the rows of a gradient, or of more than one, by the preconditioner: an inverse Hessian.
    gradient : Params

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, algorithm 7.4 and equation 7.20.
    """
    known = [pair for pair in pairs if pair.rho]
    q, shares = gradient, []
    for pair in reversed(known):
        share = pair.rho * dot(pair.step, q)
        shares.append(share)
        q = q.plus(pair.change, -share)
    r = _scaled(known[-1], inverse, q) if known else inverse(q)
    for pair, share in zip(known, reversed(shares), strict=True):
        r = r.plus(pair.step, share - pair.rho * dot(pair.change, r))
    return r


def _scaled(last: Pair, inverse: Callable[[Params], Params], q: Params) -> Params:
    # Both products in one: what takes time is to read the preconditioner.
    rows = q.b.shape[1]
    both = inverse(Params(np.hstack([q.W, last.change.W]), np.hstack([q.b, last.change.b])))
    of_change = Params(both.W[:, rows:], both.b[:, rows:])
    scale = 1 / (last.rho * dot(last.change, of_change))
    return Params(scale * both.W[:, :rows], scale * both.b[:, :rows])
