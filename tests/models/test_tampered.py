"""Models from anywhere: whatever is wrong with them ends in a ModelError, and nothing large is read or built."""

import hashlib
import json
import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from scoreline.errors import ModelError
from scoreline.features import build_features
from scoreline.models import Provenance, SavedModel
from scoreline.models.description import ASCII_BYTES, MOST_BYTES

CLASSES = ["ant", "bee", "cat"]
SHAPE = (8, 8, 3)


def write(folder, features="pixels", shape=SHAPE, tensors=None, metadata=None, raw=None, text=None, **values):
    """Write a model whose digest is right, whatever else is wrong."""
    arrays = {"coef": np.zeros((3, 192), np.float32), "intercept": np.zeros(3, np.float32)}
    path = folder / "model.safetensors"
    if raw is None:
        names = json.dumps(CLASSES) if metadata is None else metadata
        save_file(arrays | (tensors or {}), path, metadata={"classes": names})
    else:
        path.write_bytes(raw)
    description = {
        "format": "scoreline-linear/1",
        "classes": CLASSES,
        "loss": "softmax",
        "features": features,
        "example_shape": shape,
        "penalty_value": 0.0,
        "weights_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    } | values
    (folder / "model.json").write_text(json.dumps(description) if text is None else text)
    return folder


def refused(folder):
    with pytest.raises(ModelError) as caught:
        SavedModel.load(folder).extractor()
    assert len(str(caught.value)) < 1500
    assert str(caught.value).isprintable()


def header(entries, data=b""):
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_the_model_is_right_to_begin_with(tmp_path):
    assert SavedModel.load(write(tmp_path)).extractor().transform(np.ones((2, *SHAPE), np.uint8)).shape == (2, 192)


def test_fields_that_are_not_known_are_passed_over(tmp_path):
    assert SavedModel.load(write(tmp_path, colour="red", made={"by": []})).classes == tuple(CLASSES)


@pytest.mark.parametrize("field", ["classes", "loss", "features", "example_shape", "penalty_value", "format"])
@pytest.mark.parametrize(
    "value",
    [None, "x", [], [None], {}, True, -1, 0, 1.5, 10**400, [10**30, 1, 1], ["a", 5], [[[[]]]], "x" * 10**5, [1.0]],
    ids=lambda value: repr(value)[:12],
)
def test_fields_of_other_kinds(tmp_path, field, value):
    if field == "penalty_value" and value in (0, 1.5) and value is not True:
        pytest.skip("a right value")
    refused(write(tmp_path, **{field: value}))


@pytest.mark.parametrize(
    "names",
    [
        ["a", "a"],
        ["a", "b\x1b[31m"],
        ["a", "b\n"],
        ["a", "b\u202e"],
        ["a", "\ud800"],
        ["a", "b" * 10**5],
        ["a", "\0"],
        ["a", "../b"],
        ["a", ".."],
        ["a", "b/../../c"],
        ["a", "b\\..\\c"],
        ["a", "/etc/passwd"],
        ["a", "C:\\b"],
        ["a", "c:/b"],
        ["a", "\\\\server\\share"],
    ],
)
def test_names_that_differ_from_what_is_shown(tmp_path, names):
    refused(write(tmp_path, classes=names, metadata=json.dumps(names)))


def test_names_with_slashes_and_stops_are_names(tmp_path):
    names = ["w/o hat", "n/a", "...", "3:1", "a..b"]
    arrays = {"coef": np.zeros((5, 192), np.float32), "intercept": np.zeros(5, np.float32)}
    write(tmp_path, classes=names, metadata=json.dumps(names), tensors=arrays)
    assert SavedModel.load(tmp_path).classes == tuple(names)


@pytest.mark.parametrize("metadata", ["{", "5", "null", "[" * 100_000, "[1]", '["ant"]', '{"ant": 1}'])
def test_lists_of_names_in_the_weights(tmp_path, metadata):
    refused(write(tmp_path, metadata=metadata))


@pytest.mark.parametrize("text", ["", "[", "[" * 100_000, '{"a":' * 100_000, "1" * 5000, "NaN", "\x00", "null"])
def test_descriptions_that_are_none(tmp_path, text):
    refused(write(tmp_path, text=text))


@pytest.mark.parametrize(
    "tensors",
    [
        {"coef": np.zeros((3, 191), np.float32)},
        {"coef": np.zeros((2, 192), np.float32)},
        {"coef": np.zeros((3, 0), np.float32)},
        {"coef": np.zeros(3, np.float32)},
        {"coef": np.zeros((3, 192), bool)},
        {"coef": np.zeros((3, 192), np.int64)},
        {"coef": np.zeros((3, 192), np.float16)},
        {"intercept": np.zeros(3, np.int64)},
        {"coef": np.full((3, 192), np.inf, np.float32)},
        {"intercept": np.zeros((3, 1), np.float32)},
        {"intercept": np.zeros(4, np.float32)},
        {"features.x": np.full(1, np.nan)},
    ],
    ids=lambda tensors: ", ".join(f"{name} {array.shape} {array.dtype}" for name, array in tensors.items()),
)
def test_weights_of_other_kinds(tmp_path, tensors):
    refused(write(tmp_path, tensors=tensors))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes(7),
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 100 << 20),
        header({}),
        header(b"[" * 100_000),
        header({"coef": {"dtype": "F32", "shape": [3, 2**61], "data_offsets": [0, 12]}}, bytes(12)),
        header({"coef": {"dtype": "F32", "shape": [3, 10**12], "data_offsets": [0, 12 * 10**12]}}),
        header({"coef": {"dtype": "BF16", "shape": [3, 2], "data_offsets": [0, 12]}}, bytes(12)),
        header({"coef": {"dtype": "F8_E5M2", "shape": [3, 4], "data_offsets": [0, 12]}}, bytes(12)),
        header({str(i): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(2000)}),
    ],
    ids=range(11),
)
def test_weights_that_are_none(tmp_path, raw):
    refused(write(tmp_path, raw=raw))


