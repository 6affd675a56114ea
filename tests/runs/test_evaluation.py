"""Which examples an evaluation takes: held-out ones of its own data, and any other data by rules of its own."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from scoreline.cli.app import app
from scoreline.errors import DataError, ModelError, UsageError
from scoreline.runs.config import RunConfig
from scoreline.runs.evaluation import evaluate_run
from scoreline.runs.loaded import load_run
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")

COLOURS = {"a": (200, 60, 60), "b": (60, 60, 200)}


def paint(path, name, seed, size=(10, 10)):
    noise = np.random.default_rng([seed, ord(name)]).normal(0, 25, (*size, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(np.array(COLOURS.get(name, (60, 200, 60))) + noise, 0, 255).astype(np.uint8)).save(
        path
    )


def folder(root, classes="ab", n=5, first=0, **how):
    for name in classes:
        for i in range(n):
            paint(root / name / f"{i}.png", name, first + i, **how)
    return root


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Two classes of 20 images each, with no test split; 4 of them become the validation split."""
    return folder(tmp_path_factory.mktemp("one") / "photos", n=20)


@pytest.fixture(scope="module")
def run(photos, tmp_path_factory):
    return train_run(RunConfig(data=str(photos)), tmp_path_factory.mktemp("runs") / "run").folder.path


@pytest.fixture
def own(tmp_path, photos, run):
    """A copy of data and run, to be changed."""
    data, copy = tmp_path / "photos", tmp_path / "run"
    shutil.copytree(photos, data)
    shutil.copytree(run, copy)
    RunConfig.read(copy / "config.yaml").model_copy(update={"data": str(data)}).write(copy / "config.yaml")
    return data, copy


class TestOwnData:
    def test_held_out_examples_are_evaluated(self, run, photos):
        result = evaluate_run(run)
        metrics = json.loads((run / "metrics.json").read_text())
        assert (result.evaluation.split, result.evaluation.n, result.n_trained_on) == ("validation", 4, 0)
        assert result.evaluation.accuracy == metrics["validation_accuracy"] == metrics["accuracy"]
        assert result.n_train == metrics["n_train"] == 36
        assert (result.data, result.warnings) == (str(photos), ())

    @pytest.mark.parametrize(("split", "trained"), [("all", 36), ("train", 36), ("held-out", 0)])
    def test_training_examples_are_counted(self, run, split, trained):
        result = evaluate_run(run, split=split)
        assert result.n_trained_on == trained
        assert any(f"{trained} of the" in text for text in result.warnings) == bool(trained)

    def test_the_same_folder_by_another_name_is_split_as_it_was(self, run, photos, tmp_path):
        (tmp_path / "link").symlink_to(photos)
        result = evaluate_run(run, str(tmp_path / "link"))
        assert (result.evaluation.split, result.evaluation.n) == ("validation", 4)
        assert any("what the run was trained on" in note for note in result.notes)

    def test_a_copy_of_the_data_is_evaluated_by_what_was_not_trained_on(self, run, photos, tmp_path):
        shutil.copytree(photos, tmp_path / "moved")
        result = evaluate_run(run, str(tmp_path / "moved"))
        assert (result.evaluation.split, result.evaluation.n, result.n_left_out) == ("held-out", 4, 36)
        assert result.evaluation.accuracy == evaluate_run(run).evaluation.accuracy

    def test_data_that_are_gone(self, own):
        data, run = own
        shutil.rmtree(data)
        with pytest.raises(DataError, match=f"no longer at {data}"):
            evaluate_run(run)

    def test_data_that_have_changed(self, own):
        data, run = own
        paint(data / "a" / "0.png", "a", 777)
        folder(data, "b", n=21)
        result = evaluate_run(run)
        assert "train had 36 examples then and has 37 now" in result.warnings[0]
        # Chance holds out other rows now, and training rows among them: what is new is evaluated instead.
        assert (result.evaluation.split, result.n_trained_on) == ("held-out", 0)
        assert result.evaluation.n == 4 + 2

    def test_a_link_that_leads_elsewhere(self, own, tmp_path):
        data, run = own
        data.rename(tmp_path / "first")
        data.symlink_to(tmp_path / "first")
        assert evaluate_run(run).warnings == ()
        data.unlink()
        data.symlink_to(folder(tmp_path / "second", n=20, first=300))
        (changed,) = evaluate_run(run).warnings
        assert "train has other examples" in changed
        assert f"from {tmp_path / 'second'} now" in changed

    def test_the_working_folder_does_not_matter(self, photos, tmp_path, monkeypatch):
        monkeypatch.chdir(photos.parent)
        made = train_run(RunConfig(data="photos", data_dir="sets"), tmp_path / "run").folder.path
        config = RunConfig.read(made / "config.yaml")
        assert (config.data, config.data_dir) == (str(photos), str(photos.parent / "sets"))
        other = tmp_path / "two"
        folder(other / "photos", first=500)
        monkeypatch.chdir(other)
        assert evaluate_run(made).data == str(photos)

    def test_metrics_tell_of_the_data(self, run, photos):
        metrics = json.loads((run / "metrics.json").read_text())
        assert metrics["data_path"] == str(photos)
        assert len(metrics["data_fingerprint"]) == 32


