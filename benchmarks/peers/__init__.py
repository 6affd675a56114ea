"""The peers: one file a library and method, and one line here."""

from benchmarks.peers.base import Peer
from benchmarks.peers.jax_sgd import JaxSGD
from benchmarks.peers.linear_svc import LinearSVC
from benchmarks.peers.one_by_one import SkglmSVC, SnapMLSVM
from benchmarks.peers.opencv_sift import OpenCVSIFT
from benchmarks.peers.reference import Reference
from benchmarks.peers.scoreline_command import ScorelineCommand
from benchmarks.peers.scoreline_cv import ScorelineCV
from benchmarks.peers.scoreline_epochs import ScorelineEpochs
from benchmarks.peers.scoreline_exact import ScorelineExact
from benchmarks.peers.scoreline_features import ScorelineFeatures
from benchmarks.peers.scoreline_path import ScorelinePath
from benchmarks.peers.scoreline_pipeline import ScorelinePipeline
from benchmarks.peers.scoreline_recipes import ScorelineRecipes
from benchmarks.peers.scoreline_sweep import ScorelineSingles, ScorelineSweep
from benchmarks.peers.skimage_features import SkimageHOG, SkimageLBP
from benchmarks.peers.sklearn_grid import SklearnGrid
from benchmarks.peers.sklearn_logistic import SklearnLBFGS, SklearnLBFGS64, SklearnNewtonCholesky
from benchmarks.peers.sklearn_predict import SklearnPredict
from benchmarks.peers.sklearn_sgd import SklearnSGD
from benchmarks.peers.sklearnex_logistic import SklearnexLBFGS
from benchmarks.peers.torch_lbfgs import TorchLBFGS
from benchmarks.peers.torch_sgd import TorchSGD
from benchmarks.peers.vowpal_wabbit import VowpalWabbit
from benchmarks.peers.xgboost_linear import XGBoostLinear

__all__ = ["PEERS", "Peer"]

_CLASSES: tuple[type[Peer], ...] = (
    JaxSGD,
    LinearSVC,
    OpenCVSIFT,
    Reference,
    ScorelineCV,
    ScorelineCommand,
    ScorelineEpochs,
    ScorelineExact,
    ScorelineFeatures,
    ScorelinePath,
    ScorelinePipeline,
    ScorelineRecipes,
    ScorelineSingles,
    ScorelineSweep,
    SkglmSVC,
    SkimageHOG,
    SkimageLBP,
    SklearnGrid,
    SklearnLBFGS,
    SklearnLBFGS64,
    SklearnNewtonCholesky,
    SklearnPredict,
    SklearnSGD,
    SklearnexLBFGS,
    SnapMLSVM,
    TorchLBFGS,
    TorchSGD,
    VowpalWabbit,
    XGBoostLinear,
)
#: By name.
PEERS: dict[str, Peer] = {cls.name: cls() for cls in _CLASSES}
