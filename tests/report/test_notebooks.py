"""What a notebook shows: figures without pyplot, at their size; what an estimator has, as it is."""

import io
import pickle

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from scoreline import LinearClassifier, LinearClassifierCV
from scoreline.report.figures import (
    class_templates,
    confusion,
    loss_curves,
    mistakes,
    png_bytes,
    run_comparison,
)

RNG = np.random.default_rng(0)
X, Y = load_digits(return_X_y=True)
X, Y = X[:300], Y[:300]
FIGURES = {
    "colour": lambda: class_templates(RNG.normal(size=(4, 192)), (8, 8, 3), list("abcd")),
    "grey": lambda: class_templates(RNG.normal(size=(4, 64)), (8, 8, 1), list("abcd")),
    "mistakes": lambda: mistakes(
        RNG.integers(0, 255, (3, 8, 8, 3), dtype=np.uint8), [0, 1, 2], [1, 2, 0], [1, 1, 1], "abc"
    ),
    "curves": lambda: loss_curves({"epoch": [1, 2], "train_loss": [2.0, 1.0]}),
}


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def as_notebooks_do(figure):
    """Return the PNG that IPython's inline backend makes; it shows nothing of a figure without axes."""
    assert figure.axes
    buffer = io.BytesIO()
    figure.canvas.print_figure(
        buffer, format="png", facecolor=figure.get_facecolor(), dpi=figure.dpi, bbox_inches="tight"
    )
    return buffer.getvalue()


@pytest.mark.parametrize("name", FIGURES)
class TestFigures:
    def test_show_themselves(self, name):
        figure = FIGURES[name]()
        assert figure._repr_png_() == png_bytes(figure)
        data, metadata = figure._repr_mimebundle_(include=None, exclude=None)
        assert data["image/png"] == png_bytes(figure)
        height, width, _ = pixels(png_bytes(figure)).shape
        assert metadata["image/png"] == {"width": width / 2, "height": height / 2}

    def test_look_the_same_inline(self, name):
        figure = FIGURES[name]()
        ours, inline = pixels(png_bytes(figure)), pixels(as_notebooks_do(figure))
        margin = (inline.shape[0] - ours.shape[0]) // 2
        inner = inline[margin:, margin:][: ours.shape[0], : ours.shape[1]]
        # Text may move by a fraction of a dot.
        assert np.mean(np.abs(inner - ours) > 16) < 0.02


def test_a_figure_of_dots_can_be_pickled():
    figure = pickle.loads(pickle.dumps(FIGURES["colour"]()))  # noqa: S301
    assert len(figure._repr_png_()) > 1000


@pytest.mark.parametrize("solver", ["exact", "momentum", "random-search"])
def test_curves_of_a_history_as_it_is(solver):
    history = (
        LinearClassifier(solver=solver, lam=0.1, tol=1e-2, max_epochs=60, random_state=0).fit(X / 16, Y).history_
    )
    assert png_bytes(loss_curves(history)) == png_bytes(loss_curves(history.columns()))
    assert png_bytes(run_comparison({"a": history})) == png_bytes(run_comparison({"a": history.columns()}))


def test_names_of_classes_as_the_estimator_has_them():
    model = LinearClassifier(lam=0.1).fit(X / 16, Y)
    named = png_bytes(class_templates(model.coef_, (8, 8, 1), list("0123456789")))
    assert png_bytes(class_templates(model.coef_, (8, 8), model.classes_)) == named
    confusion(np.eye(10, dtype=int), model.classes_)
    mistakes(np.zeros((1, 8, 8), np.uint8), np.array([3]), np.array([4]), np.array([0.5]), model.classes_)


@pytest.mark.parametrize("estimator", [LinearClassifier(lam=0.1), LinearClassifierCV([0.1], cv=2)])
def test_estimators_have_a_page_of_their_own(estimator):
    for shown in (estimator, estimator.fit(X / 16, Y)):
        assert type(estimator).__name__ in shown._repr_html_()
    assert len(repr(LinearClassifier(feature_weights=np.ones(10_000)))) < 1000


def test_a_history_is_told_in_a_line():
    history = LinearClassifier(solver="momentum", max_epochs=3, tol=0, random_state=0).fit(X / 16, Y).history_
    assert repr(history).startswith("History(3 epochs, objective ")
    assert len(repr(history)) < 60
