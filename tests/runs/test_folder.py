"""A run's folder is claimed before any work, by one process, and tells its state."""

import errno
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from scoreline._files import HAS_LOCKS
from scoreline.errors import DivergedError, ModelError, OutputError, UsageError
from scoreline.runs.claim import MARKER, is_claimed
from scoreline.runs.folder import RunFolder, data_title
from scoreline.runs.prediction import predict_images
from scoreline.runs.state import RunState

if HAS_LOCKS:
    import fcntl

posix = pytest.mark.skipif(os.name == "nt", reason="modes and locks of POSIX")
#: Claims a folder, says so, and ends when its standard input does; or is killed before.
HOLDER = """
import sys; from pathlib import Path; from scoreline.runs.folder import RunFolder
with RunFolder.create(Path(sys.argv[1]), "") as folder:
    print("claimed", flush=True)
    sys.stdin.read()
    folder.write_csv("kept.csv", ["a"], [])
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has claimed the folder ``run``."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", HOLDER, str(tmp_path / "run")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "claimed\n"
    yield process
    process.kill()
    process.communicate()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def end(out, error, *, described=False, kept=False):
    """Make a run's folder, write some files, and end the run with an error."""
    with RunFolder.create(out, "") as folder:
        if described:
            folder.describe("config.yaml", lambda path: path.write_text("lam: 1"))
        if kept:
            folder.write_csv("history.csv", ["epoch"], [[1]])
        raise error


def no_room():
    raise OSError(errno.ENOSPC, "No space left on device")


def test_default_folders_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with RunFolder.create(None, "a b/c") as first, RunFolder.create(None, "a b/c") as second:
        for folder in (first, second):
            folder.write_csv("x.csv", [], [])
    assert [folder.path for folder in (first, second)] == [Path("runs/a-b-c-1"), Path("runs/a-b-c-2")]
    assert names(Path("runs/a-b-c-1")) == ["state.json", "x.csv"]
    with RunFolder.create(None, "ü" * 300 + "x" * 300) as folder:
        assert len(folder.path.name) < 110


@pytest.mark.parametrize("made_before", [True, False])
def test_without_results_nothing_is_left(tmp_path, made_before):
    out = tmp_path / "new" / "deep"
    if made_before:
        out.mkdir(parents=True)
    with pytest.raises(UsageError):
        end(out, UsageError("wrong", allowed="right", fix="mend"), described=True)
    assert out.exists() == (tmp_path / "new").exists() == made_before
    assert not made_before or names(out) == []


def test_what_was_kept_stays_and_is_named(tmp_path):
    with pytest.raises(KeyboardInterrupt) as caught:
        end(tmp_path / "run", KeyboardInterrupt(), described=True, kept=True)
    kept, go_on = caught.value.__notes__
    assert kept == f"Kept in {tmp_path / 'run'}: history.csv"
    assert f"scoreline resume {tmp_path / 'run'}" in go_on
    assert names(tmp_path / "run") == ["config.yaml", "history.csv", "state.json", MARKER]


def test_divergence_finishes_a_run(tmp_path):
    with pytest.raises(DivergedError):
        end(tmp_path / "run", DivergedError("away", allowed="less", fix="lower lr"), kept=True)
    assert names(tmp_path / "run") == ["history.csv", "state.json"]
    assert RunState.read(tmp_path / "run").state == "diverged"


def test_what_cannot_be_written_is_told_with_what_was_found(tmp_path):
    with RunFolder.create(tmp_path / "run", "") as folder:
        folder.write_csv("history.csv", ["epoch"], [])
        folder.keep("the model", no_room)
        with pytest.raises(OutputError) as caught:
            folder.check("accuracy 0.9")
    assert caught.value.exit_code == 3
    text = caught.value.given
    assert "the model could not be written" in text
    assert "No space left on device" in text
    assert "history.csv" in text
    assert "accuracy 0.9" in text


