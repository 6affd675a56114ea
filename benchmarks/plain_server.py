"""What people write by hand: a FastAPI handler around Pillow and a scikit-learn pipeline, with a model's numbers.

``python -m benchmarks.plain_server RUN PORT``; `serving` compares scoreline's server with it. A dictionary's
features are computed by NumPy, with the same mathematics.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import uvicorn
from fastapi import FastAPI, File, UploadFile
from PIL import Image, ImageOps
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from scoreline.features.cell_pieces import cells_of
from scoreline.features.patch_dictionary import PatchDictionary
from scoreline.models import SavedModel

__all__ = ["pipeline_of"]


class Flat(TransformerMixin, BaseEstimator):
    """Pixels as rows."""

    def fit(self, X: Any, y: Any = None) -> Flat:
        return self

    def transform(self, X: Any) -> Any:
        return X.reshape(len(X), -1).astype(np.float32)


class Dictionary(TransformerMixin, BaseEstimator):
    """Whitened patches, coded by words and pooled over cells, in NumPy."""

    def __init__(self, learned: PatchDictionary) -> None:
        self.learned = learned

    def fit(self, X: Any, y: Any = None) -> Dictionary:
        return self

    def transform(self, X: Any) -> Any:
        return np.stack([self._row(image) for image in X])

    def _row(self, image: Any) -> Any:
        own, p = self.learned, self.learned.patch_size
        windows = np.lib.stride_tricks.sliding_window_view(image, (p, p), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
        patches = windows.reshape(-1, p * p * image.shape[2]).astype(np.float32)
        patches -= patches.mean(axis=1, keepdims=True)
        patches /= np.sqrt(patches.var(axis=1, keepdims=True) + own.norm_bias)
        whitening = own.whitening_
        codes = patches @ whitening.basis.T.astype(np.float32) + whitening.shift.astype(np.float32)
        weights, bias = own.encoding_.answers(own.words_)
        signs = np.where(np.arange(codes.shape[1]) < whitening.n_even, 1, -1).astype(np.float32)
        cells = cells_of(*windows.shape[:2], own.grid, own.spread, mirror=own.mirror, halves=True).weights()
        means = [
            of_cells.astype(np.float32) @ np.maximum(codes @ (weights * sign).T.astype(np.float32) + bias, 0)
            for sign, of_cells in zip((np.float32(1), signs), cells, strict=True)
        ]
        return np.sqrt((means[0] + means[1]) / 2).ravel()


def pipeline_of(model: SavedModel) -> Pipeline:
    """Return a fitted pipeline with a model's numbers."""
    features = model.extractor()
    first = Dictionary(features) if isinstance(features, PatchDictionary) else Flat()
    last = LogisticRegression()
    last.coef_, last.intercept_ = model.coef, model.intercept
    last.classes_ = np.array(model.classes)
    last.n_features_in_ = model.coef.shape[1]
    return make_pipeline(first, last)


def create_app(folder: Path) -> FastAPI:
    """Return the application."""
    model = SavedModel.load(folder)
    pipeline, (height, width, _) = pipeline_of(model), model.example_shape
    app = FastAPI()

    @app.post("/predict")
    def predict(images: Annotated[list[UploadFile], File()]) -> dict[str, Any]:
        pictures = (Image.open(io.BytesIO(image.file.read())).convert("RGB") for image in images)
        X = np.stack(
            [np.asarray(ImageOps.fit(one, (width, height), Image.Resampling.BICUBIC)) for one in pictures]
        )
        chances = pipeline.predict_proba(X)
        best = chances.argmax(axis=1)
        return {
            "predictions": [
                {"class": str(model.classes[label]), "probability": float(row[label])}
                for label, row in zip(best, chances, strict=True)
            ]
        }

    return app


if __name__ == "__main__":
    uvicorn.run(create_app(Path(sys.argv[1])), port=int(sys.argv[2]), log_level="error")
