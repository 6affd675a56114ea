"""Features by a short text: ``hog,hue,words:1000``."""

from __future__ import annotations

from scoreline._text import shown
from scoreline.errors import UsageError
from scoreline.features.bag_of_words import BagOfWords
from scoreline.features.base import FeatureExtractor
from scoreline.features.dense_sift import DenseSIFT
from scoreline.features.gist import GIST
from scoreline.features.hog import HOG
from scoreline.features.hue_histogram import HueHistogram
from scoreline.features.lbp import LBP
from scoreline.features.mirror_average import MirrorAverage
from scoreline.features.opponent_histogram import OpponentHistogram
from scoreline.features.patch_dictionary import PatchDictionary
from scoreline.features.pixels import Pixels
from scoreline.features.principal_products import PrincipalProducts
from scoreline.features.self_similarity import SelfSimilarity
from scoreline.features.textons import Textons
from scoreline.features.two_layer_dictionary import TwoLayerDictionary
from scoreline.features.union import FeatureUnion
from scoreline.registry import Registry, check_spec, split_at_commas

__all__ = ["FEATURES", "build_features", "split_specs"]

#: All feature extractors by the names that the command line takes.
FEATURES: Registry[FeatureExtractor] = Registry(
    "feature",
    {
        "pixels": Pixels,
        "hue": HueHistogram,
        "opponent": OpponentHistogram,
        "hog": HOG,
        "lbp": LBP,
        "gist": GIST,
        "textons": Textons,
        "ssim": SelfSimilarity,
        "sift": DenseSIFT,
        "words": BagOfWords,
        "dictionary": PatchDictionary,
        "mirror": MirrorAverage,
        "two-layers": TwoLayerDictionary,
        "products": PrincipalProducts,
    },
)


def split_specs(text: str) -> list[str]:
    """Return the specs that a text lists: ``"hog:cell=4,signed=yes,hue"`` has two.

    A piece between commas that says ``key=value`` belongs to the feature before it; any other begins one.
    """
    specs: list[str] = []
    for piece in (piece.strip() for piece in split_at_commas(text)):
        name, equals, _ = piece.partition("=")
        if equals and ":" not in name and specs:
            specs[-1] += ("," if ":" in specs[-1] else ":") + piece
        elif piece:
            specs.append(piece)
    return specs


def build_features(text: str) -> FeatureExtractor:
    """Return the extractor that `text` describes; of several, their union.

    Raises
    ------
    UnknownNameError
        No feature has that name.
    UsageError
        No feature is named, one is named twice, or a parameter cannot be read.
    """
    check_spec("feature", text)
    specs = split_specs(text)
    if not specs:
        raise UsageError(
            f"The features are {shown(text)}",
            allowed=", ".join(FEATURES),
            fix="name one of them, or several with commas",
        )
    if len(specs) == 1:
        return FEATURES.build(specs[0])
    union = FeatureUnion([(spec, FEATURES.build(spec)) for spec in specs])
    union.check_parts()
    return union