class TestOlderRuns:
    @pytest.fixture
    def older(self, own, monkeypatch):
        """A run from before there were records of data, with a relative path."""
        data, run = own
        (run / "data.json").unlink()
        (run / "training-digests.bin").unlink()
        RunConfig.read(run / "config.yaml").model_copy(update={"data": data.name}).write(run / "config.yaml")
        monkeypatch.chdir(data.parent)
        return data, run

    def test_own_data(self, older):
        data, run = older
        result = evaluate_run(run)
        assert (result.evaluation.split, result.n_trained_on) == ("validation", 0)
        assert any(f"taken as {data}" in note for note in result.notes)

    def test_other_data(self, older, tmp_path):
        result = evaluate_run(older[1], str(folder(tmp_path / "new", first=100)))
        assert (result.evaluation.split, result.n_trained_on) == ("all", None)
        assert "does not say which examples" in result.warnings[0]


class TestOtherData:
    def test_one_class(self, run, tmp_path):
        result = evaluate_run(run, str(folder(tmp_path / "new", "a", first=100)))
        assert (result.evaluation.split, result.evaluation.n) == ("all", 5)
        assert "no example of 1 of the model's 2 classes: b" in result.notes[-1]

    def test_a_test_split_alone(self, run, tmp_path):
        folder(tmp_path / "new" / "test", first=100)
        result = evaluate_run(run, str(tmp_path / "new"))
        assert (result.evaluation.split, result.evaluation.n) == ("test", 10)

    def test_unknown_classes(self, run, tmp_path):
        new = str(folder(tmp_path / "new", "abcd", first=100))
        with pytest.raises(DataError, match=r"10 examples of 2 classes .* not trained on: c \(5\), d \(5\)"):
            evaluate_run(run, new)
        result = evaluate_run(run, new, leave_out_unknown=True)
        assert (result.evaluation.n, result.n_unknown) == (10, 10)
        with pytest.raises(DataError, match="c"):
            evaluate_run(run, str(folder(tmp_path / "none", "c")), leave_out_unknown=True)

    def test_some_training_images_among_them(self, run, photos, tmp_path):
        folder(tmp_path / "new", first=100)
        known = load_run(run).dataset.train.ids[:3]
        for i, name in enumerate(known):
            shutil.copy(photos / name, tmp_path / "new" / "a" / f"copy-{i}.png")
        result = evaluate_run(run, str(tmp_path / "new"))
        assert (result.evaluation.split, result.evaluation.n, result.n_left_out) == ("held-out", 10, 3)
        everything = evaluate_run(run, str(tmp_path / "new"), split="all")
        assert (everything.evaluation.n, everything.n_trained_on) == (13, 3)
        assert "3 of the 13 evaluated" in everything.warnings[0]

    def test_nothing_but_training_images(self, run, photos, tmp_path):
        for name in load_run(run).dataset.train.ids:
            (tmp_path / "new" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(photos / name, tmp_path / "new" / name)
        result = evaluate_run(run, str(tmp_path / "new"))
        assert (result.evaluation.split, result.n_trained_on) == ("all", 36)
        with pytest.raises(UsageError, match="no split 'held-out'"):
            evaluate_run(run, str(tmp_path / "new"), split="held-out")

    def test_arrays_with_the_training_images(self, run, photos, tmp_path):
        train = load_run(run).dataset.train
        np.savez(tmp_path / "again.npz", X=train.X, y=np.array(["a", "b"])[train.y])
        assert evaluate_run(run, str(tmp_path / "again.npz")).n_trained_on == 36

    def test_another_size_and_grey(self, run, tmp_path):
        X = np.stack([np.full((30, 40), value, dtype=np.uint8) for value in (90, 120)])
        np.savez(tmp_path / "grey.npz", X=X, y=np.array(["a", "b"]))
        result = evaluate_run(run, str(tmp_path / "grey.npz"))
        assert result.evaluation.n == 2
        assert any("grey fills all channels" in note for note in result.notes)

    def test_vectors_for_a_model_of_images(self, run, tmp_path):
        np.savez(tmp_path / "rows.npz", X=np.zeros((4, 300)), y=np.array(["a", "b", "a", "b"]))
        with pytest.raises(DataError, match="vectors of 300 numbers, and the model .* images of 10 x 10"):
            evaluate_run(run, str(tmp_path / "rows.npz"))

    def test_bad_images_as_many_as_are_told(self, run, tmp_path):
        folder(tmp_path / "new", first=100)
        (tmp_path / "new" / "a" / "bad.png").write_bytes(b"no picture")
        with pytest.raises(DataError, match="1 of 11"):
            evaluate_run(run, str(tmp_path / "new"))
        assert evaluate_run(run, str(tmp_path / "new"), max_rejected=0.1).n_rejected == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.json", b"{"),
        ("data.json", b'{"format":"scoreline-data/1","data":"x","real_path":null,"splits":{}}'),
        ("data.json", b"[" * 60_000),
        ("training-digests.bin", b"12345"),
        ("training-digests.bin", None),
    ],
)
def test_a_damaged_record(own, name, content):
    _, run = own
    (run / name).unlink()
    if content is not None:
        (run / name).write_bytes(content)
    with pytest.raises(ModelError, match="training data cannot be read"):
        evaluate_run(run)


