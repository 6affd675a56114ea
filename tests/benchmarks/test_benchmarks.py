"""The benchmarks work, and their evaluator is right; how fast anything is, no test asks."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.comparisons import COMPARISONS
from benchmarks.datasets import Rows, load_rows, prepare
from benchmarks.evaluation import LOSSES, objectives
from benchmarks.harness import Measurements
from benchmarks.optima import Optimum
from benchmarks.peers import PEERS
from benchmarks.photographs import crop_box, make_folder
from benchmarks.tables import Table, put_section, ratios, spread
from benchmarks.tasks import Job, Point, Record, Task
from benchmarks.worker import read_record
from PIL import Image

from scoreline import LinearClassifier, losses

ROOT = Path(__file__).resolve().parents[2]


def python(*arguments):
    """Run Python in the folder that holds the benchmarks."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603


def test_the_command_measures_digits_and_puts_a_table_between_markers(tmp_path):
    out = tmp_path / "results.md"
    out.write_text(
        "before\n<!-- results: digits -->\nold\n<!-- end of results: digits -->\nafter\n", encoding="utf-8"
    )
    done = python("-m", "benchmarks", "digits", "--quick", "--threads", "1", "--out", out, "--cache", tmp_path)
    assert done.returncode == 0, done.stderr
    text = out.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "former figures" not in text
    assert "sgemm in GFLOP/s" in text
    table = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    names = [row[0] for row in table[2:]]
    assert names == [
        "scoreline exact, tol=0.001",
        "scoreline exact, tol=0.0001",
        "scikit-learn lbfgs",
        "scikit-learn newton-cholesky",
    ]
    assert {len(row) for row in table} == {len(table[0])}
    lbfgs = table[4]
    assert lbfgs[1].endswith(" s")
    assert lbfgs[2].endswith("x")
    assert "(reference in float64, gap " in text
    assert len(list((tmp_path / "results").glob("digits-*.json"))) == 1


def test_the_frontier_goes_from_files_to_the_evaluated_classifier(tmp_path):
    done = python("-m", "benchmarks", "frontier", "--quick", "--threads", "1", "--cache", tmp_path)
    assert done.returncode == 0, done.stderr
    head, _, *rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    by_name = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["numbers"] for row in by_name] == ["356", "944"]
    assert all(0.2 < float(row["accuracy"]) <= 1 for row in by_name)
    assert all(float(row["reading"].split()[0]) < float(row["seconds"].split()[0]) for row in by_name)
    assert sorted(file.name for file in (tmp_path / "figures").iterdir()) == ["frontier-dark.png", "frontier.png"]


