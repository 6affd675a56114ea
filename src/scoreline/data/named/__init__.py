"""Data sets known by name.

To add one: a file here with one frozen dataclass, a line in `NAMED_SETS`, a line in ``docs/parts.md``.
"""

from __future__ import annotations

from scoreline.data.named.base import NamedSet
from scoreline.data.named.cifar import Cifar10, Cifar100
from scoreline.data.named.digits import Digits
from scoreline.data.named.mnist import FashionMnist, Mnist
from scoreline.data.named.synthetic import ColourShapes
from scoreline.registry import Registry

__all__ = ["NAMED_SETS", "Cifar10", "Cifar100", "ColourShapes", "Digits", "FashionMnist", "Mnist", "NamedSet"]

#: All named data sets.
NAMED_SETS: Registry[NamedSet] = Registry(
    "data set",
    {
        "digits": Digits,
        "cifar10": Cifar10,
        "cifar100": Cifar100,
        "mnist": Mnist,
        "fashion-mnist": FashionMnist,
        "synthetic": ColourShapes,
    },
)
