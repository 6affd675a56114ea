"""Features: from images to the rows that the classifier sees.

To add one: a file here with one `FeatureExtractor`, which it registers, a line here that imports it, a line in
``docs/parts.md``.
"""

from __future__ import annotations

from scoreline.features.base import FeatureExtractor as FeatureExtractor
from scoreline.features.derived import DerivedFeatures as DerivedFeatures
from scoreline.features.descriptor import ImageDescriptor as ImageDescriptor
from scoreline.features.specs import FEATURES as FEATURES
from scoreline.features.specs import anchored_features as anchored_features
from scoreline.features.specs import build_features as build_features
from scoreline.features.trust import trusting as trusting
from scoreline.features.union import FeatureUnion as FeatureUnion
from scoreline.features.user_extractor import UserExtractor as UserExtractor

# isort: split
# In the order in which they are listed to users.
# isort: off
from scoreline.features.pixels import Pixels as Pixels
from scoreline.features.hue_histogram import HueHistogram as HueHistogram
from scoreline.features.opponent_histogram import OpponentHistogram as OpponentHistogram
from scoreline.features.hog import HOG as HOG
from scoreline.features.lbp import LBP as LBP
from scoreline.features.gist import GIST as GIST
from scoreline.features.textons import Textons as Textons
from scoreline.features.self_similarity import SelfSimilarity as SelfSimilarity
from scoreline.features.dense_sift import DenseSIFT as DenseSIFT
from scoreline.features.bag_of_words import BagOfWords as BagOfWords
from scoreline.features.patch_dictionary import PatchDictionary as PatchDictionary
from scoreline.features.mirror_average import MirrorAverage as MirrorAverage
from scoreline.features.shift_average import ShiftAverage as ShiftAverage
from scoreline.features.two_layer_dictionary import TwoLayerDictionary as TwoLayerDictionary
from scoreline.features.principal_products import PrincipalProducts as PrincipalProducts
from scoreline.features.onnx_encoder import OnnxEncoder as OnnxEncoder
from scoreline.features.resized import Resized as Resized
