"""Encoders in the ONNX format: what they are given, what comes out, and every graph that cannot be one."""

import csv
import io
import os
import pickle
import tarfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from scoreline.errors import DataError, MissingPackageError, ModelError, UsageError
from scoreline.features import OnnxEncoder, build_features
from scoreline.features import onnx_graph as onnx_graph_module
from scoreline.features.onnx_graph import MOST_SESSIONS, ImageGraph

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (5, 12, 10, 3), dtype=np.uint8)
FLOAT, UINT8 = TensorProto.FLOAT, TensorProto.UINT8
ENCODER = Path(__file__).parents[1] / "fixtures" / "encoder.onnx"


def write(path, nodes, inputs, outputs, constants=None):
    """Write a graph; inputs and outputs are triples (name, type, shape)."""
    weights = [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()]
    values = [[helper.make_tensor_value_info(*own) for own in group] for group in (inputs, outputs)]
    graph = helper.make_graph([helper.make_node(*node[:3], **node[3]) for node in nodes], "g", *values, weights)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("mine", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def flat(path, shape=("n", 3, 4, 4), kind=FLOAT, out=("n", "d")):
    """Write a graph that returns its input as rows."""
    nodes = [("Cast", ["x"], ["f"], {"to": FLOAT}), ("Flatten", ["f"], ["y"], {"axis": 1})]
    return write(path, nodes, [("x", kind, shape)], [("y", FLOAT, out)])


def rows(path, options="", images=IMAGES):
    return build_features(f"onnx:{path}{options}").fit(images).transform(images)


def resized(images, size):
    """Resize images as Pillow does, (n, *size, ch)."""
    return np.stack([np.asarray(Image.fromarray(i).resize(size[::-1], Image.Resampling.BICUBIC)) for i in images])


class TestWhatItIsGiven:
    def test_channels_first(self, tmp_path):
        expected = (resized(IMAGES, (4, 4)).transpose(0, 3, 1, 2) - np.float32(127)) / np.float32(128)
        found = rows(flat(tmp_path / "g.onnx"), ",mean=127,std=128")
        np.testing.assert_allclose(found, expected.reshape(5, -1), rtol=1e-6)

    def test_channels_last_with_numbers_for_each_channel(self, tmp_path):
        mean, std = np.array([123.7, 116.3, 103.5], np.float32), np.array([58.4, 57.1, 57.4], np.float32)
        expected = (resized(IMAGES, (4, 6)) - mean) / std
        found = rows(flat(tmp_path / "g.onnx", ("n", 4, 6, 3)), ",mean=[123.7,116.3,103.5],std=[58.4,57.1,57.4]")
        np.testing.assert_allclose(found, expected.reshape(5, -1), rtol=1e-6)

    def test_bytes(self, tmp_path):
        found = rows(flat(tmp_path / "g.onnx", ("n", 12, 10, 3), UINT8))
        np.testing.assert_array_equal(found, IMAGES.reshape(5, -1))

    def test_half_precision(self, tmp_path):
        found = rows(flat(tmp_path / "g.onnx", ("n", 12, 10, 3), TensorProto.FLOAT16))
        np.testing.assert_array_equal(found, IMAGES.reshape(5, -1))

    @pytest.mark.parametrize("shape", [("n", "c", "h", "w"), ("n", 3, "h", "w"), (None, None, None, None)])
    def test_free_sizes_are_channels_first(self, tmp_path, shape):
        path = flat(tmp_path / "g.onnx", shape)
        expected = resized(IMAGES, (8, 8)).transpose(0, 3, 1, 2).reshape(5, -1)
        np.testing.assert_array_equal(rows(path, ",size=8"), expected)
        with pytest.raises(UsageError, match=r"any size.*size=224"):
            rows(path)

    def test_grey_images_fill_three_channels(self, tmp_path):
        found = rows(flat(tmp_path / "g.onnx", ("n", 3, 12, 10)), images=IMAGES[..., :1])
        np.testing.assert_array_equal(found, np.repeat(IMAGES[..., 0].reshape(5, -1), 3, axis=0).reshape(5, -1))

    def test_colours_become_grey(self, tmp_path):
        found = rows(flat(tmp_path / "g.onnx", ("n", 1, 12, 10)))
        grey = [np.asarray(Image.fromarray(image).convert("L")).reshape(-1) for image in IMAGES]
        np.testing.assert_array_equal(found, grey)

    def test_a_fixed_batch_is_filled_up(self, tmp_path):
        free, fixed = (flat(tmp_path / f"{n}.onnx", (n, 3, 4, 4), out=(n, 48)) for n in ("n", 2))
        np.testing.assert_array_equal(rows(fixed), rows(free))


class TestWhatComesOut:
    def test_maps_are_averaged(self, tmp_path):
        path = write(
            tmp_path / "g.onnx",
            [("Identity", ["x"], ["y"], {})],
            [("x", FLOAT, ["n", 3, 12, 10])],
            [("y", FLOAT, ["n", 3, 12, 10])],
        )
        np.testing.assert_allclose(rows(path), IMAGES.mean(axis=(1, 2)), rtol=1e-5)

    def test_of_several_outputs_the_vector_is_meant(self, tmp_path):
        outputs = [("maps", FLOAT, ["n", 3, 12, 10]), ("vector", FLOAT, ["n", 360])]
        nodes = [("Identity", ["x"], ["maps"], {}), ("Flatten", ["x"], ["vector"], {})]
        path = write(tmp_path / "g.onnx", nodes, [("x", FLOAT, ["n", 3, 12, 10])], outputs)
        assert rows(path).shape == (5, 360)
        assert rows(path, ",output=maps").shape == (5, 3)
        with pytest.raises(UsageError, match=r"no output 'map'. Allowed: maps \(n, 3, 12, 10\), vector"):
            rows(path, ",output=map")

    def test_two_vectors_need_a_name(self, tmp_path):
        nodes = [("Flatten", ["x"], [name], {}) for name in "ab"]
        outputs = [(name, FLOAT, ["n", 360]) for name in "ab"]
        path = write(tmp_path / "g.onnx", nodes, [("x", FLOAT, ["n", 3, 12, 10])], outputs)
        with pytest.raises(UsageError, match=r"several outputs.*output="):
            rows(path)

    def test_tokens_are_no_rows(self, tmp_path):
        nodes = [("Reshape", ["x", "s"], ["y"], {})]
        constants = {"s": np.array([0, 36, 10])}
        path = write(tmp_path / "g.onnx", nodes, [("x", FLOAT, ["n", 3, 12, 10])], [("y", FLOAT, None)], constants)
        with pytest.raises(UsageError, match=r"float32 \(1, 36, 10\) for 1 images.*pooling"):
            rows(path)

    def test_numbers_that_are_not_finite(self, tmp_path):
        nodes = [("Log", ["x"], ["l"], {}), ("Flatten", ["l"], ["y"], {})]
        path = write(tmp_path / "g.onnx", nodes, [("x", FLOAT, ["n", 3, 12, 10])], [("y", FLOAT, ["n", 360])])
        with pytest.raises(DataError, match=r"not finite for 1 of 1 images.*mean and std"):
            rows(path)
        assert np.isfinite(rows(path, ",mean=-1")).all()

    def test_stored_embeddings_are_reproduced(self):
        folder = Path(os.environ.get("SCORELINE_DATA") or pytest.skip("SCORELINE_DATA names no folder"))
        encoder, archive = folder / "encoder" / "efficientnet-lite0.onnx", folder / "cifar10-jpeg.tar.xz"
        if not encoder.is_file() or not archive.is_file():
            pytest.skip("there is no encoder")
        with (folder / "embeddings" / "test-labels.csv").open(newline="") as file:
            place = {row["path"]: number for number, row in enumerate(csv.DictReader(file))}
        images, stored = [], np.load(folder / "embeddings" / "test-embeddings.npy", mmap_mode="r")
        expected = []
        with tarfile.open(archive) as tar:
            for member in tar:
                name = member.name.removeprefix("cifar10-jpeg/")
                if name in place and len(images) < 32:
                    content = tar.extractfile(member).read()
                    images.append(np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))
                    expected.append(stored[place[name]])
                if len(images) == 32:
                    break
        found = rows(encoder, ",size=128,mean=127,std=128", np.stack(images))
        np.testing.assert_allclose(found, np.stack(expected), rtol=2e-3, atol=2e-3)


