"""Every command that loads data tells what it understood them to be, and --json holds the same."""

import json

import numpy as np
import pytest
from PIL import Image

from scoreline.cli.app import run
from scoreline.data.description import LISTED_CLASSES

pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two classes in folders for splits, with a text, a broken image and a test class that training lacks."""
    root = tmp_path_factory.mktemp("data") / "photos"
    for split, name, count in (("Train", "a", 30), ("Train", "b", 30), ("eval", "a", 3), ("eval", "zebra", 1)):
        (root / split / name).mkdir(parents=True)
        for number in range(count):
            rng = np.random.default_rng([*map(ord, split + name), number])
            level = 60 if name == "a" else 180
            pixels = rng.normal(level, 20, (5, 5, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / split / name / f"{number}.png")
    (root / "Train" / "a" / "notes.txt").write_text("hello")
    (root / "Train" / "a" / "broken.png").write_text("hello")
    return root


@pytest.fixture
def scoreline(capfd):
    """Run the program; give its exit code and what it printed."""

    def call(*words):
        with pytest.raises(SystemExit) as ended:
            run([str(word) for word in words])
        printed = capfd.readouterr()
        return ended.value.code, printed.out, printed.err

    return call


@pytest.fixture
def trained(folder, tmp_path, scoreline):
    code, out, err = scoreline("train", folder, "--lam", "0.001", "--out", tmp_path / "run", "--json")
    assert code == 0
    return tmp_path / "run", out, err


def check(out, err):
    assert "Data: photos: images of 5 x 5 x 3" in err
    assert "Train/ (train), eval/ (test)" in err
    assert "1 .txt (Train/a/notes.txt)" in err
    assert "zebra" in err
    data = json.loads(out.splitlines()[-1])["data"]
    assert data["splits"]["test"] == {"examples": 3, "of_class": {"a": 3, "b": 0}}
    assert data["passed_over"] == [{"kind": ".txt", "count": 1, "examples": ["Train/a/notes.txt"]}]
    assert data["rejected"]["count"] == 2
    assert {reason["examples"][0] for reason in data["rejected"]["reasons"]} == {
        "Train/a/broken.png",
        "eval/zebra/0.png",
    }
    return data


def test_train_and_its_files(trained):
    run_folder, out, err = trained
    data = check(out, err)
    assert json.loads((run_folder / "metrics.json").read_text())["data"] == data
    assert "Train/a/notes.txt,,passed over: .txt" in (run_folder / "rejected.csv").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "--losses", "softmax", "one-vs-all", "--out"),
        ("sweep", "--lam", "1e-3:1:2", "--out"),
        ("gradcheck", "--cells", "5"),
    ],
    ids=lambda words: words[0],
)
def test_commands_that_train(folder, tmp_path, scoreline, words):
    out = [tmp_path / "out"] if words[-1] == "--out" else []
    code, printed, err = scoreline(words[0], folder, *words[1:], *out, "--json")
    assert code == 0
    check(printed, err)


def test_predict_and_features_tell_what_they_pass_over(folder, trained, tmp_path, scoreline):
    code, out, err = scoreline("predict", trained[0], folder / "Train")
    assert code == 0
    assert "1 .txt (a/notes.txt)" in err
    assert "Passed over" not in out
    code, _, err = scoreline(
        "features", folder / "Train", "--features", "hue", "--most", "1", "--out", tmp_path / "f"
    )
    assert code == 0
    assert "1 .txt (a/notes.txt)" in err


def test_evaluate(folder, trained, scoreline):
    (folder / "eval" / "zebra").rename(folder.parent / "zebra")
    try:
        code, out, err = scoreline("evaluate", trained[0], folder, "--json")
    finally:
        (folder.parent / "zebra").rename(folder / "eval" / "zebra")
    assert code == 0
    assert "Data: photos" in err
    assert json.loads(out.splitlines()[-1])["data"]["splits"]["test"]["examples"] == 3


def test_many_classes_are_counted_not_listed(scoreline, tmp_path):
    n = 2 * LISTED_CLASSES
    X = np.random.default_rng(0).normal(size=(3 * n, 4)).astype(np.float32)
    np.savez(tmp_path / "many.npz", X=X, y=np.arange(3 * n) % n)
    _, out, err = scoreline("gradcheck", tmp_path / "many.npz", "--cells", "5", "--validation", "0", "--json")
    train = json.loads(out.splitlines()[-1])["data"]["splits"]["train"]
    assert train == {"examples": 3 * n, "smallest_class": 3, "largest_class": 3}
    assert "200 classes (0, 1, 2, 3, 4, ...) of 3 to 3" in err
