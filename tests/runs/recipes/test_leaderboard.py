"""Which recipe is chosen of several, and the table of them."""

import pytest

from scoreline.runs.recipes.leaderboard import COLUMNS, LeaderboardRow, best_of, csv_rows, ranked


def row(name, accuracy, microseconds=1.0, n_bytes=1, **more):
    figures = {"accuracy": accuracy, "n_validation": 1000, "microseconds": microseconds, "n_bytes": n_bytes}
    return LeaderboardRow(name, "softmax", True, 100, **figures, **more)


ROWS = [
    row("cheap", 0.78, 5, 900, log_loss=0.3),
    row("middle", 0.79, 9, 50, log_loss=0.4),
    row("dear", 0.795, 20, 40, log_loss=0.5),
    row("last", 0.6, 1, 1, log_loss=0.1),
]


@pytest.mark.parametrize(("prefer", "name"), [("accurate", "middle"), ("fast", "cheap"), ("small", "dear")])
def test_choice(prefer, name):
    assert best_of(ROWS, prefer).features == name


def test_without_log_losses_the_best_accuracy_is_chosen_of_equals_the_cheapest():
    rows = [row("worse", 0.7), row("cheap", 0.8), row("dear", 0.8)]
    assert best_of(rows, "accurate").features == "cheap"


def test_rows_of_numbers_have_no_pixels_but_in_files():
    of_numbers = row("pixels", 0.8, images=False)
    assert of_numbers.name == "numbers as they are, softmax"
    assert row("pixels", 0.8).name == "pixels softmax"
    assert csv_rows([of_numbers])[0][:2] == ["pixels", "softmax"]


def test_the_chosen_one_leads_and_alone_shows_a_test_accuracy():
    rows = [
        row("other", 0.9),
        row("left out", None, remark="no time"),
        row("won", 0.8, chosen=True, test_accuracy=0.7),
    ]
    assert [one.features for one in ranked(rows)] == ["won", "other", "left out"]
    table = [dict(zip(COLUMNS, cells, strict=True)) for cells in csv_rows(rows)]
    assert [cells["test"] for cells in table] == ["0.7000", "", ""]
    assert (table[0]["validation"], table[0]["remark"], table[2]["remark"]) == ("0.8000", "chosen", "no time")
    assert float(table[0]["low"]) < 0.8 < float(table[0]["high"])
    assert [cells["judged"] for cells in table] == ["on 1,000 validation examples"] * 2 + [""]


def test_it_tells_by_what_recipes_are_judged():
    assert row("won", 0.8, n_folds=5).judged == "by 5 folds of 1,000 examples"
    assert LeaderboardRow("one", "softmax", True, accuracy=1.0, n_validation=1).judged == "on 1 validation example"
