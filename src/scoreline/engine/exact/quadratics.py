"""Quadratics that stand for the loss near a point, and their lowest points beside absolute values."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.engine.exact.constants import (
    DIAGONAL_JITTER,
    HESSIAN_ENTRIES,
    HESSIAN_LENGTH,
    MEAN_HESSIAN_SHARE,
    SUPPORT_ROUNDS,
    SUPPORT_SWEEPS,
    SWEEPS,
)
from scoreline.engine.exact.coordinate_descent import ElasticQuadratic, descend_by_coordinates
from scoreline.engine.problem.oracle import Oracle, Vector
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point

__all__ = ["HessianQuadratic", "MomentsQuadratic", "Quadratic"]


class Quadratic(Protocol):
    r"""A quadratic :math:`\tfrac12 d^\top H d` of steps d of weights and bias."""

    def step(self, here: Point, curvature: float, ridge: float, shrink: float) -> Params:
        r"""Return the step to the lowest point of the model of the objective.

        .. math:: \langle g, d \rangle + \tfrac{c}{2} d^\top H d + \tfrac{\rho}{2} |d_W|^2 + \sigma |W + d_W|_1
        """

    def along(self, step: Params) -> float:
        r"""Return :math:`d^\top H d`."""

    @property
    def vectors(self) -> tuple[Vector, ...]:
        """See `scoreline.engine.exact.descent.LocalQuadratic.vectors`."""

    def hessian_product(self, change: FloatArray, *blocks: FloatArray) -> FloatArray:
        """See `scoreline.engine.exact.descent.LocalQuadratic.hessian_product`."""


class MomentsQuadratic:
    r"""The second moments M of the rows, for each class, as if the loss had the same curvature along all scores.

    Moments are about the mean :math:`\bar x`: weights and the bias of centred rows, :math:`b + W \bar x`, part.

    Parameters
    ----------
    mean : array (D,)
    matrix : array (D, D)
        M, which is taken over: something is added to its diagonal.
    """

    def __init__(self, mean: FloatArray, matrix: FloatArray) -> None:
        self.mean = mean
        self.matrix = _jittered(matrix)

    def step(self, here: Point, curvature: float, ridge: float, shrink: float) -> Params:
        """See `Quadratic.step`."""
        of_bias = here.gradient.b[0].astype(np.float64)
        # In the dtype of the weights, whatever the matrix's: steps may be far smaller than the weights are.
        W = here.params.W[0]
        gradient = (here.gradient.W[0] - np.outer(of_bias, self.mean)).astype(W.dtype)
        moved = W.copy()
        descend_by_coordinates(ElasticQuadratic(self.matrix, curvature, ridge, shrink), gradient, moved, *SWEEPS)
        dW = moved - W
        db = -of_bias / curvature - dW @ self.mean
        return Params(dW[None], db[None].astype(here.params.b.dtype))

    def along(self, step: Params) -> float:
        """See `Quadratic.along`."""
        dW = step.W[0].astype(np.float64)
        centred_bias = step.b[0] + dW @ self.mean
        return float(np.einsum("rd,rd->", step.W[0] @ self.matrix, dW) + centred_bias @ centred_bias)

    @property
    def vectors(self) -> tuple[()]:
        """Nothing: all examples have the same curvature."""
        return ()

    def hessian_product(self, change: FloatArray, *blocks: FloatArray) -> FloatArray:
        """See `Quadratic.hessian_product`."""
        del blocks
        return change.astype(np.float64)


class HessianQuadratic:
    r"""The Hessian of the loss at a point, of all weights with all others.

    With :math:`h_i` the R x R Hessian of the loss of row i by its scores, taken as differences of slopes, and
    :math:`z_i = (x_i, 1)`, it is the mean of :math:`h_i \otimes z_i z_i^\top`; the bias is eliminated.
    """

    @staticmethod
    def entries(n: int, D: int, R: int) -> int:
        """Return how many numbers it takes for n rows of D features and R scores; 0 where that is too many."""
        entries = (R * (D + 1)) ** 2 + n * R**2
        return entries if entries <= HESSIAN_ENTRIES else 0

    def __init__(self, oracle: Oracle, scores: Vector) -> None:
        self.row_hessians = _row_hessians(oracle, scores)
        R, D = oracle.n_rows, oracle.n_features
        hessian = oracle.hessian(self.row_hessians)
        of_weights = hessian[:, :D, :, :D].reshape(R * D, R * D)
        self.of_bias: FloatArray = np.eye(R)
        self.mixed: FloatArray = np.zeros((R, R * D))
        if oracle.objective.fit_intercept:
            self.of_bias = _made_definite(hessian[:, D, :, D].copy())
            beside = hessian[:, D, :, :D].reshape(R, R * D)
            self.mixed = np.linalg.solve(self.of_bias, beside)
            of_weights -= self.mixed.T @ beside
        self.matrix = _made_definite(of_weights)

    def step(self, here: Point, curvature: float, ridge: float, shrink: float) -> Params:
        """See `Quadratic.step`.

        Coordinate descent finds out which weights are not 0 and their signs; for these a linear system is solved,
        which spares it thousands of sweeps.
        """
        of_bias = here.gradient.b[0].astype(np.float64)
        W = here.params.W[0].astype(np.float64)
        gradient = here.gradient.W[0].astype(np.float64).reshape(1, -1) - of_bias @ self.mixed
        elastic, moved = ElasticQuadratic(self.matrix, curvature, ridge, shrink), W.reshape(1, -1).copy()
        descend_by_coordinates(elastic, gradient, moved, *SUPPORT_SWEEPS)
        for _ in range(SUPPORT_ROUNDS):
            kept = moved != 0
            reached = _solve_for_signs(elastic, gradient[0], moved[0])
            descend_by_coordinates(elastic, gradient, moved, *SUPPORT_SWEEPS)
            if reached and np.array_equal(kept, moved != 0):
                break
        dW = moved.reshape(W.shape) - W
        db = -np.linalg.solve(self.of_bias, of_bias) / curvature - self.mixed @ dW.ravel()
        return Params(dW[None].astype(here.params.W.dtype), db[None].astype(here.params.b.dtype))

    def along(self, step: Params) -> float:
        """See `Quadratic.along`."""
        dW = step.W[0].astype(np.float64).ravel()
        centred_bias = step.b[0] + self.mixed @ dW
        return float(dW @ self.matrix @ dW + centred_bias @ self.of_bias @ centred_bias)

    @property
    def vectors(self) -> tuple[Vector]:
        """The Hessians of the rows' losses."""
        return (self.row_hessians,)

    def hessian_product(self, change: FloatArray, *blocks: FloatArray) -> FloatArray:
        """See `Quadratic.hessian_product`."""
        return np.einsum("nrs,ns->nr", blocks[0], change.astype(np.float64))


