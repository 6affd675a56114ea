"""Features: what of an image the classifier sees.

To add one: a file here with one `FeatureExtractor`, a line in `FEATURES`, a line in ``docs/parts.md``.
"""

from __future__ import annotations

from scoreline.features.base import FeatureExtractor
from scoreline.features.patch_dictionary import PatchDictionary
from scoreline.features.pixels import Pixels
from scoreline.registry import Registry

__all__ = ["FEATURES", "FeatureExtractor", "PatchDictionary", "Pixels"]

#: All feature extractors by the names that the command line takes.
FEATURES: Registry[FeatureExtractor] = Registry("feature", {"pixels": Pixels, "dictionary": PatchDictionary})
