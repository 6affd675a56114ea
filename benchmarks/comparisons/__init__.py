"""The comparisons: one file each, and one line here."""

from benchmarks.comparisons.base import Comparison
from benchmarks.comparisons.descriptors import Descriptors
from benchmarks.comparisons.digits import Digits
from benchmarks.comparisons.epoch import Epoch
from benchmarks.comparisons.exact import Exact
from benchmarks.comparisons.frontier import Frontier
from benchmarks.comparisons.hinges import Hinges
from benchmarks.comparisons.kinds import Kinds
from benchmarks.comparisons.memory import Memory
from benchmarks.comparisons.path import Path
from benchmarks.comparisons.probe import Probe
from benchmarks.comparisons.recipes import Recipes
from benchmarks.comparisons.sweep import Sweep

__all__ = ["COMPARISONS", "Comparison"]

_CLASSES: tuple[type[Comparison], ...] = (
    Descriptors,
    Digits,
    Epoch,
    Exact,
    Frontier,
    Hinges,
    Kinds,
    Memory,
    Path,
    Probe,
    Recipes,
    Sweep,
)
#: By name.
COMPARISONS: dict[str, Comparison] = {cls.name: cls() for cls in _CLASSES}
