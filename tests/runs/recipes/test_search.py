"""The race of recipes: what it tries, when it ends, what it chooses, and what it says."""

from dataclasses import replace

import numpy as np
import pytest

from scoreline.data import load_dataset
from scoreline.engine.problem.events import Reason
from scoreline.errors import DataError, MismatchError, UnknownNameError, UsageError
from scoreline.features.pixels import Pixels
from scoreline.runs.config import RunConfig
from scoreline.runs.preconditions import check_settings
from scoreline.runs.recipes import candidates, plan, search
from scoreline.runs.recipes.ladder import Recipe
from scoreline.runs.recipes.search import search_recipes
from scoreline.runs.recipes.trial import stratified_order
from scoreline.runs.recorded_clock import RecordedClock
from scoreline.runs.time_budget import Clock

AUTO = RunConfig(features="auto")
DIGITS = load_dataset("digits")
#: Cheap recipes in the place of dear ones: what they are said to cost is what the clock says they take.
LADDER = (
    Recipe("pixels", "squared-error", width_a_pixel=1 / 3),
    Recipe("pixels:zca=1", "squared-error", width_a_pixel=1, learn=1),
    Recipe("pixels:zca=0.1", "squared-error", width_a_pixel=1, learn=2),
    Recipe("pixels:zca=0.01", "squared-error", width_a_pixel=1, learn=3),
)
NAMES = [recipe.features for recipe in LADDER]


class FakeClock:
    """A clock that stands still but for what it is told."""

    def __init__(self):
        self.time = 0.0

    @property
    def clock(self):
        return Clock(lambda: self.time, 0.0)


@pytest.fixture
def race(monkeypatch):
    """Run a race of the ladder above with given accuracies; each trial takes so many seconds."""
    monkeypatch.setattr(search, "ladder", lambda asked, shape: list(LADDER))
    monkeypatch.setattr(plan, "FIRST_ROWS", 200)
    monkeypatch.setattr(plan, "ROWS_A_CLASS", 1)
    ticking, tried, real = FakeClock(), [], search.try_recipe

    def run(config, accuracies, seconds=0.1, listeners=(), fast=None, losses=None, dataset=DIGITS):
        def scripted(one, recipe_features, n_rows, *more, **named):
            tried.append((one.features, n_rows))
            trial = real(one, recipe_features, n_rows, *more, **named)
            ticking.time += seconds
            place = NAMES.index(one.features)
            an_image = trial.an_image if fast is None else fast[place]
            scored = {"accuracy": accuracies[place], "log_loss": (losses or [1 - a for a in accuracies])[place]}
            return replace(trial, **scored, choice=seconds, an_image=an_image)

        monkeypatch.setattr(search, "try_recipe", scripted)
        resolution, _, found = search_recipes(config, dataset, ticking.clock, listeners, lambda *_: None)
        return resolution.resolved, found, tried

    run.tried = tried
    return run


def test_a_search_that_goes_on_elsewhere_counts_the_cores_where_it_began(tmp_path, monkeypatch):
    """Else it would predict other costs, try other recipes, and go on with fits of others."""
    found = []
    for cores in (8, 1):
        monkeypatch.setattr(plan, "thread_count", lambda cores=cores: cores)
        clock = RecordedClock(Clock.started(), tmp_path / "clock.json")
        found.append(plan.Plan(AUTO, DIGITS, clock.clock).cores)
        clock.write()
    assert found == [8, 8]


def test_the_best_on_validation_is_chosen(race):
    resolved, found, tried = race(AUTO, [0.5, 0.6, 0.9, 0.87])
    assert resolved.features.value == "pixels:zca=0.1"
    assert resolved.features.why.endswith("accuracy 0.9000 by 5 folds of 1,438 examples")
    # All on few rows; then those of the better half that are near, the most promising first.
    assert tried[:4] == [(name, 200) for name in NAMES]
    assert tried[4:] == [("pixels:zca=0.1", 1294), ("pixels:zca=0.01", 1294)]
    assert [row.remark for row in found.rows[:2]] == ["out after 200 rows"] * 2
    assert [row.chosen for row in found.rows] == [False, False, True, False]
    assert not found.upcoming
    assert "enough for all recipes" in resolved.search.why


