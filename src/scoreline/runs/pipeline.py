"""From settings to the parts of a run: data, features, classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.data import Dataset, Progress, Split, load_dataset
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.stopping import Listener
from scoreline.engine.solvers import named_solver
from scoreline.errors import UsageError
from scoreline.estimators import LinearClassifier
from scoreline.estimators.brief_fit import BriefFit
from scoreline.estimators.problem import Measured, Problem, assemble, draw_seed
from scoreline.estimators.validation import validate_training_data
from scoreline.estimators.warm_start import WarmStart
from scoreline.features import FeatureExtractor, build_features
from scoreline.features.augmentation import PairMeans
from scoreline.losses import LOSSES
from scoreline.models import InputSpec, Provenance, SavedModel
from scoreline.penalties import PENALTIES
from scoreline.report.calibration import held_out_temperature
from scoreline.rows import Rows
from scoreline.runs.classifier import classifier_of
from scoreline.runs.config import RunConfig
from scoreline.runs.extraction import FeatureCache, extract, extract_pairs, fit_features
from scoreline.runs.memory import check_fitting, check_memory
from scoreline.schedules import SCHEDULES

__all__ = [
    "Prepared",
    "block_widths",
    "build_classifier",
    "check_block_weights",
    "check_names",
    "evaluation_split",
    "extracted",
    "feature_weights",
    "fit_prepared",
    "fitted_features",
    "given_block_weights",
    "in_place",
    "prepare",
    "problem_of",
    "save_model",
    "weights_of_features",
]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A data set with its features: rows ``(n, D)`` for each split that there is."""

    dataset: Dataset
    extractor: FeatureExtractor
    rows: dict[str, Rows]
    #: Of splits that are trained on, the pairs of rows that those in `rows` are the means of; see `TrainingPairs`.
    pairs: dict[str, Rows] = field(default_factory=dict)

    @property
    def training_rows(self) -> Rows:
        """The rows that a classifier is trained on: those of the training split, or its pairs."""
        return self.pairs.get("train", self.rows["train"])

    @property
    def training_labels(self) -> Labels:
        """The labels of `training_rows`."""
        labels = self.labels("train")
        return np.repeat(labels, 2) if self.pairs else labels

    def labels(self, split: str) -> Labels:
        """Return the labels of a split."""
        return self.split(split).y

    def split(self, name: str) -> Split:
        """Return a split that `rows` names."""
        found: Split = getattr(self.dataset, name)
        return found


def check_names(config: RunConfig) -> None:
    """Look up every part that the settings name, so that a typing mistake costs no waiting.

    Raises
    ------
    UnknownNameError, UsageError
        There is no such part, or its parameters are wrong.
    """
    if config.searches:
        raise UsageError(
            f"The features are {config.features!r} where nothing searches for a recipe",
            allowed="auto for 'scoreline train'; features by name here",
            fix="name the features, such as those in the resolved.yaml of a run of 'scoreline train'",
        )
    LOSSES.build(config.loss)
    PENALTIES.build(config.penalty)
    SCHEDULES.build(config.schedule)
    extractor = build_features(config.features)
    extractor.check_available()
    if config.augment and not extractor.averages_copies:
        raise UsageError(
            "Augmentation was asked for with features that are no average over copies of an image",
            allowed="shifts:[...] or mirror:[...] around all features",
            fix="write the features in brackets, such as shifts:[dictionary:400], or leave augment out",
        )
    if config.solver != "auto":
        named_solver(config.solver)


