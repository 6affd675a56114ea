"""Trained models: on disk, without pickle, and from an image to an answer."""

from __future__ import annotations

from scoreline.models.classifier import DecodedImage, ImageClassifier
from scoreline.models.explanation import Explanation
from scoreline.models.given import ImageLike
from scoreline.models.input_spec import InputSpec
from scoreline.models.prediction import Guess, Prediction
from scoreline.models.provenance import Provenance
from scoreline.models.saved import SavedModel
from scoreline.models.training_images import TrainingImages

__all__ = [
    "DecodedImage",
    "Explanation",
    "Guess",
    "ImageClassifier",
    "ImageLike",
    "InputSpec",
    "Prediction",
    "Provenance",
    "SavedModel",
    "TrainingImages",
]
