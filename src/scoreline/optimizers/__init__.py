"""Optimisers: how a gradient becomes a step.

To add one: a file here with one frozen dataclass, a line in `OPTIMIZERS`, a line in ``docs/parts.md``.
From outside the package: ``OPTIMIZERS.register("name", Class)``.
"""

from __future__ import annotations

from scoreline.optimizers.adadelta import Adadelta
from scoreline.optimizers.adagrad import Adagrad
from scoreline.optimizers.adam import Adam
from scoreline.optimizers.base import ElementwiseOptimizer, Optimizer, Update
from scoreline.optimizers.momentum import Momentum
from scoreline.optimizers.nesterov import Nesterov
from scoreline.optimizers.rmsprop import RMSProp
from scoreline.optimizers.sgd import SGD
from scoreline.registry import Registry

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "ElementwiseOptimizer",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "Update",
]

#: All update rules by the names that the estimators and the command line take.
OPTIMIZERS: Registry[Optimizer] = Registry(
    "optimizer",
    {
        "sgd": SGD,
        "momentum": Momentum,
        "nesterov": Nesterov,
        "adagrad": Adagrad,
        "adadelta": Adadelta,
        "rmsprop": RMSProp,
        "adam": Adam,
    },
)
