"""What a data set says of itself."""

import dataclasses

import numpy as np

from scoreline.data import load_dataset
from scoreline.data.base import Rejected, Split


def test_repr_is_a_line_whatever_the_size():
    data = load_dataset("digits")
    assert repr(data).startswith("Dataset('digits', 10 classes, train=Split(")
    assert "examples of shape (8, 8, 1), uint8)" in repr(data)
    assert len(repr(data)) < 300
    many = dataclasses.replace(data, rejected=(Rejected("a.png", "train", "broken"),) * 2000, validation=None)
    assert repr(many).endswith(", 2,000 rejected)")
    assert "validation" not in repr(many)


def test_repr_of_a_split():
    split = Split.of(np.zeros((1234, 5), np.float32), np.zeros(1234, np.int64))
    assert repr(split) == "Split(1,234 examples of shape (5,), float32)"
