"""`scoreline train` without settings: it searches for a recipe, and what it prints."""

import csv
import json

import pytest
import yaml

from scoreline.cli.app import run
from scoreline.runs.config import AUTO, LEARNING, RunConfig


@pytest.fixture
def train(tmp_path, capfd):
    """Train on the digits; give the exit code, both outputs and the run's folder."""

    def call(*words):
        out = tmp_path / "run"
        with pytest.raises(SystemExit) as ended:
            run(["train", "digits", "--out", str(out), *map(str, words)])
        return ended.value.code, *capfd.readouterr(), out

    return call


def settings(folder):
    return yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))


def test_it_finds_a_recipe_that_is_better_than_pixels(train):
    code, out, _, folder = train("--budget", "none")
    assert code == 0
    asked = settings(folder)
    assert (asked["features"], asked["loss"], asked["lam"], asked["budget"]) == (AUTO, AUTO, AUTO, "none")
    resolved = yaml.safe_load((folder / "resolved.yaml").read_text(encoding="utf-8"))
    assert resolved["features"]["value"] == "products:[pixels],components=40"
    assert json.loads((folder / "metrics.json").read_text())["test_accuracy"] > 0.975
    with (folder / "leaderboard.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["recipe"] for row in rows] == ["products:[pixels],components=40", "pixels"]
    assert (rows[0]["test"] > "0.975", rows[1]["test"]) == (True, "")
    table = out.split("\nrecipe ")[-1]
    assert "products:[pixels],components=40 squared-error" in table
    assert "pixels softmax" in table
    assert "\n1. " in table
    assert "\n   scoreline " in table
    assert "\n4. " not in table
    assert "overfitting" in out


def test_machines_get_one_line_that_says_what_the_run_says(train):
    code, out, _, folder = train("--budget", "none", "--json")
    assert (code, out.count("\n")) == (0, 1)
    told, metrics = json.loads(out), json.loads((folder / "metrics.json").read_text())
    assert set(told["findings"][0]) == {"severity", "sentence", "command"}
    assert [one["features"] for one in told["leaderboard"]] == ["products:[pixels],components=40", "pixels"]
    assert [one["chosen"] for one in told["leaderboard"]] == [True, False]
    assert {name: value for name, value in told.items() if name not in ("leaderboard", "findings")} == {
        name: metrics[name] for name in told if name not in ("leaderboard", "findings")
    }
    read = {name: split["examples"] for name, split in told["data"]["splits"].items()}
    assert read == {"train": 1294, "validation": 144, "test": 359}
    assert (told["refit"], told["n_train"], told["n_validation"], told["n_test"]) == (True, 1438, 0, 359)


@pytest.mark.parametrize(
    ("words", "features", "lam"),
    [
        (("--lam", "0.01"), "pixels", 0.01),
        (("--loss", "svm"), "pixels", 0.001),
        (("--features", "auto", "--lam", "0.01"), "auto", 0.01),
        (("--budget", "5s"), "auto", "auto"),
        (("--prefer", "small", "--loss", "softmax"), "auto", "auto"),
        (("--seed", "1", "--validation", "0.2"), "auto", "auto"),
        (("--no-standardize",), "pixels", 0.001),
        (("--refit",), "pixels", 0.001),
    ],
)
def test_what_is_given_decides_whether_it_searches(monkeypatch, capfd, words, features, lam):
    from scoreline.runs import training

    seen = []
    monkeypatch.setattr(training, "train_run", lambda config, *_, **__: seen.append(config))
    with pytest.raises(SystemExit):
        run(["train", "digits", *words])
    assert (seen[0].features, seen[0].lam) == (features, lam)


def test_a_file_of_settings_decides_it_too(monkeypatch, tmp_path, capfd):
    from scoreline.runs import training

    seen = []
    monkeypatch.setattr(training, "train_run", lambda config, *_, **__: seen.append(config))
    for text in ("validation: 0.2", "loss: svm", "features: auto\nloss: svm"):
        (tmp_path / "settings.yaml").write_text(text)
        with pytest.raises(SystemExit):
            run(["train", "digits", "--config", str(tmp_path / "settings.yaml")])
    asked = RunConfig(features="auto", budget="10s")
    asked.write(tmp_path / "settings.yaml")
    with pytest.raises(SystemExit):
        run(["train", "--config", str(tmp_path / "settings.yaml")])
    assert [config.features for config in seen] == ["auto", "pixels", "auto", "auto"]
    assert [config.loss for config in seen] == ["auto", "svm", "svm", "auto"]
    assert seen[-1] == asked


def test_settings_of_learning_are_all_but_those_of_data_search_and_output():
    others = {"data", "data_dir", "image_size", "max_rejected", "validation", "budget", "prefer", "seed", "memory"}
    others |= {"licence", "notes", "threads"}
    assert set(RunConfig.model_fields) - others == LEARNING


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--budget", "soon"), "a time from 1s to 720h"),
        (("--features", "pixels", "--budget", "30s"), "--features auto"),
        (("--features", "auto,hgo"), "write 'hog'"),
        (("--prefer", "best"), "'accurate', 'fast' or 'small'"),
    ],
)
def test_mistakes_are_told(train, words, text):
    code, _, err, folder = train(*words)
    assert code == 2
    assert text in err
    assert not folder.exists()


@pytest.mark.parametrize("command", ["compare", "sweep", "gradcheck"])
def test_other_commands_search_for_nothing(command, tmp_path, capfd):
    (tmp_path / "settings.yaml").write_text("features: auto\nlam: 0.1")
    words = ["--out", str(tmp_path / "out")] if command != "gradcheck" else []
    with pytest.raises(SystemExit) as ended:
        run([command, "--config", str(tmp_path / "settings.yaml"), *words])
    assert ended.value.code == 2
    assert "nothing searches for a recipe" in capfd.readouterr().err
