"""The table of a comparison."""

from dataclasses import replace

import pytest

from scoreline.cli.compare import _accuracies_shown, _cells, _of_what, _shared_remarks
from scoreline.runs.comparison import Row, ranked, ranking_name


@pytest.mark.parametrize(
    ("remarks", "shared", "left"),
    [
        (["lam 1 chosen, refitted", "lam 2 chosen, refitted"], ["refitted"], ["lam 1 chosen", "lam 2 chosen"]),
        (["refitted", "diverged"], [], ["refitted", "diverged"]),
        (["refitted"], [], ["refitted"]),
        (["", ""], [], ["", ""]),
    ],
)
def test_what_all_have_in_common_is_told_once(remarks, shared, left):
    rows = [Row(f"row {k}", {}, "test", remark=remark) for k, remark in enumerate(remarks)]
    assert _shared_remarks(rows) == shared
    assert [_cells(row, ["validation", "train"], shared)[-1] for row in rows] == left


def rows_of(*folds):
    rows = [
        Row(f"row {k}", {}, "test", 0.5, 0.9, validation_accuracy=0.1 * k, folds_accuracy=of_folds)
        for k, of_folds in enumerate(folds)
    ]
    counts = {"train": 90, "validation": 10, "test": 50}
    return [replace(row, examples=counts | ({} if row.folds_accuracy is None else {"folds": 100})) for row in rows]


@pytest.mark.parametrize(
    ("folds", "ranking", "order", "shown"),
    [
        ((0.8, 0.7, 0.6), "folds", "012", ["validation", "folds", "train"]),
        ((0.8, 0.7, None), "validation", "210", ["validation", "folds", "train"]),
        ((None, None), "validation", "10", ["validation", "train"]),
    ],
)
def test_folds_rank_where_they_have_evaluated_all(folds, ranking, order, shown):
    rows = ranked(rows_of(*folds))
    assert ranking_name(rows) == ranking
    assert [row.name[-1] for row in rows] == list(order)
    assert _accuracies_shown(rows) == shown
    assert [_of_what(rows, name).partition(" ")[0] for name in shown] == (
        ["10", "100", "90"] if len(shown) == 3 else ["10", "90"]
    )
