"""The page of images: two models trained live or exactly, scores that are the sum of their pixels, own folders."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from scoreline.errors import DataError, UsageError
from scoreline.lab import LabSession
from scoreline.lab.live import EVALUATED_EVERY
from scoreline.lab.pages.images import LAMS
from scoreline.lab.resources import Resources

RESOURCES = Resources()


def after(resources=RESOURCES, **changes):
    session = LabSession("images", resources=resources)
    return session, session.handle({"action": "edit", "changes": changes})


@pytest.mark.parametrize(
    "changes", [{"step": 23}, {"mode": "path", "strength": 9}, {"step": 4, "features": "hog"}]
)
def test_the_script_ends_where_the_page_does(changes, printed):
    session, answer = after(**changes, chosen=7, loss="softmax", rival="one-vs-all:squared")
    script = session.handle({"action": "python"})["script"]
    lines = printed(script).splitlines()
    for key, (name, scores) in zip(("loss", "rival"), zip(lines[::2], lines[1::2], strict=True), strict=True):
        shown = answer["shown"]
        assert name.split()[0] == shown["models"][key]["name"]
        assert float(name.split()[1]) == shown["models"][key]["accuracy"]
        np.testing.assert_allclose(
            json.loads(scores), shown["image"]["scores"][key]["scores"], rtol=1e-6, atol=1e-7
        )


@pytest.mark.parametrize("features", ["pixels", "hog", "lbp"])
def test_contributions_add_up_to_the_score(features):
    _, answer = after(step=20, features=features, focus=3, chosen=5)
    image = answer["shown"]["image"]
    for key in ("loss", "rival"):
        parts = image["contributions"][key]
        assert parts["sum"] + parts["bias"] == pytest.approx(image["scores"][key]["scores"][3], abs=1e-5)
        if features == "pixels":
            assert np.array(parts["pixels"]).shape == (8, 8)
            assert np.sum(parts["pixels"]) == pytest.approx(parts["sum"], abs=1e-9)
        else:
            assert len(parts["names"]) == len(parts["parts"])


def test_the_loss_is_that_of_the_scores():
    """By hand: minus the logarithm of the true class's probability, and the squared hinges."""
    _, answer = after(step=20, chosen=2, rival="weston-watkins:squared")
    image = answer["shown"]["image"]
    soft, hinge = image["scores"]["loss"], image["scores"]["rival"]
    assert soft["loss"] == pytest.approx(-np.log(soft["probabilities"][image["true"]]), rel=1e-5)
    scores = np.array(hinge["scores"])
    margins = np.maximum(0, scores - scores[image["true"]] + 1)
    margins[image["true"]] = 0
    assert hinge["loss"] == pytest.approx((margins**2).sum(), rel=1e-5)


def test_steps_one_by_one_and_backwards_come_to_the_same():
    session, _ = after()
    for _ in range(3):
        answer = session.handle({"action": "step", "count": 7})
    _, at_once = after(step=21)
    assert answer["shown"] == at_once["shown"]
    steps, loss, _ = answer["shown"]["models"]["loss"]["evaluated"]
    assert steps == [0, EVALUATED_EVERY, 2 * EVALUATED_EVERY]
    assert loss[0] == pytest.approx(np.log(10), rel=1e-6)
    for _ in range(11):
        back = session.handle({"action": "undo"})
    _, earlier = after(step=10)
    assert back["shown"] == earlier["shown"]


def test_the_path_is_optimal_and_says_how_nearly():
    _, answer = after(mode="path", strength=10)
    for model in answer["shown"]["models"].values():
        assert 0 <= model["gap"] <= 1e-4
        assert len(model["path_train_loss"]) == len(LAMS)
        # A stronger penalty fits the training images less.
        assert np.all(np.diff(model["path_train_loss"]) > 0)


def test_the_path_is_not_for_corners():
    session, _ = after()
    with pytest.raises(UsageError, match="is not smooth"):
        session.handle({"action": "edit", "changes": {"mode": "path", "rival": "weston-watkins"}})
    assert session.handle({"action": "edit"})["state"]["mode"] == "train"


def test_the_gallery_of_mistakes():
    _, answer = after(step=30, only="wrong")
    shown = answer["shown"]
    assert shown["gallery"]["n"] == shown["data"]["n_validation"] - shown["models"]["loss"]["right"]
    assert all(image["true"] != image["predicted"] for image in shown["gallery"]["images"])


def test_a_run_that_diverges_says_so():
    _, answer = after(step=400, optimizer="sgd", lr=1e5)
    assert answer["shown"]["models"]["rival"]["diverged"]


@pytest.mark.parametrize("changes", [{"chosen": 144}, {"focus": 10}, {"step": -1}, {"loss": "hinge"}, {"lr": 0}])
def test_what_there_is_not(changes):
    session, before = after()
    with pytest.raises(UsageError):
        session.handle({"action": "edit", "changes": changes})
    assert session.handle({"action": "edit"})["shown"] == before["shown"]


@pytest.fixture
def folder(tmp_path):
    """A folder of pictures of two classes in colour."""
    rng = np.random.default_rng(0)
    for name, channel in (("red", 0), ("blue", 2)):
        (tmp_path / name).mkdir()
        for i in range(30):
            pixels = rng.integers(0, 120, (12, 12, 3), dtype=np.uint8)
            pixels[..., channel] += 100
            Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    return tmp_path


def test_an_own_folder(folder):
    resources = Resources(str(folder))
    _, answer = after(resources, step=60)
    shown = answer["shown"]
    assert shown["data"]["classes"] == ["blue", "red"]
    assert shown["models"]["loss"]["accuracy"] == 1
    assert len(shown["templates"]) == 2
    _, exact = after(resources, mode="path")
    assert all(model["gap"] <= 1e-4 and model["accuracy"] == 1 for model in exact["shown"]["models"].values())
    assert resources.picture("images", "validation", 0).startswith(b"\x89PNG")
    with pytest.raises(DataError, match="no image 99"):
        resources.picture("images", "validation", 99)


def test_data_that_are_no_images(tmp_path):
    X, y = np.random.default_rng(0).normal(size=(60, 5)), np.arange(60) % 3
    np.savez(tmp_path / "rows.npz", X_train=X, y_train=y)
    session = LabSession("images", resources=Resources(str(tmp_path / "rows.npz")))
    with pytest.raises(DataError, match="has no images"):
        session.handle({"action": "edit"})


def test_what_is_dear_is_made_once_and_keeps_nothing_else_waiting():
    resources, begun, go_on = Resources(), threading.Event(), threading.Event()
    made = []

    def slowly():
        begun.set()
        assert go_on.wait(20)
        made.append(1)
        return "dear"

    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(resources.keep, "slow", slowly) for _ in range(2)]
        assert begun.wait(20)
        assert resources.keep("other", lambda: "quick") == "quick"
        go_on.set()
        assert [one.result(20) for one in waiting] == ["dear", "dear"]
    assert made == [1]
