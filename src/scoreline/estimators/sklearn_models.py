"""Linear classifiers of scikit-learn: the same answers there, and theirs here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from scoreline._text import shown
from scoreline._typing import Array, FloatArray
from scoreline.errors import UsageError
from scoreline.losses import Loss

__all__ = ["LinearParts", "linear_parts", "sklearn_estimator"]

#: Estimators with scores that are linear, and the loss of each here; None where its own parameter `loss` says it.
_LOSSES = {
    "LogisticRegression": "softmax",
    "LogisticRegressionCV": "softmax",
    "LinearDiscriminantAnalysis": "softmax",
    "LinearSVC": "one-vs-all",
    "RidgeClassifier": "squared-error",
    "RidgeClassifierCV": "squared-error",
    "SGDClassifier": None,
}
#: The losses of `LinearSVC` and `SGDClassifier` here.
_OF_SETTING = {
    "squared_hinge": "one-vs-all:squared",
    "hinge": "one-vs-all",
    "log_loss": "softmax",
    "squared_error": "squared-error",
}


class LinearParts(NamedTuple):
    """The scores of a fitted linear classifier, and the loss that fits them."""

    coef: FloatArray
    intercept: FloatArray
    classes: Array
    loss: str


def sklearn_estimator(coef: FloatArray, intercept: FloatArray, classes: Sequence[str] | Array, loss: Loss) -> Any:
    """Return a fitted estimator of scikit-learn with the same scores.

    Parameters
    ----------
    coef : array (R, D)
    intercept : array (R,)
    classes : sequence
        In the order of the rows.
    loss : Loss
        What the scores were trained with.

    Returns
    -------
    LogisticRegression, RidgeClassifier or LinearSVC
        The first where the loss has probabilities, the second for squared error.
    """
    from sklearn.linear_model import LogisticRegression, RidgeClassifier
    from sklearn.svm import LinearSVC

    names = np.asarray(classes)
    order = np.argsort(names)  # scikit-learn's classes are sorted
    if len(names) == 2:
        sign = 1 if order[0] == 0 else -1
        W, b = sign * coef, sign * intercept
    else:
        W, b = coef[order], intercept[order]
    kind = LogisticRegression if loss.probabilistic else RidgeClassifier if loss.quadratic else LinearSVC
    # Fitted to two classes, however many there are, it has all that a fit leaves; then classes and weights are
    # exchanged.
    estimator = kind().fit(np.eye(2), names[order[:2]])
    if "classes_" in vars(estimator):
        estimator.classes_ = names[order]
    if hasattr(estimator, "_label_binarizer"):  # where older versions of RidgeClassifier keep them
        estimator._label_binarizer.fit(names)
    estimator.coef_, estimator.intercept_ = np.array(W), np.array(b)
    estimator.n_features_in_ = coef.shape[1]
    return estimator


def linear_parts(estimator: Any) -> LinearParts:
    """Return the scores of a fitted estimator of scikit-learn, for rows that are not scaled.

    Parameters
    ----------
    estimator : estimator of scikit-learn
        One of the kinds in `_LOSSES`, or a pipeline with one `StandardScaler` before it.

    Raises
    ------
    UsageError
        It is another one, is not fitted, or has several labels for an example.
    """
    steps = [step for _, step in getattr(estimator, "steps", ())] or [estimator]
    final, scalers = steps[-1], [step for step in steps[:-1] if step not in (None, "passthrough")]
    names = [type(step).__name__ for step in (*scalers, final)]
    modules = {type(step).__module__.partition(".")[0] for step in (*scalers, final)}
    if names[-1] not in _LOSSES or names[:-1] not in ([], ["StandardScaler"]) or modules != {"sklearn"}:
        raise _other(f"An estimator of the kind {shown(' after '.join(reversed(names)))} came")
    if not hasattr(final, "coef_") or (scalers and not hasattr(scalers[0], "n_features_in_")):
        raise _other(f"A {names[-1]} came that is not fitted")
    loss = _loss_of(final, names[-1])
    coef = final.coef_.toarray() if hasattr(final.coef_, "toarray") else final.coef_  # sparse after `sparsify`
    W, classes = np.atleast_2d(np.asarray(coef, float)), np.asarray(final.classes_)
    b = np.broadcast_to(np.asarray(final.intercept_, float), len(W)).copy()
    if loss == "softmax" and len(W) > 1 and _one_by_one(final):
        loss = "one-vs-all"  # one logistic loss a class has the same scores, and other probabilities than softmax
    if len(W) != (1 if len(classes) == 2 else len(classes)):
        raise _other(f"A {names[-1]} with {len(W)} rows of weights for {len(classes)} classes came")
    if scalers:
        W, b = _unscaled(W, b, scalers[0])
    return LinearParts(W, b, classes, loss)


def _loss_of(estimator: Any, name: str) -> str:
    """Return the loss of an estimator of a kind, which may be a setting of it."""
    setting = getattr(estimator, "loss", None)
    loss = _OF_SETTING.get(setting, "") if isinstance(setting, str) else _LOSSES[name]
    if not loss:
        raise _other(f"A {name} with the loss {shown(setting)} came")
    return loss


def _one_by_one(estimator: Any) -> bool:
    """Tell whether an estimator of logistic loss was fitted for each class by itself."""
    kinds = (getattr(estimator, name, None) for name in ("loss", "multi_class", "solver"))
    return any(kind in ("log_loss", "ovr", "liblinear") for kind in kinds)


def _unscaled(W: FloatArray, b: FloatArray, scaler: Any) -> tuple[FloatArray, FloatArray]:
    """Return weights and biases for rows as they were before a `StandardScaler`."""
    scale, mean = (getattr(scaler, name, None) for name in ("scale_", "mean_"))
    W = W if scale is None else W / scale
    return W, b if mean is None or not scaler.with_mean else b - W @ mean


def _other(given: str) -> UsageError:
    return UsageError(
        given,
        allowed="a fitted LogisticRegression, LinearSVC, RidgeClassifier, LinearDiscriminantAnalysis or "
        "SGDClassifier (hinge, squared_hinge, log_loss, squared_error), or one of these behind a StandardScaler",
        fix="fit one of these on one label for each example",
    )
