"""Arrays from files: NumPy, CIFAR in both published forms, IDX; and hostile files."""

import gzip
import os
import pickle
import struct

import numpy as np
import pytest

from scoreline.data import LoadOptions, load_dataset
from scoreline.errors import DataError

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (30, 4, 5, 3), dtype=np.uint8)
Y = np.arange(30) % 3
WHOLE = LoadOptions(validation=0)


class TestNpz:
    def test_arrays(self, tmp_path):
        np.savez(tmp_path / "set.npz", X=X, y=Y, classes=["ant", "bee", "cat"])
        data = load_dataset(tmp_path / "set.npz", WHOLE)
        np.testing.assert_array_equal(data.train.X, X)
        np.testing.assert_array_equal(data.train.y, Y)
        assert data.classes == ("ant", "bee", "cat")

    def test_keras_names_and_text_labels(self, tmp_path):
        names = np.array(["x", "y", "z"])[Y]
        np.savez(tmp_path / "set.npz", x_train=X[:20], y_train=names[:20], x_test=X[20:], y_test=names[20:])
        data = load_dataset(tmp_path / "set.npz", WHOLE)
        assert (len(data.train), len(data.test)) == (20, 10)
        assert data.classes == ("x", "y", "z")

    def test_objects_are_refused(self, tmp_path):
        np.savez(tmp_path / "set.npz", X=np.array([{}] * 3, dtype=object), y=[0, 1, 0])
        with pytest.raises(DataError, match="cannot be read"):
            load_dataset(tmp_path / "set.npz")

    @pytest.mark.parametrize(
        ("arrays", "problem"),
        [
            ({"X": X, "y": Y[:10]}, "30"),
            ({"X": np.full((6, 2), np.nan), "y": [0, 1] * 3}, "finite|NaN|not a number"),
            ({"X": X, "y": np.zeros(30, int)}, "one class"),
            ({"X": X, "y": np.full(30, 0.5)}, "dtype float64"),
            ({"other": X}, "no array of a known name|other"),
            ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y + 7}, "label"),
            ({"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y}, "shape"),
        ],
    )
    def test_what_does_not_fit(self, tmp_path, arrays, problem):
        np.savez(tmp_path / "set.npz", **arrays)
        with pytest.raises(DataError, match=problem):
            load_dataset(tmp_path / "set.npz")

    def test_damaged(self, tmp_path):
        (tmp_path / "set.npz").write_bytes(b"PK no zip")
        with pytest.raises(DataError, match="cannot be read"):
            load_dataset(tmp_path / "set.npz")


class TestNpy:
    def test_rows_stay_on_the_disk(self, tmp_path):
        np.save(tmp_path / "features.npy", X.reshape(30, -1).astype(np.float32))
        np.save(tmp_path / "features.labels.npy", Y)
        data = load_dataset(tmp_path / "features.npy", WHOLE)
        assert isinstance(data.train.X, np.memmap)
        assert data.train.X.dtype == np.float32
        assert len(data.train) == 30

    def test_folder_of_splits(self, tmp_path):
        for split, rows in (("train", slice(0, 20)), ("test", slice(20, 30))):
            np.save(tmp_path / f"{split}.npy", X[rows])
            np.save(tmp_path / f"{split}.labels.npy", Y[rows])
        data = load_dataset(tmp_path, WHOLE)
        assert (len(data.train), len(data.test)) == (20, 10)

    @pytest.mark.parametrize(
        ("rows", "labels", "table"),
        [
            ("{}-embeddings.npy", "{}-labels.csv", "path,label\n{}"),
            ("X_{}.npy", "y_{}.tsv", "label\n{}"),
            ("{}.npy", "{}.csv", "file,split,class\n{}"),
        ],
    )
    def test_labels_in_a_table(self, tmp_path, rows, labels, table):
        names = np.array(["ant", "bee", "cat"])[Y]
        columns = table.partition("\n")[0].count(",")
        for split, part in (("train", slice(0, 20)), ("test", slice(20, 30))):
            np.save(tmp_path / rows.format(split), X[part].reshape(-1, 60).astype(np.float16))
            lines = "\n".join(f"{'a.jpg,' * columns}{name}" for name in names[part])
            (tmp_path / labels.format(split)).write_text(table.format(lines))
        data = load_dataset(tmp_path, WHOLE)
        assert (len(data.train), len(data.test)) == (20, 10)
        assert (data.classes, isinstance(data.train.X, np.memmap)) == (("ant", "bee", "cat"), True)
        np.testing.assert_array_equal(data.test.y, Y[20:])
        assert "Labels were read from the column" in data.notes[0]

    @pytest.mark.parametrize(
        ("table", "problem"),
        [
            ("path,species name\na,cat\n", "has the columns path, species_name.*a column called label"),
            ("label\ncat\n", "30 examples .* labels of shape \\(1,\\)"),
            ("a,label\n" + "a,cat\n" * 29 + "a,\n", "Line 31 .* has no label"),
            ("label\n" + "cat\n" * 29 + "x" * 1001, "Line 31 .* has a label of 1,001 characters"),
        ],
    )
    def test_tables_that_are_no_labels(self, tmp_path, table, problem):
        np.save(tmp_path / "embeddings.npy", X)
        (tmp_path / "labels.csv").write_text(table)
        with pytest.raises(DataError, match=problem):
            load_dataset(tmp_path)

    def test_two_files_of_one_split(self, tmp_path):
        for name in ("train.npy", "train-features.npy"):
            np.save(tmp_path / name, X)
        with pytest.raises(DataError, match="two files of the train split, train-features.npy and train.npy"):
            load_dataset(tmp_path)

    def test_images_beside_an_array_remain_images(self, tmp_path):
        np.save(tmp_path / "train-features.npy", X)
        (tmp_path / "cat").mkdir()
        with pytest.raises(DataError, match="no class folders"):
            load_dataset(tmp_path)

    def test_no_labels(self, tmp_path):
        np.save(tmp_path / "features.npy", X)
        with pytest.raises(DataError, match="no labels beside"):
            load_dataset(tmp_path / "features.npy")

    def test_a_memory_map_can_be_trained_on(self, tmp_path):
        from scoreline import LinearClassifier

        rows = X.reshape(30, -1).astype(np.float32)
        np.save(tmp_path / "features.npy", rows)
        np.save(tmp_path / "features.labels.npy", Y)
        data = load_dataset(tmp_path / "features.npy", WHOLE)
        settings = {"solver": "sgd", "max_epochs": 2, "random_state": 0, "standardize": True}
        mapped = LinearClassifier(**settings).fit(data.train.X, data.train.y)
        np.testing.assert_array_equal(mapped.coef_, LinearClassifier(**settings).fit(rows, Y).coef_)


