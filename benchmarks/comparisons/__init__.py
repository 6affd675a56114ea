"""The comparisons: one file each, and one line here."""

from benchmarks.comparisons.base import Comparison
from benchmarks.comparisons.epoch import Epoch
from benchmarks.comparisons.exact import Exact

__all__ = ["COMPARISONS", "Comparison"]

_CLASSES: tuple[type[Comparison], ...] = (Epoch, Exact)
#: By name.
COMPARISONS: dict[str, Comparison] = {cls.name: cls() for cls in _CLASSES}
