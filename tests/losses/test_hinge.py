"""What all hinges share: kinks that are smoothed about a prox-centre."""

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.losses import LOSSES

SPECS = ["weston-watkins", "weston-watkins:average=true", "one-vs-all", "one-vs-all:margin=2", "crammer-singer"]
Y = np.arange(40) % 4
RNG = np.random.default_rng(0)


def hinges(spec, R):
    """Return a plain hinge, scores on both sides of its kinks, and labels."""
    return LOSSES.build(spec), RNG.normal(scale=2, size=(40, R)), Y % (2 if R == 1 else R)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("R", [1, 2, 4])
@pytest.mark.parametrize("width", [0.01, 0.5, 2.0])
def test_centred_on_the_slopes_of_the_hinge_smoothing_changes_none_of_them(spec, R, width):
    plain, scores, y = hinges(spec, R)
    slopes = plain.value_and_gradient(scores, y)[1]
    smoothed = plain.smoothed(width)
    again = smoothed.value_and_gradient(scores + smoothed.shift(slopes, y), y)[1]
    np.testing.assert_allclose(again, slopes, atol=1e-4)


@pytest.mark.parametrize("spec", ["weston-watkins", "one-vs-all"])
@pytest.mark.parametrize("R", [2, 4])
def test_slopes_are_the_best_near_their_centre(spec, R):
    """They maximise a.s - L*(a) - width / 2 |a - centre|^2 over the hinges' own slopes, between 0 and 1 each."""
    plain, scores, y = hinges(spec, R)
    width = 0.7
    smoothed = plain.smoothed(width)
    centre = smoothed.value_and_gradient(RNG.normal(size=scores.shape), y)[1]
    slopes = smoothed.value_and_gradient(scores + smoothed.shift(centre, y), y)[1]
    others = [plain.feasible(slopes + RNG.normal(scale=scale, size=slopes.shape), y) for scale in (0.01, 0.1, 1.0)]
    own = np.ones(scores.shape, bool)
    if spec == "weston-watkins":  # the true class has no hinge of its own
        own[np.arange(len(y)), y] = False

    def worth(a):
        moved = np.where(own, a - centre, 0)
        return np.einsum("nr,nr->n", a, scores) - plain.conjugate(a, y) - width / 2 * (moved**2).sum(axis=1)

    for other in others:
        assert (worth(other) <= worth(slopes) + 1e-9).all()


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("R", [1, 4])
def test_the_hessian_has_the_slopes_of_slopes(spec, R):
    plain, scores, y = hinges(spec, R)
    smoothed = plain.smoothed(0.5)
    change = RNG.normal(size=scores.shape)
    h = 1e-7
    up, down = (smoothed.value_and_gradient(scores + t * change, y)[1] for t in (h, -h))
    np.testing.assert_allclose(smoothed.slope_change(scores, y, change), (up - down) / (2 * h), atol=1e-5)


@pytest.mark.parametrize("name", ["weston-watkins", "one-vs-all", "crammer-singer"])
def test_the_width_of_models_that_were_written_before_is_read(name):
    loss = LOSSES.build(f"{name}:rounding=0.25,margin=2")
    assert loss == LOSSES.build(f"{name}:margin=2,smoothing_width=0.25")
    assert LOSSES.spec(loss) == f"{name}:margin=2.0,smoothing_width=0.25"
    with pytest.raises(UsageError, match="smoothing_width twice"):
        LOSSES.build(f"{name}:rounding=0.25,smoothing_width=0.25")
