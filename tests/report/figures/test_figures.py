"""Figures: they draw what is asked for, for two and for a hundred classes, without a warning."""

import io
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scoreline.errors import DataError
from scoreline.report.figures import (
    FIGURES,
    LIGHT,
    THEMES,
    ChallengeCurve,
    class_templates,
    confusion,
    feature_views,
    frontier,
    loss_curves,
    mistakes,
    png_bytes,
    robustness,
    run_comparison,
    save_figure,
    validation_curve,
    validation_map,
)
from scoreline.report.figures.base import contrast, legible, new_figure, shorten, spread, text_width
from scoreline.report.figures.curves import Curve, end_labels, loss_limits, write_loss
from scoreline.report.figures.tiles import Grid, draw_image

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
    colours = np.unique(picture[::3, ::3] @ np.array([1, 256, 65536]))
    return tuple(picture[0, 0]) == paper and len(colours) > 10


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


@pytest.mark.parametrize("side", [4, 8, 32])
def test_images_are_enlarged_by_whole_multiples(side):
    image = np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8)
    figure = new_figure(LIGHT, 200, 200)
    draw_image(figure, image, 10.5, 20, 64.5, LIGHT)
    factor = 129 // side
    shown = pixels(figure)[41:, 22:][: side * factor, : side * factor]
    np.testing.assert_array_equal(shown, image.repeat(factor, axis=0).repeat(factor, axis=1))


def test_large_images_are_shrunk_into_their_place():
    figure = new_figure(LIGHT, 100, 100)
    draw_image(figure, np.zeros((300, 600, 3), np.uint8), 10, 10, 60, LIGHT)
    black = (pixels(figure) == 0).all(axis=2)
    assert black.any(axis=0).sum() == 120
    assert black.any(axis=1).sum() == 60


@pytest.mark.parametrize("channels", [1, 3])
def test_templates_are_symmetric_around_zero(channels):
    # Two classes share one row of weights, so that the first template is the negative of the second.
    weights = np.array([[-1.0, 0.0, 0.0, 1.0]]).repeat(channels, axis=1)
    shown = pixels(class_templates(weights, (2, 2, channels), ("a", "b"), LIGHT))
    place = Grid(2, 2, 20, 44)
    cells = []
    for i in range(2):
        left, top = (round(2 * edge) + 1 for edge in place.corner(i))
        step = int(place.tile * 2) // 2
        cells.append(shown[top + step // 2 :: step, left + step // 2 :: step][:2, :2])
    np.testing.assert_array_equal(cells[0], cells[1][::-1, ::-1])
    np.testing.assert_array_equal(cells[0][0, 1], cells[0][1, 0])
    if channels == 3:
        assert cells[1].tolist() == [[[0] * 3, [128] * 3], [[128] * 3, [255] * 3]]


def test_diverging_weights_draw_nothing():
    with pytest.raises(DataError, match="diverged"):
        class_templates(np.full((3, 12), NAN), (2, 2, 3), names(3))


def test_shortened_names_fit_and_keep_both_ends():
    name = "a class with a name that is far too long, number 17"
    short = shorten(name, 120, 9)
    assert text_width(short, 9) <= 120 < text_width(name, 9)
    assert short.startswith("a class")
    assert short.endswith("17")
    assert shorten("cat", 120, 9) == "cat"


def test_characters_without_a_glyph_become_boxes_and_dollars_stay():
    assert legible("price $x^2$\n\U0010fffd") == "price $x^2$ \N{WHITE SQUARE}"
    assert confusion(np.eye(2), ("$x^2$", "$")).get_axes()[0].get_yticklabels()[0].get_text() == "$x^2$"


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.01, 0.3))
def test_spread_keeps_order_range_and_gap(places, gap):
    moved = spread(places, gap, 0, 1)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in moved)
    ordered = np.array(moved)[np.argsort(places, kind="stable")]
    room = min(gap, 1 / max(len(places) - 1, 1))
    assert (np.diff(ordered) >= room - 1e-9).all()
    if len(places) > 1 and np.diff(np.sort(places)).min() >= gap:
        np.testing.assert_allclose(moved, places, atol=1e-9)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_stands_out_from_the_paper(theme):
    assert contrast(theme.paper, theme.ink) >= 7
    assert contrast(theme.paper, theme.muted) >= 4.5
    assert all(contrast(theme.paper, colour) >= 3 for colour in theme.series)


def curve(label, y, index=0):
    return Curve(label, np.arange(len(y), dtype=float), np.array(y, dtype=float), index)


def test_a_run_that_diverges_does_not_squeeze_the_others():
    limits = loss_limits([curve("good", [2.3, 1.9, 1.6]), curve("bad", [2.3, 80, 5e4])])
    assert limits.high < 2.5
    assert not limits.log
    labels = end_labels([curve("good", [2.3, 1.6]), curve("bad", [2.3, 5e4])], limits, write_loss)
    assert labels == ["good 1.6", "bad ↑ 50000"]


def test_a_validation_loss_that_rises_stays_in_the_plot():
    limits = loss_limits([curve("train", [2.3, 1.0, 0.5]), curve("validation", [2.2, 2.0, 2.6])])
    assert limits.high > 2.6


def test_losses_over_decades_get_a_logarithmic_axis():
    limits = loss_limits([curve("train", [2.3, 0.1, 0.001])])
    assert limits.log
    assert 0 < limits.low < 0.001
    assert limits.high > 2.3


def test_the_loss_at_zero_is_seen():
    limits = loss_limits([curve("train", [1.2, 1.1])], 2.3)
    assert limits.low < 1.1 < 2.3 < limits.high


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


@pytest.mark.parametrize("n", [0, 1, 5])
@pytest.mark.parametrize("channels", [1, 3])
def test_robustness(n, channels, theme):
    rng = np.random.default_rng(0)
    accuracy = np.linspace(0.9, 0.3, 5)
    curves = [
        ChallengeCurve(
            name,
            [f"{k}°" for k in range(5)],
            accuracy,
            np.stack([accuracy - 0.03, accuracy + 0.03], axis=1),
            rng.integers(0, 255, (5, 8, 12, channels), dtype=np.uint8),
        )
        for name in names(n)
    ]
    figure = robustness(curves, theme, chance=0.1)
    assert pixels(figure).shape[2] == 3
    assert not n or looks_drawn(figure, theme)


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


def test_an_axis_of_accuracies_ends_at_1():
    axes = loss_curves(HISTORY | {"train_accuracy": [0.9, 1.0, 1.0]}, LIGHT).axes[-1]
    assert axes.get_ylim()[1] == 1


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
    assert set(FIGURES.values()) == {
        class_templates, confusion, feature_views, frontier, loss_curves, mistakes, robustness,
        run_comparison, validation_curve, validation_map,
    }  # fmt: skip


def test_matplotlib_is_imported_when_something_is_drawn():
    code = "import sys, scoreline.report.figures, scoreline.report.page; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "False"
