"""What every epoch came to."""

import math

import numpy as np

from scoreline.engine.problem.events import Evaluated
from scoreline.engine.problem.history import Epoch, History
from scoreline.engine.problem.params import Params


def evaluated(objective=(1.0,), validation_accuracy=None, validation_loss=(1.0,), mark=0.0):
    K = len(objective)
    return Evaluated(
        1, 1.0, np.array(objective), np.array(objective), np.full(K, 0.5),
        None if validation_accuracy is None else np.array(validation_loss),
        None if validation_accuracy is None else np.array(validation_accuracy),
        np.full(K, 0.1), Params(np.full((K, 1, 1), mark), np.zeros((K, 1))),
    )  # fmt: skip


def test_history_has_the_columns_of_its_configuration():
    history = History(1)
    history(evaluated((1.0, 2.0), (0.3, 0.4), (5.0, 6.0)))
    history(evaluated((1.0, 1.5)))
    columns = history.columns()
    assert tuple(columns) == Epoch._fields
    assert columns["objective"] == [2.0, 1.5]
    assert columns["validation_loss"][0] == 6.0
    assert math.isnan(columns["validation_loss"][1])
    assert len(history) == 2
