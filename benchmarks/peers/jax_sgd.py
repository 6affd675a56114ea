"""jax and optax on mini-batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["JaxSGD"]

BATCH, RATE = 256, 1e-3


class JaxSGD(Peer):
    """An epoch as one compiled scan over batches of 256, optax's SGD with momentum, buffers donated."""

    name: ClassVar[str] = "jax + optax SGD"
    modules: ClassVar[tuple[str, ...]] = ("jax", "optax")

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point after so many epochs."""
        import jax
        import jax.numpy as jnp
        import optax

        seconds = stopwatch()
        X, y = jnp.asarray(rows.X), jnp.asarray(rows.y.astype(np.int32))
        rule = optax.sgd(RATE, momentum=0.9)

        # The data are arguments: as constants, they would be compiled into the program.
        def objective(params: Any, X: Any, y: Any, batch: Any) -> Any:
            scores = X[batch] @ params["W"].T + params["b"]
            losses = optax.softmax_cross_entropy_with_integer_labels(scores, y[batch])
            return losses.mean() + task.lam * (params["W"] ** 2).sum()

        def one_epoch(carry: Any, X: Any, y: Any, order: Any) -> Any:
            def step(carry: Any, batch: Any) -> Any:
                params, state = carry
                updates, state = rule.update(jax.grad(objective)(params, X, y, batch), state)
                return (optax.apply_updates(params, updates), state), None

            return jax.lax.scan(step, carry, order)[0]

        @jax.jit
        def shuffled(key: Any) -> Any:
            return jax.random.permutation(key, len(X))[: len(X) // BATCH * BATCH].reshape(-1, BATCH)

        epoch = jax.jit(one_epoch, donate_argnums=0)
        params = {"W": jnp.zeros((rows.n_classes, X.shape[1])), "b": jnp.zeros(rows.n_classes)}
        carry = (params, rule.init(params))
        for key in jax.random.split(jax.random.key(0), task.epochs):
            carry = epoch(carry, X, y, shuffled(key))
        weights = (np.asarray(carry[0]["W"]), np.asarray(carry[0]["b"]))
        yield [Point(seconds(), weights)]
