"""xgboost's linear booster."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["XGBoostLinear"]


class XGBoostLinear(Peer):
    """``booster="gblinear"``, a round of coordinate descent after the other; each round is written down."""

    name: ClassVar[str] = "xgboost gblinear"
    modules: ClassVar[tuple[str, ...]] = ("xgboost",)

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield the answer after each round."""
        import xgboost

        seconds = stopwatch()
        data = xgboost.DMatrix(rows.X, label=rows.y)
        booster = xgboost.Booster(
            {
                "booster": "gblinear",
                "updater": "coord_descent",
                "objective": "multi:softprob",
                "num_class": rows.n_classes,
                "lambda": 2 * task.lam,
                "alpha": 0,
                "eta": 1.0,
                "base_score": 0.0,
                "nthread": int(os.environ["OMP_NUM_THREADS"]),
            },
            [data],
        )
        kept: list[tuple[float, bytearray]] = []
        while seconds() < task.limit:
            booster.update(data, len(kept))
            kept.append((seconds(), booster.save_raw("json")))
        yield [Point(when, _weights(raw, rows.n_classes)) for when, raw in kept]


def _weights(raw: bytearray, n_classes: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    flat = json.loads(bytes(raw))["learner"]["gradient_booster"]["model"]["weights"]
    table = np.array(flat).reshape(-1, n_classes)
    return table[:-1].T, table[-1]