def test_what_is_written_in_the_end_is_not_lost(tmp_path):
    with RunFolder.create(tmp_path / "run", "") as folder:
        folder.keep("table", no_room)
        folder.keep("table", lambda: None)
        folder.check()


def test_a_folder_that_vanishes_is_told(tmp_path):
    with RunFolder.create(tmp_path / "run", "") as folder:
        shutil.rmtree(folder.path)
        folder.write_metrics({})
        with pytest.raises(OutputError, match="Nothing was kept"):
            folder.check()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("text")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError):
            RunFolder.create(out, "")
    assert (tmp_path / "file").read_text() == "text"


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o555)
    for out in (tmp_path, tmp_path / "new"):
        with pytest.raises(UsageError, match="cannot be written"):
            RunFolder.create(out, "")


@pytest.mark.skipif(not HAS_LOCKS, reason="needs locks")
class TestOtherProcesses:
    def test_a_folder_is_one_process_s(self, tmp_path, holder):
        with pytest.raises(UsageError, match="Another process"):
            RunFolder.create(tmp_path / "run", "")
        assert is_claimed(tmp_path / "run")
        with pytest.raises(ModelError, match="still running"):
            RunFolder.open(tmp_path / "run")
        holder.communicate("")
        assert names(tmp_path / "run") == ["kept.csv", "state.json"]
        with pytest.raises(UsageError, match="not an empty folder"):
            RunFolder.create(tmp_path / "run", "")

    def test_a_claim_dies_with_its_owner(self, tmp_path, holder):
        holder.kill()
        holder.wait()
        assert not is_claimed(tmp_path / "run")
        with pytest.raises(ModelError, match="unfinished"):
            RunFolder.open(tmp_path / "run")
        with RunFolder.create(tmp_path / "run", ""):
            assert is_claimed(tmp_path / "run")

    def test_any_number_of_readers_may_look_at_once(self, tmp_path):
        marker = tmp_path / MARKER
        marker.write_text("")
        with marker.open() as other:
            fcntl.flock(other, fcntl.LOCK_SH)  # as one does that looks
            assert not is_claimed(tmp_path)


def test_another_command_does_not_take_what_was_interrupted(tmp_path):
    out = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        end(out, KeyboardInterrupt(), described=True)
    for asked in ({"command": "compare", "request": "a"}, {"command": "features"}):
        with pytest.raises(UsageError, match=f"interrupted run of scoreline train.*scoreline resume {out}"):
            RunFolder.create(out, "", **asked)


def test_readers_are_told_of_unfinished_runs(tmp_path):
    for name in ("config.yaml", "model.json"):
        (tmp_path / name).write_text("")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RunFolder.open(tmp_path)
    (tmp_path / MARKER).write_text("")
    with pytest.warns(UserWarning, match="unfinished"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ("digits", "digits"),
        ("synthetic:pose=0.3,n_train=20", "synthetic"),
        ("photos/", "photos"),
        ("my.photos", "my.photos"),
        ("photos/rows.tar.gz", "rows"),
        ("no/such/rows.npz", "rows.npz"),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_titles_follow_from_what_was_asked_for(tmp_path, monkeypatch, data, title):
    monkeypatch.chdir(tmp_path)
    for folder in ("photos", "my.photos"):
        Path(folder).mkdir()
    Path("photos/rows.tar.gz").write_text("")
    assert data_title(data) == title


def test_the_folder_that_one_is_in_has_a_title(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert data_title(".") == tmp_path.name


@pytest.mark.parametrize("use", [lambda path: RunFolder.open(path), lambda path: predict_images(path, [path])])
def test_a_finished_folder_without_a_model_says_why(tmp_path, use):
    (tmp_path / "config.yaml").write_text("data: digits\n")
    with pytest.raises(
        ModelError, match="There is no model in .*: diverged trainings, comparisons and sweeps leave"
    ):
        use(tmp_path)


def test_nothing_is_worked_out_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OutputError, match="Nothing can be written to the folder of the run.*copy it to where"):
        RunFolder(tmp_path).check_writable()
