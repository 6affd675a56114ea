import numpy as np
import pytest

from scoreline.gradients import SCHEMES, error_curve, numerical_gradient, recommend_h


def f(x):
    return float(np.exp(x).sum() + np.sin(3 * x).sum())


def slope(x):
    return np.exp(x) + 3 * np.cos(3 * x)


X = np.array([0.3, -0.8, 1.1, 0.5])


@pytest.mark.parametrize(("scheme", "low", "high"), [("forward", 1e-9, 1e-6), ("central", 1e-7, 1e-3)])
def test_recommended_step_is_of_the_textbooks_size(scheme, low, high):
    assert low <= recommend_h(f, X, scheme=scheme) <= high


@pytest.mark.parametrize("scheme", SCHEMES)
def test_recommended_step_is_near_the_best(scheme):
    def error(h):
        return np.abs(numerical_gradient(f, X, h=h, scheme=scheme) - slope(X)).max()

    best = min(error(h) for h in 10.0 ** np.arange(-12, 0, 0.5))
    assert error(recommend_h(f, X, scheme=scheme)) <= 30 * best


def test_curve_is_a_u():
    curve = error_curve(f, X)
    typical = np.median(curve.error, axis=1)
    bottom = int(typical.argmin())
    assert typical[0] > 100 * typical[bottom] < typical[-1]
    assert (np.diff(curve.h) < 0).all()


def test_linear_functions_have_a_step_too():
    assert 1e-6 < recommend_h(lambda x: float(x.sum()), X) <= 0.1
