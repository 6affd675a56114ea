"""Whatever ends a command, what it has found is kept or told, and it says which."""

import errno
import json
import os
import signal

import pytest
from PIL import Image
from rich.console import Console

from scoreline.cli.app import run
from scoreline.cli.compare import _cells
from scoreline.cli.output import table
from scoreline.cli.progress import ProgressBars
from scoreline.engine.problem.events import Evaluated, Reason
from scoreline.models import SavedModel
from scoreline.report import page
from scoreline.runs import comparison, drawing
from scoreline.runs.comparison import Row, ranked
from scoreline.runs.config import RunConfig
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.fixture
def scoreline(capfd):
    """Run the program; give its exit code and what it printed."""

    def call(*words):
        with pytest.raises(SystemExit) as ended:
            run([str(word) for word in words])
        printed = capfd.readouterr()
        return ended.value.code, printed.out, printed.err

    return call


def no_room(*arguments, **named):
    raise OSError(errno.ENOSPC, "No space left on device")


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("command", ["train", "compare", "sweep", "features"])
def test_an_occupied_folder_is_refused_before_anything_is_looked_at(scoreline, tmp_path, command):
    (tmp_path / "thesis.txt").write_text("years of work")
    code, _, err = scoreline(command, tmp_path / "none", "--out", tmp_path)
    assert code == 2
    assert "not an empty folder" in err
    assert names(tmp_path) == {"thesis.txt"}


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--refit", "--early-stopping"],
        ["train", "--solver", "exact", "--penalty", "max-norm"],
        ["train", "--solver", "exact", "--dropout", "0.5"],
        ["train", "--features", "hog,hue", "--block-weights", "1,2,3"],
        ["train", "--block-weights", "auto"],
        ["gradcheck", "--scheme", "sideways"],
        ["gradcheck", "--tolerance", "2"],
        ["gradcheck", "--lam", "auto"],
        ["compare", "--solvers", "adam", "exact", "--penalties", "l2", "max-norm"],
        ["sweep", "--solver", "adam", "exact", "--penalty", "max-norm"],
    ],
)
def test_settings_that_exclude_one_another_cost_no_waiting(scoreline, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    code, _, _ = scoreline(words[0], "no-such-data", *words[1:])
    assert code == 2
    assert names(tmp_path) == set()


def test_data_that_cannot_be_used_leave_no_folder(scoreline, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in ("train", "compare", "sweep", "features"):
        assert scoreline(command, "no-such-data")[0] == 3
    assert names(tmp_path) == set()


class TestFullDisk:
    def test_the_model_cannot_be_written(self, scoreline, tmp_path, monkeypatch):
        monkeypatch.setattr(SavedModel, "save", no_room)
        code, out, err = scoreline("train", "digits", "--lam", "auto", "--out", tmp_path / "run", "--json")
        assert code == 3
        first, last = map(json.loads, out.splitlines())
        assert first["accuracy"] > 0.9
        assert last["error"] == "OutputError"
        assert "the model could not be written" in err
        assert "metrics.json" in err
        assert "lam = " in err

    def test_the_report_cannot_be_written(self, scoreline, tmp_path, monkeypatch):
        monkeypatch.setattr(page, "write_text", no_room)
        code, out, err = scoreline("train", "digits", "--max-epochs", 2, "--out", tmp_path / "run")
        assert code == 3
        assert "accuracy" in out
        assert "Kept in" in err
        assert SavedModel.load(tmp_path / "run").classes[0] == "0"
        assert "unfinished" in names(tmp_path / "run")

    @pytest.mark.parametrize("command", ["compare", "sweep"])
    def test_tables_are_printed(self, scoreline, tmp_path, monkeypatch, command):
        monkeypatch.setattr("scoreline.runs.folder.replacing", no_room)
        code, out, err = scoreline(command, "digits", "--max-epochs", 2, "--out", tmp_path / "run")
        assert code == 3
        assert "exact" in out or "auto" in out
        assert "could not be written" in err


def test_memory_that_runs_out_is_told_with_what_was_kept(scoreline, tmp_path, monkeypatch):
    def no_memory(result):
        raise MemoryError

    monkeypatch.setattr("scoreline.runs.training.write_figures_and_report", no_memory)
    code, out, err = scoreline("train", "digits", "--max-epochs", 2, "--out", tmp_path / "run")
    assert code == 3
    assert "accuracy" in out
    assert "the model" in err
    assert "--memory" in err


class TestInterrupted:
    def test_comparisons_keep_their_rows(self, scoreline, tmp_path, monkeypatch):
        trained, done = comparison._trained, []

        def pressed(*arguments):
            done.append(1)
            if len(done) == 3:
                signal.raise_signal(signal.SIGTERM)
            return trained(*arguments)

        monkeypatch.setattr(comparison, "_trained", pressed)
        words = ["--losses", "softmax", "svm", "squared-error", "--max-epochs", 3, "--out", tmp_path / "run"]
        code, out, err = scoreline("compare", "digits", *words, "--json")
        assert code == 128 + signal.SIGTERM
        assert {row["name"] for row in json.loads(out.splitlines()[-1])["rows"]} == {"softmax", "svm"}
        assert "Interrupted" in err
        assert names(tmp_path / "run") == {"checkpoint", "config.yaml", "comparison.csv", "figures", "state.json"}
        code, out, _ = scoreline("compare", "digits", *words, "--json")
        assert code == 0
        assert len(json.loads(out.splitlines()[-1])["rows"]) == 3

    def test_drawings_go_on_with_the_same_command(self, scoreline, tmp_path, monkeypatch):
        for name in ("red.png", "green.png"):
            Image.new("RGB", (32, 32), name[:-4]).save(tmp_path / name)
        real, words = drawing.save_drawings, ["features", tmp_path, "--size", 16, "--out", tmp_path / "run"]

        def pressed(drawings, folder):
            if any((tmp_path / "run").glob("*.png")):
                raise KeyboardInterrupt
            real(drawings, folder)

        with monkeypatch.context() as patch:
            patch.setattr(drawing, "save_drawings", pressed)
            code, _, err = scoreline(*words)
        assert code == 130
        assert f"the same command with --out {tmp_path / 'run'}" in err
        assert scoreline(*words)[0] == 0

    def test_before_there_is_anything_nothing_is_left(self, scoreline, tmp_path, monkeypatch):
        monkeypatch.setattr(comparison, "load_dataset", lambda *a, **k: signal.raise_signal(signal.SIGINT))
        code, _, err = scoreline("compare", "digits", "--out", tmp_path / "run")
        assert code == 130
        assert "Nothing was kept" in err
        assert names(tmp_path) == set()

    def test_lam_was_being_chosen(self, tmp_path):
        def stop(event):
            return Reason.INTERRUPTED if isinstance(event, Evaluated) else None

        result = train_run(RunConfig(lam="auto", solver="adam"), tmp_path / "run", listeners=[stop])
        assert result.evaluation.accuracy > 0.7

    @pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
    @pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
    def test_other_signals_keep_what_ctrl_c_keeps(self, scoreline, tmp_path, monkeypatch, name):
        number, out = getattr(signal, name), tmp_path / "run"

        def send(bars, event):
            if isinstance(event, Evaluated) and event.epoch == 2:
                for _ in range(2):  # terminals and batch systems send more than one
                    signal.raise_signal(number)

        monkeypatch.setattr(ProgressBars, "__call__", send)
        code, printed, err = scoreline("train", "digits", "--solver", "sgd", "--out", out)
        assert code == 128 + number
        assert "accuracy" in printed
        assert "Interrupted: the best weights so far were evaluated and saved." in err
        assert {"model.json", "report.html"} <= names(out)
        assert "unfinished" not in names(out)


def test_comparisons_are_ranked_by_validation():
    def row(name, validation, test, **more):
        return Row(name, {}, "test", test, validation_accuracy=validation, **more)

    rows = [
        row("diverged", None, None),
        row("b", 0.8, 0.99),
        row("cut", 0.95, 0.9, interrupted=True),
        row("a", 0.9, 0.7),
    ]
    assert [found.name for found in ranked(rows)] == ["a", "b", "cut", "diverged"]


def test_the_test_split_evaluates_the_best_alone(scoreline, tmp_path):
    words = ["--losses", "softmax", "svm", "--max-epochs", 3, "--baselines", "1-nn"]
    code, out, err = scoreline("compare", "digits", *words, "--out", tmp_path / "run")
    assert code == 0
    assert out.count("test split") == 1
    assert "softmax: validation accuracy" in err  # one line each, as they are trained
    header, *rows = (tmp_path / "run" / "comparison.csv").read_text().splitlines()
    place = header.split(",").index("test")
    assert [bool(row.split(",")[place]) for row in rows] == [True, False, False]


def test_a_comparison_fits_80_columns():
    row = Row(
        "dictionary:400,encoding=triangle softmax l2 auto exact",
        {},
        "test",
        0.9876,
        0.9999,
        0.123456,
        1000,
        1234.56,
        77.7,
        "lam 0.00316 chosen, refitted, exact chosen, did not reach tol",
        validation_accuracy=0.9861,
    )
    screen = Console(width=80, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    screen.print(
        table(
            ("classifier", "validation", "train", "epochs", "seconds", "remark"),
            [_cells(row, ["validation", "train"])],
        )
    )
    text = screen.export_text()
    screen.file.close()
    assert max(map(len, text.splitlines())) <= 80
    assert all(number in text for number in ("0.9861", "0.9999", "1000", "1312.26"))
