"""torch's L-BFGS on the whole data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import ClassVar

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["TorchLBFGS"]


class _LimitReached(Exception):  # noqa: N818 - nothing went wrong
    pass


class TorchLBFGS(Peer):
    """``torch.optim.LBFGS`` with strong Wolfe conditions in float32; every point it looks at is written down."""

    name: ClassVar[str] = "torch LBFGS"
    modules: ClassVar[tuple[str, ...]] = ("torch",)

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield every point at which the objective was evaluated."""
        import torch

        seconds = stopwatch()
        X, y = torch.from_numpy(rows.X), torch.from_numpy(rows.y)
        W = torch.zeros(rows.n_classes, X.shape[1], requires_grad=True)
        b = torch.zeros(rows.n_classes, requires_grad=True)
        points: list[Point] = []
        optimizer = torch.optim.LBFGS(
            [W, b],
            max_iter=1_000_000,
            max_eval=1_000_000,
            history_size=10,
            tolerance_grad=0,
            tolerance_change=0,
            line_search_fn="strong_wolfe",
        )

        def closure() -> torch.Tensor:
            points.append(Point(seconds(), (W.detach().numpy().copy(), b.detach().numpy().copy())))
            if seconds() > task.limit:
                raise _LimitReached
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(torch.addmm(b, X, W.T), y) + task.lam * W.square().sum()
            loss.backward()
            return loss

        with suppress(_LimitReached):
            optimizer.step(closure)
        yield points