def planes(n, seed):
    return np.random.default_rng(seed).integers(0, 256, (n, 3072), dtype=np.uint8)


def as_images(rows):
    return rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)


class TestCifar:
    def binary(self, root, label_bytes, names):
        labels = np.arange(20, dtype=np.uint8) % len(names)
        rows = planes(20, 0)
        extra = np.full((20, label_bytes - 1), 3, np.uint8)
        return rows, labels, np.hstack([extra, labels[:, None], rows])

    def test_ten_binary(self, tmp_path):
        rows, labels, records = self.binary(tmp_path, 1, range(10))
        records[:10].tofile(tmp_path / "data_batch_1.bin")
        records[10:].tofile(tmp_path / "data_batch_2.bin")
        records[:5].tofile(tmp_path / "test_batch.bin")
        (tmp_path / "batches.meta.txt").write_text("\n".join(f"name{i}" for i in range(10)) + "\n")
        data = load_dataset(tmp_path, WHOLE)
        np.testing.assert_array_equal(data.train.X, as_images(rows))
        np.testing.assert_array_equal(data.train.y, labels)
        assert (len(data.test), data.classes[3]) == (5, "name3")

    def test_hundred_binary_takes_the_fine_labels(self, tmp_path):
        _, labels, records = self.binary(tmp_path, 2, range(10))
        records.tofile(tmp_path / "train.bin")
        records[:5].tofile(tmp_path / "test.bin")
        (tmp_path / "fine_label_names.txt").write_text("\n".join(f"fine{i}" for i in range(10)))
        (tmp_path / "coarse_label_names.txt").write_text("\n".join(f"coarse{i}" for i in range(4)))
        data = load_dataset(tmp_path, WHOLE)
        np.testing.assert_array_equal(data.train.y, labels)
        assert data.classes[0] == "fine0"

    def test_cut_off_binary(self, tmp_path):
        *_, records = self.binary(tmp_path, 1, range(10))
        (tmp_path / "data_batch_1.bin").write_bytes(records.tobytes()[:-100])
        (tmp_path / "batches.meta.txt").write_text("\n".join(map(str, range(10))))
        with pytest.raises(DataError):
            load_dataset(tmp_path)

    @pytest.mark.parametrize("protocol", [2, 4])
    def test_pickled(self, tmp_path, protocol):
        rows = planes(20, 1)
        for name, part in (("data_batch_1", slice(0, 20)), ("test_batch", slice(0, 5))):
            content = {b"data": rows[part], b"labels": [i % 10 for i in range(20)][part], b"batch_label": b"x"}
            (tmp_path / name).write_bytes(pickle.dumps(content, protocol))
        (tmp_path / "batches.meta").write_bytes(
            pickle.dumps({b"label_names": [b"n%d" % i for i in range(10)]}, protocol)
        )
        data = load_dataset(tmp_path, WHOLE)
        np.testing.assert_array_equal(data.train.X, as_images(rows))
        assert data.classes[9] == "n9"

    @pytest.mark.parametrize(
        "call", [(os.system, ("touch HERE",)), (eval, ("open('HERE','w')",)), (getattr, (os, "system"))]
    )
    def test_a_hostile_pickle_builds_nothing(self, tmp_path, call):
        mark = tmp_path / "broken-into"
        function, arguments = call

        class Hostile:
            def __reduce__(self):
                return function, tuple(
                    str(a).replace("HERE", str(mark)) if isinstance(a, str) else a for a in arguments
                )

        try:
            content = pickle.dumps({b"data": Hostile(), b"labels": [0]})
        except (TypeError, AttributeError):  # a module cannot be pickled: reach it by name
            content = b"cbuiltins\ngetattr\n(cos\npath\nVjoin\ntR."
        (tmp_path / "data_batch_1").write_bytes(content)
        (tmp_path / "batches.meta").write_bytes(pickle.dumps({b"label_names": [b"a", b"b"]}))
        with pytest.raises(DataError):
            load_dataset(tmp_path)
        assert not mark.exists()

    def test_objects_in_an_array_are_refused(self, tmp_path):
        content = {b"data": np.array([os.getcwd], dtype=object), b"labels": [0]}
        (tmp_path / "data_batch_1").write_bytes(pickle.dumps(content))
        (tmp_path / "batches.meta").write_bytes(pickle.dumps({b"label_names": [b"a", b"b"]}))
        with pytest.raises(DataError):
            load_dataset(tmp_path)


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


