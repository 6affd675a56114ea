"""What becomes of a run whose disk, folder, data or checkpoint is not as it should be."""

import errno
import json
import shutil
import warnings
from itertools import pairwise

import numpy as np
import pytest

from scoreline.engine.minibatch.halving import Halving
from scoreline.engine.problem.events import Evaluated, Reason, RunEnded
from scoreline.errors import DataError, ModelError, OutputError, UsageError
from scoreline.runs import checkpoint, checkpoint_file
from scoreline.runs.checkpoint import CHECKPOINT, CURRENT, SECONDS_VARIABLE, SPACING, _Pace
from scoreline.runs.config import RunConfig
from scoreline.runs.folder import RunFolder
from scoreline.runs.resumption import settings_to_resume
from scoreline.runs.state import RunState
from scoreline.runs.sweeping import Axes, sweep_run
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")
EPOCHS = 6


class Killed(BaseException):
    """Ends a run as nothing foreseen does."""


@pytest.fixture(autouse=True)
def at_every_step(monkeypatch):
    monkeypatch.setenv(SECONDS_VARIABLE, "0")


@pytest.fixture
def config(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 5)).astype(np.float32), np.arange(90) % 3
    np.savez(tmp_path / "data.npz", x_train=X, y_train=y, x_test=X[:30], y_test=y[:30])
    return RunConfig(data=str(tmp_path / "data.npz"), solver="adam", max_epochs=EPOCHS, batch_size=16)


@pytest.fixture
def expected(config, tmp_path):
    return weights(train_run(config, tmp_path / "reference"))


def weights(result):
    return result.classifier.coef_.tobytes() + result.classifier.intercept_.tobytes()


def killed(config, out, act=lambda: None):
    """Train until an epoch has ended, do something, and end without a word."""

    def kill(event):
        if isinstance(event, Evaluated) and event.epoch == EPOCHS - 2:
            act()
            raise Killed

    with pytest.raises(Killed):
        train_run(config, out, listeners=[kill])
    return out / CHECKPOINT / CURRENT


def no_room(*arguments, **named):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_run_goes_on_from_where_it_was(config, expected, tmp_path):
    killed(config, tmp_path / "run")
    epochs = []
    result = train_run(config, tmp_path / "run", listeners=[lambda e: epochs.append(getattr(e, "epoch", 0))])
    assert weights(result) == expected
    assert min(epoch for epoch in epochs if epoch) > EPOCHS - 3
    assert len(result.classifier.history_) == EPOCHS


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:-1] + bytes([b[-1] ^ 1]), lambda _: b""])
def test_a_damaged_checkpoint_costs_time_alone(config, expected, tmp_path, damage):
    file = killed(config, tmp_path / "run")
    file.write_bytes(damage(file.read_bytes()))
    with pytest.warns(UserWarning, match="is damaged"):
        assert weights(train_run(config, tmp_path / "run")) == expected


@pytest.mark.parametrize("split", ["x_train", "x_test"])
def test_other_data_are_refused_and_nothing_is_lost(config, expected, tmp_path, split):
    killed(config, tmp_path / "run")
    data = tmp_path / "data.npz"
    original = data.read_bytes()
    arrays = dict(np.load(data))
    arrays[split][-1, -1] += 1
    np.savez(data, **arrays)
    with pytest.raises(DataError, match="have changed since .* begun") as caught:
        train_run(config, tmp_path / "run")
    assert caught.value.__notes__ == [f"To go on with it: scoreline resume {tmp_path / 'run'}"]
    data.write_bytes(original)
    assert weights(train_run(config, tmp_path / "run")) == expected


def test_data_that_have_moved(config, expected, tmp_path):
    killed(config, tmp_path / "run")
    new = tmp_path / "moved.npz"
    (tmp_path / "data.npz").rename(new)
    with pytest.raises(DataError, match="no longer at .*data.npz.*NEW-PLACE --resume --out"):
        train_run(config, tmp_path / "run")
    assert weights(train_run(config.changed(data=str(new)), tmp_path / "run")) == expected
    assert RunConfig.read(tmp_path / "run" / "config.yaml").data == str(new)


def test_a_sweep_of_other_data_is_refused(config, tmp_path):
    def run(act):
        with RunFolder.create(tmp_path / "run", "", command="sweep", request="same") as folder:
            sweep_run(config, Axes(["adam"], np.array([0.1])), listeners=[folder.checkpoints, act])

    def kill(event):
        if isinstance(event, Evaluated):
            raise Killed

    with pytest.raises(Killed):
        run(kill)
    arrays = dict(np.load(tmp_path / "data.npz"))
    arrays["x_test"][-1, -1] += 1
    np.savez(tmp_path / "data.npz", **arrays)
    with pytest.raises(DataError, match="have changed since"):
        run(lambda event: None)


