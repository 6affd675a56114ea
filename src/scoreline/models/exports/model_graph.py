"""A whole model as a graph: from images, or from features on, to scores and probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array
from scoreline.errors import MismatchError
from scoreline.features import FeatureExtractor
from scoreline.features.graph import FeatureGraph
from scoreline.models.prediction import class_scores
from scoreline.models.saved import SavedModel

__all__ = ["ModelGraph"]


@dataclass(frozen=True)
class ModelGraph:
    """A model as a graph, and the names of what goes in and comes out."""

    graph: FeatureGraph
    extractor: FeatureExtractor
    #: ``images`` or ``features``.
    takes: str
    #: Rows of features, and how many nodes come to them.
    rows: str
    n_of_rows: int
    scores: str
    probabilities: str | None
    #: Why it takes features; empty where it takes images.
    remark: str

    @classmethod
    def of(cls, model: SavedModel) -> ModelGraph:
        """Return a graph that begins with images where all features can be written so, else with features."""
        extractor, remark = model.extractor(), ""
        graph, takes = FeatureGraph(), "images"
        try:
            if len(model.example_shape) != 3:
                raise MismatchError("The examples are vectors", allowed="images", fix="give features")
            rows = extractor.graph_rows(graph, takes)
        except MismatchError as error:
            graph, takes = FeatureGraph(), "features"
            rows, remark = takes, error.given
        own, n = rows, len(graph.nodes)
        weights, bias = (graph.constant(class_scores(part)) for part in (model.coef.T, model.intercept[None]))
        if takes == "images" or model.coef.dtype == np.float64:
            # Scores are small differences of large sums: of all rounding in float32, most would be that of these.
            rows, weights, bias = (graph.cast(value, "float64") for value in (rows, weights, bias))
        scores = graph.cast(graph.add("Add", graph.add("MatMul", rows, weights), bias), "float32")
        probabilities, temperature = None, model.temperature
        if model.has_probabilities:
            # Every loss that has them has those of softmax; comparing answers would show another one.
            cooled = scores if temperature is None else graph.add("Div", scores, np.array(temperature, np.float32))
            probabilities = graph.add("Softmax", cooled, axis=1)
        return cls(graph, extractor, takes, own, n, scores, probabilities, remark)

    def given(self, examples: Array) -> Array:
        """Return what the graph takes for examples: themselves, or their features."""
        return examples if self.takes == "images" else self.extractor.transform(examples).astype(np.float32)
