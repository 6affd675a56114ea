"""GIST against its formulae by plain Fourier transforms in float64, and gratings whose answer is known."""

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.features import GIST
from scoreline.features.gist import gabor_bank
from scoreline.features.grey import grey_values

RNG = np.random.default_rng(0)


def images(H, W, ch=1, n=3):
    return np.kron(RNG.integers(0, 256, (n, -(-H // 4), -(-W // 4), ch)), np.ones((1, 4, 4, 1)))[:, :H, :W].astype(
        np.uint8
    )


def contrast(image):
    """Return the log grey values of one image less their low frequencies, divided by their local deviation."""
    x = np.pad(np.log1p(grey_values(image[None])[0]), 5, mode="symmetric")
    down, right = (np.fft.fftfreq(side) * side for side in x.shape)
    low = np.exp(-(down[:, None] ** 2 + right**2) * np.log(2) / 16)
    high = x - np.fft.ifft2(np.fft.fft2(x) * low).real
    deviation = np.sqrt(np.abs(np.fft.ifft2(np.fft.fft2(high**2) * low).real))
    return (high / (0.2 + deviation))[5:-5, 5:-5]


def energies(image, scales, orientations):
    H, W = image.shape[:2]
    down, right = H // 4, W // 4
    wide = np.pad(contrast(image), ((down, down), (right, right)), mode="symmetric")
    bank = gabor_bank(wide.shape, scales, orientations)
    return np.abs(np.fft.ifft2(np.fft.fft2(wide) * bank))[:, down : down + H, right : right + W]


@pytest.mark.parametrize(("H", "W", "ch"), [(32, 32, 3), (21, 40, 1), (8, 9, 3)])
@pytest.mark.parametrize("change", [{}, {"scales": 2, "orientations": 3, "grid": 3}], ids=str)
def test_the_rows_are_the_formula(H, W, ch, change):
    X = images(H, W, ch)
    gist = GIST(**change).fit(X)
    ends = [np.arange(gist.grid + 1) * side // gist.grid for side in (H, W)]
    for image, row, own in zip(X, gist.transform(X), gist.energies(X), strict=True):
        expected = energies(image, gist.scales, gist.orientations)
        np.testing.assert_allclose(own, expected, atol=2e-6)
        means = [
            band[ends[0][r] : ends[0][r + 1], ends[1][c] : ends[1][c + 1]].mean()
            for band in expected
            for r, c in np.ndindex(gist.grid, gist.grid)
        ]
        np.testing.assert_allclose(row, means, atol=2e-6)


@pytest.mark.parametrize("scale", range(3))
@pytest.mark.parametrize("orientation", range(4))
def test_a_grating_answers_in_its_own_filter(scale, orientation):
    angle, frequency = -np.pi * orientation / 4, 0.3 / 1.85**scale
    y, x = np.mgrid[:64, :64]
    wave = np.cos(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)))
    X = (128 + 100 * wave).astype(np.uint8)[None, :, :, None]
    strength = GIST(orientations=4).fit(X).energies(X)[0, :, 16:48, 16:48].mean(axis=(1, 2)).reshape(4, 4)
    assert np.unravel_index(strength.argmax(), strength.shape) == (scale, orientation)


def test_the_mirror_image_has_the_mirrored_numbers():
    X = images(32, 32, 3)
    gist = GIST().fit(X)
    rows, mirrored = (gist.transform(each).reshape(3, 4, 8, 4, 4) for each in (X, X[:, :, ::-1]))
    # But for half a cycle a pixel, a frequency that has one sign only.
    np.testing.assert_allclose(mirrored, rows[:, :, -np.arange(8) % 8, :, ::-1], atol=1e-3)
    assert np.abs(mirrored - rows).max() > 1e-2


def test_a_flat_image_has_no_energy():
    X = np.full((2, 32, 32, 3), 90, np.uint8)
    assert GIST().fit(X).transform(X).max() < 1e-6


def test_parameters_out_of_range():
    with pytest.raises(UsageError, match="orientations"):
        GIST(orientations=0).fit(images(32, 32))
