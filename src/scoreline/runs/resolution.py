"""From what was asked to a fit in which nothing is left open: one way for `train` and `compare`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from scoreline.engine.problem.stopping import Listener
from scoreline.errors import DivergedError
from scoreline.estimators import LinearClassifier
from scoreline.estimators.linear import fit_planned, plan_fit
from scoreline.estimators.problem import PlannedFit
from scoreline.estimators.warm_start import WarmStart
from scoreline.report.calibration import least_log_loss
from scoreline.report.metrics import accuracy
from scoreline.runs.block_weights import BlockChoice, decide_block_weights
from scoreline.runs.classifier import classifier_of
from scoreline.runs.config import RunConfig
from scoreline.runs.lam_choice import LamChoice, decide_lam, folds_help, folds_of_given_lam
from scoreline.runs.pipeline import Prepared, weights_of_features
from scoreline.runs.refit import decide_refit, with_validation_rows
from scoreline.runs.resolved import ALL_CORES, GIVEN, Decision, Resolved

__all__ = ["Fitted", "Resolution", "Validated", "fit_resolved", "resolve", "validated"]


@dataclass(frozen=True, eq=False)
class Resolution:
    """What was decided, and the fit that follows from it."""

    request: RunConfig
    resolved: Resolved
    #: The rows to train on, and those to evaluate on.
    prepared: Prepared
    #: Not fitted yet.
    classifier: LinearClassifier
    fit: PlannedFit
    #: How `lam` was chosen, where it was.
    lam_choice: LamChoice | None
    #: How the weights of several features were chosen, where they were.
    block_choice: BlockChoice | None

    @property
    def settings(self) -> RunConfig:
        """Settings in which nothing is left to choose."""
        return self.resolved.settings(self.request)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A resolution whose classifier is fitted, as far as that went."""

    seconds: float
    #: What ended the training, where it diverged.
    diverged: DivergedError | None


def resolve(
    request: RunConfig,
    prepared: Prepared,
    listeners: Sequence[Listener] = (),
    *,
    chosen: bool = False,
    folds_allowed: bool = True,
) -> tuple[Resolution, WarmStart]:
    """Decide all that the settings leave open: block weights, `lam`, refit, and then solver, rate and epochs.

    What is measured of the rows is measured once. With the resolution comes the warm start of the last fit,
    which may be gigabytes of moments: it is for `fit_resolved` and no longer.

    Parameters
    ----------
    request : RunConfig
        What was asked.
    prepared : Prepared
        Data and features.
    listeners : sequence of callables
        Are shown the events of all fits that a choice makes.
    chosen : bool, default False
        Whether the validation split has chosen the features already.
    folds_allowed : bool, default True
        Whether `lam` may be chosen by cross-validation, which takes several times as long.

    Raises
    ------
    ScorelineError
        Settings and data do not go together, or nothing can be chosen by.
    """
    weights, block_choice, start = decide_block_weights(request, prepared)
    lam, lam_choice, start = decide_lam(
        request, prepared, weights.value, start, listeners, folds_allowed=folds_allowed
    )
    refit = decide_refit(request, prepared, chosen=chosen or bool(block_choice or lam_choice))
    if refit.value:
        prepared = with_validation_rows(prepared)
    classifier = classifier_of(request, lam.value, weights_of_features(request, prepared, weights.value))
    validation = None
    if "validation" in prepared.rows:
        validation = prepared.rows["validation"], prepared.labels("validation")
    fit = plan_fit(
        classifier,
        prepared.training_rows,
        prepared.training_labels,
        validation=validation,
        measured=start.statistics,
    )
    resolved = Resolved(
        features=Decision(value=request.features, why=GIVEN),
        loss=Decision(value=request.loss, why=GIVEN),
        standardize=Decision(value=request.standardized, why=GIVEN),
        search=Decision(value=(), why="the settings name the features"),
        image_size=_image_size(request, prepared),
        block_weights=weights,
        lam=lam,
        refit=refit,
        solver=Decision(value=fit.choice.name, why=fit.choice.reason),
        lr=_rate(request, fit),
        max_epochs=Decision(
            value=fit.settings.max_epochs or 1,
            why="the solver's default for so many rows" if request.max_epochs is None else GIVEN,
        ),
        seed=Decision(value=request.seed, why=GIVEN),
        threads=Decision(value=request.threads, why=ALL_CORES if request.threads is None else GIVEN),
    )
    start = replace(start, statistics=fit.problem.measured)
    return Resolution(request, resolved, prepared, classifier, fit, lam_choice, block_choice), start


