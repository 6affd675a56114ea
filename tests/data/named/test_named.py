"""Named sets: the embedded one, those found on the machine, those downloaded from a real (local) server."""

import gzip
import hashlib
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from sklearn.datasets import load_digits

from scoreline.data import NAMED_SETS, LoadOptions, load_dataset
from scoreline.errors import DataError, DownloadError, UsageError

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 7, 6), dtype=np.uint8)
LABELS = (np.arange(20) % 4).astype(np.uint8)


def packed(array):
    """Return an array as a gzipped IDX file."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


FILES = {
    "train-images-idx3-ubyte.gz": packed(IMAGES),
    "train-labels-idx1-ubyte.gz": packed(LABELS),
    "t10k-images-idx3-ubyte.gz": packed(IMAGES[:5]),
    "t10k-labels-idx1-ubyte.gz": packed(LABELS[:5]),
}


class Handler(BaseHTTPRequestHandler):
    """Serves FILES: whole under /good, cut off under /short, other bytes under /wrong, nothing elsewhere."""

    def do_GET(self):
        _, kind, name = self.path.split("/")
        content = FILES.get(name)
        if kind not in ("good", "short", "wrong") or content is None:
            self.send_error(404)
            return
        self.server.served.append(name)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write({"good": content, "short": content[:-20], "wrong": bytes(len(content))}[kind])

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.served = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def mirror(server, monkeypatch, tmp_path):
    """Give a function that loads MNIST from a place on the local server into an empty folder."""
    hashes = {name: "sha256:" + hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    monkeypatch.setattr(NAMED_SETS["mnist"], "files", hashes)
    monkeypatch.delenv("SCORELINE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    options = LoadOptions(data_dir=tmp_path / "data", validation=0)
    return lambda kind: load_dataset(f"mnist:mirror=http://127.0.0.1:{server.server_port}/{kind}", options)


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


class TestDownload:
    def test_good_files_are_fetched_once(self, mirror, server, tmp_path):
        data = mirror("good")
        np.testing.assert_array_equal(data.train.X[..., 0], IMAGES)
        assert data.name == "mnist"
        served = len(server.served)
        mirror("good")
        assert len(server.served) == served
        assert files_in(tmp_path / "data") == sorted(FILES)

    def test_wrong_hash(self, mirror, tmp_path):
        with pytest.raises(DownloadError, match="hash is wrong"):
            mirror("wrong")
        assert files_in(tmp_path) == []

    def test_cut_off(self, mirror, tmp_path):
        with pytest.raises(DownloadError, match="broke off"):
            mirror("short")
        assert files_in(tmp_path) == []

    def test_not_there(self, mirror, tmp_path):
        with pytest.raises(DownloadError, match="404"):
            mirror("elsewhere")
        assert files_in(tmp_path) == []

    def test_no_network(self, mirror, monkeypatch, tmp_path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = LoadOptions(data_dir=tmp_path / "data")
        with pytest.raises(DownloadError, match="no connection"):
            load_dataset(f"mnist:mirror=http://127.0.0.1:{port}/good", options)
        assert files_in(tmp_path) == []

    def test_downloads_can_be_forbidden(self, mirror, tmp_path):
        with pytest.raises(DownloadError, match="not on this machine"):
            load_dataset("mnist", LoadOptions(data_dir=tmp_path / "data", download=False))


def test_found_where_the_environment_says(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    for name, content in FILES.items():
        (tmp_path / "mnist" / name).write_bytes(content)
    monkeypatch.setenv("SCORELINE_DATA", str(tmp_path))
    assert len(load_dataset("mnist", LoadOptions(validation=0, download=False)).train) == 20


def test_fashion_has_garments_for_classes(tmp_path):
    (tmp_path / "fashion-mnist").mkdir()
    for name, content in FILES.items():
        (tmp_path / "fashion-mnist" / name).write_bytes(content)
    data = load_dataset("fashion-mnist", LoadOptions(data_dir=tmp_path, download=False))
    assert data.classes == ("T-shirt/top", "Trouser", "Pullover", "Dress")


def test_digits_are_scikit_learns():
    data = load_dataset("digits")
    X, y = load_digits(return_X_y=True)
    assert sum(len(split) for split in (data.train, data.validation, data.test)) == len(y)
    assert data.train.X.dtype == np.uint8
    assert data.example_shape == (8, 8, 1)
    together = np.concatenate([split.X.reshape(-1, 64) for split in (data.train, data.validation, data.test)])
    assert sorted(map(tuple, together.tolist())) == sorted(map(tuple, np.rint(X * 255 / 16).astype(int).tolist()))


def test_published_hashes_are_hashes():
    for name, kind in NAMED_SETS.items():
        for known in getattr(kind, "files", {}).values():
            algorithm, _, digest = known.partition(":")
            assert len(digest) == hashlib.new(algorithm, usedforsecurity=False).digest_size * 2, name


@pytest.mark.parametrize("spec", ["synthetic:pose=2", "synthetic:fog=1"])
def test_wrong_parameters(spec):
    with pytest.raises(UsageError):
        load_dataset(spec)


class TestWhatIsNotThere:
    def fix(self, spec, folder):
        with pytest.raises(DataError) as caught:
            load_dataset(spec, LoadOptions(data_dir=folder, download=False))
        return caught.value.fix

    def test_a_file_in_the_data_folder(self, tmp_path):
        (tmp_path / "cifar10-jpeg.tar.xz").touch()
        fix = self.fix("cifar10-jpeg", tmp_path)
        assert str(tmp_path / "cifar10-jpeg.tar.xz") in fix
        assert "cifar10, the nearest name" in fix

    @pytest.mark.parametrize(("spec", "near"), [("digitz", "digits"), ("Digits", "digits"), ("mnits", "mnist")])
    def test_a_slip_of_the_pen(self, tmp_path, spec, near):
        assert self.fix(spec, tmp_path) == f"write {near}, the data set"

    def test_a_file_beside_the_path(self, tmp_path):
        (tmp_path / "photos.csv").touch()
        assert self.fix(tmp_path / "photo.csv", tmp_path) == f"write {tmp_path / 'photos.csv'}, which is near"

    def test_nothing_near(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert self.fix("nope", tmp_path) == "check the spelling, and the folder that you are in"

    def test_a_name_that_is_too_long(self, tmp_path):
        with pytest.raises(DataError, match="cannot be looked up"):
            load_dataset("a" * 5000)


def test_labels_beyond_the_garments(tmp_path):
    (tmp_path / "fashion-mnist").mkdir()
    strange = FILES | {"train-labels-idx1-ubyte.gz": packed(LABELS + 9)}
    for name, content in strange.items():
        (tmp_path / "fashion-mnist" / name).write_bytes(content)
    (tmp_path / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz").write_bytes(packed(LABELS[:5] + 9))
    with pytest.raises(DataError, match="go up to 12"):
        load_dataset("fashion-mnist", LoadOptions(data_dir=tmp_path, download=False))
