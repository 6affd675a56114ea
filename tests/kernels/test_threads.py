"""Small work runs on one thread, and nothing of that is left behind."""

import threading

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_info, threadpool_limits

from scoreline import LinearClassifier, LinearClassifierCV
from scoreline.features.principal_components import principal_components
from scoreline.kernels.threads import (
    WORTH_THREADS,
    limited_threads,
    one_blas_thread,
    separate_threads,
    thread_count,
    threads_for,
    waiting_limited,
)

SMALL, LARGE = WORTH_THREADS / 2, WORTH_THREADS * 2


def blas_threads():
    """Return the thread numbers of NumPy's and SciPy's libraries; OpenCV, which other tests load, has its own."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {pool["num_threads"] for pool in pools if "opencv" not in pool["filepath"]}


@pytest.fixture(autouse=True)
def _two_threads():
    with threadpool_limits(2, user_api="blas"):
        assert blas_threads() == {2}
        yield
        assert blas_threads() == {2}, "a limit was left behind"


@pytest.fixture
def several_cores(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1, 2}, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@pytest.mark.usefixtures("several_cores")
def test_small_work_has_one_thread_and_large_work_as_many_as_blas():
    with threads_for(SMALL):
        assert (thread_count(), blas_threads()) == (1, {1})
        with threads_for(LARGE):  # inside small work all is small
            assert (thread_count(), blas_threads()) == (1, {1})
    with threads_for(LARGE):
        assert (thread_count(), blas_threads()) == (2, {2})


@pytest.mark.usefixtures("several_cores")
def test_own_threads_are_counted_while_blas_is_held_to_one():
    with one_blas_thread():
        assert (thread_count(), blas_threads()) == (2, {1})


@pytest.mark.usefixtures("several_cores")
def test_a_quota_counts_and_blas_is_held_to_it(monkeypatch):
    monkeypatch.setattr("scoreline.kernels.threads._quota", lambda: 1)
    assert (thread_count(), separate_threads(), blas_threads()) == (1, 1, {2})
    with threads_for(LARGE):
        assert (thread_count(), blas_threads()) == (1, {1})


@pytest.mark.usefixtures("several_cores")
def test_limits_hold_inside_one_another():
    with limited_threads(1):
        assert (thread_count(), separate_threads(), blas_threads()) == (1, 1, {1})
        with limited_threads(2), threads_for(LARGE):
            assert (thread_count(), blas_threads()) == (1, {1})
    with limited_threads(8), limited_threads(None), one_blas_thread():
        assert (thread_count(), blas_threads()) == (2, {1})


@pytest.mark.usefixtures("several_cores")
def test_threads_that_wait_for_others_have_a_limit_of_their_own():
    with waiting_limited(1):
        assert (thread_count(), separate_threads(), blas_threads()) == (1, 2, {1})
    with waiting_limited(None):
        assert (thread_count(), separate_threads(), blas_threads()) == (2, 2, {2})


def test_an_error_inside_leaves_no_limit():
    with pytest.raises(RuntimeError, match="inside"), threads_for(SMALL):
        raise RuntimeError("inside")


@pytest.mark.usefixtures("several_cores")
def test_the_limit_is_of_the_python_thread_that_asked():
    entered, leave, counted = threading.Event(), threading.Event(), []

    def other():
        entered.wait(10)
        counted.append(thread_count())
        leave.set()

    thread = threading.Thread(target=other)
    thread.start()
    with threads_for(SMALL):
        entered.set()
        assert leave.wait(10)
    thread.join(10)
    assert counted == [2]


def test_threads_that_leave_in_the_order_in_which_they_came_restore_the_limit():
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()
    seen = []

    def first():
        with threads_for(SMALL):
            first_in.set()
            assert second_in.wait(10)
        first_out.set()

    def second():
        assert first_in.wait(10)
        with threads_for(SMALL):
            second_in.set()
            assert first_out.wait(10)
            seen.append(blas_threads())

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [{1}]


def test_a_small_fit_sees_one_thread():
    X, y = load_digits(return_X_y=True)
    seen = []
    LinearClassifier(lam=1e-2).fit(X, y, listeners=[lambda event: seen.append(tuple(blas_threads()))])
    assert set(seen) == {(1,)}


def test_searches_leave_no_limit():
    X, y = load_digits(return_X_y=True)
    with joblib.parallel_config("threading"):
        GridSearchCV(LinearClassifier(), {"lam": [1e-2, 1e-1]}, cv=2, n_jobs=2).fit(X[:200], y[:200])
    LinearClassifierCV([1e-2, 1e-1], cv=2).fit(X[:200], y[:200])


def test_fits_in_several_python_threads_come_to_the_same():
    X, y = load_digits(return_X_y=True)
    alone = LinearClassifier(lam=1e-2).fit(X, y).coef_
    found = [None] * 4

    def fit(place):
        found[place] = LinearClassifier(lam=1e-2).fit(X, y).coef_

    threads = [threading.Thread(target=fit, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for coef in found:
        np.testing.assert_array_equal(coef, alone)


@pytest.mark.usefixtures("several_cores")
def test_components_do_not_depend_on_the_number_of_threads():
    rows = np.random.default_rng(0).normal(size=(700, 300)).astype(np.float32)
    found = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            found.append(principal_components(lambda: iter([rows[:400], rows[400:]]), rows.shape, 40, 0))
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)
