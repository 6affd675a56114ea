"""scikit-learn's own checks, those that it does not hand to others included, with no failure expected."""

import pytest
from sklearn.utils import estimator_checks as checks

from scoreline import LinearClassifier, LinearClassifierCV

# Mini-batches of all rows: on smaller ones, weights equal repeated rows in expectation only, for any SGD.
ESTIMATORS = [
    LinearClassifier(),
    LinearClassifier(solver="adam", max_epochs=300, lr=0.05, random_state=0),
    LinearClassifier(loss="weston-watkins", solver="momentum", random_state=0),
    LinearClassifier(loss="squared-hinge", class_weight="balanced", standardize=True, tol=1e-16),
    LinearClassifierCV("1e-4:1:3", cv=3, tol=1e-12),
    LinearClassifierCV([1e-4, 1e-2], [0.02, 0.05], cv=3, solver="adam", max_epochs=300, random_state=0),
]


@pytest.mark.filterwarnings("ignore:The exact solver stopped:sklearn.exceptions.ConvergenceWarning")
@checks.parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_check(estimator, check):
    check(estimator)


OMITTED = [checks.check_param_validation, checks.check_dataframe_column_names_consistency]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: f"{estimator.loss}-{estimator.solver}")
@pytest.mark.parametrize("check", OMITTED, ids=lambda check: check.__name__)
def test_check_that_the_decorator_omits(estimator, check):
    check(type(estimator).__name__, estimator)