class TestGraphsThatCannotBe:
    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"", "no ONNX graph"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "no ONNX graph.*Git LFS"),
            (b"\x08\x08" + b"\xff" * 100, "no ONNX graph"),
            (ENCODER.read_bytes()[:-30], "no ONNX graph"),
        ],
        ids=["empty", "pointer", "noise", "cut off"],
    )
    def test_no_graph(self, tmp_path, content, problem):
        (tmp_path / "g.onnx").write_bytes(content)
        with pytest.raises(UsageError, match=problem):
            rows(tmp_path / "g.onnx", ",size=8")

    @pytest.mark.parametrize("path", ["nowhere.onnx", "", "~nobody-of-this-name/g.onnx", "x" * 5000])
    def test_no_file(self, path):
        with pytest.raises(UsageError, match="onnx:encoder.onnx"):
            OnnxEncoder(path, size=8).check_available()

    def test_a_folder_and_a_pipe(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path, tmp_path / "pipe"):
            with pytest.raises(UsageError, match="is no file"):
                rows(path)

    def test_too_large_to_be_read(self, tmp_path):
        with (tmp_path / "g.onnx").open("wb") as file:
            file.truncate(3_000_000_000)
        with pytest.raises(UsageError, match="3,000,000,000 bytes"):
            rows(tmp_path / "g.onnx")

    def test_text_is_no_image(self, tmp_path):
        for name, kind, shape in (("ids", TensorProto.INT64, ["n", 77]), ("text", TensorProto.STRING, ["n"])):
            path = write(
                tmp_path / "g.onnx", [("Identity", [name], ["y"], {})], [(name, kind, shape)], [("y", kind, shape)]
            )
            with pytest.raises(UsageError, match=rf"takes {name} tensor.*one input of images"):
                rows(path)

    def test_two_inputs(self, tmp_path):
        inputs = [(name, FLOAT, ["n", 3, 4, 4]) for name in "ab"]
        path = write(tmp_path / "g.onnx", [("Add", ["a", "b"], ["y"], {})], inputs, [("y", FLOAT, None)])
        with pytest.raises(UsageError, match=r"takes a tensor.*, b tensor"):
            rows(path)

    @pytest.mark.parametrize("shape", [("n", 4, 8, 8), ("n", 8, 8, 4), ("n", 6, "h", "w")])
    def test_other_channels(self, tmp_path, shape):
        with pytest.raises(UsageError, match=r"channels. Allowed: 1 channel \(grey\) or 3"):
            rows(flat(tmp_path / "g.onnx", shape))

    def test_another_size_than_it_has(self, tmp_path):
        with pytest.raises(UsageError, match="8 x 8 pixels came to an encoder of 4 x 4"):
            rows(flat(tmp_path / "g.onnx"), ",size=8")

    def test_a_size_that_it_cannot_take(self, tmp_path):
        nodes = [("Flatten", ["x"], ["f"], {}), ("MatMul", ["f", "w"], ["y"], {})]
        path = write(
            tmp_path / "g.onnx",
            nodes,
            [("x", FLOAT, ["n", 3, "h", "w"])],
            [("y", FLOAT, ["n", 2])],
            {"w": np.ones((48, 2), np.float32)},
        )
        assert rows(path, ",size=4").shape == (5, 2)
        with pytest.raises(UsageError, match=r"cannot be run on \(1, 3, 6, 6\)"):
            rows(path, ",size=6")

    def test_operators_of_ones_own(self, tmp_path):
        x = ("x", FLOAT, ["n", 3, 4, 4])
        path = write(
            tmp_path / "g.onnx", [("Mystery", ["x"], ["y"], {"domain": "mine"})], [x], [("y", FLOAT, None)]
        )
        with pytest.raises(UsageError, match=r"Mystery.*operators are all part of ONNX"):
            rows(path)

    @pytest.mark.parametrize("inside", ["graph", "body"])
    def test_weights_in_other_files(self, tmp_path, inside):
        model = onnx.load(ENCODER)
        (tmp_path / "secret").write_bytes(b"\0" * 1000)
        tensor = model.graph.initializer[0]
        if inside == "body":  # of a branch that is never taken
            body = helper.make_graph([helper.make_node("Constant", [], ["c"], value=tensor)], "b", [], [])
            tensor = body.node[0].attribute[0].t
            model.graph.node.append(helper.make_node("If", ["no"], ["c"], then_branch=body, else_branch=body))
            tensor = model.graph.node[-1].attribute[0].g.node[0].attribute[0].t
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="secret")
        (tmp_path / "g.onnx").write_bytes(model.SerializeToString())
        with pytest.raises(UsageError, match=r"lie in other files.*onnx\.save"):
            rows(tmp_path / "g.onnx", ",size=8")

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            (",size=-1", "size is -1"),
            (",size=100000", "size is 100000"),
            (",size=x", "size='x'"),
            (",size=8,mean=x", "mean of the encoder is 'x'"),
            (",size=8,mean=[1,2]", "mean=.123.7"),
            (",size=8,mean=nan", "mean of"),
            (",size=8,std=0", "std of the encoder is '0'. Allowed: numbers above 0"),
            (",size=8,std=[1,1,-1]", "numbers above 0"),
            (",size=8,sizes=3", "no parameter 'sizes'"),
        ],
    )
    def test_options(self, options, problem):
        with pytest.raises(UsageError, match=problem):
            rows(ENCODER, options)

    def test_bytes_are_not_scaled(self, tmp_path):
        with pytest.raises(UsageError, match="as bytes"):
            rows(flat(tmp_path / "g.onnx", ("n", 12, 10, 3), UINT8), ",mean=127")

    @pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
    def test_a_package_is_missing(self, monkeypatch, package):
        found = onnx_graph_module.importlib.util.find_spec
        monkeypatch.setattr(
            onnx_graph_module.importlib.util, "find_spec", lambda name: None if name == package else found(name)
        )
        ImageGraph.of.cache_clear()
        with pytest.raises(MissingPackageError, match=rf"{package} is not installed.*scoreline\[onnx\]"):
            rows(ENCODER, ",size=8")


