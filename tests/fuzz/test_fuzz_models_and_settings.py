"""Seeded mutations of models, settings and specs: what comes out is right or a ScorelineError, and nothing else.

A few run with all tests. More on request: ``SCORELINE_FUZZ=20000 pytest tests/fuzz``, from another seed with
``SCORELINE_FUZZ_SEED=7``; each test prints its counts (``pytest -rP``).
"""

import hashlib
import json
import os
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from scoreline.errors import ModelError, ScorelineError, UsageError
from scoreline.estimators.ranges import read_values
from scoreline.features import FEATURES, build_features
from scoreline.losses import LOSSES
from scoreline.models import SavedModel
from scoreline.optimizers import OPTIMIZERS
from scoreline.penalties import PENALTIES
from scoreline.runs.config import RunConfig
from scoreline.schedules import SCHEDULES

COUNT = int(os.environ.get("SCORELINE_FUZZ", "120"))
SEED = int(os.environ.get("SCORELINE_FUZZ_SEED", "0"))

ONNX = f"onnx:{Path(__file__).parents[1] / 'fixtures' / 'encoder.onnx'},size=8"

#: Pieces that are put in: brackets, numbers that are too large, what YAML and JSON give a meaning, no text.
PIECES = [
    b"[", b"]", b"{", b"}", b"[" * 50, b"[" * 3000, b":", b",", b"=", b"&a ", b"*a", b"!!python/name:os ",
    b"!!binary ", b"<<: ", b"- ", b"? ", b"|", b">", b"#", b"%", b"'", b'"', b"\n", b"\r", b"\t", b"\0",
    b"\x1b[31m", b"\xff", b"\xe2\x80\xae", b"\xed\xa0\x80", b"nan", b"inf", b"-1", b"1e400", b"1" * 400,
    b"9" * 5000, b"null", b"true", b"~", b"0x", b"1:1:1", b"2001-99-99", b"../../etc", b"\\u0000", b"\\ud800",
]  # fmt: skip


def mutated(content, rng):
    """Return bytes with one to four changes."""
    content = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(content) + 1)
        end = min(len(content), at + rng.choice([1, 1, 2, 8, 64]))
        how = rng.randrange(6)
        if how == 0:
            content[at:at] = rng.choice(PIECES)
        elif how == 1:
            content[at:end] = rng.choice(PIECES)
        elif how == 2:
            del content[at:end]
        elif how == 3 and at < len(content):
            content[at] ^= 1 << rng.randrange(8)
        elif how == 4:
            content[at:at] = content[at:end]
        else:
            del content[at if rng.random() < 0.1 else len(content) :]
    return bytes(content)


def counted(title, calls):
    """Call all, count how they end; foreign exceptions fail the test with the first of each kind."""
    ends, foreign = Counter(), {}
    for what, call in calls:
        try:
            call()
            ends["taken"] += 1
        except ScorelineError as error:
            ends[type(error).__name__] += 1
            ends["untidy"] += len(str(error)) >= 5000 or not str(error).isprintable()
        except Exception as error:  # noqa: BLE001 - they are what is looked for
            ends["foreign"] += 1
            foreign.setdefault(type(error).__name__, (what, error))
    print(f"{title}: {dict(ends)}")
    assert not foreign, foreign
    assert not ends["untidy"]


@pytest.fixture(scope="module", params=["pixels", "textons:3", "dictionary:4,patch-size=3", ONNX])
def model(request, tmp_path_factory):
    """Files of a small model: description and weights."""
    images = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    fitted = build_features(request.param).fit(images)
    D = fitted.transform(images[:1]).shape[1]
    folder = tmp_path_factory.mktemp("model")
    weights = np.ones((3, D), np.float32), np.zeros(3, np.float32)
    SavedModel(*weights, ("ant", "bee", "cat"), "softmax", request.param, (8, 8, 3), 0.0, fitted.state()).save(
        folder
    )
    return (folder / "model.json").read_bytes(), (folder / "model.safetensors").read_bytes()


def open_model(folder):
    """Load a model and describe an image with its features."""
    loaded = SavedModel.load(folder)
    scores = loaded.scores(loaded.extractor().transform(np.full((2, *loaded.example_shape), 7, np.uint8)))
    loaded.probabilities(scores)