class TestIdx:
    IMAGES = RNG.integers(0, 256, (20, 7, 6), dtype=np.uint8)
    LABELS = (np.arange(20) % 4).astype(np.uint8)

    def write(self, root, packed=False, **changes):
        contents = {
            "train-images-idx3-ubyte": idx(self.IMAGES),
            "train-labels-idx1-ubyte": idx(self.LABELS),
            "t10k-images-idx3-ubyte": idx(self.IMAGES[:5]),
            "t10k-labels-idx1-ubyte": idx(self.LABELS[:5]),
        }
        for name, content in contents.items():
            content = changes.get(name.split("-idx")[0].replace("-", "_"), content)
            if content is not None:
                (root / (name + ".gz" * packed)).write_bytes(gzip.compress(content) if packed else content)
        return root

    @pytest.mark.parametrize("packed", [False, True])
    def test_read(self, tmp_path, packed):
        data = load_dataset(self.write(tmp_path, packed), WHOLE)
        np.testing.assert_array_equal(data.train.X[..., 0], self.IMAGES)
        np.testing.assert_array_equal(data.test.y, self.LABELS[:5])
        assert data.classes == ("0", "1", "2", "3")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\0\0\x0d\x03",
            idx(IMAGES)[:-1],
            idx(IMAGES) + b"x",
            struct.pack(">BBBB3I", 0, 0, 8, 3, 2**31, 2**31, 9),
        ],
        ids=["empty", "floats", "short", "long", "huge"],
    )
    @pytest.mark.parametrize("packed", [False, True])
    def test_damaged(self, tmp_path, content, packed):
        with pytest.raises(DataError, match="no whole IDX file"):
            load_dataset(self.write(tmp_path, packed, train_images=content))

    def test_a_file_is_missing(self, tmp_path):
        with pytest.raises(DataError, match="only one of"):
            load_dataset(self.write(tmp_path, train_labels=None))


def test_archives_are_unpacked_once_and_safely(tmp_path, monkeypatch):
    import io
    import tarfile

    monkeypatch.setenv("SCORELINE_DATA", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    TestIdx().write(tmp_path)
    with tarfile.open(tmp_path / "mine.tar.gz", "w:gz") as tar:
        for file in tmp_path.glob("*ubyte"):
            tar.add(file, f"mine/{file.name}")
    assert len(load_dataset(tmp_path / "mine.tar.gz", WHOLE).train) == 20
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        member = tarfile.TarInfo("../escaped")
        member.size = 3
        tar.addfile(member, io.BytesIO(b"bad"))
    with pytest.raises(DataError):
        load_dataset(tmp_path / "evil.tar")
    assert not (tmp_path / "escaped").exists()
    with tarfile.open(tmp_path / "link.tar", "w") as tar:
        member = tarfile.TarInfo("mine/data")
        member.type, member.linkname = tarfile.SYMTYPE, "inside"
        tar.addfile(member)
    with pytest.raises(DataError, match="is a link"):
        load_dataset(tmp_path / "link.tar")


def test_unknown_format(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(DataError, match="no known data format"):
        load_dataset(tmp_path / "notes.txt")


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match="no data set, file or folder"):
        load_dataset(tmp_path / "none")