def prepare(
    config: RunConfig,
    dataset: Dataset | None = None,
    *,
    kept: FeatureCache | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Load the data (unless they are given) and extract the features of every split.

    Features that `kept` (by default the user's cache) holds are not extracted again.
    """
    check_names(config)
    if dataset is None:
        dataset = load_dataset(config.data, config.load_options(), progress=progress)
    dataset = in_place(dataset, config)
    kept = FeatureCache.of_user() if kept is None else kept
    return extracted(config, dataset, fitted_features(config, dataset, kept), kept, progress)


def fitted_features(config: RunConfig, dataset: Dataset, kept: FeatureCache) -> FeatureExtractor:
    """Return the features that the settings name, fitted on the training images of data that lie in place."""
    extractor = build_features(config.features)
    check_fitting(config, dataset, extractor)
    return fit_features(extractor, dataset.train.X, dataset.train.y, kept)


def extracted(
    config: RunConfig,
    dataset: Dataset,
    extractor: FeatureExtractor,
    kept: FeatureCache,
    progress: Progress | None = None,
) -> Prepared:
    """Extract features that are fitted from every split of data that lie in place; see `prepare`."""
    check_memory(config, dataset, extractor)
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    rows = {
        name: extract(extractor, config.features, split.rows, kept, progress, on_disk=config.memory is not None)
        for name, split in splits.items()
        if split is not None and not (config.augment and name != "test")
    }
    if not config.augment:
        return Prepared(dataset, extractor, rows)
    pairs = {
        name: extract_pairs(extractor, split.rows, config, progress)
        for name, split in splits.items()
        if split is not None and name != "test"
    }
    return Prepared(dataset, extractor, {name: PairMeans(own) for name, own in pairs.items()} | rows, pairs)


def in_place(dataset: Dataset, config: RunConfig) -> Dataset:
    """Return the data with each split in one array: features and compiled code read the rows many times."""
    on_disk = config.memory is not None

    def gathered(split: Split | None) -> Split | None:
        return None if split is None else split.in_place(on_disk=on_disk)

    return replace(
        dataset,
        train=dataset.train.in_place(on_disk=on_disk),
        validation=gathered(dataset.validation),
        test=gathered(dataset.test),
    )


def build_classifier(config: RunConfig, prepared: Prepared) -> LinearClassifier:
    """Return the unfitted classifier that the settings describe, for the features of these data."""
    return classifier_of(config, config.strength, feature_weights(config, prepared))


def problem_of(classifier: LinearClassifier, prepared: Prepared, measured: Measured | None = None) -> Problem:
    """Return the problem that a classifier makes of the training split: what is trained, and what is checked.

    `measured` is what is known of rows that the training split begins with.
    """
    data = validate_training_data(classifier, prepared.training_rows, prepared.training_labels, None)
    return assemble(classifier, data, seed=draw_seed(classifier.random_state), measured=measured)


def feature_weights(config: RunConfig, prepared: Prepared) -> FloatArray | None:
    """Return the weight of each feature ``(D,)``, its own and its block's, None where all count the same.

    Raises
    ------
    UsageError
        The weights have yet to be chosen, or are not one for each of several features.
    """
    if config.block_weights == "auto":
        raise UsageError(
            "block_weights is 'auto' where nothing chooses it",
            allowed="'auto' for training; numbers here",
            fix="run 'scoreline train' and take the weights in its resolved.yaml",
        )
    return weights_of_features(config, prepared, given_block_weights(config))


def given_block_weights(config: RunConfig) -> tuple[float, ...] | None:
    """Return block weights that are given as numbers."""
    given = config.block_weights
    return None if given is None else tuple(float(weight) for weight in given.split(","))


def weights_of_features(
    config: RunConfig, prepared: Prepared, block_weights: Sequence[float] | None
) -> FloatArray | None:
    """Return the weight of each feature ``(D,)`` that these of the blocks give; see `feature_weights`."""
    own = prepared.extractor.relative_weights()
    if block_weights is None:
        return None if np.all(own == 1) else own
    check_block_weights(config, prepared.extractor)
    return own * np.repeat(block_weights, block_widths(prepared))


def check_block_weights(config: RunConfig, extractor: FeatureExtractor) -> None:
    """Raise UsageError unless the weights, if any, are one for each of several features, fitted or not."""
    if config.block_weights is None:
        return
    n_parts = len(_several(extractor))
    n_weights = n_parts if config.block_weights == "auto" else len(config.block_weights.split(","))
    if n_weights != n_parts:
        raise UsageError(
            f"{n_weights} block weights came for the {n_parts} features {config.features}",
            allowed="one weight for each",
            fix="write them in the order of the features, or auto",
        )


def block_widths(prepared: Prepared) -> list[int]:
    """Return how many numbers each of several features gives; raise UsageError where there is but one."""
    return [part.width() for part in _several(prepared.extractor)]


def _several(extractor: FeatureExtractor) -> list[FeatureExtractor]:
    if not extractor.parts:
        raise UsageError(
            "Block weights came for one feature",
            allowed="several features with commas between, such as hog,hue",
            fix="leave block_weights out",
        )
    return [part for _, part in extractor.parts]


def fit_prepared(
    classifier: LinearClassifier,
    prepared: Prepared,
    listeners: Sequence[Listener],
    warm_start: WarmStart | None = None,
) -> None:
    """Fit on the training split, from a warm start if there is one, evaluated on the validation split likewise."""
    validation = None
    if "validation" in prepared.rows:
        validation = (prepared.rows["validation"], prepared.labels("validation"))
    classifier.fit(
        prepared.training_rows,
        prepared.training_labels,
        validation=validation,
        listeners=listeners,
        warm_start=warm_start,
    )


def evaluation_split(names: dict[str, Rows]) -> str:
    """Return the split that a run is evaluated by: test where there is one, else validation, else train."""
    return next(name for name in ("test", "validation", "train") if name in names)


def save_model(
    config: RunConfig,
    prepared: Prepared,
    classifier: LinearClassifier,
    *,
    data: str = "",
    temperature: float | None = None,
) -> SavedModel:
    """Return the fitted classifier as a model that can be saved.

    Parameters
    ----------
    config : RunConfig
    prepared : Prepared
    classifier : LinearClassifier
    data : str
        Digest of its training examples.
    temperature : float, optional
        For its scores, where no rows are held out any more that find one.
    """
    if "validation" in prepared.rows:
        fit = BriefFit(Params(classifier.coef_[None], classifier.intercept_[None]), None)
        temperature = held_out_temperature(fit.scores(prepared.rows["validation"]), prepared.labels("validation"))
    about = {"licence": config.licence or "", "notes": config.notes or ""}
    return SavedModel(
        classifier.coef_,
        classifier.intercept_,
        prepared.dataset.classes,
        LOSSES.spec(LOSSES.build(config.loss)),
        config.features,
        prepared.dataset.example_shape,
        classifier.penalty_value_,
        prepared.extractor.state(),
        InputSpec.of(prepared.dataset),
        prepared.extractor.sources(),
        frozenset(prepared.extractor.modules()),
        Provenance.of(classifier.objective_, classifier.duality_gap_, data=data, temperature=temperature, **about),
    )
