"""Reports made anew from a run's folder: the same page, whatever the data and however the run ended."""

import itertools
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from tests.report.data_quality.pictures import pictures

from scoreline.cli.app import run as program
from scoreline.errors import ModelError
from scoreline.runs import gallery, reporting
from scoreline.runs.analysing import analyse
from scoreline.runs.config import RunConfig
from scoreline.runs.recipes.leaderboard import COLUMNS, LeaderboardRow, csv_rows
from scoreline.runs.reported import ReportedRun
from scoreline.runs.training import train_run


@pytest.fixture(scope="module", autouse=True)
def no_drawings():
    """Leave figures out: drawing them is most of a small run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "draw_run", lambda *_: ())
        yield


def write_images(folder, counts, side=12, split="."):
    """Write images of noise in the colour of their class, classes with names that need escaping."""
    rng = np.random.default_rng([len(split), sum(counts.values())])
    for label, (name, count) in enumerate(counts.items()):
        (folder / split / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = rng.normal(60 + 60 * label, 60, (side, side, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / split / name / f"{number}.png")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reported") / "photos"
    counts = {"cat": 24, "<script>dog": 24, "frog & co": 24}
    write_images(folder, counts, split="train")
    write_images(folder, counts, split="test")
    (folder / "train" / "cat" / "bad <b>.png").write_bytes(b"no image")
    return folder


@pytest.fixture(scope="module")
def trained(photos, tmp_path_factory):
    return train_run(RunConfig(data=str(photos)), tmp_path_factory.mktemp("reported") / "run").folder.path


def page_of(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def without_run(page):
    """Return a page without what differs from one making to the next: the note on how the size came about."""
    return re.sub(r"<tr><th scope=\"row\">seconds</th>.*?</tr>", "", page)


def test_the_page_made_anew_is_the_page_of_the_training(trained):
    first = page_of(trained)
    made = reporting.report_run(trained)
    assert without_run(page_of(trained)) == without_run(first)
    assert made.page == trained / "report.html"
    assert made.findings


def test_names_are_escaped(trained):
    page = page_of(trained)
    assert "<script" not in page
    assert "&lt;script&gt;dog" in page
    assert "bad &lt;b&gt;.png" in page


def test_cells_hold_their_examples(trained):
    page, metrics = page_of(trained), json.loads((trained / "metrics.json").read_text())
    confusion = metrics["evaluations"]["test"]["confusion"]
    for true, row in enumerate(confusion):
        for predicted, count in enumerate(row):
            cell = re.search(rf'id="cell-{true}-{predicted}">.*?</section>', page, re.DOTALL)
            assert (cell is None) == (count == 0)
            if cell is not None:
                most = 6 if true == predicted else 12
                assert cell[0].count("<figure>") == min(count, most)
                assert cell[0].count('class="map"') == min(count, 3)
                assert f'href="#cell-{true}-{predicted}"' in page


def test_full_reports_have_tables_too(trained):
    reporting.report_run(trained, full=True)
    assert (trained / "robustness.csv").is_file()
    assert 'class="panel"' in page_of(trained)


def test_rows_of_numbers(tmp_path):
    rng = np.random.default_rng(0)
    y = np.arange(120) % 2
    np.savez(tmp_path / "rows.npz", X=rng.normal(size=(120, 5)) + y[:, None], y=y)
    folder = train_run(RunConfig(data=str(tmp_path / "rows.npz")), tmp_path / "run").folder.path
    reporting.report_run(folder, full=True)
    page = page_of(folder)
    assert "<img" not in page
    assert 'id="cell-0-1"' in page


def test_a_class_without_test_examples(tmp_path):
    write_images(tmp_path / "data", {"a": 12, "b": 12, "c": 12}, split="train")
    write_images(tmp_path / "data", {"a": 12, "b": 12}, split="test")
    folder = train_run(RunConfig(data=str(tmp_path / "data")), tmp_path / "run").folder.path
    assert "1 of 3 classes have no test examples" in page_of(folder)
    assert "nan" not in re.sub(r"data:[^\"]*", "", page_of(folder))


def test_thousands_of_classes_keep_the_page_small(tmp_path):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(1000), 4)
    np.savez(tmp_path / "many.npz", X=rng.normal(size=(4000, 8)), y=y)
    config = RunConfig(data=str(tmp_path / "many.npz"), solver="sgd", max_epochs=1)
    page = page_of(train_run(config, tmp_path / "run").folder.path)
    assert len(page) < 2 << 20
    assert page.count('<td class="entry') == 20 * 20
    assert page.count('id="class-') == 100


def test_of_an_interrupted_run(photos, tmp_path):
    from scoreline.engine.problem.events import Reason

    config = RunConfig(data=str(photos), solver="adam", max_epochs=10**6, tol=0.0)  # which nobody could wait for
    folder = train_run(config, tmp_path / "run", listeners=[lambda _: Reason.INTERRUPTED]).folder.path
    assert not (folder / "learning-curve.csv").exists()
    with pytest.warns(UserWarning, match="unfinished: it was interrupted"):
        made = reporting.report_run(folder, full=True)
    assert (folder / "learning-curve.csv").exists()
    assert "interrupted" in made.findings[0].sentence
    assert made.findings[0].command == f"scoreline resume {folder}"


def test_ten_classes_and_five_thousand_images_of_noise_take_less_than_eight_megabytes(tmp_path):
    rng = np.random.default_rng(0)
    parts = {"train": 200, "test": 5000}
    arrays = {f"X_{name}": rng.integers(0, 256, (n, 64, 64, 3), dtype=np.uint8) for name, n in parts.items()}
    arrays |= {f"y_{name}": np.arange(n) % 10 for name, n in parts.items()}
    np.savez(tmp_path / "noise.npz", **arrays)
    folder = train_run(RunConfig(data=str(tmp_path / "noise.npz")), tmp_path / "run").folder.path
    page = page_of(folder)
    assert page.count('<td class="entry') == 100
    assert 1 << 20 < len(page.encode()) < 8 << 20


def test_of_a_run_whose_metrics_were_never_written(trained, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in trained.iterdir():
        if file.is_file() and file.name not in ("metrics.json", "history.csv"):
            (copy / file.name).write_bytes(file.read_bytes())
    assert reporting.report_run(copy).accuracy == reporting.report_run(trained).accuracy


def test_a_diverged_run_has_no_report(photos, tmp_path):
    from scoreline.errors import DivergedError

    config = RunConfig(data=str(photos), loss="squared-error", solver="sgd", lr=1e5)
    with pytest.raises(DivergedError):
        train_run(config, tmp_path / "run")
    with pytest.raises(ModelError, match="diverged"):
        reporting.report_run(tmp_path / "run")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metrics.json", "{"),
        ("metrics.json", "[" * 100_000),
        ("metrics.json", '{"sanity": 3}'),
        ("history.csv", "a,b\n1,2\n"),
        ("history.csv", '"'),
        ("leaderboard.csv", "a,b\n1\n"),
        ("leaderboard.csv", "a,b\n1,2\n"),
        ("leaderboard.csv", ",".join(COLUMNS) + "\nhog,softmax,1,much" + "," * (len(COLUMNS) - 4) + "\n"),
    ],
)
def test_damaged_files_are_named(trained, tmp_path, name, content):
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in trained.iterdir():
        if file.is_file():
            (copy / file.name).write_bytes(file.read_bytes())
    (copy / name).write_text(content)
    with pytest.raises(ModelError, match=name):
        reporting.report_run(copy)


def test_a_leaderboard_is_shown(trained):
    tried = LeaderboardRow("hog <b>", "softmax", True, 900, 0.61, 200, 1.5, 12.0, 3000, chosen=True)
    left_out = LeaderboardRow("lbp", "softmax", True, remark="no time: a run of it takes about 25 s")
    rows = [COLUMNS, *csv_rows([tried, left_out])]
    (trained / "leaderboard.csv").write_text("\n".join(",".join(row) for row in rows))
    reporting.report_run(trained)
    page = page_of(trained)
    assert "hog &lt;b&gt; softmax <small>chosen</small>" in page
    assert '<td class="number">61.0%</td>' in page
    assert "no time: a run of it takes about 25 s" in page
    assert "Chosen on 200 validation examples; only" in page
    earlier = [[cell for name, cell in zip(COLUMNS, row, strict=True) if name != "judged"] for row in rows]
    (trained / "leaderboard.csv").write_text("\n".join(",".join(row) for row in earlier))
    reporting.report_run(trained)
    assert "Chosen on validation examples; only" in page_of(trained)
    (trained / "leaderboard.csv").unlink()


def test_data_that_have_changed_are_told(photos, tmp_path):
    copy = tmp_path / "photos"
    write_images(copy, {"a": 20, "b": 20})
    folder = train_run(RunConfig(data=str(copy)), tmp_path / "run").folder.path
    write_images(copy, {"a": 30, "b": 20}, side=12)
    made = reporting.report_run(folder)
    assert any("have changed since" in finding.sentence for finding in made.findings)


def test_what_is_read_is_what_was_trained(trained):
    run = ReportedRun.read(trained)
    metrics = json.loads((trained / "metrics.json").read_text())
    assert run.evaluation.accuracy == metrics["accuracy"]
    assert run.accuracies == {name: metrics[f"{name}_accuracy"] for name in ("train", "validation", "test")}


@pytest.fixture(scope="module")
def described(photos, tmp_path_factory):
    """Return a run whose features are no pixels, which had to keep to a bound of memory."""
    config = RunConfig(data=str(photos), features="hog:4", memory="64GB")
    return train_run(config, tmp_path_factory.mktemp("described") / "run").folder.path


class TestRegionsThatAreCovered:
    def test_not_unasked_where_memory_is_bounded(self, described):
        assert 'class="map"' not in page_of(described)
        assert f"<code>scoreline report {described} --full</code>" in page_of(described).replace("<wbr>", "")

    def test_in_the_full_report(self, described):
        reporting.report_run(described, full=True)
        page = page_of(described)
        cells = re.findall(r'<section class="cell".*?</section>', page, re.DOTALL)
        assert cells
        for cell in cells:
            assert cell.count('class="map"') == min(cell.count("<figure>"), 3)
            assert "covered with the mean of the training images" in cell
        assert re.search(r"<title>Contributions of 4 x 4 regions: [+-]\S+ \(row \d, column \d\) to \+", page)

    def test_as_many_as_there_is_time_for_the_commonest_mistakes_first(self, described, monkeypatch):
        run = ReportedRun.read(described)
        never = gallery.make_gallery(run.model, run.prepared, run.evaluation, seconds=0.0)
        assert not never.maps.complete
        assert all(shown.regions is None for cell in never.cells for shown in cell.examples)
        clock = SimpleNamespace(perf_counter=itertools.count().__next__)  # a second later at each look
        monkeypatch.setattr(gallery, "time", clock)
        some = gallery.make_gallery(run.model, run.prepared, run.evaluation, seconds=2.5)
        explained = [shown.regions is not None for cell in some.cells for shown in cell.examples[:1]]
        assert explained == [True, True] + [False] * (len(explained) - 2)


@pytest.mark.parametrize("lam", ["0.1", "auto"])  # which is followed by a refit
def test_copies_between_validation_and_training_examples(tmp_path, lam):
    train, validation, test = pictures(40), pictures(7, seed=1), pictures(20, seed=2)
    arrays = {"train": train, "validation": np.concatenate([train[:3], validation]), "test": test}
    labelled = {f"y_{name}": np.arange(len(X)) % 2 for name, X in arrays.items()}
    np.savez(tmp_path / "data.npz", **{f"X_{name}": X for name, X in arrays.items()}, **labelled)
    made = train_run(RunConfig.checked(data=str(tmp_path / "data.npz"), lam=lam), tmp_path / "run")
    assert made.resolved.refit.value == (lam == "auto")
    for findings in (made.findings, reporting.report_run(made.folder.path).findings):
        (found,) = (one for one in findings if "near copy" in one.sentence)
        assert found.sentence.startswith("3 of 10 validation examples have a near copy")


class TestWhatIsLookedInto:
    @pytest.fixture
    def run(self, trained):
        return ReportedRun.read(trained)

    @staticmethod
    def recorded(run, **changes):
        return replace(run, recorded=run.recorded.model_copy(update=changes))

    def test_all_that_takes_a_moment(self, run):
        found = analyse(run)
        assert found.missing(images=True) == ["the accuracy on changed images"]
        assert found.learning_curve is not None
        assert found.temperature is not None

    def test_no_fits_that_take_longer_than_the_run(self, run):
        slow = run.recorded.timings.model_copy(update={"fit": 20.0})
        found = analyse(self.recorded(run, timings=slow, seconds=20.0))
        assert found.near_duplicates is not None
        assert found.learning_curve is found.label_errors is None

    def test_nothing_that_takes_the_rest_of_a_search(self, run):
        searched = replace(run, request=RunConfig(data=run.request.data, features="auto", budget="30s"))
        slow = run.recorded.timings.model_copy(update={"fit": 1.0})
        assert analyse(self.recorded(searched, timings=slow, seconds=25.0)).label_errors is None
        assert analyse(self.recorded(searched, timings=slow, seconds=10.0)).label_errors is not None

    def test_nothing_where_memory_is_bounded(self, run):
        bounded = replace(run, request=run.request.changed(memory="64GB"))
        assert analyse(bounded).near_duplicates is None
        assert analyse(bounded, full=True).near_duplicates is not None


class TestCommand:
    def test_prints_findings_and_where_the_page_is(self, trained, capfd):
        with pytest.raises(SystemExit) as ended:
            program(["report", str(trained)])
        out = capfd.readouterr().out
        assert ended.value.code == 0
        assert str(trained / "report.html") in out
        assert f"scoreline report {trained} --full" in out

    def test_json(self, trained, capfd):
        with pytest.raises(SystemExit):
            program(["report", str(trained), "--json"])
        told = json.loads(capfd.readouterr().out.splitlines()[-1])
        assert {"run", "report", "accuracy", "split", "seconds", "findings", "data"} <= told.keys()
        assert all(finding.keys() == {"severity", "sentence", "command"} for finding in told["findings"])

    def test_no_run(self, tmp_path, capfd):
        with pytest.raises(SystemExit) as ended:
            program(["report", str(tmp_path)])
        assert ended.value.code == 3
        assert "not the folder of a run" in capfd.readouterr().err
