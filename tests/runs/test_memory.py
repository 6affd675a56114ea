"""Runs with a bound on memory: the same results, in less room."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scoreline import LinearClassifier
from scoreline.data import Dataset, MemorySource, Split
from scoreline.data.budget import taken_memory
from scoreline.engine.problem.objective import Objective
from scoreline.engine.solvers import choose_solver
from scoreline.errors import UsageError
from scoreline.features.hog import HOG
from scoreline.features.patch_dictionary import PatchDictionary
from scoreline.losses import LOSSES
from scoreline.models import SavedModel
from scoreline.penalties import PENALTIES
from scoreline.rows import ArrayRows, FileRows
from scoreline.runs.config import RunConfig
from scoreline.runs.evaluation import evaluate_run
from scoreline.runs.extraction import FeatureCache
from scoreline.runs.pipeline import prepare
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")

RNG = np.random.default_rng(0)
#: Rows of 1,000 bytes that are trained in less memory than they take.
BOUND_ROWS = int(os.environ.get("SCORELINE_BOUND_ROWS", "320000"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    root = tmp_path_factory.mktemp("photos")
    for split, count in (("train", 20), ("test", 5)):
        for name, colour in (("red", (200, 40, 40)), ("green", (60, 170, 60)), ("blue", (40, 40, 200))):
            (root / split / name).mkdir(parents=True)
            for i in range(count):
                pixels = np.clip(colour + RNG.normal(scale=60, size=(9, 9, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(root / split / name / f"{i}.png")
    return root


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    root = tmp_path_factory.mktemp("rows")
    np.save(root / "X.npy", RNG.integers(0, 256, (300, 40), dtype=np.uint8))
    np.save(root / "y.npy", RNG.integers(0, 3, 300))
    return root


@pytest.mark.parametrize("data", ["photos", "rows"])
@pytest.mark.parametrize("settings", [{}, {"solver": "momentum", "max_epochs": 3}], ids=["exact", "momentum"])
def test_the_same_bits_with_and_without(data, settings, request, tmp_path):
    folder = request.getfixturevalue(data)
    folder = folder / "X.npy" if data == "rows" else folder
    runs = [
        train_run(RunConfig(data=str(folder), memory=memory, **settings), tmp_path / str(memory))
        for memory in (None, "3GB")
    ]
    free, bound = (SavedModel.load(run.folder.path) for run in runs)
    np.testing.assert_array_equal(bound.coef, free.coef)
    np.testing.assert_array_equal(bound.intercept, free.intercept)
    files = [(tmp_path / name / "predictions.csv").read_text() for name in ("None", "3GB")]
    assert files[0] == files[1]
    evaluated = [evaluate_run(run.folder.path) for run in runs]
    assert evaluated[0].objective == evaluated[1].objective


@pytest.mark.parametrize("solver", ["exact", "momentum"])
@pytest.mark.parametrize("features", ["hog", "hog,hue", "products:[hog]", "dictionary:8"])
def test_features_on_the_disk_give_the_same_bits(features, solver, tmp_path, monkeypatch):
    monkeypatch.setattr("scoreline.features.rows.SHARD_PIXELS", 32 * 32 * 64)  # shards of 64 images
    monkeypatch.setenv("SCORELINE_FEATURE_CACHE", "off")
    data = {"data": "synthetic:n_train=150,n_test=70", "features": features, "solver": solver, "max_epochs": 3}
    runs = [
        train_run(RunConfig(memory=memory, refit=True, **data), tmp_path / str(memory)) for memory in (None, "3GB")
    ]
    kinds = [type(run.prepared.rows["test"]) for run in runs]
    assert kinds == [ArrayRows, FileRows]
    free, bound = (SavedModel.load(run.folder.path) for run in runs)
    np.testing.assert_array_equal(bound.coef, free.coef)
    np.testing.assert_array_equal(bound.intercept, free.intercept)


def test_a_bound_that_cannot_be_kept(photos, tmp_path):
    with pytest.raises(UsageError, match="MB"):
        train_run(RunConfig(data=str(photos), memory="30MB"), tmp_path / "run")


def test_what_is_no_size():
    with pytest.raises(UsageError, match=r"memory is 'lots'.*1.5GiB"):
        RunConfig.checked(data="digits", memory="lots")


def test_a_bound_changes_neither_solver_nor_optimum():
    """Factors of few rows stand in for a matrix of 3000 x 3000, for which there is no room."""
    X, y = RNG.integers(0, 256, (600, 3000), dtype=np.uint8), np.arange(600) % 3
    free = LinearClassifier(lam=1.0, standardize=True).fit(X, y)
    bound = LinearClassifier(lam=1.0, standardize=True, memory=taken_memory() + 330 * 10**6).fit(X, y)
    assert bound.solver_.name == free.solver_.name == "exact"
    assert bound.duality_gap_ <= 1e-4
    assert bound.objective_ == pytest.approx(free.objective_, rel=1e-4)


def test_what_does_not_fit_is_refused_with_numbers():
    X, y = np.zeros((1000, 3000), dtype=np.uint8), np.arange(1000) % 3
    with pytest.raises(UsageError, match=r"needs more memory than the .* MB.*a bound of"):
        LinearClassifier(memory=taken_memory() + 210 * 10**6).fit(X, y)


@pytest.mark.parametrize("n_classes", [10, 1000])
def test_auto_looks_at_data_alone(n_classes):
    rows = np.broadcast_to(np.zeros((), np.uint8), (200_000, 8))
    source = MemorySource(rows, np.arange(200_000) % n_classes, n_classes)
    problem = Objective(LOSSES.build("softmax"), PENALTIES.build("l2"), np.ones(1), n_classes)
    choice = choose_solver(problem, source)
    assert choice.name == ("exact" if n_classes == 10 else "momentum")
    assert n_classes == 10 or "scores" in choice.reason


def test_features_are_counted_before_they_are_extracted(tmp_path, monkeypatch):
    X = np.zeros((4000, 64, 64, 1), np.uint8)
    dataset = Dataset("images", ("a", "b"), Split.of(X, np.arange(4000) % 2))
    monkeypatch.setattr(HOG, "transform", None)
    config = RunConfig(features="hog", memory=str(taken_memory() + 205 * 10**6), solver="adam")
    with pytest.raises(UsageError, match=r"features of 1,024 examples, 8,100 numbers each, 33.2 MB"):
        prepare(config, dataset, kept=FeatureCache(tmp_path))


def test_what_features_learn_from_is_counted_before_they_learn(tmp_path, monkeypatch):
    X = np.zeros((40, 32, 32, 3), np.uint8)
    dataset = Dataset("images", ("a", "b"), Split.of(X, np.arange(40) % 2))
    monkeypatch.setattr(PatchDictionary, "fit", None)
    config = RunConfig(features="products:[hog,dictionary:8]", memory=str(taken_memory() + 250 * 10**6))
    with pytest.raises(UsageError, match=r"what products:\[hog,dictionary:8\] learns from 1\d\d MB.*n_patches"):
        prepare(config, dataset, kept=FeatureCache(tmp_path))


TRAIN = """
import re, sys, threading
from pathlib import Path
import numba, numpy as np, sklearn.linear_model
from scoreline import LinearClassifier
X, y = np.load(sys.argv[1], mmap_mode="r"), np.load(sys.argv[2])
def taken():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
before = taken()
bound = before + int(sys.argv[4])
peak, ended = 0, threading.Event()
def watch():
    global peak
    while not ended.wait(0.005):
        peak = max(peak, taken())
watcher = threading.Thread(target=watch)
watcher.start()
try:
    LinearClassifier(solver=sys.argv[3], standardize=True, memory=bound, max_epochs=2, tol=0.5).fit(X, y)
finally:
    ended.set()
    watcher.join()
print(bound, before, peak)
"""


@pytest.fixture(scope="module")
def many_rows(tmp_path_factory):
    """Files of rows and labels."""
    folder = tmp_path_factory.mktemp("many")
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.uint8, (BOUND_ROWS, 1_000))
    X[::7] = 200
    np.save(folder / "y.npy", np.arange(len(X)) % 2)
    yield folder / "X.npy", folder / "y.npy"
    (folder / "X.npy").unlink()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell anonymous memory")
@pytest.mark.parametrize("solver", ["exact", "momentum"])
def test_the_process_keeps_within_the_bound(solver, many_rows):
    """A copy of the bytes would not fit, let alone one of floats. For more: ``SCORELINE_BOUND_ROWS=2000000``."""
    room = 310_000_000
    assert many_rows[0].stat().st_size > room
    command = [sys.executable, "-W", "ignore", "-c", TRAIN, *many_rows, solver, str(room)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    bound, before, peak = map(int, done.stdout.split())
    assert before < peak < bound
