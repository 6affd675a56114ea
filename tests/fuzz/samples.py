"""Small sound files of each format, as the pieces that are damaged and the function that packs them."""

import gzip
import io
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (12, 4, 5), dtype=np.uint8)
Y = np.arange(12) % 3


class Sample(NamedTuple):
    """Files of a format."""

    #: What is damaged: file names and contents.
    pieces: dict[str, bytes]
    #: Name of what is loaded; "." is the folder.
    entry: str = "."
    #: Turns the damaged pieces into files.
    pack: Callable[[dict[str, bytes]], dict[str, bytes]] = lambda pieces: pieces
    #: Files that are never damaged.
    others: dict[str, bytes] = {}  # noqa: RUF012 - no sample changes it


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def zipped(method):
    def pack(pieces):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            for name, content in pieces.items():
                archive.writestr(name, content)
        return {"set.npz": stream.getvalue()}

    return pack


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def tarred(pieces):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in pieces.items():
            member = tarfile.TarInfo(f"set/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return {"set.tar": stream.getvalue()}


def gzipped(pieces):
    return {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in pieces.items()}


def png(seed):
    stream = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (4, 4), dtype=np.uint8)
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def cifar_pickle(protocol):
    rows = RNG.integers(0, 256, (4, 3072), dtype=np.uint8)
    return {
        "data_batch_1": pickle.dumps({b"labels": [0, 1, 0, 1], b"data": rows, b"filenames": [b"a"] * 4}, protocol),
        "batches.meta": pickle.dumps({b"label_names": [b"cat", b"dog"]}, protocol),
    }


def cifar_100_pickle():
    def part():
        rows = RNG.integers(0, 256, (4, 3072), dtype=np.uint8)
        return pickle.dumps({b"fine_labels": [0, 1, 0, 1], b"coarse_labels": [0, 0, 0, 0], b"data": rows}, 2)

    return {
        "train": part(),
        "test": part(),
        "meta": pickle.dumps({b"fine_label_names": [b"cat", b"dog"], b"coarse_label_names": [b"pets"]}, 2),
    }


ARRAYS = {"X.npy": npy(X), "y.npy": npy(Y), "classes.npy": npy(np.array(["ant", "bee", "cat"]))}
FLOATS = {"set.npy": npy(X.astype(">f4") / 255), "set.labels.npy": npy(np.eye(3)[Y])}
IDX = {"train-images-idx3-ubyte": idx(X), "train-labels-idx1-ubyte": idx(Y.astype(np.uint8))}
ROWS = [f"img/{i}.png,{'cat' if i % 2 else 'dog'},{'test' if i > 5 else 'train'}" for i in range(8)]
TABLE = "\n".join(["path,label,split", *ROWS]).encode()
IMAGES = {f"img/{i}.png": png(i) for i in range(8)}
FOLDER = {f"{label}/{i}.png": png(i) for first, label in ((0, "cat"), (4, "dog")) for i in range(first, first + 4)}
RECORDS = np.hstack([(np.arange(4) % 2)[:, None], RNG.integers(0, 256, (4, 3072))]).astype(np.uint8).tobytes()
FINE = np.hstack([np.zeros((8, 1)), (np.arange(8) % 2)[:, None], RNG.integers(0, 256, (8, 3072))]).astype(np.uint8)

SAMPLES = {
    "npy": Sample({"set.npy": npy(X), "set.labels.npy": npy(Y)}, "set.npy"),
    "npy-floats": Sample(FLOATS, "set.npy"),
    "npz-members": Sample(ARRAYS, "set.npz", zipped(zipfile.ZIP_DEFLATED)),
    "npz-stored": Sample(zipped(zipfile.ZIP_STORED)(ARRAYS), "set.npz"),
    "npz-deflated": Sample(zipped(zipfile.ZIP_DEFLATED)(ARRAYS), "set.npz"),
    "idx": Sample(IDX),
    "idx-content-gz": Sample(IDX, pack=gzipped),
    "idx-gz": Sample(gzipped(IDX)),
    "cifar-binary": Sample({"data_batch_1.bin": RECORDS, "batches.meta.txt": b"cat\ndog\n"}),
    "cifar-100": Sample(
        {"train.bin": FINE[:4].tobytes(), "test.bin": FINE[4:].tobytes(), "fine_label_names.txt": b"cat\ndog\n"}
    ),
    "cifar-100-pickle": Sample(cifar_100_pickle()),
    "cifar-pickle-2": Sample(cifar_pickle(2)),
    "cifar-pickle-5": Sample(cifar_pickle(5)),
    "folder-tar": Sample(tarred(FOLDER), "set.tar"),
    "csv": Sample({"list.csv": TABLE}, "list.csv", others=IMAGES),
    "csv-utf-16": Sample(
        {"list.csv": TABLE.decode().replace(",", ";").encode("utf-16")}, "list.csv", others=IMAGES
    ),
    "tar": Sample(tarred(IDX), "set.tar"),
    "tar-members": Sample(IDX, "set.tar", tarred),
    "tar-gz": Sample(gzipped(tarred(IDX)), "set.tar.gz"),
    "tar-content-gz": Sample(tarred(IDX), "set.tar.gz", gzipped),
}
