"""One place assembles what is minimised, and what it has measured is not measured again."""

import ast
from pathlib import Path

import numpy as np
import pytest

import scoreline
from scoreline import LinearClassifier
from scoreline.data.memory import MemorySource
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.standardization import FeatureStatistics
from scoreline.errors import DataError
from scoreline.estimators.problem import Measured, assemble, assemble_part
from scoreline.estimators.validation import validate_training_data

RNG = np.random.default_rng(0)
X, Y = RNG.normal(3, 2, (60, 4)), np.arange(60) % 3
ROOT = Path(scoreline.__file__).parent
#: What makes an objective, and what measures what it needs.
MAKERS = {Objective.__name__, "Standardization.of", "FeatureStatistics.of"}


def data_of(classifier, rows=slice(None), weight=None):
    return validate_training_data(classifier, X[rows], Y[rows], weight)


def test_it_holds_all_that_the_settings_say():
    weights, counts = np.array([1.0, 2.0, 0.5, 1.0]), RNG.random(60)
    classifier = LinearClassifier(
        "svm", "l1", 0.3, standardize=True, feature_weights=weights, class_weight={0: 2.0, 2: 0.5}
    )
    problem = assemble(classifier, data_of(classifier, weight=counts), seed=7)
    expected = counts * np.array([2.0, 1.0, 0.5])[Y]
    np.testing.assert_allclose(problem.source.weight, expected)
    mean = np.average(X, axis=0, weights=expected)
    deviation = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=expected))
    np.testing.assert_allclose(problem.objective.standardization.mean, mean)
    np.testing.assert_allclose(problem.objective.standardization.scale, weights / deviation)
    np.testing.assert_allclose(problem.standardization.scale, 1 / deviation)
    assert problem.objective.lam == [0.3]
    assert (problem.seed, problem.classes.tolist()) == (7, [0, 1, 2])


def test_nothing_is_measured_where_nothing_is_standardised(monkeypatch):
    monkeypatch.setattr(FeatureStatistics, "of", None)
    problem = assemble(LinearClassifier(), data_of(LinearClassifier()))
    assert problem.measured is problem.objective.standardization is None


def test_rows_of_one_class_are_refused():
    classifier = LinearClassifier(class_weight={1: 0, 2: 0})
    with pytest.raises(DataError, match="only one class"):
        assemble(classifier, data_of(classifier))


@pytest.mark.parametrize("weighted", [False, True])
def test_what_was_measured_of_the_first_rows_holds_for_them_alone(weighted, monkeypatch):
    classifier, weight = LinearClassifier(standardize=True), RNG.random(60) if weighted else None
    first, n = MemorySource(X[:40], Y[:40], 3, None if weight is None else weight[:40]), []
    before, whole = Measured.of(first), MemorySource(X, Y, 3, weight)
    anew = FeatureStatistics.of
    monkeypatch.setattr(FeatureStatistics, "of", lambda source: n.append(source) or anew(source))
    assemble(classifier, data_of(classifier, weight=weight), measured=before)
    assert not n
    other = RNG.random(60)
    for source in (MemorySource(X, Y, 3, other), MemorySource(X[:30], Y[:30], 3), whole):
        expected = anew(source).standardization
        np.testing.assert_array_equal(before.over(source).statistics.standardization, expected)
    assert len(n) == 2


def test_a_part_keeps_the_coordinates_of_the_fit():
    classifier = LinearClassifier(standardize=True, feature_weights=[1, 2, 3, 4], random_state=0).fit(X, Y)
    problem = assemble_part(classifier, data_of(classifier, slice(9)), classifier._standardization, seed=0)
    np.testing.assert_allclose(problem.objective.standardization.mean, X.mean(axis=0))
    np.testing.assert_allclose(problem.objective.standardization.scale, [1, 2, 3, 4] / X.std(axis=0))


def test_nobody_else_assembles():
    """The engine varies and checks objectives; to put one together from settings is for one module."""
    calls = set()
    for path in ROOT.rglob("*.py"):
        if path.is_relative_to(ROOT / "engine"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in MAKERS:
                calls.add(path.relative_to(ROOT).as_posix())
    assert calls == {"estimators/problem.py"}
