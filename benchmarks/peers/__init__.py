"""The peers: one file a library and method, and one line here."""

from benchmarks.peers.base import Peer
from benchmarks.peers.jax_sgd import JaxSGD
from benchmarks.peers.reference import Reference
from benchmarks.peers.scoreline_epochs import ScorelineEpochs
from benchmarks.peers.scoreline_exact import ScorelineExact
from benchmarks.peers.sklearn_logistic import SklearnLBFGS, SklearnLBFGS64, SklearnNewtonCholesky
from benchmarks.peers.sklearn_sgd import SklearnSGD
from benchmarks.peers.torch_lbfgs import TorchLBFGS
from benchmarks.peers.torch_sgd import TorchSGD

__all__ = ["PEERS", "Peer"]

_CLASSES: tuple[type[Peer], ...] = (
    JaxSGD,
    Reference,
    ScorelineEpochs,
    ScorelineExact,
    SklearnLBFGS,
    SklearnLBFGS64,
    SklearnNewtonCholesky,
    SklearnSGD,
    TorchLBFGS,
    TorchSGD,
)
#: By name.
PEERS: dict[str, Peer] = {cls.name: cls() for cls in _CLASSES}
