"""Models as scikit-learn estimators in skops files, which hold no code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from scoreline._files import write_bytes
from scoreline._typing import Array, FloatArray
from scoreline.models.exports.base import Export, Exported, Sample, parity
from scoreline.models.prediction import class_scores

if TYPE_CHECKING:
    from scoreline.models.saved import SavedModel

__all__ = ["SkopsExport"]

#: Largest difference of a probability.
_TOLERANCE = 1e-5


class SkopsExport(Export):
    """What `SavedModel.to_sklearn` returns, for feature rows, as ``skops.io.load`` reads it."""

    help: ClassVar[str] = "A file for it as an estimator of scikit-learn."
    packages: ClassVar[tuple[str, ...]] = ("skops",)
    extra: ClassVar[str] = "skops"

    def write(self, model: SavedModel, target: Path, sample: Sample) -> Exported:
        """Write the estimator, as it is compared after it was written and read; see `Export.write`."""
        from skops.io import dumps, loads

        extractor, content = model.extractor(), dumps(model.to_sklearn())
        estimator = loads(content)
        order = np.searchsorted(estimator.classes_, model.classes)  # which scikit-learn sorts

        def answer(examples: Array) -> tuple[FloatArray, FloatArray | None]:
            rows = extractor.transform(examples)
            scores = estimator.decision_function(rows)
            by_class = class_scores(scores[:, None]) if scores.ndim == 1 else scores
            chances = estimator.predict_proba(rows)[:, order] if hasattr(estimator, "predict_proba") else None
            return by_class[:, order], chances

        found = parity(model, sample, extractor.transform, answer, _TOLERANCE)
        write_bytes(target, content)
        return Exported(target, "features", found, "estimators of scikit-learn take rows of numbers")
