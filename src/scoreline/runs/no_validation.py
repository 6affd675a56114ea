"""What to do where there are no validation rows to choose by."""

from __future__ import annotations

import numpy as np

from scoreline.data import Dataset
from scoreline.errors import DataError

__all__ = ["no_validation"]


def no_validation(dataset: Dataset, share: float, purpose: str = "", otherwise: str = "") -> DataError:
    """Return the error of a choice for which there are no validation rows.

    Parameters
    ----------
    dataset : Dataset
        Without a validation split.
    share : float
        That was to be held out.
    purpose : str
        What the rows are for, such as ``to choose lam by``.
    otherwise : str
        What to do instead, such as ``give lam as a number``.
    """
    n, most = len(dataset.train), int(np.bincount(dataset.train.y).max())
    given = f"{dataset.name} has no validation split {purpose}".rstrip()
    allowed = "data that hold one out, or a share to hold out"
    fix = "leave --validation at 0.1"
    if share > 0 and most > 1:
        given += f": a share of {share:g} of {n:,} training examples is none"
        fix = "add examples, hold out a larger share, such as --validation 0.5"
    elif share > 0:
        given += ": with one training example of each class, none can be held out"
        allowed = "two examples of a class or more, or data that hold some out"
        fix = "add examples of each class"
    return DataError(given, allowed=allowed, fix=f"{fix}, or {otherwise}" if otherwise else fix)
