"""Each rule fires where it should and stays silent elsewhere, and its command is one that the program takes."""

import dataclasses
import shlex
from pathlib import Path

import numpy as np
import pytest
import typer

from scoreline.cli.app import app
from scoreline.engine.problem.events import Reason
from scoreline.report.analyses import Analyses
from scoreline.report.calibration import scale_temperature
from scoreline.report.data_quality.label_errors import LabelErrors, LabelSuspicion
from scoreline.report.data_quality.near_duplicates import DuplicatePair, NearDuplicates
from scoreline.report.data_quality.outliers import Outlier, Outliers
from scoreline.report.data_quality.statistics import DataStatistics, PlainImage
from scoreline.report.findings import RULES, Facts, Searched, Severity, find_all
from scoreline.report.learning_curve import Forecast, LearningCurve, LearningPoint
from scoreline.report.metrics import evaluate
from scoreline.report.robustness.measurement import ChallengeResult, Grade, Robustness
from scoreline.runs.config import RunConfig
from scoreline.runs.preconditions import check_settings
from scoreline.runs.retraining import Retraining

CLASSES = ("cat", "dog", "frog", "horse")
PLAIN = PlainImage("train", "train/4.png", "cat", "dark", 3.0, 5.0)
DATA = "/tmp/my photos"  # noqa: S108 - a name with a blank, which commands have to quote


def evaluation(split, right, confused=0, n=1000, sure=None):
    """Return the evaluation of `n` examples, of which a share is right and some cats are taken for dogs."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 4
    predicted = y.copy()
    wrong = rng.permutation(n)[: n - round(right * n)]
    predicted[wrong] = (y[wrong] + rng.integers(1, 4, len(wrong))) % 4
    if confused:
        cats = [k for k in wrong if y[k] == 0] + [k for k in range(n) if y[k] == 0 and k not in set(wrong)]
        predicted[cats[:confused]] = 1
    scores = 5.0 * np.eye(4)[predicted]
    probabilities = None
    if sure is not None:
        probabilities = np.full((n, 4), (1 - sure) / 3)
        probabilities[np.arange(n), predicted] = sure
    return evaluate(y, scores, CLASSES, split=split, probabilities=probabilities)


def facts(train=0.8, test=0.8, settings=None, **changes):
    """Return facts of a run in which there is nothing to find."""
    request = RunConfig(data=DATA, **{"features": "hog", **(settings or {})})
    given = {
        "run": "/tmp/the run",  # noqa: S108
        "data": DATA,
        "split": "test",
        "evaluations": {"train": evaluation("train", train), "test": evaluation("test", test)},
        "classes": CLASSES,
        "class_counts": (250, 250, 250, 250),
        "shape": (32, 32, 3),
        "settings": request.model_dump(),
        "retrain": Retraining(request).command,
        "lam": 0.1,
        "analyses": analyses(),
    }
    return Facts(**(given | changes))


def robustness(second, first=0.8):
    """Return a measurement with one challenge, at whose second grade the accuracy is given."""
    grades = tuple(
        Grade(float(k), f"{k}°", round(1000 * share), share, (share - 0.03, share + 0.03))
        for k, share in enumerate((first, first, second, second, second))
    )
    challenge = ChallengeResult("rotation", "camera pose", "degrees", grades, np.zeros((5, 4, 4, 3), np.uint8))
    return Robustness(1000, 1000, 0, first, (challenge,))


def pair(split="test", label="cat", other_label="cat"):
    return DuplicatePair(split, f"{split}/1.png", label, "train", "train/2.png", other_label, 0.98, mirrored=False)


def copies(*pairs):
    return NearDuplicates(pairs, {}, 10.0)


def labels(n_suspected, n=1000):
    suspicion = LabelSuspicion("train", "train/3.png", "cat", "dog", 0.01, 0.9, suspected=n_suspected > 0)
    return LabelErrors((suspicion,), 100, n_suspected, n, 0.9, 1.0)


def outliers(n):
    return Outliers((Outlier("train", "train/4.png", "cat", "dog", 9.0, outlying=n > 0),), n, 3.0)


def statistics(*plain):
    return DataStatistics((), plain, 1.0, "cat", "cat")


def curve(*accuracies):
    """Return a learning curve of parts of a thousand examples, with what it lets expect of twice as many."""
    points = tuple(
        LearningPoint(share, round(1000 * share), round(1000 * found), found, (found - 0.03, found + 0.03))
        for share, found in zip((0.25, 0.5, 1.0), accuracies, strict=True)
    )
    gain = accuracies[-1] - accuracies[-2]
    return LearningCurve(
        "test", 1000, points, Forecast(2000, accuracies[-1] + gain, gain, gain - 0.01, gain + 0.01)
    )


def analyses(**changes):
    """Return analyses in which nothing was found."""
    clean = {
        "robustness": robustness(0.8),
        "near_duplicates": copies(),
        "label_errors": labels(0),
        "outliers": outliers(0),
        "statistics": statistics(),
        "learning_curve": curve(0.8, 0.8, 0.8),
    }
    return Analyses(**(clean | changes))


def with_test(**of_test):
    return {"evaluations": {"train": evaluation("train", 0.8), "test": evaluation("test", **of_test)}}


def scaled():
    """Return facts of a model that is much too sure, and how a temperature mends that."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 2000)
    scores = 8 * (rng.normal(size=(2000, 4)) + np.eye(4)[y])
    scaling = scale_temperature(scores[:1000], y[:1000], (scores[1000:], y[1000:]))
    return facts(
        **with_test(right=0.6, sure=0.95),
        analyses=analyses(temperature=scaling),
        settings={"lam": "auto"},
    )


