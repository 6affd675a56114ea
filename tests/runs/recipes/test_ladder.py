"""Every recipe trains, on tiny data of its kind, and says roughly how wide it is."""

import numpy as np
import pytest

from scoreline.data import Dataset, Split
from scoreline.features.pixels import Pixels
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import in_place
from scoreline.runs.recipes.candidates import Costs
from scoreline.runs.recipes.cost import Calibration, Work, fit_seconds, peak_bytes
from scoreline.runs.recipes.ladder import IMAGES, LARGE_IMAGES, ROWS, TINY_IMAGES, ladder
from scoreline.runs.recipes.trial import RecipeFeatures, try_recipe
from scoreline.runs.time_budget import Clock

AUTO = RunConfig(features="auto")
#: Words as few as they can be, from few patches: what a recipe needs of images does not depend on their number.
FEWER = tuple((f":{many}", ":12,n_patches=300") for many in (1000, 600, 550, 500, 400, 320, 200, 100))


def data(shape, n=24, seed=0):
    """Return random examples of two classes, bytes where they are images."""
    values = np.random.default_rng(seed)
    dtype = np.uint8 if len(shape) == 3 else np.float32

    def split(n):
        X = values.integers(0, 256, (n, *shape)).astype(dtype)
        return Split.of(X, np.arange(n) % 2)

    return Dataset("tiny", ("a", "b"), split(n), split(n // 2), split(n // 2))


def small(recipe):
    """Return the features of a recipe with few words, which take no time to learn."""
    spec = recipe.features
    for many, few in FEWER:
        spec = spec.replace(many, few)
    return spec


def tried(config, dataset):
    clock = Clock.started()
    recipe_features = RecipeFeatures(in_place(dataset, config), 0, clock, lambda *_: None)
    n, judged = len(dataset.train), len(dataset.validation)
    return try_recipe(config, recipe_features, n, judged, [], clock)


def kinds():
    for recipes, shape in (
        (IMAGES, (16, 16, 3)),
        (IMAGES, (32, 24, 1)),
        (LARGE_IMAGES, (64, 50, 3)),
        (TINY_IMAGES, (8, 8, 1)),
        (ROWS, (5,)),
    ):
        for recipe in recipes:
            if recipe.channels not in (0, shape[-1]):
                continue
            named = f"{recipe.features}-{recipe.loss}-{recipe.standardize}-{'x'.join(map(str, shape))}"
            yield pytest.param(recipe, shape, id=named)


@pytest.mark.parametrize(("recipe", "shape"), [*kinds()])
def test_every_recipe_trains(recipe, shape):
    config = recipe.settings(AUTO)
    trial = tried(config.changed(features=small(recipe)), data(shape))
    assert 0 <= trial.accuracy <= 1
    assert trial.n_bytes > 0


def test_the_first_call_is_not_what_an_image_takes(monkeypatch):
    """It may load compiled code, which takes a second: of 48 images, 20 ms each."""
    time, calls, transform = [0.0], [], Pixels.transform

    def slow(self, X):
        time[0] += 48 if not calls else 0.5 * len(X)
        calls.append(len(X))
        return transform(self, X)

    monkeypatch.setattr(Pixels, "transform", slow)
    dataset, clock = data((9, 9, 1)), Clock(lambda: time[0], 0.0)
    recipe_features = RecipeFeatures(dataset, 0, clock, lambda *_: None)
    trial = try_recipe(IMAGES[0].settings(AUTO), recipe_features, 24, 12, [], clock)
    assert (trial.learn, trial.an_image) == (48, 0.5)


@pytest.mark.parametrize("shape", [(32, 32, 3), (32, 32, 1), (8, 8, 1), (5,)])
def test_costs_are_predicted_and_ordered(shape):
    dataset = data(shape)
    costs = Costs(dataset, Clock.started(), on_disk=False, cores=2)
    for recipe in ladder(AUTO, shape):
        one = costs.candidate(recipe, recipe.settings(AUTO))
        few, many = costs.of(one, 12, 6), costs.of(one, len(dataset.train), 12)
        assert 0 < few.seconds <= many.seconds
        assert 0 < few.n_bytes <= many.n_bytes


def test_wide_rows_cost_what_they_are_known_to_cost():
    """45,000 rows of CIFAR-10 with the squared error, by the frontier in benchmarks/README.md."""
    for width, seconds, megabytes in ((5_406, 21.0, 3_275), (12_780, 109, 7_466), (24_432, 471, 16_104)):
        assert fit_seconds(50_000, width, 10, "squared-error") == pytest.approx(seconds, rel=0.15)
        assert peak_bytes(55_000, 50_000, width) / 1e6 == pytest.approx(megabytes, rel=0.2)


def test_larger_forms_come_behind_the_smaller_ones():
    """Each has one in its part of the ladder, whatever the colour, and costs more."""
    n_larger = 0
    for recipes in (IMAGES, TINY_IMAGES, LARGE_IMAGES, ROWS):
        before = {}
        for recipe in recipes:
            if recipe.larger_of:
                smaller = before[recipe.larger_of]
                assert smaller.channels in (0, recipe.channels)
                assert (smaller.width, smaller.work) < (recipe.width, recipe.work)
                n_larger += 1
            before[recipe.features] = recipe
    assert n_larger >= 6


def test_short_work_does_not_tell_how_fast_the_machine_is():
    calibration = Calibration.of_machine(1.0, 2)
    first = calibration.factor("fit")
    calibration.learn_from("features", 0.1, 5.0)
    calibration.learn_from("fit", 0.1, 0.5)
    assert calibration.factor("fit") == first
    assert calibration.excess == pytest.approx(0.4)
    calibration.learn_from("features", 4.0, 40.0)
    assert calibration.factor("fit") == calibration.factor("features") > first
    calibration.learn_from("fit", 10.0, 10.0)
    assert calibration.factor("fit") < calibration.factor("features")


def test_work_counts_all_examples():
    assert Work.of(data((32, 16, 3))) == (24, 12, 12, 512, 2)
    assert Work.of(data((5,))).n_all == 48


@pytest.mark.parametrize(
    ("features", "specs"),
    [
        ("auto", []),
        ("auto,hog", ["hog"]),
        ("auto,hog:cell=4,signed=yes,[hog,hue]", ["hog:cell=4,signed=yes", "hog,hue"]),
        ("auto,words:50,size=3", ["words:50,size=3"]),
    ],
)
def test_users_join_the_ladder(features, specs):
    asked = RunConfig(features=features)
    assert asked.own_features == specs
    assert [recipe.features for recipe in ladder(asked, (32, 32, 3)) if recipe.work is None] == specs


def test_what_is_given_is_held_fixed():
    asked = RunConfig(features="auto", loss="softmax", standardize=False, lam=0.5)
    for recipe in ladder(asked, (10,)):
        settings = recipe.settings(asked)
        assert (settings.loss, settings.standardize, settings.lam) == ("softmax", False, 0.5)
    assert len(ladder(asked, (10,))) == 1  # all others have become equal to it
    assert len(ladder(AUTO, (10,))) == len(ROWS)


def test_few_photographs_have_room_for_wide_features():
    """Second moments are then those of the rows, not of the columns."""
    assert peak_bytes(250, 200, 19_980) < 200e6
    assert fit_seconds(200, 19_980, 4, "squared-error") < 1
    assert peak_bytes(55_000, 50_000, 19_980) > 7e9
