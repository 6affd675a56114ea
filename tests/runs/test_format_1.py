"""Runs of earlier revisions, whose models hold an input spec or none: they say what they said then."""

import json
from pathlib import Path

import pytest

from scoreline.models import ImageClassifier
from scoreline.runs.data_record import TrainedOn
from scoreline.runs.prediction import load_classifier, predict_images

FIXTURES = Path(__file__).parents[1] / "fixtures" / "format-1"
WITH_INPUT = FIXTURES.with_name("format-1-input")
RUNS = ("colour", "colour-without-record", "deep")


@pytest.mark.parametrize("folder", [FIXTURES, WITH_INPUT], ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", RUNS)
def test_they_say_of_images_what_they_said(folder, name):
    expected = json.loads((folder / name / "predictions.json").read_text(encoding="utf-8"))
    for image, told in expected.items():
        (found,) = predict_images(folder / name, [folder / "images" / image], top_k=2)
        assert (found.problem, found.remark) == (told["problem"], told["remark"])
        assert [guess.label for guess in found.guesses] == [label for label, _, _ in told["guesses"]]
        for guess, (_, score, probability) in zip(found.guesses, told["guesses"], strict=True):
            assert guess.score == pytest.approx(score, rel=1e-4, abs=1e-5)
            assert guess.probability == pytest.approx(probability, rel=1e-4, abs=1e-6)


def test_the_policy_is_the_one_that_was_in_force():
    refusing, own, ranged = (load_classifier(FIXTURES / name).input for name in RUNS)
    assert (refusing.deep, own.deep, ranged.deep) == ("refuse", "own", "range")
    assert ranged.pixel_range == (0, 4095)
    assert own.training_images is None
    assert refusing.training_images is not None
    assert refusing.shape == own.shape == (4, 5, 3)


def test_the_two_files_of_a_model_are_enough():
    assert ImageClassifier.load(FIXTURES / "deep").input.deep == "own"


@pytest.mark.parametrize("name", RUNS)
def test_the_two_files_hold_the_policy_too(name):
    model = ImageClassifier.load(WITH_INPUT / name)
    assert model.input.deep == ("range" if name == "deep" else "refuse")
    assert model.input == load_classifier(WITH_INPUT / name).input
    assert model.input.training_images is not None


def test_the_record_of_the_data_is_read():
    trained_on = TrainedOn.read(FIXTURES / "deep")
    assert trained_on is not None
    assert trained_on.record.images.longest == 4
