"""The table of a comparison."""

import pytest

from scoreline.cli.compare import _cells, _shared_remarks
from scoreline.runs.comparison import Row


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
    assert [_cells(row, shared)[-1] for row in rows] == left
