"""Losses: how unhappy we are with one example's scores, given its label.

To add one: a file here with one frozen dataclass, a line in `LOSSES`, a line in ``docs/parts.md``.
From outside the package: ``LOSSES.register("name", Class)``.
"""

from __future__ import annotations

from scoreline.losses.base import (
    CertifiedLoss,
    HessianLoss,
    Loss,
    MultinomialLoss,
    RowwiseLoss,
    SmoothableLoss,
    rows_for,
    sum_of_terms,
)
from scoreline.losses.crammer_singer import CrammerSinger
from scoreline.losses.hinge import HingeLoss
from scoreline.losses.one_vs_all import OneVsAll
from scoreline.losses.softmax import Softmax
from scoreline.losses.squared_error import SquaredError
from scoreline.losses.weston_watkins import WestonWatkins
from scoreline.registry import Registry

__all__ = [
    "LOSSES",
    "CertifiedLoss",
    "CrammerSinger",
    "HessianLoss",
    "HingeLoss",
    "Loss",
    "MultinomialLoss",
    "OneVsAll",
    "RowwiseLoss",
    "SmoothableLoss",
    "Softmax",
    "SquaredError",
    "WestonWatkins",
    "rows_for",
    "sum_of_terms",
]

#: All losses by the names that the estimators and the command line take.
LOSSES: Registry[Loss] = Registry(
    "loss",
    {
        "softmax": Softmax,
        "weston-watkins": WestonWatkins,
        "crammer-singer": CrammerSinger,
        "one-vs-all": OneVsAll,
        "squared-error": SquaredError,
    },
    aliases={
        "cross-entropy": "softmax",
        "svm": "weston-watkins",
        "hinge": "weston-watkins",
        "structured-svm": "crammer-singer",
        "squared-hinge": "one-vs-all:squared",
    },
)