@pytest.mark.parametrize("lam", ["auto", 0.1])
def test_folds_judge_all_of_the_last_round_and_choose_lam(race, monkeypatch, lam):
    monkeypatch.setattr(search, "resolve", None)  # there is no second choice
    resolved, found, _ = race(AUTO.changed(lam=lam), [0.5, 0.6, 0.9, 0.87])
    assert [(row.n_folds, row.n_validation) for row in found.rows] == [(0, 144), (0, 144), (5, 1438), (5, 1438)]
    assert ("cross-validation" in resolved.lam.why) == (lam == "auto")
    assert "1,294 rows: 0.9000 by 5 folds of 1,438 examples, " in resolved.search.value[4]


def test_without_folds_for_one_recipe_validation_rows_judge_all(race, monkeypatch):
    chosen, real = [], search.resolve
    monkeypatch.setattr(
        search, "resolve", lambda one, *more, **named: chosen.append(one) or real(one, *more, **named)
    )
    helped = iter([True, False])
    monkeypatch.setattr(candidates, "folds_help_for", lambda dataset, n_features: next(helped))
    resolved, found, _ = race(AUTO, [0.5, 0.6, 0.9, 0.87])
    assert {row.n_folds for row in found.rows} == {0}
    assert [one.features for one in chosen] == ["pixels:zca=0.1"]  # whose strength folds choose in the end
    assert "cross-validation" in resolved.lam.why


def test_rows_that_may_belong_together_are_not_divided(race):
    _, found, _ = race(AUTO, [0.5, 0.6, 0.9, 0.87], dataset=replace(DIGITS, drawn=False))
    assert {row.n_folds for row in found.rows} == {0}


def test_without_time_for_folds_the_trial_has_chosen_lam(race, monkeypatch):
    monkeypatch.setattr(plan, "N_FOLDS", 1_000_000)
    resolved, _, _ = race(AUTO.changed(budget="60s"), [0.5, 0.6, 0.9, 0.87])
    assert resolved.features.value == "pixels:zca=0.1"
    assert "0.9000 on 144 validation examples" in resolved.features.why
    assert "validation rows" in resolved.lam.why
    assert "no time for cross-validation" in resolved.search.value[-1]


def test_of_what_chance_may_part_the_least_log_loss_is_chosen(race):
    """Of 144 validation rows a standard error is 2.4 points, of 1,438 in folds 0.8."""
    resolved, _, tried = race(AUTO, [0.9, 0.91, 0.905, 0.5], losses=[0.4, 0.5, 0.3, 0.1])
    assert resolved.features.value == "pixels:zca=0.1"
    assert ("pixels:zca=0.01", 1294) not in tried


def test_the_one_to_choose_of_a_round_goes_on(race):
    """However small its accuracy beside one that chance has raised: few rows part accuracies by whole points."""
    resolved, _, tried = race(AUTO, [0.9, 0.91, 0.95, 0.945], losses=[0.4, 0.5, 0.4, 0.3])
    assert ("pixels:zca=0.01", 1294) in tried
    assert resolved.features.value == "pixels:zca=0.01"


def test_threads_are_part_of_what_is_decided(race, monkeypatch):
    monkeypatch.setattr(search, "WORTH_THREADS", 0)
    monkeypatch.setattr(plan, "thread_count", lambda: 8)
    monkeypatch.setattr(search.FreeCores, "waiting_threads", lambda self: 3)
    resolved, found, _ = race(AUTO, [0.5, 0.6, 0.9, 0.7])
    assert resolved.threads.value == 3
    assert "other programs" in resolved.threads.why
    assert "3 had a core" in found.notes[0]
    assert resolved.recipe(AUTO).threads == 3
    assert resolved.recipe(AUTO).command().endswith(" --threads 3")


def test_an_idle_machine_has_no_bound_on_threads(race, monkeypatch):
    monkeypatch.setattr(search, "WORTH_THREADS", 0)
    monkeypatch.setattr(plan, "thread_count", lambda: 8)
    monkeypatch.setattr(search.FreeCores, "waiting_threads", lambda self: 8)
    resolved, found, _ = race(AUTO, [0.5, 0.6, 0.9, 0.7])
    assert resolved.threads.value is None
    assert not found.notes


def test_a_search_without_time_trains_the_cheapest_and_says_so(race):
    resolved, found, tried = race(AUTO.changed(budget="1s"), [0.5, 0.6, 0.9, 0.7])
    assert tried == [("pixels", 1294)]
    assert resolved.features.value == "pixels"
    assert "too short for any recipe" in found.notes[0]
    assert len(found.upcoming) == 3
    assert found.upcoming[0].command.startswith("scoreline train digits --features pixels:zca=1 ")


