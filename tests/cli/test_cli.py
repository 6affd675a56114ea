"""The program as a user meets it: output, exit codes, files, Ctrl-C."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from scoreline.cli.app import app, run, spread
from scoreline.cli.compare import MANY_VALUED
from scoreline.runs.config import RunConfig

pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("cli") / "run"
    with pytest.raises(SystemExit) as ended:
        run(["train", "digits", "--loss", "softmax", "--out", str(out)])
    assert ended.value.code == 0
    return out


@pytest.fixture
def scoreline(capfd):
    """Run the program; give its exit code and what it printed."""

    def call(*words):
        with pytest.raises(SystemExit) as ended:
            run([str(word) for word in words])
        printed = capfd.readouterr()
        return ended.value.code, printed.out, printed.err

    return call


class TestTrain:
    def test_json_is_the_last_line(self, scoreline, tmp_path):
        code, out, _ = scoreline(
            "train", "digits", "--out", tmp_path / "run", "--json", "--solver", "adam", "--max-epochs", 3
        )
        assert code == 0
        facts = json.loads(out.splitlines()[-1])
        assert set(facts) >= {"accuracy", "objective", "n_train", "n_test", "n_rejected", "seconds", "run"}
        assert facts["n_test"] == 359

    def test_says_where_the_report_lies(self, scoreline, tmp_path):
        code, out, _ = scoreline("train", "--out", tmp_path / "run")
        assert code == 0
        assert str(tmp_path / "run" / "report.html") in out
        assert (tmp_path / "run" / "report.html").exists()

    def test_settings_from_a_file_and_over_it(self, scoreline, tmp_path):
        RunConfig(loss="squared-error", lam=0.5, standardize=False).write(tmp_path / "settings.yaml")
        scoreline("train", "--config", tmp_path / "settings.yaml", "--lam", "0.25", "--out", tmp_path / "run")
        config = RunConfig.read(tmp_path / "run" / "config.yaml")
        assert (config.loss, config.lam, config.standardize) == ("squared-error", 0.25, False)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["train", "--lam", "-1"], 2, "The setting lam is '-1'"),
        (["train", "--loss", "sofmax"], 2, "write 'softmax'"),
        (["train", "--solver", "exact", "--penalty", "max-norm"], 2, "no sum"),
        (["train", "--bogus"], 2, "No such option"),
        (["train", "--lam", "much"], 2, "a number of at least 0"),
        (["train", "/no/such/folder"], 3, "no data set, file or folder"),
        (["train", "--config", "/no/such/file"], 2, "cannot be read"),
        (["evaluate", "/no/such/run"], 3, "not the folder of a run"),
        (["predict", "/no/such/run", "image.png"], 3, "cannot be used"),
        (["gradcheck", "--scheme", "sideways"], 2, "central"),
        (["compare", "--baselines", "7-nn"], 2, "1-nn, 5-nn"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_wrong_use_is_told(scoreline, tmp_path, monkeypatch, words, code, told):
    monkeypatch.chdir(tmp_path)
    ended, _, err = scoreline(*words)
    assert ended == code
    assert told in " ".join(err.split())
    assert "Traceback" not in err


def test_divergence_is_exit_4(scoreline, tmp_path):
    words = ["--loss", "squared-error", "--solver", "sgd", "--lr", "1e5", "--out", tmp_path / "run", "--json"]
    code, out, err = scoreline("train", "digits", *words)
    assert code == 4
    assert json.loads(out.splitlines()[-1])["exit_code"] == 4
    assert "lower lr" in err


def test_accuracies_of_all_splits_stand_side_by_side(scoreline, tmp_path):
    _, out, _ = scoreline("train", "digits", "--loss", "softmax", "--out", tmp_path / "a")
    assert re.search(r"by split +[01]\.\d{4} train, 0\.\d{4} validation, 0\.\d{4} test", out)
    _, out, _ = scoreline("train", "digits", "--lam", "0.001", "--out", tmp_path / "b", "--json")
    told, metrics = json.loads(out.splitlines()[-1]), json.loads((tmp_path / "b" / "metrics.json").read_text())
    for name in ("train", "validation", "test"):
        assert told[f"{name}_accuracy"] == metrics["evaluations"][name]["accuracy"]


class TestEvaluateAndPredict:
    def test_evaluate(self, scoreline, digits_run):
        code, out, _ = scoreline("evaluate", digits_run, "digits", "--json")
        facts = json.loads(out.splitlines()[-1])
        assert code == 0
        assert facts["accuracy"] > 0.9
        assert facts["n_test"] == 359

    def test_table_names_every_class(self, scoreline, digits_run):
        _, out, _ = scoreline("evaluate", digits_run)
        assert "precision" in out
        assert len([line for line in out.splitlines() if line[:5].strip().isdigit()]) == 10

    @pytest.fixture
    def pictures(self, tmp_path):
        for i in range(3):
            pixels = np.random.default_rng(i).integers(0, 255, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"{i}.png")
        (tmp_path / "bad.png").write_bytes(b"no picture")
        return tmp_path

    def test_predict_csv(self, scoreline, digits_run, pictures):
        code, out, err = scoreline("predict", digits_run, pictures, "--top-k", 2)
        rows = list(csv.DictReader(io.StringIO(out)))
        assert code == 0
        assert len(rows) == 6
        assert [row["rank"] for row in rows[:2]] == ["1", "2"]
        assert "bad.png" in err

    def test_predict_json(self, scoreline, digits_run, pictures):
        _, out, _ = scoreline("predict", digits_run, pictures / "0.png", "--format", "json")
        guess = json.loads(out)["guesses"][0]
        assert guess["label"] in {str(digit) for digit in range(10)}
        assert 0 < guess["probability"] <= 1

    def test_nothing_readable(self, scoreline, digits_run, pictures):
        assert scoreline("predict", digits_run, pictures / "bad.png")[0] == 3

    def test_unknown_format(self, scoreline, digits_run, pictures):
        code, _, err = scoreline("predict", digits_run, pictures, "--format", "xml")
        assert code == 2
        assert "csv, json" in err


def test_compare(scoreline, tmp_path):
    words = [
        "--losses",
        "softmax",
        "svm",
        "--solvers",
        "sgd",
        "adam",
        "--max-epochs",
        2,
        "--baselines",
        "1-nn",
        "5-nn",
    ]
    code, out, _ = scoreline("compare", "digits", *words, "--out", tmp_path / "cmp", "--json")
    rows = json.loads(out.splitlines()[-1])["rows"]
    assert code == 0
    assert {row["name"] for row in rows} == {"softmax sgd", "softmax adam", "svm sgd", "svm adam", "1-nn", "5-nn"}
    accuracies = [row["validation_accuracy"] for row in rows]
    assert accuracies == sorted(accuracies, reverse=True)
    assert [row["accuracy"] is None for row in rows] == [False] + 5 * [True]
    with (tmp_path / "cmp" / "comparison.csv").open(newline="") as file:
        assert len(list(csv.reader(file))) == 7
    assert (tmp_path / "cmp" / "figures" / "training-loss.png").exists()


def test_gradcheck_of_every_loss(scoreline):
    code, out, _ = scoreline("gradcheck", "digits", "--every-loss", "--cells", 30, "--json")
    checks = json.loads(out.splitlines()[-1])
    assert code == 0
    assert checks.pop("data")["name"] == "digits"
    assert set(checks) >= {"softmax", "weston-watkins", "crammer-singer", "one-vs-all", "squared-error"}
    assert all(check["passed"] and check["wrong"] == 0 for check in checks.values())


def test_gradcheck_takes_weights_of_classes(scoreline):
    """They are part of what is trained."""
    code, out, _ = scoreline("gradcheck", "digits", "--class-weight", "balanced", "--cells", 30, "--json")
    assert code == 0
    assert json.loads(out.splitlines()[-1])["softmax"]["passed"]


def test_failed_gradcheck_is_exit_1(scoreline, monkeypatch):
    from scoreline.penalties.l2 import L2

    monkeypatch.setattr(L2, "gradient", lambda self, W: 0.5 * W)
    code, out, _ = scoreline("gradcheck", "digits", "--lam", "0.1")
    assert code == 1
    assert "FAILED" in out


def test_datasets(scoreline):
    code, out, _ = scoreline("datasets")
    assert code == 0
    assert all(name in out for name in ("digits", "cifar10", "fashion-mnist", "image-folder"))


def test_help_names_every_command(scoreline):
    code, out, _ = scoreline("--help")
    assert code == 0
    assert all(command.name or command.callback.__name__ in out for command in app.registered_commands)


def test_version(scoreline):
    assert scoreline("--version")[1] == "scoreline 0.1.0\n"


@pytest.mark.parametrize(
    ("words", "spread_out"),
    [
        (["compare", "--lrs", "1", "2", "--seed", "3"], ["compare", "--lrs", "1", "--lrs", "2", "--seed", "3"]),
        (["compare", "d", "--losses", "a"], ["compare", "d", "--losses", "a"]),
        (["compare", "--lams", "1e-3", "-1"], ["compare", "--lams", "1e-3", "--lams", "-1"]),
        (["compare", "--losses", "a", "b", "--json"], ["compare", "--losses", "a", "--losses", "b", "--json"]),
    ],
)
def test_spread(words, spread_out):
    assert spread(words, MANY_VALUED) == spread_out


def test_names_are_looked_up_before_data_are_loaded(scoreline):
    for words in (
        ["train", "/none", "--solver", "adem"],
        ["train", "/none", "--schedule", "cos"],
        ["compare", "/none", "--losses", "x"],
    ):
        assert scoreline(*words)[0] == 2


#: The program, which says on its standard output when two epochs are done.
TELLS_EPOCHS = """
import sys
from scoreline.cli import main
from scoreline.cli.progress import ProgressBars
from scoreline.engine.problem.events import Evaluated
show = ProgressBars.__call__
def tell(bars, event):
    if isinstance(event, Evaluated) and event.epoch == 2:
        print("two epochs", flush=True)
    return show(bars, event)
ProgressBars.__call__ = tell
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_saves_the_best_weights(tmp_path):
    """A real process, a real SIGINT in the middle of training."""
    words = [
        "train",
        "digits",
        "--solver",
        "sgd",
        "--max-epochs",
        "1000000",
        "--tol",
        "0",
        "--out",
        str(tmp_path / "run"),
    ]
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", TELLS_EPOCHS, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "two epochs\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Interrupted: the best weights so far were evaluated and saved." in err
    assert "Traceback" not in err
    assert "report" in out
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_start_is_quick_enough_for_a_shell():
    """Help must not wait for what only training needs."""
    heavy = "[m for m in ('sklearn', 'matplotlib', 'scipy') if m in sys.modules]"
    code = f"import sys; from scoreline.cli import app; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"
