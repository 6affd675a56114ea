"""How a state of the loop lies in the arrays of compiled code: columns in blocks, memories in planes."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoreline._typing import FloatArray
from scoreline.engine.minibatch.kernels.stretch import Given, Weights
from scoreline.engine.minibatch.loop import LoopState
from scoreline.engine.problem.params import Params
from scoreline.kernels.products import COLUMN_BLOCK, line_zeros, padded

__all__ = ["exported", "fold", "memories", "new_weights"]


def memories(state: Any) -> list[FloatArray]:
    """Return the arrays of an optimiser's state; integers in it count steps."""
    return [part for part in state if part.dtype.kind == "f"]


def new_weights(state: LoopState) -> Weights:
    """Return the parameters and the optimiser's memory as compiled code takes them."""
    K, R, D = state.params.W.shape
    W = line_zeros((K * R, padded(D, COLUMN_BLOCK)))
    W[:, :D] = state.params.W.reshape(K * R, D)
    of_W, of_b = memories(state.optimizer.W), memories(state.optimizer.b)
    n, blocks = len(of_W), W.shape[1] // COLUMN_BLOCK
    memory, b_memory = line_zeros((K * R, blocks, n * COLUMN_BLOCK)), np.zeros((K * R, n), np.float32)
    for i, (own, own_b) in enumerate(zip(of_W, of_b, strict=True)):
        wide = np.pad(own.reshape(K * R, D), ((0, 0), (0, W.shape[1] - D)))
        memory[:, :, _plane(i)] = wide.reshape(K * R, blocks, COLUMN_BLOCK)
        b_memory[:, i] = own_b.reshape(K * R)
    b, shift = state.params.b.reshape(K * R).astype(np.float32), np.zeros((blocks, K * R))
    return Weights(W, memory, b, b_memory, line_zeros(W.shape), shift)


def fold(weights: Weights, given: Given) -> None:
    """Fold the weights with the standardisation: the same bits whether a run comes here or begins here."""
    W, folded = weights.W, weights.folded
    np.multiply(W, given.scale, out=folded)
    parts = folded.astype(np.float64) * given.mean
    weights.shift[:] = parts.reshape(len(W), -1, COLUMN_BLOCK).sum(axis=2).T


def exported(weights: Weights, state: LoopState, made: int) -> tuple[Params, Params]:
    """Return parameters and optimiser's states, so many steps after a state, from what compiled code works on."""
    K, R, D = state.params.W.shape
    last_W, last_b = state.optimizer
    params = Params(weights.W[:, :D].reshape(K, R, D).copy(), weights.b.reshape(K, R).copy())
    planes = [weights.memory[:, :, _plane(i)] for i in range(weights.b_memory.shape[1])]
    of_W = [plane.reshape(K * R, -1)[:, :D].reshape(K, R, D).copy() for plane in planes]
    of_b = [column.reshape(K, R).copy() for column in weights.b_memory.T]
    return params, Params(_new_state(last_W, of_W, made), _new_state(last_b, of_b, made))


def _new_state(state: Any, arrays: list[FloatArray], made: int) -> Any:
    parts = iter(arrays)
    return type(state)(*[next(parts) if part.dtype.kind == "f" else part + made for part in state])


def _plane(i: int) -> slice:
    """Return where the i-th number that is remembered of a block's weights lies."""
    return slice(i * COLUMN_BLOCK, (i + 1) * COLUMN_BLOCK)
