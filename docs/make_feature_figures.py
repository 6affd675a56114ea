"""Makes the figures of docs/features.md: python docs/make_feature_figures.py FOLDER_OF_CIFAR10 [--best FEATURES].

FOLDER_OF_CIFAR10 has train/<class>/*.jpg and test/<class>/*.jpg.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from scoreline.report.figures import THEMES, confusion, save_figure
from scoreline.runs.config import RunConfig
from scoreline.runs.drawing import save_drawings
from scoreline.runs.feature_drawing import draw_features
from scoreline.runs.training import train_run

FIGURES = Path(__file__).parent / "figures"
#: All kinds of features, in the order of the table.
SEEN = "pixels,hue,opponent,hog,lbp,gist,textons,ssim,sift,words,dictionary:400"
#: A test image that shows something to each of them.
SHOWN = "test/automobile/0016.jpg"


def main() -> None:
    """Draw what features see, train before and after, and draw the confusions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--shown", default=SHOWN, help="image whose features are drawn, within the folder")
    parser.add_argument("--best", default="dictionary", help="features of the second confusion matrix")
    arguments = parser.parse_args()
    FIGURES.mkdir(exist_ok=True)
    draw_seen(arguments.data, arguments.data / arguments.shown)
    draw_confusion("pixels", arguments.data, "pixels", "softmax")
    draw_confusion("features", arguments.data, arguments.best, "one-vs-all:squared")


def draw_seen(data: Path, image: Path) -> None:
    """Draw what every kind of features sees in an image, having learned from the training images."""
    with tempfile.TemporaryDirectory() as folder:
        car = Path(folder) / "car.jpg"  # the figure's title
        shutil.copy(image, car)
        (drawing,) = draw_features([car], SEEN, size=32, learn_from=str(data))
    save_drawings([drawing._replace(name="features")], FIGURES)


def draw_confusion(name: str, data: Path, features: str, loss: str) -> None:
    """Train with the best lam and draw which classes are taken for which, for light and dark paper."""
    config = RunConfig(data=str(data), features=features, loss=loss, lam="auto", tol=1e-3)
    with tempfile.TemporaryDirectory() as folder:
        result = train_run(config, Path(folder) / "run")
    evaluation, classes = result.evaluation, result.model.classes
    for theme in THEMES.values():
        suffix = "" if theme.name == "light" else f"-{theme.name}"
        save_figure(confusion(evaluation.confusion, classes, theme), FIGURES / f"confusion-{name}{suffix}.png")
    print(f"{features}, {loss}: {evaluation.accuracy:.4f} on {evaluation.n:,} {evaluation.split} images")


if __name__ == "__main__":
    main()
