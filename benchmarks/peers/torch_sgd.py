"""torch on mini-batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from benchmarks.datasets import Rows
from benchmarks.peers.base import Peer, stopwatch
from benchmarks.tasks import Point, Task

__all__ = ["TorchSGD"]

BATCH, RATE = 256, 1e-3


class TorchSGD(Peer):
    """``nn.Linear`` with the fused SGD, momentum 0.9, batches of 256 picked from one tensor of floats."""

    name: ClassVar[str] = "torch SGD"
    modules: ClassVar[tuple[str, ...]] = ("torch",)

    def run(self, rows: Rows, task: Task) -> Iterator[list[Point]]:
        """Yield one point after so many epochs."""
        import torch

        seconds = stopwatch()
        torch.manual_seed(0)
        X, y = torch.from_numpy(rows.X), torch.from_numpy(rows.y)
        model = torch.nn.Linear(X.shape[1], rows.n_classes)
        groups = [{"params": [model.weight], "weight_decay": 2 * task.lam}, {"params": [model.bias]}]
        optimizer = torch.optim.SGD(groups, lr=RATE, momentum=0.9, fused=True)
        for _ in range(task.epochs):
            for batch in torch.randperm(len(X)).split(BATCH):
                loss = torch.nn.functional.cross_entropy(model(X[batch]), y[batch])
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
        weights = (model.weight.detach().numpy(), model.bias.detach().numpy())
        yield [Point(seconds(), weights)]