#: For each rule, facts in which it finds something.
FIRING = {
    "at-baseline": [
        facts(train=0.25, test=0.25),
        facts(train=0.25, test=0.25, shape=(64,)),
        facts(**with_test(right=0.5, n=10)),
        facts(**with_test(right=0.0, n=2)),
    ],
    "changed-data": [facts(changes=("train had 10 examples then and has 12 now",))],
    "unfinished": [
        facts(status=Reason.INTERRUPTED),
        facts(status=Reason.INTERRUPTED, resumable=True),
        facts(status=Reason.MAX_EPOCHS, epochs=1000),
    ],
    "failed-check": [facts(failed_checks={"first loss": "Look at the labels."})],
    "overfitting": [facts(train=0.95, test=0.6), facts(train=0.95, test=0.6, settings={"lam": "auto"})],
    "underfitting": [facts(train=0.5, test=0.5, settings={"features": "pixels"}, of_pixels=True)],
    "left-out": [
        facts(settings={"features": "auto"}, searched=Searched(("hog squared-error",), "3m"), of_pixels=True),
        facts(settings={"features": "auto"}, searched=Searched((), "", ("hog", "hue"), "900MB")),
    ],
    "class-imbalance": [facts(class_counts=(10, 250, 250, 250)), facts(class_counts=(0, 250, 250, 250))],
    "confused-pair": [facts(**with_test(right=0.8, confused=150))],
    "weak-class": [facts(**with_test(right=0.9, confused=180))],
    "bad-probabilities": [
        facts(**with_test(right=0.6, sure=0.9)),
        facts(**with_test(right=0.9, sure=0.6)),
        scaled(),
    ],
    "fragile": [
        facts(analyses=analyses(robustness=robustness(0.4))),
        facts(analyses=analyses(robustness=robustness(0.4)), settings={"features": "pixels"}, of_pixels=True),
    ],
    "small-sample": [facts(**with_test(right=0.8, n=40))],
    "without-test": [
        facts(split="train"),
        facts(
            split="validation",
            evaluations={"train": evaluation("train", 0.8), "validation": evaluation("validation", 0.8)},
            settings={"lam": "auto"},
        ),
    ],
    "leaks": [
        facts(analyses=analyses(near_duplicates=copies(pair()))),
        facts(analyses=analyses(near_duplicates=copies(*(pair()._replace(id=str(k)) for k in range(50))))),
    ],
    "validation-leaks": [facts(validation_copies=(1, 200)), facts(validation_copies=(50, 200))],
    "suspected-labels": [facts(analyses=analyses(label_errors=labels(n))) for n in (1, 90)],
    "contradictions": [facts(analyses=analyses(near_duplicates=copies(pair("validation", "cat", "dog"))))],
    "more-data": [facts(analyses=analyses(learning_curve=curve(0.6, 0.7, 0.8)))],
    "outlying-examples": [facts(analyses=analyses(outliers=outliers(3)))],
    "plain-images": [
        facts(analyses=analyses(statistics=statistics(*plain)))
        for plain in ([PLAIN], [PLAIN, PLAIN._replace(id="5.png")])
    ],
    "rejected-files": [facts(rejected={"no image": 1}), facts(rejected={"no image": 90, "too large": 30})],
    "not-examined": [facts(analyses=Analyses()), facts(analyses=analyses(robustness=None))],
}
CASES = [(name, number) for name, cases in FIRING.items() for number in range(len(cases))]


