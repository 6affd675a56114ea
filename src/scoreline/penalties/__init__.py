"""Penalties: which weights we prefer among those that fit the data equally well.

To add one: a file here with one frozen dataclass, a line in `PENALTIES`, a line in ``docs/parts.md``.
"""

from __future__ import annotations

from scoreline.penalties.base import Penalty
from scoreline.penalties.elastic_net import ElasticNet
from scoreline.penalties.l1 import L1
from scoreline.penalties.l2 import L2
from scoreline.penalties.max_norm import MaxNorm
from scoreline.penalties.none import NoPenalty
from scoreline.registry import Registry

__all__ = ["L1", "L2", "PENALTIES", "ElasticNet", "MaxNorm", "NoPenalty", "Penalty"]

#: All penalties by the names that the estimators and the command line take.
PENALTIES: Registry[Penalty] = Registry(
    "penalty",
    {
        "l2": L2,
        "l1": L1,
        "elastic-net": ElasticNet,
        "max-norm": MaxNorm,
        "none": NoPenalty,
    },
)
