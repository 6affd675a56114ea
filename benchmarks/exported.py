"""Seconds that an exported graph takes in onnxruntime, against those of scoreline.

``python -m benchmarks.exported`` needs the extra ``onnx``. Both get the same images of the model's size, in turn,
in one process with the same number of threads. ``--small`` takes one round of few: does it all work?
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scoreline.data import Challenges, draw_shapes, load_dataset
from scoreline.features import build_features
from scoreline.models import ImageClassifier, SavedModel
from scoreline.models.exports import EXPORTS, Sample
from scoreline.runs.recipes.ladder import SMALL_PRODUCTS

MODELS = ("pixels", "mirror:[hog:8,hue]", "dictionary:400", "dictionary:400,grid=3,spread=0.54", SMALL_PRODUCTS)
#: Images at a time, and calls whose mean counts as one.
BATCHES = {1: 50, 256: 1}


def main() -> None:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.exported")
    parser.add_argument("models", nargs="*", default=MODELS, help="features")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--small", action="store_true", help="one round, to see that all works")
    parser.add_argument("--images", type=Path, help="a data set of images; drawn ones by default")
    given = parser.parse_args()
    images = _images(given.images)
    print("| features | images at a time | scoreline, ms an image | onnxruntime | ratio (least-greatest) |")
    print("|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for features in given.models:
            scoreline, exported = _both(features, images, Path(folder) / "model.onnx")
            for n, calls in BATCHES.items():
                pairs = [
                    (_seconds(scoreline, images, n, calls), _seconds(exported, images, n, calls))
                    for _ in range(1 if given.small else given.rounds)
                ]
                print(_row(features, n, pairs), flush=True)


def _images(folder: Path | None) -> np.ndarray:
    """Return images of 32 x 32 pixels: of a data set, or drawn ones."""
    if folder is None:
        return draw_shapes(1024, Challenges(), seed=0)[0]
    rows = load_dataset(folder).train.rows
    return rows.take(np.linspace(0, len(rows) - 1, min(1024, len(rows))).astype(np.intp))


def _both(
    features: str, images: np.ndarray, file: Path
) -> tuple[Callable[[np.ndarray], object], Callable[[np.ndarray], object]]:
    """Return what answers in scoreline and in onnxruntime, for a model of these features with small weights."""
    import onnxruntime

    extractor = build_features(features).fit(images)
    rows = extractor.transform(images[:256]).astype(np.float64)
    spread = rows.std(axis=0) + 0.1 * rows.std()
    coef = np.random.default_rng(0).normal(size=(10, rows.shape[1])) / spread / np.sqrt(rows.shape[1])
    classes = tuple(map(str, range(10)))
    model = SavedModel(
        coef.astype(np.float32),
        (-coef @ rows.mean(axis=0)).astype(np.float32),
        classes,
        "softmax",
        features,
        images.shape[1:],
        feature_state=extractor.state(),
    )
    EXPORTS.build("onnx").write(model, file, Sample(images[:200], "images"))
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return ImageClassifier(model).scores_of_pixels, lambda batch: session.run(None, {"images": batch})


def _seconds(answer: Callable[[np.ndarray], object], images: np.ndarray, n: int, calls: int) -> float:
    """Return the seconds an image, after one call that does not count."""
    answer(images[:n])
    begun = time.perf_counter()
    for call in range(calls):
        answer(images[call % (len(images) // n) * n :][:n])
    return (time.perf_counter() - begun) / (n * calls)


def _row(features: str, n: int, pairs: list[tuple[float, float]]) -> str:
    ours, theirs = (1e3 * np.median([pair[side] for pair in pairs]) for side in (0, 1))
    ratios = sorted(exported / own for own, exported in pairs)
    spread = f"{np.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
    return f"| `{features}` | {n} | {ours:.3f} | {theirs:.3f} | {spread} |"


if __name__ == "__main__":
    main()