def found(name, given):
    return list(RULES.build(name).findings(given))


def test_every_rule_is_tried():
    assert FIRING.keys() == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_silent_where_all_is_well(name):
    assert found(name, facts()) == []


@pytest.mark.parametrize(("name", "number"), CASES)
def test_fires(name, number):
    (finding,) = found(name, FIRING[name][number])
    assert finding.sentence.endswith(".")
    assert "nan" not in finding.sentence


@pytest.mark.parametrize(("name", "number"), CASES)
def test_commands_are_taken_by_the_program(name, number):
    given = FIRING[name][number]
    words = shlex.split(found(name, given)[0].command)
    assert words[0] == "scoreline"
    command = typer.main.get_command(app).commands[words[1]]
    context = command.make_context(words[1], words[2:])
    if words[1] == "train":
        settings = {k: v for k, v in context.params.items() if k in RunConfig.model_fields and v is not None}
        check_settings(RunConfig.checked(**settings))
        assert settings["data"] == DATA
    if "run" in context.params and words[1] != "lab":
        assert context.params["run"] == Path(given.run)


def test_settings_that_do_not_go_with_a_change_are_left_out():
    request = RunConfig(data=DATA, features="hog,lbp", block_weights="1,2", seed=3)
    assert "--block-weights" not in Retraining(request).command(features="hog")
    assert "--seed 3" in Retraining(request).command(features="hog")


def test_what_matters_most_comes_first():
    given = facts(train=0.95, test=0.6, status=Reason.INTERRUPTED, rejected={"no image": 1})
    severities = [finding.severity for finding in find_all(given)]
    assert severities == sorted(severities)
    assert severities[0] is Severity.PROBLEM


def test_a_pair_is_named_by_both_directions_and_leads_to_its_cell():
    (finding,) = found("confused-pair", FIRING["confused-pair"][0])
    assert "cat and dog make" in finding.sentence
    assert finding.anchor == "cell-0-1"


def test_few_examples_are_said_to_be_few_where_the_baseline_is_within_reach():
    (finding,) = found("at-baseline", FIRING["at-baseline"][2])
    assert finding.sentence.startswith("10 test examples are too few")


def test_a_calibration_error_that_chance_explains_is_none():
    assert found("bad-probabilities", facts(**with_test(right=0.6, sure=0.7, n=50))) == []
    assert found("bad-probabilities", facts(**with_test(right=0.6, sure=0.7, n=1000)))


def test_the_lab_is_for_images_alone():
    given = {"shape": (64,), "train": 0.25, "test": 0.25}
    assert "scoreline lab" in found("at-baseline", facts(**(given | {"shape": (32, 32, 3)})))[0].command
    assert "scoreline lab" not in found("at-baseline", facts(**given))[0].command


def test_no_command_has_a_place_to_fill_in():
    commands = [finding.command for cases in FIRING.values() for given in cases for finding in find_all(given)]
    assert not [
        command
        for command in commands
        if any(word.isupper() and not word[0].isdigit() for word in shlex.split(command))
    ]


def test_two_classes_are_no_confused_pair():
    y = np.arange(100) % 2
    two = evaluate(y, np.eye(2)[1 - y], ("cat", "dog"), split="test")
    given = dataclasses.replace(facts(), evaluations={"test": two}, classes=("cat", "dog"))
    assert found("confused-pair", given) == []


def test_an_interrupted_run_goes_on_where_it_can():
    given = {"status": Reason.INTERRUPTED}
    assert found("unfinished", facts(**given))[0].command.startswith("scoreline train ")
    assert found("unfinished", facts(**given, resumable=True))[0].command == "scoreline resume '/tmp/the run'"


def test_one_example_is_not_several():
    one = facts(**with_test(right=1.0, n=1), analyses=analyses(outliers=outliers(1)))
    said = " ".join(finding.sentence for finding in find_all(one))
    assert "1 test example says little" in said
    assert "1 example is unlike all classes" in said


def test_mini_batches_end_at_their_limit():
    assert found("unfinished", facts(status=Reason.MAX_EPOCHS, epochs=30, mini_batches=True)) == []


def test_every_rule_is_documented():
    page = Path(__file__).parents[3] / "docs" / "report.md"
    rows = page.read_text(encoding="utf-8").split("\n## Findings\n")[1].splitlines()
    assert [row.split("`")[1] for row in rows if row.startswith("| `")] == list(RULES)