def test_crops_of_photographs_share_no_pixel_between_splits(tmp_path):
    make_folder(tmp_path / "photographs")
    files = sorted((tmp_path / "photographs").rglob("*.jpg"))
    assert len(files) == 13 * 300
    sizes = set()
    for file in files:
        with Image.open(file) as image:
            sizes.add(image.size)
    assert len(sizes) > 100
    rng = np.random.default_rng(0)
    for colour in (0, 1):
        for _ in range(200):
            left, top, right, bottom = crop_box((320, 240), colour, rng)
            regions = {(top // 60 + left // 80) % 2, ((bottom - 1) // 60 + (right - 1) // 80) % 2}
            assert regions == {colour}


def test_an_unknown_comparison_is_refused():
    done = python("-m", "benchmarks", "digit")
    assert done.returncode == 1
    assert "There is no comparison digit" in done.stderr


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("name", list(COMPARISONS))
def test_the_jobs_of_a_comparison_are_named_once_and_known(name, quick):
    jobs = COMPARISONS[name].jobs(quick=quick)
    assert len({job.label for job in jobs}) == len(jobs)
    assert {job.peer for job in jobs} <= PEERS.keys()
    assert [Job.from_json(job.as_json()) for job in jobs] == jobs


def test_peers_load_their_libraries_late():
    late = ("scoreline", "sklearn", "scipy", "torch", "jax", "xgboost")
    done = python("-c", f"import sys, benchmarks.worker; print([m for m in {late} if m in sys.modules])")
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("spec", sorted(LOSSES))
def test_the_evaluator_knows_the_losses(spec):
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=(20, 3, 4)), rng.integers(4, size=20)
    expected = losses.LOSSES.build(spec).value(scores, y)
    np.testing.assert_allclose(LOSSES[spec](scores, y), expected, rtol=1e-12)


@pytest.mark.parametrize("raw", [True, False])
def test_the_evaluator_agrees_with_a_fit(tmp_path, raw):
    prepare("digits", tmp_path)
    rows = load_rows("digits", tmp_path, raw=raw)
    fitted = LinearClassifier(lam=1e-2, standardize=raw, tol=1e-3).fit(rows.X.astype(np.float64), rows.y)
    point = Point(0, (fitted.coef_, fitted.intercept_))
    nothing = Point(0, (np.zeros((10, 64)), np.zeros(10)))
    values = objectives(rows, Task("digits", lam=1e-2), [point, Point(0), nothing])
    assert values == [pytest.approx(fitted.objective_, rel=1e-9), None, pytest.approx(np.log(10))]


def test_rows_are_standardised(tmp_path):
    prepare("digits", tmp_path)
    X = load_rows("digits", tmp_path, raw=False).X.astype(np.float64)
    varies = X.std(axis=0) > 0
    assert 0 < varies.sum() < 64
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(X[:, varies].std(axis=0), 1, rtol=1e-6)


def test_a_process_that_was_ended_has_told_what_it_knew(tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text(
        '{"load_seconds": 0.5, "resident": 10}\n{"peak": 20}\n'
        '{"task": 0, "point": [1.0, 3.0, 1.0, ""]}\n{"task": 0, "point": [2.0, 2.0, 1.0, ""]}\n',
        encoding="utf-8",
    )
    record = read_record("x", out)
    assert (record.load_seconds, record.resident, record.peak) == (0.5, 10, 20)
    assert record.seconds() == 2.5
    assert record.seconds_to(2.5) == 2.5
    assert record.seconds_to(1.9) is None
    assert record.seconds(1) is None
    assert record.best() == 2.0


def test_ratios_are_taken_round_by_round():
    results = Measurements()
    for ours, theirs in ((1.0, 3.0), (2.0, 8.0)):
        results.add(Record("ours", 0.0, points=[[(ours, None, 1.0, "")]]))
        results.add(Record("theirs", 0.0, points=[[(theirs, None, 1.0, "")]]))
    assert ratios(results, "theirs", Record.seconds, "ours", Record.seconds) == [3.0, 4.0]


def test_spread_is_the_median_and_the_ends():
    assert spread([3.0, 1.0, 2.0], " s") == "2.00 s (1.00–3.00)"
    assert spread([1234.5], " MB") == "1,234 MB"
    assert spread([0.00123456]) == "0.0012"
    assert spread([]) == "–"


def test_an_optimum_measures_shares():
    best = Optimum(2.0, "known")
    assert best.within(0.5) == 3.0
    assert best.above(2.2) == pytest.approx(0.1)


def test_a_section_is_added_once_and_then_replaced(tmp_path):
    file = tmp_path / "page.md"
    put_section(file, "a", Table(["x"], [["1"]]).markdown())
    put_section(file, "b", "other")
    put_section(file, "a", Table(["x"], [["2"]], ["note"]).markdown())
    text = file.read_text(encoding="utf-8")
    assert text.count("<!-- results: a -->") == 1
    assert "| x |\n| --- |\n| 2 |\n\nnote" in text
    assert "| 1 |" not in text
    assert "other" in text


def test_two_rows_of_one_feature_are_evaluated_by_hand():
    rows = Rows(np.array([[0], [2]], np.uint8), np.array([0, 1]), np.array([1.0]), np.array([1.0]), raw=True)
    # Weights (-1, 1) and biases (1, -1) of raw rows give scores of (1, -1) and (-1, 1).
    point = Point(0, (np.array([[-1.0], [1.0]]), np.array([1.0, -1.0])))
    (value,) = objectives(rows, Task("", "one-vs-all", lam=0.25), [point])
    assert value == 0.25 * 2
    (value,) = objectives(rows, Task("", "softmax", lam=0.0), [point])
    assert value == pytest.approx(np.log1p(np.exp(-2)))