def fit_resolved(resolution: Resolution, start: WarmStart, listeners: Sequence[Listener] = ()) -> Fitted:
    """Fit the classifier, from where the choices have come to; one that diverged has its history too."""
    begun, diverged = time.perf_counter(), None
    try:
        fit_planned(resolution.classifier, resolution.fit, listeners, start)
    except DivergedError as error:
        diverged = error.with_traceback(None)  # whose frames would keep what the fit had
    return Fitted(time.perf_counter() - begun, diverged)


class Validated(NamedTuple):
    """How good classifiers are on rows that they were not trained on."""

    accuracy: float
    #: At the temperature that makes it least.
    log_loss: float
    #: Validation rows, scored by a classifier of the training split; or those of both, each without its fold.
    n_rows: int
    n_folds: int = 0


def validated(
    resolution: Resolution,
    prepared: Prepared,
    listeners: Sequence[Listener] = (),
    *,
    folds_allowed: bool = False,
) -> Validated:
    """Evaluate the settings of a resolution on rows that are held out; classifiers are trained if need be.

    Where folds have chosen `lam`, they tell; else it is a classifier of the training split on validation rows.

    Parameters
    ----------
    resolution : Resolution
    prepared : Prepared
        What it was made of: the resolution of a refit has no validation rows any more.
    listeners : sequence of callables
    folds_allowed : bool, default False
        Whether folds may evaluate a `lam` that was given, where they help.

    Raises
    ------
    DivergedError
        The training diverged.
    """
    choice, lam, labels = resolution.lam_choice, resolution.resolved.lam.value, prepared.labels("validation")
    folds = None if choice is None else choice.folds
    if choice is None and folds_allowed and folds_help(prepared):
        folds = folds_of_given_lam(resolution.request, resolution.classifier, prepared, listeners)
    if folds is not None:
        return Validated(folds.accuracy[lam], folds.log_loss[lam], folds.n_rows, folds.n_folds)
    if choice is not None:
        return Validated(choice.validation_accuracy, choice.log_loss, len(labels))
    alone, _ = resolve(resolution.resolved.settings(resolution.request).changed(refit=False), prepared)
    fitted = fit_resolved(alone, WarmStart(None), listeners)
    if fitted.diverged is not None:
        raise fitted.diverged
    rows, classifier = prepared.rows["validation"], alone.classifier
    right = accuracy(labels, classifier.predict(rows))
    scores = np.asarray(classifier.decision_function(rows)).reshape(len(labels), -1)
    log_loss = least_log_loss(scores, np.searchsorted(classifier.classes_, labels))
    return Validated(right, log_loss, len(labels))


def _image_size(request: RunConfig, prepared: Prepared) -> Decision[tuple[int, int] | None]:
    dataset = prepared.dataset
    if len(dataset.example_shape) != 3:
        return Decision(value=None, why="the examples are rows of numbers")
    height, width = dataset.example_shape[:2]
    why = GIVEN if request.image_size is not None else dataset.size_from or "the size that the images have"
    return Decision(value=(height, width), why=why)


def _rate(request: RunConfig, fit: PlannedFit) -> Decision[float | None]:
    rate = fit.settings.rate
    if rate is None:
        return Decision(value=None, why=f"the solver {fit.choice.name} has none")
    why = "the optimiser's customary rate, or one over the smoothness of the data" if request.lr is None else GIVEN
    return Decision(value=rate, why=why)
