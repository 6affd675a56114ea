"""Features: from images to the rows that the classifier sees.

To add one: a file here with one `FeatureExtractor`, a line here that registers it, a line in ``docs/parts.md``.
"""

from __future__ import annotations

from scoreline.features.bag_of_words import BagOfWords
from scoreline.features.base import FeatureExtractor
from scoreline.features.dense_sift import DenseSIFT
from scoreline.features.derived import DerivedFeatures
from scoreline.features.descriptor import ImageDescriptor
from scoreline.features.gist import GIST
from scoreline.features.hog import HOG
from scoreline.features.hue_histogram import HueHistogram
from scoreline.features.lbp import LBP
from scoreline.features.mirror_average import MirrorAverage
from scoreline.features.onnx_encoder import OnnxEncoder
from scoreline.features.opponent_histogram import OpponentHistogram
from scoreline.features.patch_dictionary import PatchDictionary
from scoreline.features.pixels import Pixels
from scoreline.features.principal_products import PrincipalProducts
from scoreline.features.resized import Resized
from scoreline.features.self_similarity import SelfSimilarity
from scoreline.features.shift_average import ShiftAverage
from scoreline.features.specs import FEATURES, anchored_features, build_features
from scoreline.features.textons import Textons
from scoreline.features.trust import trusting
from scoreline.features.two_layer_dictionary import TwoLayerDictionary
from scoreline.features.union import FeatureUnion
from scoreline.features.user_extractor import UserExtractor

__all__ = [
    "FEATURES",
    "GIST",
    "HOG",
    "LBP",
    "BagOfWords",
    "DenseSIFT",
    "DerivedFeatures",
    "FeatureExtractor",
    "FeatureUnion",
    "HueHistogram",
    "ImageDescriptor",
    "MirrorAverage",
    "OnnxEncoder",
    "OpponentHistogram",
    "PatchDictionary",
    "Pixels",
    "PrincipalProducts",
    "Resized",
    "SelfSimilarity",
    "ShiftAverage",
    "Textons",
    "TwoLayerDictionary",
    "UserExtractor",
    "anchored_features",
    "build_features",
    "trusting",
]

FEATURES.register("pixels", Pixels)
FEATURES.register("hue", HueHistogram)
FEATURES.register("opponent", OpponentHistogram)
FEATURES.register("hog", HOG)
FEATURES.register("lbp", LBP)
FEATURES.register("gist", GIST)
FEATURES.register("textons", Textons)
FEATURES.register("ssim", SelfSimilarity)
FEATURES.register("sift", DenseSIFT)
FEATURES.register("words", BagOfWords)
FEATURES.register("dictionary", PatchDictionary)
FEATURES.register("mirror", MirrorAverage)
FEATURES.register("shifts", ShiftAverage)
FEATURES.register("two-layers", TwoLayerDictionary)
FEATURES.register("products", PrincipalProducts)
FEATURES.register("onnx", OnnxEncoder)
FEATURES.register("resized", Resized)