def test_the_budget_is_kept_by_what_trials_take(race):
    """Trials that take longer than predicted leave no time for those that were planned."""
    resolved, found, tried = race(AUTO.changed(budget="20s"), [0.5, 0.6, 0.9, 0.7], seconds=6)
    assert len(tried) < 6
    assert tried[-1][1] == 1294
    assert resolved.features.value in [name for name, n in tried if n == 1294]
    assert found.upcoming
    assert any("no time" in step for step in resolved.search.value)


@pytest.fixture
def forms(monkeypatch, race):
    """Run the race with whitening of three strengths, each a larger form of the one before."""
    chain = [LADDER[0], LADDER[1]]
    for recipe in LADDER[2:]:
        chain.append(replace(recipe, larger_of=chain[-1].features))
    monkeypatch.setattr(search, "ladder", lambda asked, shape: chain)
    return race


def test_the_smallest_form_races_for_all_and_the_largest_is_tried_first(forms):
    resolved, found, tried = forms(AUTO, [0.5, 0.85, 0.9, 0.95])
    assert tried[:2] == [("pixels", 200), ("pixels:zca=1", 200)]
    assert tried[2:] == [(name, 1294) for name in NAMES[:0:-1]]
    assert resolved.features.value == "pixels:zca=0.01"
    assert not found.upcoming


def test_without_time_for_the_largest_form_the_next_is_tried(forms, monkeypatch):
    monkeypatch.setattr(plan.Plan, "cost", _dear(plan.Plan.cost, "pixels:zca=0.01"))
    resolved, found, tried = forms(AUTO.changed(budget="100s"), [0.5, 0.85, 0.9, 0.95])
    assert tried[2] == ("pixels:zca=0.1", 1294)
    assert resolved.features.value == "pixels:zca=0.1"
    assert [one.name.split()[0] for one in found.upcoming] == ["pixels:zca=0.01"]


def test_forms_that_rows_are_too_few_for_come_last(forms, monkeypatch):
    monkeypatch.setattr("scoreline.runs.recipes.forms.COLUMNS_A_ROW", 64 / 1294)
    chain = [LADDER[0], LADDER[1], replace(LADDER[2], larger_of=NAMES[1])]
    chain.append(replace(LADDER[3], larger_of=NAMES[2], width_a_pixel=2))
    monkeypatch.setattr(search, "ladder", lambda asked, shape: chain)
    _, _, tried = forms(AUTO, [0.5, 0.85, 0.9, 0.95])
    assert tried[2:] == [(name, 1294) for name in (NAMES[2], NAMES[1], NAMES[3])]


def test_without_a_round_before_larger_forms_of_what_is_far_behind_are_not_tried(forms, monkeypatch):
    monkeypatch.setattr(plan, "FIRST_ROWS", 1294)
    _, found, tried = forms(AUTO, [0.9, 0.5, 0.95, 0.95])
    assert tried == [("pixels", 1294), ("pixels:zca=1", 1294)]
    assert [row.remark for row in found.rows[2:]] == ["as its smaller form: far behind"] * 2


def test_larger_forms_of_what_is_out_are_not_tried(forms):
    resolved, found, tried = forms(AUTO, [0.9, 0.5, 0.95, 0.95])
    assert tried == [("pixels", 200), ("pixels:zca=1", 200), ("pixels", 1294)]
    assert resolved.features.value == "pixels"
    assert [row.remark for row in found.rows[2:]] == ["as its smaller form: out after 200 rows"] * 2


def test_small_models_are_tried_before_their_larger_forms(forms):
    _, _, tried = forms(AUTO.changed(prefer="small"), [0.5, 0.85, 0.9, 0.95])
    assert tried[2:] == [(name, 1294) for name in NAMES[1:]]


def _dear(real, features):
    """Return what a candidate costs, where one takes a thousand seconds more."""

    def cost(self, one):
        found = real(self, one)
        return found._replace(fit=found.fit + 1000) if one.recipe.features == features else found

    return cost


@pytest.mark.parametrize(("prefer", "chosen"), [("accurate", 2), ("fast", 1), ("small", 0)])
def test_preferences_choose_along_the_frontier(race, prefer, chosen):
    config = AUTO.changed(prefer=prefer)
    accuracies = [0.935, 0.93, 0.95, 0.6] if prefer == "small" else [0.8, 0.935, 0.95, 0.6]
    resolved, found, _ = race(config, accuracies, fast=[3e-6, 1e-6, 2e-6, 1e-7])
    if prefer == "small":  # whitening is part of the model
        assert min(row.n_bytes for row in found.rows) == found.rows[0].n_bytes
    assert resolved.features.value == (NAMES[chosen] if prefer != "accurate" else "pixels:zca=0.1")


