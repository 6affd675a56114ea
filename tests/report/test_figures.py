"""Figures: they draw what is asked for, for two and for a hundred classes, without a warning."""

import io
import math
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from scoreline.errors import DataError
from scoreline.report.figures import (
    FIGURES,
    THEMES,
    class_templates,
    confusion,
    loss_curves,
    mistakes,
    png_bytes,
    run_comparison,
    save_figure,
)

NAN = math.nan
HISTORY = {
    "epoch": [1, 2, 3],
    "train_loss": [2.3, 1.9, 1.7],
    "objective": [2.3, 2.0, 1.8],
    "validation_loss": [2.2, NAN, 1.9],
    "train_accuracy": [0.1, 0.3, 0.4],
    "validation_accuracy": [NAN, NAN, NAN],
}


def names(n):
    return tuple(f"class {i} with a rather long name" if i % 7 == 0 else f"c{i}" for i in range(n))


def pixels(figure):
    image = Image.open(io.BytesIO(png_bytes(figure)))
    return np.asarray(image.convert("RGB"))


def looks_drawn(figure, theme):
    picture = pixels(figure)
    paper = tuple(int(theme.paper[i : i + 2], 16) for i in (1, 3, 5))
    return tuple(picture[0, 0]) == paper and len(np.unique(picture.reshape(-1, 3), axis=0)) > 10


@pytest.fixture(params=THEMES.values(), ids=THEMES)
def theme(request):
    return request.param


@pytest.mark.parametrize("n", [2, 3, 10, 100])
def test_confusion(n, theme):
    matrix = np.random.default_rng(0).integers(0, 50, (n, n))
    matrix[0] = 0
    assert looks_drawn(confusion(matrix, names(n), theme), theme)


@pytest.mark.parametrize("n", [2, 3, 10, 100])
@pytest.mark.parametrize("shape", [(8, 8, 1), (6, 9, 3)])
def test_templates(n, shape, theme):
    rows = 1 if n == 2 else n
    coef = np.random.default_rng(0).normal(size=(rows, math.prod(shape)))
    assert looks_drawn(class_templates(coef, shape, names(n), theme), theme)


def test_templates_of_other_features():
    with pytest.raises(DataError, match="trained on the pixels"):
        class_templates(np.zeros((3, 10)), (2, 2, 3), names(3))


@pytest.mark.parametrize("n", [0, 1, 24])
@pytest.mark.parametrize("channels", [1, 3])
def test_mistakes(n, channels, theme):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (n, 8, 8, channels), dtype=np.uint8)
    labels = rng.integers(0, 10, n)
    assert looks_drawn(mistakes(images, labels, labels[::-1], rng.random(n), names(10), theme), theme)


@pytest.mark.parametrize(
    "history",
    [
        HISTORY,
        {"train_loss": [1.0]},
        {"epoch": [1], "objective": [NAN]},
        {},
        {"train_loss": [1e30, math.inf, NAN]},
    ],
    ids=["full", "one", "nan", "empty", "infinite"],
)
def test_loss_curves(history, theme):
    assert pixels(loss_curves(history, theme, first_loss=2.3)).shape[2] == 3


def test_run_comparison(theme):
    runs = {
        "good": HISTORY,
        "diverges": {"epoch": [1, 2], "train_loss": [3.0, 1e12]},
        "never": {"epoch": [1], "train_loss": [NAN]},
    }
    assert looks_drawn(run_comparison(runs, theme), theme)


def test_same_figure_same_bytes():
    assert png_bytes(loss_curves(HISTORY)) == png_bytes(loss_curves(HISTORY))


def test_saved_without_a_trace_of_the_maker(tmp_path):
    save_figure(loss_curves(HISTORY), tmp_path / "figure.png")
    with Image.open(tmp_path / "figure.png") as image:
        assert "Software" not in image.info


def test_every_figure_is_registered():
    assert set(FIGURES.values()) == {class_templates, confusion, loss_curves, mistakes, run_comparison}


def test_matplotlib_is_imported_when_something_is_drawn():
    code = "import sys, scoreline.report.figures, scoreline.report.page; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "False"
