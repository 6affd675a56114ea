"""The certificate of a fit: a bound, from below, on what any weights could reach."""

from __future__ import annotations

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.objective import Objective
from scoreline.engine.params import zero_params
from scoreline.engine.scored import Labelled
from scoreline.losses import CertifiedLoss
from scoreline.penalties import L2

__all__ = ["dual_value", "has_certificate"]


def has_certificate(objective: Objective) -> bool:
    """Tell whether `dual_value` can bound the objective: a certified loss, L2, and ``lam`` above 0."""
    certified = isinstance(objective.loss, CertifiedLoss) and isinstance(objective.penalty, L2)
    return certified and bool((objective.lam > 0).all())


def dual_value(objective: Objective, source: DataSource, labelled: Labelled, slopes: FloatArray) -> float:
    r"""Return a lower bound of the objective over all W and b, from any slopes of the losses.

    .. math:: D(a) = -\frac{1}{\sum w_i} \sum_i w_i\, \ell^*(a_i) - \frac{1}{4 \lambda} \|G\|^2, \qquad
       G = \frac{1}{\sum w_i} \sum_i w_i\, a_i x_i^\top

    for slopes :math:`a_i` in the domain of the conjugate :math:`\ell^*`. A bias that is free adds the constraint
    :math:`\sum w_i a_i = 0`, which the loss's `CertifiedLoss.balanced` brings about. At the optimum
    :math:`W = -G / 2 \lambda` and the bound is the objective itself.

    The bound is exact but for the rounding of G, which is that of the dtype in which the data are multiplied:
    about 1e-6 relative for float32, 1e-15 for float64. All sums over examples are in float64.

    Parameters
    ----------
    objective : Objective
        With K = 1, and `has_certificate`.
    source : DataSource
    labelled : Labelled
    slopes : array (N, R)
        The losses' gradients by the scores at any weights; the better these, the better the bound.

    References
    ----------
    Rockafellar (1970), Convex Analysis, 31; Shalev-Shwartz & Zhang (2013), Stochastic dual coordinate ascent,
    JMLR 14, for this form.
    """
    loss = objective.loss
    assert isinstance(loss, CertifiedLoss)  # noqa: S101 - what has_certificate has made sure of
    point: FloatArray = slopes.astype(np.float64)
    if objective.fit_intercept:
        point = loss.balanced(point, labelled.y, labelled.weight)
    like = zero_params(1, slopes.shape[1], source.n_features, slopes.dtype)
    G = objective.gradient_from_slopes(like, point[:, None].astype(slopes.dtype), source).W
    reach = float(np.square(G, dtype=np.float64).sum())
    return -labelled.mean(loss.conjugate(point, labelled.y)) - reach / (4 * float(objective.lam[0]))