def test_memory_leaves_recipes_out(race, monkeypatch):
    monkeypatch.setattr(plan, "available_memory", lambda: 800_000)
    monkeypatch.setattr(search, "ladder", lambda asked, shape: [LADDER[0], replace(LADDER[1], width=5_000)])
    resolved, found, tried = race(AUTO, [0.5, 0.6, 0.9, 0.7])
    assert tried == [("pixels", 1294)]
    assert "of memory" in found.rows[1].remark
    assert any("of memory" in step for step in resolved.search.value)


def test_no_room_for_any_recipe_is_told(race, monkeypatch):
    monkeypatch.setattr(plan, "available_memory", lambda: 1_000)
    with pytest.raises(UsageError, match="No recipe fits into memory"):
        race(AUTO, [0.5, 0.6, 0.9, 0.7])


def test_what_cannot_be_computed_is_left_out(race, monkeypatch):
    fit = Pixels.fit

    def refuse(self, X, y=None):
        if self.zca == 1:
            raise DataError("too dark", allowed="light", fix="switch it on")
        return fit(self, X, y)

    monkeypatch.setattr(Pixels, "fit", refuse)
    resolved, found, _ = race(AUTO, [0.5, 0.99, 0.9, 0.7])
    assert resolved.features.value == "pixels:zca=0.1"
    assert found.rows[1].remark == "too dark"


def test_an_interrupt_takes_the_best_so_far(race):
    def stop(event):
        return Reason.INTERRUPTED if len(race.tried) == 5 else None

    resolved, found, tried = race(AUTO, [0.5, 0.6, 0.9, 0.7], listeners=[stop])
    assert tried[-1] == ("pixels:zca=0.1", 1294)
    assert "interrupted" in found.notes[0]
    assert resolved.features.value == "pixels:zca=0.1"
    assert resolved.search.why.endswith("ended by an interrupt")


def test_an_interrupt_leaves_what_folds_have_judged(race):
    """Whatever a classifier that was ended says on the few validation rows."""

    def stop(event):
        return Reason.INTERRUPTED if len(race.tried) == 6 else None

    resolved, found, _ = race(AUTO, [0.5, 0.6, 0.95, 0.95], losses=[1, 1, 0.1, 0.4], listeners=[stop])
    assert [row.n_folds for row in found.rows] == [0, 0, 0, 5]
    assert resolved.features.value == "pixels:zca=0.01"


def test_an_interrupt_at_once_takes_what_there_is(race):
    _, found, tried = race(AUTO, [0.5, 0.6, 0.9, 0.7], listeners=[lambda event: Reason.INTERRUPTED])
    assert tried == [("pixels", 200)]
    assert found.notes[1] == "The classifier was trained on 200 of 1,294 training examples."


def test_a_search_needs_validation_rows():
    data = replace(DIGITS, validation=None)
    with pytest.raises(DataError, match="no validation split to choose a recipe by"):
        search_recipes(AUTO, data, Clock.started(), [], lambda *_: None)


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"features": "auto,hgo"}, UnknownNameError, "hog"),
        ({"features": "auto,hog:cell=no"}, UsageError, "cell"),
        ({"features": "auto", "block_weights": "auto"}, MismatchError, "Block weights"),
        ({"features": "auto", "loss": "sofmax"}, UnknownNameError, "softmax"),
        ({"features": "auto", "solver": "adem"}, UnknownNameError, "adam"),
        ({"features": "pixels", "budget": "30s"}, MismatchError, "budget"),
        ({"features": "hog", "prefer": "fast"}, MismatchError, "prefer"),
    ],
)
def test_mistakes_are_told_before_anything_is_loaded(changes, error, text):
    with pytest.raises(error, match=text):
        check_settings(RunConfig(**changes))


def test_every_beginning_of_the_order_has_all_classes():
    y = np.array([0] * 90 + [1] * 7 + [2] * 3)
    order = stratified_order(y, 0)
    assert sorted(order.tolist()) == list(range(100))
    for n in (3, 10, 50):
        counts = np.bincount(y[order[:n]], minlength=3)
        assert counts.min() >= 1
        assert counts[0] == pytest.approx(0.9 * n, abs=2)
    assert not np.array_equal(order, stratified_order(y, 1))
