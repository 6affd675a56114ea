"""The page of mistakes: the library's own evaluation, image by image, of built-in runs and of folders."""

import numpy as np
import pytest
from scipy.stats import binomtest

from scoreline.errors import ModelError, UsageError
from scoreline.lab import LabSession
from scoreline.lab.evaluated import mcnemar
from scoreline.lab.resources import BUILT_IN, Resources
from scoreline.runs.config import RunConfig
from scoreline.runs.evaluation import evaluate_run
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")

RESOURCES = Resources()


def after(resources=RESOURCES, **changes):
    session = LabSession("mistakes", resources=resources)
    return session, session.handle({"action": "edit", "changes": changes})


@pytest.fixture
def lines_of_script(printed):
    """Return a function that gives the lines that a session's script prints."""
    return lambda session: printed(session.handle({"action": "python"})["script"]).splitlines()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two runs' folders on the digits, one of them of a loss without probabilities of its own."""
    made = []
    for loss in ("softmax", "crammer-singer"):
        out = tmp_path_factory.mktemp("runs") / loss
        config = {"data": "digits", "loss": loss, "solver": "momentum", "max_epochs": 3}
        train_run(RunConfig.model_validate(config), out)
        made.append(out)
    return made


@pytest.mark.parametrize("run", range(len(BUILT_IN)))
def test_the_script_of_a_built_in_run_counts_the_same(run, lines_of_script):
    session, answer = after(run=run)
    first, *matrix = lines_of_script(session)
    assert float(first) == answer["shown"]["accuracy"]
    assert "".join(matrix).replace(" ", "") == str(answer["shown"]["confusion"]).replace(", ", "").replace(" ", "")


@pytest.mark.parametrize("number", [0, 1])
def test_a_folder_is_evaluated_as_evaluate_evaluates_it(folders, number, lines_of_script):
    session, answer = after(Resources(runs=folders), run=number, split="validation")
    expected = evaluate_run(folders[number], split="validation").evaluation
    shown = answer["shown"]
    assert shown["accuracy"] == expected.accuracy
    assert shown["confusion"] == expected.confusion.tolist()
    assert shown["per_class"] == expected.to_json()["per_class"]
    assert shown["calibration"]["log_loss"] == pytest.approx(expected.calibration.log_loss)
    assert float(lines_of_script(session)[0]) == expected.accuracy


def test_cells_open_their_images():
    _, every = after(split="train", among="all")
    for true, row in enumerate(every["shown"]["confusion"]):
        for predicted, n in enumerate(row):
            if n == 0 and true != predicted:
                continue
            _, answer = after(split="train", true=true, predicted=predicted)
            gallery = answer["shown"]["gallery"]
            assert gallery["n"] == n
            assert {(image["true"], image["predicted"]) for image in gallery["images"]} <= {(true, predicted)}


def test_orders():
    """A margin is the true class's lead: negative exactly where the prediction is wrong."""
    for order, key, sign in (
        ("lowest-margin", "margin", 1),
        ("highest-margin", "margin", -1),
        ("least-confident", "confidence", 1),
        ("most-confident", "confidence", -1),
        ("data", "index", 1),
    ):
        _, answer = after(among="all", order=order)
        images = answer["shown"]["gallery"]["images"]
        assert np.all(np.diff([sign * image[key] for image in images]) >= 0), order
        for image in images:
            assert (image["margin"] < 0) == (image["true"] != image["predicted"])


def test_pages_of_the_gallery_are_all_there_is():
    seen = []
    for first in range(0, 144, 48):
        _, answer = after(among="all", first=first)
        seen += [image["index"] for image in answer["shown"]["gallery"]["images"]]
    assert sorted(seen) == list(range(144))


def test_two_runs():
    _, answer = after(split="train", rival=1, among="only-first-right")
    found = answer["shown"]["comparison"]
    assert found["both"] + found["first_only"] + found["second_only"] + found["neither"] == answer["shown"]["n"]
    assert found["both"] + found["first_only"] == answer["shown"]["right"]
    assert answer["shown"]["gallery"]["n"] == found["first_only"]
    assert all(image["rival"] != image["true"] for image in answer["shown"]["gallery"]["images"])
    _, answer = after(split="train", rival=1, among="only-second-right")
    assert answer["shown"]["gallery"]["n"] == found["second_only"]


def test_mcnemar_is_the_exact_test():
    assert mcnemar(0, 0) == 1
    assert mcnemar(9, 3) == pytest.approx(binomtest(3, 12).pvalue)
    assert mcnemar(5, 5) == 1


def test_test_numbers_are_hidden_until_asked_for():
    session, before = after()
    with pytest.raises(UsageError, match="hidden until"):
        session.handle({"action": "edit", "changes": {"split": "test"}})
    answer = session.handle({"action": "ask"})
    assert answer["state"]["split"] == "test"
    assert answer["shown"]["n"] == 359
    # Asked for once: other splits and back again.
    session.handle({"action": "edit", "changes": {"split": "validation"}})
    assert session.handle({"action": "edit", "changes": {"split": "test"}})["shown"]["n"] == 359
    assert before["shown"]["n"] == 144


@pytest.mark.parametrize("changes", [{"run": 2}, {"rival": 7}, {"among": "only-first-right"}, {"true": -1}])
def test_what_there_is_not(changes):
    session, _ = after()
    with pytest.raises(UsageError):
        session.handle({"action": "edit", "changes": changes})


def test_runs_on_other_data_are_not_compared(folders, tmp_path):
    config = RunConfig.model_validate({"data": "digits", "seed": 5, "solver": "momentum", "max_epochs": 1})
    train_run(config, tmp_path / "other")
    session = LabSession("mistakes", resources=Resources(runs=[folders[0], tmp_path / "other"]))
    with pytest.raises(UsageError, match="other images"):
        session.handle({"action": "edit", "changes": {"rival": 1}})


def test_a_folder_without_a_run(tmp_path):
    session = LabSession("mistakes", resources=Resources(runs=[tmp_path]))
    with pytest.raises(ModelError, match="not the folder of a run"):
        session.handle({"action": "edit"})
