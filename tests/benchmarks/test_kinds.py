"""Kinds of data are the same every time, and of the sizes that are told of them."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.kinds import kinds

#: Those that are drawn, with height, width, and bands where there are several.
DRAWN = {
    "colours": (40, 40, 3),
    "icons": (80, 80, 4),
    "letters": (32, 32),
    "lines": (64, 256),
    "mirrored": (32, 32),
    "objects": (64, 64, 3),
    "plates": (48, 24, 3),
    "sounds": (40, 100),
    "spots": (72, 72),
}


@pytest.mark.parametrize("name", list(DRAWN))
def test_images_follow_from_the_seed(name):
    make = kinds(Path())[name].make
    found, again = (list(make(1, 1, np.random.default_rng(0))) for _ in range(2))
    assert [split for split, _, _ in found[:2]] == ["train", "test"]
    assert len({label for _, label, _ in found}) == len(found) / 2
    for (_, _, image), (_, _, same) in zip(found, again, strict=True):
        pixels = np.asarray(image)
        assert pixels.shape == DRAWN[name]
        np.testing.assert_array_equal(pixels, np.asarray(same))


def test_digits_come_in_the_proportions_that_there_are():
    rows = list(kinds(Path())["digits"].make(120, 60, np.random.default_rng(0)))
    assert {image.shape for _, _, image in rows} == {(8, 8)}
    assert 1_190 < sum(split == "train" for split, _, _ in rows) <= 1_200
