"""Recipes in the race: what each has come to, and what it would still cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from scoreline.data import Dataset
from scoreline.features import build_features
from scoreline.runs.config import RunConfig
from scoreline.runs.lam_choice import folds_help_for
from scoreline.runs.recipes.cost import (
    EVALUATION,
    LAST_FIT,
    LEARNED_FROM,
    REPORT,
    RESIZING,
    Calibration,
    Cost,
    Work,
    bytes_of_folds,
    fit_seconds,
    peak_bytes,
)
from scoreline.runs.recipes.ladder import Recipe
from scoreline.runs.recipes.leaderboard import LeaderboardRow
from scoreline.runs.recipes.trial import Trial
from scoreline.runs.time_budget import Clock

__all__ = ["Candidate", "Costs"]

#: Images that features which nobody has measured are tried on.
PROBED = 32


@dataclass(eq=False)
class Candidate:
    """A recipe in the race."""

    recipe: Recipe
    config: RunConfig
    #: Predicted at first, then measured.
    width: int
    #: Seconds to extract the features of an image, and whether that is measured.
    an_image: float
    measured: bool = False
    learned: bool = False
    #: Whether it is for images, and not for rows of numbers.
    images: bool = True
    #: The last trial's figures, which stay when its rows are gone.
    row: LeaderboardRow = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        self.row = LeaderboardRow(config.features, config.loss, config.standardized, images=self.images)

    @property
    def name(self) -> str:
        """What to call it."""
        return self.row.name

    def folds_help(self, dataset: Dataset) -> bool:
        """Tell whether folds can judge it, as far as is known: the user's own features may learn from labels."""
        own = self.recipe.work is None and build_features(self.config.features).modules()
        return not own and folds_help_for(dataset, self.width)


class Costs:
    """Predicts what candidates cost on some data, and learns from what they took.

    Parameters
    ----------
    dataset : Dataset
    clock : Clock
    on_disk : bool
        Whether features lie there instead of in memory.
    cores : int
        How many threads the machine has room for.
    """

    def __init__(self, dataset: Dataset, clock: Clock, *, on_disk: bool, cores: int) -> None:
        self._dataset, self._clock, self._work = dataset, clock, Work.of(dataset)
        self._on_disk, self._calibration = on_disk, Calibration.of_machine(clock.load, cores)

    def candidate(self, recipe: Recipe, config: RunConfig) -> Candidate:
        """Put a recipe into the race; one that nobody has measured is tried on a few images.

        Raises
        ------
        ScorelineError
            Those features cannot be computed of these images.
        """
        images = len(self._dataset.example_shape) == 3
        if recipe.work is None:
            return Candidate(recipe, config, *self._probed(config.features), measured=True, images=images)
        width = round(recipe.columns(self._work.pixels, math.prod(self._dataset.example_shape)))
        return Candidate(recipe, config, width, 1e-9 * self._nanoseconds(recipe), images=images)

    def _nanoseconds(self, recipe: Recipe) -> float:
        """Return those that an image is predicted to take, which is reduced first."""
        assert recipe.work is not None  # noqa: S101 - else it is tried on images
        pixels = self._work.pixels
        if not recipe.side:
            return recipe.work * pixels
        share = min(1.0, recipe.side / max(self._dataset.example_shape[:2]))
        return recipe.work * share**2 * pixels + RESIZING * recipe.sizes * pixels

    def _probed(self, spec: str) -> tuple[int, float]:
        images = self._dataset.train.rows.read(0, PROBED)
        extractor = build_features(spec).fit(images, self._dataset.train.y[:PROBED])
        extractor.transform(images)  # what is compiled or opened at first takes its time once
        begun = self._clock.now()
        width = extractor.transform(images).shape[1]
        return int(width), (self._clock.now() - begun) / len(images)

    def of(self, candidate: Candidate, n_rows: int, n_validation: int, n_folds: int = 0) -> Cost:
        """Return what a trial on so many training rows costs: all of them come with the test rows.

        With folds, each of them has a choice of `lam` of its own, beside that of the training rows.
        """
        work, factor = self._work, self._calibration.factor
        whole = n_rows == work.n_train
        n_extracted = work.n_all if whole else n_rows + n_validation
        recipe, loss = candidate.recipe, candidate.config.loss
        fit = fit_seconds(n_rows, candidate.width, work.n_classes, loss) * factor("fit")
        report = REPORT + EVALUATION * 1e-6 * work.n_all * candidate.width
        an_image = candidate.an_image * (1 if candidate.measured else factor("features"))
        learn = recipe.learn * factor("learn") + self._n_learned_from(recipe) * an_image
        return Cost(
            0 if candidate.learned else learn,
            n_extracted * an_image,
            (1 + n_folds) * (1 - LAST_FIT) * fit + self._calibration.excess,
            LAST_FIT * fit + report * max(1, min(factor("fit"), factor("features"))),
            peak_bytes(0 if self._on_disk else n_extracted, n_rows, candidate.width)
            + (bytes_of_folds(n_rows + n_validation, candidate.width, n_folds) if n_folds else 0),
        )

    def _n_learned_from(self, recipe: Recipe) -> int:
        """Return the images whose features are extracted to learn from."""
        return min(self._work.n_train, LEARNED_FROM) if recipe.learn else 0

    def learn_from(self, candidate: Candidate, trial: Trial) -> None:
        """Take over what a trial took: of this candidate, and of this machine."""
        recipe, calibration = candidate.recipe, self._calibration
        if not candidate.learned and recipe.learn and not trial.kept:
            extracted = self._n_learned_from(recipe) * trial.an_image
            calibration.learn_from("learn", recipe.learn, max(0.0, trial.learn - extracted))
        if not candidate.measured and candidate.an_image and trial.an_image:
            n = trial.n_extracted
            calibration.learn_from("features", n * candidate.an_image, n * trial.an_image)
        n_classes, loss = self._work.n_classes, candidate.config.loss
        predicted = (1 - LAST_FIT) * fit_seconds(trial.n_rows, trial.width, n_classes, loss)
        calibration.learn_from("fit", (1 + trial.n_folds) * predicted, trial.choice)
        candidate.learned, candidate.width = True, trial.width
        candidate.an_image, candidate.measured = trial.an_image, True
