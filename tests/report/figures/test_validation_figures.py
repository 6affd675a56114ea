"""Maps and curves of sweeps: every size, what diverged and what was dropped, names that fit."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from scoreline.report.figures import LIGHT, THEMES, png_bytes, validation_curve, validation_map
from scoreline.report.figures.tried_values import write_value


@pytest.fixture(params=THEMES.values(), ids=THEMES)
def theme(request):
    return request.param


def pixels(figure):
    return np.asarray(Image.open(io.BytesIO(png_bytes(figure))).convert("RGB"))


def words(figure):
    return [text.get_text() for text in (*figure.texts, *(t for axes in figure.axes for t in axes.texts))]


def colour(name):
    return tuple(int(name[i : i + 2], 16) for i in (1, 3, 5))


@pytest.mark.parametrize(("m", "n"), [(2, 2), (8, 13), (8, 45), (40, 3)])
def test_map(m, n, theme):
    accuracy = np.random.default_rng(0).random((m, n))
    accuracy[-1, 0] = np.nan
    dropped = accuracy < 0.3
    lams, lrs = np.geomspace(1e-6, 1, n).tolist(), np.geomspace(1e-3, 1, m).tolist()
    best = (0, 1)
    figure = validation_map(accuracy, lams, lrs, theme, dropped=dropped, best=best)
    seen = pixels(figure)
    assert tuple(seen[0, 0]) == colour(theme.paper)
    assert (seen == colour(theme.high)).all(axis=2).any()
    texts = words(figure)
    assert f"□ best: {100 * round(accuracy[best], 4):.3g}% at lam {write_value(lams[1])}, lr 0.001" in texts
    assert "× diverged" in texts
    assert ("• stopped early" in texts) == dropped.any()
    assert texts.count("×") == 1


def test_cells_with_room_bear_their_numbers():
    texts = words(
        validation_map(np.array([[0.25, 0.5]]), [0.1, 1.0], [1.0], LIGHT, dropped=np.array([[True, False]]))
    )
    assert {"25.0•", "50.0"} <= set(texts)


def test_a_map_without_a_number():
    texts = words(validation_map(np.full((2, 2), math.nan), [0.1, 1.0], [0.1, 1.0], LIGHT))
    assert texts.count("×") == 4
    assert not any("best" in text for text in texts)


def test_shades_rise_with_accuracy_and_the_worst_is_not_empty():
    figure = validation_map(np.array([[0.1, 0.5, 0.9, math.nan]]), [1, 2, 3, 4], [1.0], LIGHT)
    image = figure.axes[0].get_images()[0].get_array()
    depth = 3 - np.asarray(image)[0].sum(axis=1)
    assert 0 == depth[3] < depth[0] < depth[1] < depth[2]


@pytest.mark.parametrize("n", [1, 2, 45])
def test_curve(n, theme):
    lines = {"exact": np.random.default_rng(0).random(n), "adam:beta1=0.5": np.full(n, math.nan)}
    figure = validation_curve(lines, np.geomspace(1e-6, 1, n), theme, best={"exact": n - 1})
    texts = words(figure)
    share = f"{100 * round(lines['exact'][-1], 4):.3g}%"
    assert f"exact: best {share} at lam {write_value(1.0 if n > 1 else 1e-6)}" in texts
    assert "adam:beta1=0.5: diverged everywhere" in texts
    assert tuple(pixels(figure)[0, 0]) == colour(theme.paper)


def test_as_many_values_are_named_as_fit():
    def named(n):
        figure = validation_curve({"a": np.zeros(n)}, np.geomspace(1e-6, 1, n), best={"a": 0})
        return [label.get_text() for label in figure.axes[0].get_xticklabels()]

    assert named(3) == ["1e-6", "0.001", "1"]
    assert 4 <= len(named(45)) <= 12


@pytest.mark.parametrize(
    ("value", "text"), [(1e-6, "1e-6"), (0, "0"), (0.00215443, "0.00215"), (1e4, "1e4"), (150, "150")]
)
def test_write_value(value, text):
    assert write_value(value) == text
