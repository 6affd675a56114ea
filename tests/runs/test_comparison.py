import pytest

from scoreline.errors import UnknownNameError
from scoreline.runs.comparison import compare
from scoreline.runs.config import RunConfig


@pytest.fixture(scope="module")
def rows():
    axes = {"loss": ["softmax", "squared-error"], "solver": ["sgd"], "lr": [1e-2, 1e5]}
    return list(compare(RunConfig(max_epochs=5), axes, ["1-nn", "5-nn"]))


def test_every_combination_has_a_row(rows):
    assert [row.name for row in rows] == [
        "softmax sgd lr=0.01",
        "softmax sgd lr=100000",
        "squared-error sgd lr=0.01",
        "squared-error sgd lr=100000",
        "1-nn",
        "5-nn",
    ]


def test_divergence_is_a_row_that_says_so(rows):
    assert rows[3].remark == "diverged"
    assert rows[3].accuracy is None
    assert rows[2].remark == "did not reach tol"
    assert rows[2].accuracy > 0.8


def test_neighbours_are_scikit_learns(rows):
    assert rows[4].accuracy > 0.95
    assert rows[4].objective is None


def test_rows_are_evaluated_on_the_same_split(rows):
    assert {row.split for row in rows} == {"test"}


def test_rows_equal_single_runs(rows):
    alone = list(compare(RunConfig(max_epochs=5, solver="sgd", lr=1e-2), {}))
    assert alone[0].objective == rows[0].objective
    assert alone[0].name == "softmax"


def test_unknown_baseline():
    with pytest.raises(UnknownNameError, match="1-nn"):
        compare(RunConfig(), {}, ["2nn"])


def test_a_strength_that_was_chosen_is_told_without_folds_too():
    (row,) = compare(RunConfig(max_epochs=1, solver="sgd", lr=1e-2, lam="auto"), {})
    assert row.folds_accuracy is None
    assert row.remark.startswith(f"lam {row.lam:.3g} chosen")