MEASURED = """
import sys
import tracemalloc
from pathlib import Path
from scoreline.models import SavedModel

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10

SavedModel.load(Path(sys.argv[1]))  # what is imported on the way
before = peak()
model = SavedModel.load(Path(sys.argv[2]))
print(peak() - before, model.coef.nbytes)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peaks are read from /proc")
def test_loading_takes_no_more_memory_than_the_file_twice(tmp_path):
    small, large = tmp_path / "small", tmp_path / "large"
    size = 4 << 20
    for folder, n in ((small, 192), (large, size)):
        folder.mkdir()
        write(folder, shape=[n], tensors={"coef": np.ones((3, n), np.float32)})
    command = [sys.executable, "-c", MEASURED, str(small), str(large)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    taken, n_bytes = map(int, done.stdout.split())
    assert n_bytes == 12 * size
    assert n_bytes <= taken <= 2.1 * n_bytes


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_devices_and_pipes_are_not_read(tmp_path, name):
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.mkdir()):
        write(tmp_path)
        (tmp_path / name).unlink()
        make(tmp_path / name)
        refused(tmp_path)
        if (tmp_path / name).is_dir():
            return
        (tmp_path / name).unlink()


def test_a_huge_description_is_not_read(tmp_path):
    write(tmp_path)
    os.truncate(tmp_path / "model.json", 1 << 40)
    refused(tmp_path)


WIDE = '"' + "a" * 10**6 + '\\ud83d\\ude00"'


def memory_of_refusal(folder):
    """Return the bytes that are taken at the most until a model is refused."""
    tracemalloc.start()
    try:
        refused(folder)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "value", ["[]", "{}", '{"":0}', '"\\ud83d\\ude00"', "[[0,0]]", "0", WIDE], ids=lambda value: value[:9]
)
def test_descriptions_of_many_values_take_no_more_memory_than_the_file_twice(tmp_path, value):
    size = MOST_BYTES - 100
    write(tmp_path)
    (tmp_path / "model.json").write_text(f'{{"classes":[{",".join([value] * (size // (len(value) + 1)))}]}}')
    assert memory_of_refusal(tmp_path) < 2.1 * size


def test_one_wrong_name_is_told_not_each(tmp_path):
    """An error of each, with its place, takes a kilobyte."""
    write(tmp_path, classes=[0] * 200_000)
    assert memory_of_refusal(tmp_path) < 3 * 10**7


def test_wide_names_in_the_weights_take_no_more_memory_than_the_file_twice(tmp_path):
    size = 4 << 20
    raw = header(f'{{"__metadata__":{{"classes":"{"a" * size}\U0001f600"}}}}'.encode())
    write(tmp_path, raw=raw)
    assert memory_of_refusal(tmp_path) < 2.1 * size


def test_one_wide_character_does_not_widen_a_long_description(tmp_path):
    write(tmp_path)
    (tmp_path / "model.json").write_text(f'{{"classes":["{"a" * ASCII_BYTES}\U0001f600"]}}', encoding="utf-8")
    refused(tmp_path)


@pytest.mark.parametrize(
    "name", ["{}", "class {}: one, two; three, four", "\u732b\u72ac\u732b\u72ac \U0001f600 {}"]
)
def test_twenty_thousand_names(tmp_path, name):
    names, notes = tuple(map(name.format, range(20_000))), ",:[{" * 2_500
    model = SavedModel(
        np.ones((20_000, 4), np.float32), np.zeros(20_000, np.float32), names, "softmax", "pixels", (2, 2, 1),
        provenance=Provenance(notes=notes),
    )  # fmt: skip
    model.save(tmp_path)
    loaded = SavedModel.load(tmp_path)
    assert (loaded.classes, loaded.provenance.notes) == (names, notes)


@pytest.mark.parametrize(
    "shape", [[60_000, 60_000, 1], [8, 8, 4], [192], [64, 3], [4, 16, 3], [10_000, 10_000, 1]]
)
def test_shapes_that_do_not_go_with_the_weights(tmp_path, shape):
    if shape in ([192], [64, 3], [4, 16, 3]):  # as many numbers: what pixels see is the same
        SavedModel.load(write(tmp_path, shape=shape))
    else:
        refused(write(tmp_path, shape=shape))


@pytest.mark.parametrize(
    "features",
    [
        "",
        "nope",
        "gist:1000000000",
        "gist:100000,100000",
        "hog:bins=100000000",
        "hue:bins=1000000000",
        "textons:sigma=1e9",
        "lbp:radius=1e300",
        "sift:bin=1e12",
        "words:levels=1000000000",
        "words:10",
        "dictionary:400",
        "two-layers",
        "textons",
        "products:pixels",
        "mirror:[words:10]",
        "hog,hog",
        "hog,hue",
        "pixels:zca=1",
        "[" * 5000,
        "mirror:[" * 500 + "hog" + "]" * 500,
        "hue:" + "9" * 5000,
        "\0",
    ],
    ids=lambda features: features[:24],
)
def test_features_that_cannot_be(tmp_path, features):
    refused(write(tmp_path, features=features))


ENCODER = Path(__file__).parents[1] / "fixtures" / "encoder.onnx"
LEARNED = [
    "words:6,levels=1",
    "textons:4",
    "dictionary:6,patch-size=3",
    "two-layers:6,channels=4",
    "products:[hue:4]",
]


@pytest.mark.parametrize("spec", [*LEARNED, "pixels:zca=0.1", f"onnx:{ENCODER},size=8"])
def test_what_features_learned_must_fit_together(spec):
    """Compiled code looks at no bounds: arrays that lack, are cut or of other kinds are noticed before."""
    images = np.random.default_rng(0).integers(0, 256, (40, 12, 12, 3), dtype=np.uint8)
    fitted = build_features(spec).fit(images)
    state, D = fitted.state(), fitted.transform(images[:1]).shape[1]

    def model(changed):
        weights = np.zeros((3, D), np.float32), np.zeros(3, np.float32)
        return SavedModel(*weights, tuple(CLASSES), "softmax", spec, images.shape[1:], 0.0, changed)

    rows = model(state).extractor().transform(images[:3])
    np.testing.assert_array_equal(rows, fitted.transform(images[:3]))
    for name, array in state.items():
        others = {other: state[other] for other in state if other != name}
        wrong = [array[..., :-1], array[None], np.concatenate([array, array])]
        wrong = [other for other in wrong if other.shape != array.shape]  # an array may have no columns to cut
        wrong += [None, array.astype(complex)]
        if name.endswith("n_even"):
            wrong += [np.array([-1]), np.array([10**6]), np.array([10.0**30])]
        for other in wrong:
            with pytest.raises(ModelError):
                model(others if other is None else others | {name: other}).extractor()
