"""Optimisers walk as their namesakes in torch.optim do; see tests/fixtures/make_torch_fixtures.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoreline.losses import Softmax
from scoreline.optimizers import OPTIMIZERS
from scoreline.penalties import L2

FIXTURE = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "torch_trajectories.json").read_text(encoding="utf-8")
)
RUNS = FIXTURE["runs"]


def walk(spec: str, lr: Any) -> list[tuple[Any, Any]]:
    """Return ``(W, b)`` after each stored step; the learning rates are configurations side by side."""
    given = FIXTURE["problem"]
    X, y = np.array(given["X"]), np.array(given["y"])
    W, b = (np.repeat(np.array(given[name])[None], len(lr), axis=0) for name in ("W", "b"))
    optimizer = OPTIMIZERS.build(spec)
    states = [optimizer.init(W), optimizer.init(b)]
    path = []
    for t in range(1, FIXTURE["steps"] + 1):
        scores = np.einsum("nd,kcd->nkc", X, W) + b
        residual = Softmax().value_and_gradient(scores, y)[1] / len(X)
        gradients = np.einsum("nkc,nd->kcd", residual, X) + given["lam"] * L2().gradient(W), residual.sum(axis=0)
        updates = [optimizer.update(g, state, lr) for g, state in zip(gradients, states, strict=True)]
        W, b = W + updates[0].step, b + updates[1].step
        states = [update.state for update in updates]
        if t in FIXTURE["stored"]:
            path.append((W, b))
    return path


def test_the_trajectories_are_long() -> None:
    assert FIXTURE["stored"][-1] == FIXTURE["steps"] == 50


@pytest.mark.parametrize("spec", list(RUNS))
def test_trajectory_equals_that_of_torch(spec: str) -> None:
    lr, paths = RUNS[spec]["lr"], RUNS[spec]["paths"]
    path = walk(spec, np.array(lr))
    for k, torch_path in enumerate(paths):
        for (W, b), (torch_W, torch_b) in zip(path, torch_path, strict=True):
            np.testing.assert_allclose(W[k], torch_W, rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(b[k], torch_b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("spec", list(RUNS))
def test_the_trajectories_go_somewhere(spec: str) -> None:
    start = np.array(FIXTURE["problem"]["W"])
    for path in RUNS[spec]["paths"]:
        assert np.abs(np.array(path[-1][0]) - start).max() > 1e-4