def left_behind(folder):
    return {path.name for path in folder.iterdir()} & {CHECKPOINT, "unfinished"}


def test_a_signal_as_a_run_ends_comes_too_late(config, tmp_path, monkeypatch):
    def press(checkpoints):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.Checkpoints, "remove", press)
    with pytest.raises(KeyboardInterrupt) as caught:
        train_run(config, tmp_path / "run")
    assert caught.value.__notes__ == [f"The run in {tmp_path / 'run'} is done"]
    assert RunState.read(tmp_path / "run").state == "done"
    assert not left_behind(tmp_path / "run")


def test_a_kill_as_a_done_run_clears_up(config, tmp_path, monkeypatch):
    """It is done by then: what is left of its checkpoints goes when somebody wants to go on with it."""

    left, real = tmp_path / "left", checkpoint.Checkpoints.remove

    def remove(checkpoints):
        if not left.exists():  # what there is if the process is killed now
            shutil.copytree(tmp_path / "run", left)
        real(checkpoints)

    monkeypatch.setattr(checkpoint.Checkpoints, "remove", remove)
    train_run(config, tmp_path / "run")
    assert left_behind(left) == {CHECKPOINT, "unfinished"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RunFolder.open(left)
    for resume in (RunFolder.resume, lambda run: settings_to_resume(config, run)):
        with pytest.raises(UsageError, match="is done"):
            resume(left)
    assert not left_behind(left)


@pytest.mark.parametrize("text", ["often", "-1", "nan", "inf"])
def test_a_wrong_pace_is_told_before_anything_is_claimed(config, tmp_path, monkeypatch, text):
    monkeypatch.setenv(SECONDS_VARIABLE, text)
    with pytest.raises(UsageError, match=f"{SECONDS_VARIABLE} is '{text}'"):
        train_run(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("stopped", [False, True])
def test_a_kill_between_the_last_step_and_the_end(config, tmp_path, monkeypatch, stopped):
    """Nor does a run go on beyond its end where Ctrl-C comes in the epoch in which its rule ends it."""
    config = config.changed(tol=0.9, max_epochs=30)
    reference = train_run(config, tmp_path / "reference")
    last = reference.classifier.n_iter_
    assert last < 30

    def stop(event):
        return Reason.INTERRUPTED if stopped and getattr(event, "epoch", 0) == last else None

    def write(file, path):
        if path.name == "fit-00001.safetensors":  # what there is if the process is killed now
            shutil.copytree(tmp_path / "run", tmp_path / "left")
        return real(file, path)

    with monkeypatch.context() as patch:
        real = checkpoint.CheckpointFile.write
        patch.setattr(checkpoint.CheckpointFile, "write", write)
        train_run(config, tmp_path / "run", listeners=[stop])
    result = train_run(config, tmp_path / "left")
    assert result.classifier.n_iter_ == last
    assert weights(result) == weights(reference)


def test_a_choice_that_is_ended_early_has_another_last_fit(expected, config, tmp_path):
    """As where Ctrl-C ends a search, while it computes features, before the fit that it had come to."""
    kept = killed(config, tmp_path / "run").read_bytes()
    settings = (tmp_path / "run" / "config.yaml").read_bytes()
    other = config.changed(lam=0.5)
    other.write(tmp_path / "run" / "config.yaml")
    result = train_run(other, tmp_path / "run", listeners=[lambda event: Reason.INTERRUPTED])
    assert result.folder.checkpoints.interrupted
    assert (tmp_path / "run" / CHECKPOINT / CURRENT).read_bytes() == kept
    (tmp_path / "run" / "config.yaml").write_bytes(settings)
    assert weights(train_run(config, tmp_path / "run")) == expected


def test_a_disk_without_room_for_checkpoints_stops_nothing(config, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint_file, "save_file", no_room)
    with pytest.warns(UserWarning, match="No checkpoint can be written") as caught:
        assert weights(train_run(config, tmp_path / "run")) == expected
    assert len([one for one in caught if "checkpoint" in str(one.message)]) == 1
    assert RunState.read(tmp_path / "run").state == "done"


@pytest.mark.filterwarnings("ignore:No checkpoint can be written")
def test_a_folder_that_is_deleted_under_way(config, tmp_path):
    def delete(event):
        if isinstance(event, Evaluated):
            shutil.rmtree(tmp_path / "run", ignore_errors=True)

    with pytest.raises(OutputError, match="Nothing was kept.*Found: accuracy"):
        train_run(config, tmp_path / "run", listeners=[delete])
    assert not (tmp_path / "run").exists()


def test_a_second_process_is_refused_and_readers_are_told(config, tmp_path):
    def look(event):
        if isinstance(event, Evaluated):
            with pytest.raises(UsageError, match="still running"):
                RunFolder.resume(tmp_path / "run")
            with pytest.raises(UsageError):
                train_run(config, tmp_path / "run")
            with pytest.raises(ModelError, match=r"still running \(process"):
                RunFolder.open(tmp_path / "run")

    train_run(config, tmp_path / "run", listeners=[look])


def test_what_could_not_be_written_is_written_when_there_is_room(config, expected, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("scoreline.models.saved.replacing", no_room)
        with pytest.raises(OutputError, match="the model could not be written"):
            train_run(config, tmp_path / "run")
    assert RunState.read(tmp_path / "run").state == "interrupted"
    events = []
    assert weights(train_run(config, tmp_path / "run", listeners=[events.append])) == expected
    assert events == []  # the fit had ended
    assert RunState.read(tmp_path / "run").state == "done"


def test_a_state_that_cannot_be_read(config, tmp_path):
    killed(config, tmp_path / "run")
    for text in ("{", json.dumps({"state": "lost"}), " " * 5000):
        (tmp_path / "run" / "state.json").write_text(text)
        for use in (RunFolder.open, RunFolder.resume):
            with pytest.raises(ModelError, match=r"state\.json is damaged"):
                use(tmp_path / "run")


def test_other_versions_are_told_of(config, tmp_path, monkeypatch):
    killed(config, tmp_path / "run")
    monkeypatch.setattr(checkpoint_file, "__version__", "99")
    with pytest.warns(UserWarning, match="may differ .* in the last bits"):
        train_run(config, tmp_path / "run")


def test_checkpoints_take_one_percent_of_the_time(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(checkpoint.time, "perf_counter", lambda: now[0])
    pace = _Pace(2.0)
    due = []
    for _ in range(1000):
        now[0] += 1.0
        if pace.is_due(0):
            due.append(now[0])
            pace.written(0.5)
    assert due[0] >= 2
    assert all(later - earlier >= 0.5 * SPACING for earlier, later in pairwise(due))
    assert len(due) > 10


def size(folder):
    return sum(path.stat().st_size for path in (folder / CHECKPOINT).glob("fit-*"))


def test_what_a_sweep_saves_does_not_grow_with_its_pauses(config, tmp_path):
    files, pauses = set(), []

    def count(event):
        files.update([len(list((tmp_path / "sweep" / CHECKPOINT).glob("*")))])
        pauses.extend([event] if isinstance(event, RunEnded) else [])

    with RunFolder.create(tmp_path / "sweep", "", command="sweep") as folder:
        axes = Axes(["adam", "sgd"], np.geomspace(1e-3, 1, 8))
        rules = {"halving": Halving(2), "listeners": [count, folder.checkpoints]}
        sweep_run(config.changed(max_epochs=16), axes, **rules)
    assert len(pauses) > 4
    assert max(files) <= 3  # of the sweep, of the run that has just ended, and of the one under way
    assert not (tmp_path / "sweep" / CHECKPOINT).exists()


def test_ends_of_fits_have_a_bound_and_those_that_are_gone_are_computed_again(config, tmp_path, monkeypatch):
    config = config.changed(lam="auto", solver="exact")
    expected = weights(train_run(config, tmp_path / "reference"))
    sizes, ends = [], []

    def kill(event):
        sizes.append(size(tmp_path / "run"))
        ends.extend([event] if isinstance(event, RunEnded) else [])
        if len(ends) == 20:
            raise Killed

    monkeypatch.setattr(checkpoint, "MOST_BYTES", 10_000)
    with pytest.raises(Killed):
        train_run(config, tmp_path / "run", listeners=[kill])
    assert 5_000 < max(sizes) <= 10_000
    assert weights(train_run(config, tmp_path / "run")) == expected


def test_a_run_without_its_settings_has_to_be_begun_again(tmp_path):
    (tmp_path / "unfinished").write_text("")
    with pytest.raises(ModelError, match="ended before it had begun"):
        RunFolder.resume(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with RunFolder.create(tmp_path, ""):
            pass