def test_models(model, tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - nothing is secret
    description, weights = model

    def calls():
        for _ in range(COUNT):
            text, numbers = description, weights
            if rng.random() < 0.5:
                text = mutated(description, rng)
            else:
                numbers = mutated(weights[: rng.choice([300, len(weights)])], rng) + weights[300:]
                digest = hashlib.sha256(numbers).hexdigest().encode()
                text = re.sub(rb"[0-9a-f]{64}", digest, description)
            (tmp_path / "model.json").write_bytes(text)
            (tmp_path / "model.safetensors").write_bytes(numbers)
            yield (text, numbers), lambda: open_model(tmp_path)

    counted("models", calls())


#: Values of other kinds for each field.
STRANGE = [
    None, True, 0, -1, 1.5, 10**400, "", "x", "\0", [], [[]], {}, {"a": 1}, ["a", "b"], [1, 2, 3], [10**30],
    "9" * 500,
]  # fmt: skip


def test_descriptions(model, tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - nothing is secret
    description, weights = model
    (tmp_path / "model.safetensors").write_bytes(weights)

    def calls():
        for _ in range(COUNT):
            fields = json.loads(description)
            for _ in range(rng.randint(1, 2)):
                fields[rng.choice([*fields, "more"])] = rng.choice(STRANGE)
            (tmp_path / "model.json").write_text(json.dumps(fields))
            yield fields, lambda: open_model(tmp_path)

    counted("descriptions", calls())


SETTINGS = b"""data: photos
features: hog,hue:bins=16
lam: 0.001
lr: 1e-3
loss: weston-watkins:squared
block_weights: 1,0.5
max_epochs: 10
standardize: true
memory: 2GB
class_weight: balanced
seed: 3
"""


def test_settings(tmp_path):
    rng = random.Random(SEED)  # noqa: S311 - nothing is secret
    path = tmp_path / "config.yaml"

    def calls():
        for _ in range(3 * COUNT):
            content = mutated(SETTINGS, rng)
            path.write_bytes(content)
            yield content, lambda: RunConfig.read(path).load_options()

    counted("settings", calls())


def test_values_of_settings():
    rng = random.Random(SEED)  # noqa: S311 - nothing is secret

    def calls():
        for _ in range(3 * COUNT):
            values = {rng.choice([*RunConfig.model_fields, "more"]): rng.choice(STRANGE) for _ in range(2)}
            yield values, lambda values=values: RunConfig.checked(**values).command()

    counted("values of settings", calls())


SPECS = [
    (LOSSES, b"weston-watkins:squared,margin=0.5"),
    (LOSSES, b"softmax:label_smoothing=0.1"),
    (PENALTIES, b"elastic-net:0.5"),
    (PENALTIES, b"max-norm:radius=2"),
    (OPTIMIZERS, b"adam:beta1=0.9,beta2=0.99"),
    (SCHEDULES, b"warmup:2,then=[step:5,drop=0.1]"),
    (FEATURES, b"mirror:[hog:8,signed=no]"),
    (FEATURES, b"words:100,levels=2"),
    (FEATURES, b"onnx:[a,b/encoder.onnx],size=224,mean=[1,2,3]"),
]


def test_specs():
    rng = random.Random(SEED)  # noqa: S311 - nothing is secret

    def calls():
        for number in range(5 * COUNT):
            registry, spec = SPECS[number % len(SPECS)]
            text = mutated(spec, rng).decode("utf-8", "surrogateescape")
            yield text, lambda registry=registry, text=text: registry.build(text)
            yield text, lambda text=text: build_features(text)

    counted("specs", calls())


def test_ranges():
    rng = random.Random(SEED)  # noqa: S311 - nothing is secret

    def calls():
        for number in range(3 * COUNT):
            text = mutated([b"1e-5:1:11", b"0.1,0.2,3"][number % 2], rng).decode("utf-8", "surrogateescape")
            yield text, lambda text=text: read_values("lam", text)

    counted("ranges", calls())


@pytest.mark.parametrize(
    "text", ["1e-5:1:999999999", "1e-5:1:" + "9" * 5000, "1:2:-3", "nan:1:3", "1:inf:3", "1:1e999:3"]
)
def test_absurd_ranges(text):
    with pytest.raises(UsageError):
        read_values("lam", text)


def test_the_harness_sees_foreign_exceptions():
    def fails():
        raise KeyError("x")

    with pytest.raises(AssertionError, match="KeyError"):
        counted("planted", [("what", fails)])
    with pytest.raises(ModelError):
        raise ModelError("x", allowed="y", fix="z")
