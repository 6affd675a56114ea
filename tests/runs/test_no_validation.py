"""What is said where there are no validation rows to choose by: what these data lack, and what helps."""

import numpy as np
import pytest

from scoreline.data import Dataset, Split
from scoreline.data.splitting import split_off_validation
from scoreline.runs.no_validation import no_validation


def data(*counts):
    y = np.repeat(np.arange(len(counts)), counts)
    names = tuple("abcde"[: len(counts)])
    return Dataset("tiny", names, Split.of(np.zeros((len(y), 3), np.float32), y), None, None)


@pytest.mark.parametrize(
    ("dataset", "share", "given", "allowed", "fix"),
    [
        (
            data(1, 1, 1),
            0.1,
            "one training example of each class",
            "two examples of a class",
            "add examples of each",
        ),
        (
            data(2, 2),
            0.1,
            "a share of 0.1 of 4 training examples is none",
            "a share",
            "--validation 0.5, or give lam",
        ),
        (
            data(20, 20),
            0.0,
            "no validation split to choose lam by",
            "a share",
            "leave --validation at 0.1, or give",
        ),
    ],
)
def test_it_says_what_is_lacking(dataset, share, given, allowed, fix):
    assert split_off_validation(dataset, share, 0).validation is None
    error = no_validation(dataset, share, "to choose lam by", "give lam as a number")
    assert given in error.given
    assert allowed in error.allowed
    assert fix in error.fix


def test_what_it_proposes_helps():
    assert len(split_off_validation(data(2, 1), 0.5, 0).validation) == 1