def _solve_for_signs(elastic: ElasticQuadratic, gradient: FloatArray, w: FloatArray) -> bool:
    """Move the weights ``(D,)`` that are not 0 to where they are lowest; those that would change sign become 0.

    Should that lead up, all move along that segment until the first becomes 0. The gradient follows. It tells
    whether no sign would have changed.
    """
    from scipy.linalg import cho_factor, cho_solve

    kept = np.flatnonzero(w)
    if not len(kept):
        return True
    system = elastic.curvature * elastic.matrix[np.ix_(kept, kept)]
    system.flat[:: len(kept) + 1] += elastic.ridge
    signs = np.sign(w[kept])
    factor = cho_factor(system, overwrite_a=True, check_finite=False)
    step = -cho_solve(factor, gradient[kept] + elastic.shrink * signs, check_finite=False)
    until = np.divide(-w[kept], step, out=np.full(len(kept), np.inf), where=step * signs < 0)
    for t in (1.0, min(1.0, float(until.min()))):
        change = np.where(until <= t, -w[kept], t * step)
        product = elastic.curvature * (change @ elastic.matrix[kept])
        product[kept] += elastic.ridge * change
        # Signs stay, or become 0, so that the absolute values change along them.
        if change @ (gradient[kept] + product[kept] / 2 + elastic.shrink * signs) < 0:
            break
    w[kept] += change
    gradient += product
    return bool(until.min() >= 1)


def _row_hessians(oracle: Oracle, scores: Vector) -> Vector:
    """Return the Hessians ``(R, R)`` of the rows' losses by their scores, and a share of their mean."""
    loss, R = oracle.objective.loss, oracle.n_rows
    double = np.dtype(np.float64)

    def differences(y: Labels, scores: FloatArray) -> FloatArray:
        precise, hessians = scores.astype(np.float64), np.empty((len(y), R, R))
        for r, step in enumerate(HESSIAN_LENGTH * np.eye(R)):
            change = loss.value_and_gradient(precise + step, y)[1]
            change -= loss.value_and_gradient(precise - step, y)[1]
            hessians[:, r] = change / (2 * HESSIAN_LENGTH)
        hessians += hessians.transpose(0, 2, 1)
        hessians /= 2
        return hessians

    hessians = oracle.transform(differences, scores, row=(R, R), dtype=double)
    mean = oracle.reduce(lambda _y, _w, block: block.sum(axis=0), hessians) / oracle.n_examples
    return oracle.transform(
        lambda _y, block: block + MEAN_HESSIAN_SHARE * mean, hessians, dtype=double, out=hessians
    )


def _made_definite(matrix: FloatArray) -> FloatArray:
    """Add to the diagonal what makes a matrix positive definite: kinks of the loss leave negative curvature."""
    from scipy.linalg import LinAlgError, cholesky

    jitter, size = DIAGONAL_JITTER, max(float(matrix.diagonal().max()), 1e-30)
    while True:
        matrix.flat[:: len(matrix) + 1] += jitter * size
        try:
            cholesky(matrix, check_finite=False)
        except LinAlgError:
            if not jitter < len(matrix):  # then this is no Hessian
                raise
            jitter *= 10
        else:
            return matrix


def _jittered(matrix: FloatArray) -> FloatArray:
    matrix.flat[:: len(matrix) + 1] += DIAGONAL_JITTER * max(float(matrix.diagonal().max()), 1e-30)
    return matrix
