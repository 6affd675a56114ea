"""Each schedule between whole epochs, at its edges, and with parameters that it refuses."""

from __future__ import annotations

import math
import pickle

import pytest

from scoreline.errors import UnknownNameError, UsageError
from scoreline.schedules import Constant, Cosine, Exponential, Schedule, Step, Warmup


@pytest.mark.parametrize(
    ("schedule", "epoch", "factor"),
    [
        (Constant(), 7.3, 1.0),
        (Step(every=2, drop=0.1), 1.999, 1.0),
        (Step(every=2, drop=0.1), 2.0, 0.1),
        (Step(every=2, drop=0.1), 7.9, 0.1**3),
        (Step(every=0.5, drop=0.5), 1.75, 0.5**3),
        (Step(every=2, drop=0), 1.0, 1.0),
        (Step(every=2, drop=0), 2.0, 0.0),
        (Exponential(decay=0.25), 0.5, 0.5),
        (Exponential(decay=0.25), 2.0, 0.0625),
        (Cosine(), 5.0, 0.5),
        (Cosine(), 10.0, 0.0),
        (Cosine(end=0.2), 10.0, 0.2),
        (Cosine(), 10 / 3, 0.75),
        (Warmup(epochs=4), 1.0, 0.25),
        (Warmup(epochs=4), 4.0, 1.0),
        (Warmup(epochs=4), 9.0, 1.0),
        (Warmup(epochs=2, then="cosine"), 6.0, 0.5),
        (Warmup(epochs=2, then="cosine"), 10.0, 0.0),
        (Warmup(epochs=2, then=Step(every=3, drop=0.5)), 4.9, 1.0),
        (Warmup(epochs=2, then=Step(every=3, drop=0.5)), 5.0, 0.5),
        (Warmup(epochs=20), 10.0, 0.5),  # longer than the run
    ],
)
def test_factor_in_a_run_of_ten_epochs(schedule: Schedule, epoch: float, factor: float) -> None:
    assert schedule.factor(epoch, 10.0) == pytest.approx(factor, rel=1e-14, abs=1e-16)


def test_cosine_stays_at_its_end_when_the_run_goes_on() -> None:
    assert Cosine(end=0.3).factor(25.0, 10.0) == pytest.approx(0.3, rel=1e-15)


def test_exponential_is_a_steady_decline() -> None:
    exponential = Exponential()
    assert math.log(exponential.factor(4.5, 10)) == pytest.approx(4.5 * math.log(0.95))


def test_a_warm_up_builds_what_follows_at_once() -> None:
    assert Warmup(then="step:5,drop=0.1").then == Step(every=5, drop=0.1)
    with pytest.raises(UnknownNameError, match="write 'cosine'"):
        Warmup(then="cosin")
    with pytest.raises(UsageError, match=r"^then is 3\."):
        Warmup(then=3)  # type: ignore[arg-type]


def test_a_schedule_of_ones_own_may_follow_a_warm_up() -> None:
    class Half(Schedule):
        def factor(self, epoch: float, max_epochs: float) -> float:
            return 0.5

    assert Warmup(epochs=1, then=Half()).factor(3, 10) == 0.5


def test_a_nested_warm_up_survives_the_way_to_another_process() -> None:
    schedule = Warmup(epochs=2, then=Warmup(epochs=1, then=Cosine(end=0.1)))
    assert pickle.loads(pickle.dumps(schedule)) == schedule  # noqa: S301 - joblib does it between its own processes


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step(every=0), r"every is 0.0\. Allowed: a number in \(0, inf\)"),
        (lambda: Step(drop=1), r"drop is 1.0\. Allowed: a number in \[0, 1\)"),
        (lambda: Exponential(decay=0), r"decay is 0.0\. Allowed: a number in \(0, 1\)"),
        (lambda: Exponential(decay=1.0), "decay is 1.0"),
        (lambda: Cosine(end=1), "end is 1.0"),
        (lambda: Warmup(epochs=0), r"epochs is 0.0\. Allowed: a number in \(0, inf\)"),
    ],
)
def test_parameters_outside_their_range_are_refused(make: type[Schedule], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()
