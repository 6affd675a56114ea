"""The certificate of a fit: a bound, from below, on what any weights could reach."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.oracle import Oracle, Vector
from scoreline.engine.problem.params import zero_params

__all__ = ["dual_value", "has_certificate", "relative_gap"]


def has_certificate(objective: Objective) -> bool:
    """Tell whether `dual_value` can bound the objective: a certified loss, L2, L1 or both, ``lam`` above 0."""
    penalized = objective.penalty.coefficients not in (None, (0.0, 0.0))
    return objective.loss.certificate is not None and penalized and bool((objective.lam > 0).all())


def relative_gap(primal: float, dual: float) -> float:
    """Return ``(primal - dual) / primal``."""
    return (primal - dual) / max(primal, np.finfo(np.float64).tiny)


def dual_value(oracle: Oracle, slopes: Vector) -> float:
    r"""Return a lower bound over all W and b of the objective, from any slopes.

    .. math:: D(a) = -\frac{1}{\sum w_i} \sum_i w_i\, \ell^*(a_i) - (\lambda R)^*(-G), \qquad
       G = \frac{1}{\sum w_i} \sum_i w_i\, a_i x_i^\top

    for slopes :math:`a_i` in the domain of the conjugate :math:`\ell^*`. A bias that is free adds the constraint
    :math:`\sum w_i a_i = 0`, which the loss's `CertifiedLoss.balancing` brings about. For
    :math:`R(W) = \alpha \sum W^2 + \beta \sum |W|`,

    .. math:: (\lambda R)^*(G) = \frac{1}{4 \lambda \alpha} \sum \max(|G| - \lambda \beta, 0)^2,

    and where :math:`\alpha = 0`, no entry of G may lie beyond :math:`\lambda \beta`: the slopes are shrunk until
    none does, which keeps them in the domain and balanced.

    The bound is exact but for the rounding of G, which is that of the dtype in which the data are multiplied:
    about 1e-6 relative for float32, 1e-15 for float64. Slopes are balanced, and summed over examples, in float64.

    Parameters
    ----------
    oracle : Oracle
        Of an objective that `has_certificate`.
    slopes : Vector
        In the domain of the conjugate, as the loss's gradients by the scores at any weights are; the better these
        weights, the better the bound.

    References
    ----------
    Rockafellar (1970), Convex Analysis, 31; Shalev-Shwartz & Zhang (2013), Stochastic dual coordinate ascent,
    JMLR 14, for this form; Mairal (2010), thesis, D.2.3, for the shrinking.
    """
    objective = oracle.objective
    loss, lam = objective.loss.certificate, float(objective.lam[0])
    assert loss is not None  # noqa: S101 - what `has_certificate` says
    squares, absolutes = objective.penalty.coefficients or (0.0, 0.0)
    R = oracle.n_rows
    balanced: Callable[[FloatArray, Labels], FloatArray] = _unchanged
    if objective.fit_intercept:
        # The statistics of R classes are up to R x R numbers: a block has no fewer rows. Blocks become float64
        # one by one: to copy all slopes would take as much memory as all else together.
        statistics = oracle.reduce(lambda y, w, a: loss.dual_statistics(_precise(a), y, w), slopes, least_rows=R)
        balanced = loss.balancing(statistics)
    point = oracle.transform(lambda y, a: balanced(_precise(a), y), slopes)
    G = np.abs(oracle.gradient(zero_params(1, R, oracle.n_features, oracle.dtype), point).W)
    shrink = 1.0
    if squares > 0:
        reach = float(np.square(np.maximum(G - lam * absolutes, 0), dtype=np.float64).sum()) / (4 * lam * squares)
    else:
        reach = 0.0
        shrink = min(1.0, lam * absolutes / max(float(G.max(initial=0)), np.finfo(np.float64).tiny))

    def conjugates(y: Labels, w: FloatArray, a: FloatArray) -> FloatArray:
        return np.asarray(w @ loss.conjugate(shrink * balanced(_precise(a), y), y))

    return -float(oracle.reduce(conjugates, slopes)) / oracle.total_weight - reach


def _precise(slopes: FloatArray) -> FloatArray:
    return np.asarray(slopes, np.float64)


def _unchanged(slopes: FloatArray, y: Labels) -> FloatArray:
    """Return slopes as they are: where there is no bias, they need not sum to 0."""
    del y
    return slopes
