"""One recipe on some of the rows: features, strength, and its accuracy on rows that are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scoreline._typing import Array, Labels
from scoreline.data import Dataset, Progress, Split
from scoreline.engine.problem.stopping import Listener
from scoreline.estimators.warm_start import WarmStart
from scoreline.features import FeatureExtractor
from scoreline.kernels.threads import waiting_limited
from scoreline.runs.config import RunConfig
from scoreline.runs.extraction import FeatureCache, extract
from scoreline.runs.pipeline import Prepared, extracted, fitted_features
from scoreline.runs.resolution import Resolution, resolve, validated
from scoreline.runs.time_budget import Clock

__all__ = ["RecipeFeatures", "Trial", "stratified_order", "try_recipe"]

#: Images that the time of one is measured on where the features of all are kept from an earlier run, and those of
#: the first call, which loads compiled code and opens files: of few images, that would take most of the time.
TIMED, FIRST_CALL = 256, 4


@dataclass(frozen=True, eq=False)
class Trial:
    """What a recipe came to on some of the training rows, and the fit that could follow."""

    n_rows: int
    accuracy: float
    #: At the temperature that makes it least.
    log_loss: float
    #: Rows that they were measured on: the validation rows, or all in folds.
    n_validation: int
    #: The rows, those to validate on among them.
    prepared: Prepared
    resolution: Resolution
    start: WarmStart
    #: Seconds of learning the features, of extracting those of all rows of the trial, and of choosing `lam`.
    learn: float
    features: float
    choice: float
    #: Images that features were extracted of, and seconds for one of them.
    n_extracted: int
    an_image: float
    #: Threads that waited for one another at the most; None for all.
    threads: int | None
    #: Whether what was learned or extracted is kept from an earlier run, which says nothing of how long it takes.
    kept: bool = False
    #: In how many folds all rows were scored; 0 for the validation rows by a classifier of the training rows.
    n_folds: int = 0

    @property
    def n_judged(self) -> tuple[int, int]:
        """How many rows it was trained on, and how many it was judged by: of the more, chance says the less."""
        return self.n_rows, self.n_validation

    @property
    def width(self) -> int:
        """Columns of the features."""
        return int(self.prepared.rows["train"].shape[1])

    @property
    def n_bytes(self) -> int:
        """The size of the model in bytes: its weights, and what the features have learned."""
        prepared = self.prepared
        n_classes = len(prepared.dataset.classes)
        learned = sum(array.nbytes for array in prepared.extractor.state().values())
        return 4 * (self.width + 1) * (1 if n_classes == 2 else n_classes) + learned


class RecipeFeatures:
    """Data in place, and the features of recipes: learned once, extracted for as many rows as a trial asks for.

    Parameters
    ----------
    dataset : Dataset
        Each split in one array, a validation split among them.
    seed : int
        Of the order in which rows join.
    clock : Clock
    progress : callable
    """

    def __init__(self, dataset: Dataset, seed: int, clock: Clock, progress: Progress) -> None:
        assert dataset.validation is not None  # noqa: S101 - the search has looked
        self.dataset, self._clock, self._progress = dataset, clock, progress
        self._order = stratified_order(dataset.train.y, seed)
        self._validation_order = stratified_order(dataset.validation.y, seed)
        self._fitted: dict[str, FeatureExtractor] = {}
        self._last: tuple[str, int, Prepared] | None = None
        self._kept = FeatureCache.of_user()

    @property
    def n_found(self) -> int:
        """How often something was kept from an earlier run."""
        return self._kept.n_found

    def prepared(self, config: RunConfig, n_rows: int, n_validation: int) -> tuple[Prepared, float, float]:
        """Return so many rows of the features, and the seconds of learning and of extracting them.

        All training rows come with all rows of the other splits; fewer with so many validation rows and no test
        rows, which are of no use then.
        """
        spec, train = config.features, self.dataset.train
        begun = self._clock.now()
        if spec not in self._fitted:
            self._fitted[spec] = fitted_features(config, self.dataset, self._kept)
            self._fitted[spec].transform(train.rows.read(0, FIRST_CALL))
        learned = self._clock.now()
        if self._last is None or self._last[:2] != (spec, n_rows):
            self._last = None  # before the next rows, which may be all that memory holds
            whole = n_rows == len(train)
            dataset = self.dataset if whole else self._part(n_rows, n_validation)
            kept = self._kept if whole else FeatureCache(None)
            self._last = spec, n_rows, extracted(config, dataset, self._fitted[spec], kept, self._progress)
        return self._last[2], learned - begun, self._clock.now() - learned

    def release(self) -> None:
        """Forget the last rows."""
        self._last = None

    def with_test(self, config: RunConfig, prepared: Prepared) -> Prepared:
        """Return features with those of the test split, which trials on fewer rows go without."""
        test = self.dataset.test
        if test is None or "test" in prepared.rows:
            return prepared
        rows = extract(prepared.extractor, config.features, test.rows, self._kept, self._progress)
        dataset = replace(prepared.dataset, test=test)
        return replace(prepared, dataset=dataset, rows={**prepared.rows, "test": rows})

    def _part(self, n_rows: int, n_validation: int) -> Dataset:
        validation = self.dataset.validation
        assert validation is not None  # noqa: S101 - as at the beginning
        train = _first(self.dataset.train, self._order, n_rows)
        validation = _first(validation, self._validation_order, n_validation)
        return replace(self.dataset, train=train, validation=validation, test=None)


def try_recipe(
    config: RunConfig,
    recipe_features: RecipeFeatures,
    n_rows: int,
    n_validation: int,
    listeners: Sequence[Listener],
    clock: Clock,
    *,
    by_folds: bool = False,
) -> Trial:
    """Evaluate a recipe on so many training rows by so many validation rows, with `lam` as these choose it.

    With `by_folds`, folds of all rows take the part of the validation rows, where they can.

    Raises
    ------
    ScorelineError
        The features cannot be computed of these images, or the settings do not go with them.
    """
    n_found = recipe_features.n_found
    with waiting_limited(config.threads):
        prepared, learn, features = recipe_features.prepared(config, n_rows, n_validation)
        n_extracted = sum(len(rows) for rows in prepared.rows.values())
        begun = clock.now()
        if "test" not in prepared.rows:
            config = config.changed(refit=None)  # which needs test rows
        resolution, start = resolve(config, prepared, listeners, chosen=True, folds_allowed=by_folds)
        found = validated(resolution, prepared, listeners, folds_allowed=by_folds)
    choice = clock.now() - begun
    # Who goes on with a search finds what it has extracted itself, which is to change nothing.
    kept = bool(clock.measured(lambda: recipe_features.n_found > n_found))
    an_image = features / n_extracted
    if kept:
        images = prepared.dataset.train.rows.read(0, TIMED)
        begun = clock.now()
        prepared.extractor.transform(images)
        an_image = (clock.now() - begun) / len(images)
    return Trial(
        n_rows,
        found.accuracy,
        found.log_loss,
        found.n_rows,
        prepared,
        resolution,
        start,
        learn,
        features,
        choice,
        n_extracted,
        an_image,
        config.threads,
        kept,
        found.n_folds,
    )


def stratified_order(y: Labels, seed: int) -> Array:
    """Return an order of rows of which every beginning has the classes in their proportions, each at least once.

    A beginning of as many rows as there are classes, or more, has them all.
    """
    rng = np.random.default_rng(seed)
    place = np.empty(len(y))
    for label in np.unique(y):
        own = np.flatnonzero(y == label)
        place[rng.permutation(own)] = np.arange(len(own)) / len(own)
    return np.lexsort((rng.permutation(len(y)), place))


def _first(split: Split, order: Array, n: int) -> Split:
    """Return the first rows of an order, in the order in which they lie, in one array."""
    return split.take(np.sort(order[:n])).in_place()
