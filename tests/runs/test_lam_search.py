"""The exact search fits few strengths, and what it chooses lies between others."""

import numpy as np
import pytest

from scoreline import LinearClassifier
from scoreline.engine.problem.events import Reason
from scoreline.estimators.brief_fit import fit_briefly
from scoreline.estimators.exact_fits import ExactFits
from scoreline.estimators.validation import validate_training_data
from scoreline.estimators.warm_start import WarmStart
from scoreline.runs.config import RunConfig
from scoreline.runs.lam_choice import choose_lam
from scoreline.runs.lam_search import STRONGER, TRIED, search_exactly, strongest_as_good
from scoreline.runs.pipeline import build_classifier, fit_prepared, prepare, problem_of


class Fits:
    """Stands in for exact fits: accuracy is a hill over the place of a strength."""

    def __init__(self, first, best):
        self.first, self.best, self.asked = first, best, []

    def first_steps(self, lams):
        return ((lam, self.hill(lam, self.first), lam) for lam in lams) if self.first is not None else iter(())

    def begin_at_steps(self, steps, lam):
        self.begun = steps[lam]

    def fit(self, lam):
        self.asked.append(lam)
        return type("Outcome", (), {"reason": Reason.CONVERGED, "validation_accuracy": self.hill(lam, self.best)})

    @staticmethod
    def hill(lam, best):
        return 0.9 - 0.1 * abs(2 * (1 - round(2 * np.log10(lam)) / 2) - best)


LABELS = np.arange(1000) % 10


@pytest.mark.parametrize(("first", "best"), [(8, 8), (4, 8), (8, 5), (2, 0), (0, 16)])
def test_what_is_chosen_lies_between_others(first, best):
    fits = Fits(first, best)
    outcomes = search_exactly(fits, LABELS)
    chosen = strongest_as_good({lam: outcome.validation_accuracy for lam, outcome in outcomes.items()}, 1000)
    assert chosen == TRIED[best]
    assert fits.begun == fits.asked[0] == TRIED[first]
    assert set(TRIED[max(best - 1, 0) : best + 2]) <= outcomes.keys()
    assert len(fits.asked) == len(set(fits.asked)) == len(outcomes) <= abs(first - best) + 3


@pytest.mark.parametrize(("first", "best", "chosen"), [(4, -2, 100), (None, -3, 10**2.5), (0, -9, 1000)])
def test_beyond_the_end_it_goes_on_for_as_long_as_that_is_better(first, best, chosen):
    outcomes = search_exactly(Fits(first, best), LABELS)
    accuracy = {lam: outcome.validation_accuracy for lam, outcome in outcomes.items()}
    assert strongest_as_good(accuracy, 1000) == pytest.approx(chosen)
    assert max(outcomes) <= STRONGER[-1]


def test_stronger_ones_that_are_merely_as_good_are_no_reason_to_go_on():
    fits = Fits(2, 0)
    fits.hill = lambda lam, best: 0.9 if lam > 3 else 0.5
    assert max(search_exactly(fits, LABELS)) == TRIED[0]


def test_without_a_first_step_it_goes_from_the_strongest_down():
    fits = Fits(None, 2)
    search_exactly(fits, LABELS)
    assert fits.asked == TRIED[:5].tolist()


def test_an_interruption_is_the_end():
    fits = Fits(4, 4)
    fits.fit = lambda lam: type("Outcome", (), {"reason": Reason.INTERRUPTED, "validation_accuracy": 0.5})
    assert list(search_exactly(fits, LABELS)) == [TRIED[4]]


@pytest.mark.parametrize(
    ("loss", "penalty", "steps"), [("svm", "l2", 0), ("softmax", "l1", 0), ("softmax", "l2", 3)]
)
def test_corners_have_no_first_step(loss, penalty, steps):
    prepared, held_out = _digits()
    classifier = build_classifier(RunConfig(data="digits", loss=loss, penalty=penalty, solver="exact"), prepared)
    fits = ExactFits.of(classifier, problem_of(classifier, prepared), held_out, TRIED)
    assert len(list(fits.first_steps([1.0, 0.1, 0.01]))) == steps


def test_mini_batches_have_no_exact_fits():
    prepared, held_out = _digits()
    classifier = build_classifier(RunConfig(data="digits", solver="momentum"), prepared)
    assert ExactFits.of(classifier, problem_of(classifier, prepared), held_out, TRIED) is None


def test_the_last_fit_begins_where_the_choice_ended():
    config = RunConfig(data="digits", lam="auto", loss="one-vs-all:squared", tol=1e-6)
    prepared = prepare(config)
    choice, start = choose_lam(config, prepared, None, WarmStart(None))
    assert choice.lam not in (max(choice.accuracy), min(choice.accuracy))
    config = config.model_copy(update={"lam": choice.lam})
    cold, warm = build_classifier(config, prepared), build_classifier(config, prepared)
    fit_prepared(cold, prepared, [])
    fit_prepared(warm, prepared, [], start)
    assert warm.n_iter_ < cold.n_iter_
    assert warm.duality_gap_ <= 1e-6
    assert warm.objective_ == pytest.approx(cold.objective_, rel=2e-6)


def _digits():
    from scoreline.data import RowsSource

    prepared = prepare(RunConfig(data="digits"))
    return prepared, RowsSource(prepared.rows["validation"], prepared.labels("validation"), 10)


def test_small_gains_in_a_row_are_followed():
    fits = Fits(4, 4)
    slow = {lam: 0.6 + 0.005 * min(place, 8) for place, lam in enumerate(TRIED.tolist())}
    fits.hill = lambda lam, best: slow[lam]
    search_exactly(fits, LABELS)
    assert min(fits.asked) == TRIED[9]


def test_a_refit_of_few_wide_rows_measures_them_anew():
    """Their moments know nothing of what lies beyond them, where a weak penalty lets new rows lead."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(48, 600)).astype(np.float32), np.arange(48) % 3
    alone = LinearClassifier(loss="squared-error", lam=1e-6, tol=1e-3)
    begun = fit_briefly(alone, validate_training_data(alone, X[:43], y[:43], None)).warm_start
    fitted = alone.fit(X, y, warm_start=begun)
    assert fitted.n_iter_ <= 5
    assert not fitted.warnings_


def test_fits_take_more_iterations_where_moments_know_few_directions(monkeypatch):
    """Preconditioned by a few rows, eight iterations at a weak penalty are far from where the choice is made."""
    prepared, held_out = _digits()
    classifier = build_classifier(RunConfig(data="digits", loss="squared-error"), prepared)
    accuracy = {}
    for most in (1000, 32):
        monkeypatch.setattr("scoreline.engine.exact.moments.MOST_FEATURES", most)
        monkeypatch.setattr("scoreline.engine.exact.moments.FACTOR_ROWS", 8)
        fits = ExactFits.of(classifier, problem_of(classifier, prepared), held_out, TRIED)
        assert fits.path.moments.partial == (most < 64)
        accuracy[most] = fits.fit(1e-4).validation_accuracy
    assert accuracy[32] == pytest.approx(accuracy[1000], abs=0.003)