class TestPaths:
    @pytest.mark.parametrize("name", ["with space.onnx", "a,b=c.onnx", "run=3.onnx", "~odd.onnx"])
    def test_odd_names(self, tmp_path, name):
        (tmp_path / name).write_bytes(ENCODER.read_bytes())
        assert rows(f"[{tmp_path / name}]", ",size=8").shape == (5, 8)
        assert build_features(f"onnx:path=[{tmp_path / name}],size=8,hog:4").parts[0][1].size == 8

    def test_the_home_folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "g.onnx").write_bytes(ENCODER.read_bytes())
        assert rows("~/g.onnx", ",size=8").shape == (5, 8)


def test_one_session_for_equal_graphs():
    first, second = (OnnxEncoder(str(ENCODER), size=size).fit(IMAGES) for size in (8, 9))
    assert first.graph_ is second.graph_
    assert ImageGraph.of.cache_info().currsize <= MOST_SESSIONS


def test_fitted_encoders_can_go_to_other_processes():
    fitted = OnnxEncoder(str(ENCODER), size=8).fit(IMAGES)
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - our own
    np.testing.assert_array_equal(again.transform(IMAGES), fitted.transform(IMAGES))


def test_the_content_tells_the_graph_not_its_path(tmp_path):
    copy, other = tmp_path / "copy.onnx", flat(tmp_path / "other.onnx", ("n", 3, 8, 8))
    copy.write_bytes(ENCODER.read_bytes())
    for begin, end in (("", ""), ("hog,", ""), ("mirror:[", "]"), ("products:[hog,", "],components=3")):
        texts = [f"{begin}onnx:{path},size=8{end}" for path in (ENCODER, copy, other)]
        one, same, different = (build_features(text).content() for text in texts)
        assert one == same != different
        assert build_features(texts[0]).fit(IMAGES).content() == one


@pytest.mark.parametrize("graph", [None, np.zeros(3), np.zeros((2, 2), np.uint8), np.zeros(9, np.uint8)])
def test_states_that_are_no_graph(graph):
    with pytest.raises((ModelError, UsageError)):
        OnnxEncoder("gone.onnx", size=8).restore((12, 10, 3), {} if graph is None else {"graph": graph})