def test_the_command_warns_and_says_what_it_evaluated(run):
    done = CliRunner().invoke(app, ["evaluate", str(run), "--split", "all", "--json"])
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["split"], told["n_test"], told["n_trained_on"]) == ("all", 40, 36)
    assert told["warnings"]
    assert "Warning: 36 of the 40 evaluated examples are training examples" in done.stderr
    table = CliRunner().invoke(app, ["evaluate", str(run)]).stdout
    assert "4 validation examples, none of which the model was trained on" in table


class TestRobustness:
    def test_the_table_is_printed_and_written(self, own):
        _, run = own
        done = CliRunner().invoke(app, ["evaluate", str(run), "--robustness"])
        assert done.exit_code == 0
        assert "rotation" in done.stdout
        assert "All 4 images were changed." in done.stdout
        lines = (run / "robustness.csv").read_text().splitlines()
        assert lines[0].startswith("challenge,kind,grade,value,measure,accuracy,low,high")
        assert len(lines) == 1 + 5 * 11
        assert (run / "figures" / "robustness-dark.png").is_file()

    def test_other_data_have_files_of_their_own(self, own, tmp_path):
        other = folder(tmp_path / "other photos", n=3, first=100)
        done = CliRunner().invoke(app, ["evaluate", str(own[1]), str(other), "--robustness", "--json"])
        values = json.loads(done.stdout.splitlines()[-1])["robustness"]
        assert (values["n"], len(values["challenges"])) == (6, 11)
        assert (own[1] / "robustness-other-photos.csv").is_file()
        assert not (own[1] / "robustness.csv").exists()

    def test_held_out_examples_of_several_splits_are_one(self, run, photos):
        loaded = load_run(run)
        everything = evaluate_run(run, split="all").chosen.examples(loaded)
        assert len(everything) == len(everything.ids) == 40
        held_out = evaluate_run(run, split="held-out").chosen.examples(loaded)
        assert sorted(held_out.ids) == sorted(loaded.splits["validation"].ids)

    def test_models_of_vectors_are_refused_before_anything_is_loaded(self, tmp_path):
        rng = np.random.default_rng(0)
        np.savez(tmp_path / "rows.npz", X=rng.normal(size=(30, 4)), y=np.arange(30) % 3)
        run = train_run(RunConfig(data=str(tmp_path / "rows.npz")), tmp_path / "run").folder.path
        (tmp_path / "rows.npz").unlink()
        done = CliRunner().invoke(app, ["evaluate", str(run), "--robustness"])
        assert isinstance(done.exception, ModelError)
        assert "models of images" in str(done.exception)


class TestDataQuality:
    def test_what_is_found_is_printed_and_written(self, photos, tmp_path):
        data = shutil.copytree(photos, tmp_path / "photos")
        Image.open(data / "a" / "0.png").point(lambda value: 0.8 * value).save(data / "a" / "copy.png")
        run = train_run(RunConfig(data=str(data)), tmp_path / "run").folder.path
        done = CliRunner().invoke(app, ["evaluate", str(run), "--data-quality"])
        assert done.exit_code == 0
        assert "suspected labels" in done.stdout
        assert "With twice as many" in done.stdout or "next to nothing" in done.stdout
        lines = (run / "near-duplicates.csv").read_text().splitlines()
        assert any("a/0.png" in line and "a/copy.png" in line for line in lines[1:])
        for name in ("label-errors", "outliers", "class-statistics", "plain-images", "learning-curve"):
            assert (run / f"{name}.csv").is_file()

    def test_as_json(self, own):
        done = CliRunner().invoke(app, ["evaluate", str(own[1]), "--data-quality", "--json"])
        values = json.loads(done.stdout.splitlines()[-1])["data_quality"]
        assert values["n_leaks"] == values["n_rejected"] == 0
        assert values["temperature"] > 0
        assert len(values["learning_curve"]["points"]) > 1

    def test_other_data_have_nothing_to_be_compared_with(self, own, tmp_path):
        other = folder(tmp_path / "other", n=3, first=100)
        done = CliRunner().invoke(app, ["evaluate", str(own[1]), str(other), "--data-quality"])
        assert isinstance(done.exception, UsageError)
