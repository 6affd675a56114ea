"""The data: made once, kept as .npy files, and read before any clock starts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

__all__ = ["DATASETS", "Data", "Rows", "jpeg_folder", "load_rows", "missing_for", "prepare"]

Matrix = np.ndarray[Any, Any]


class Data(Protocol):
    """What a peer is handed."""

    @property
    def megabytes(self) -> float:
        """Size in memory."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows ``(N, D)`` with labels ``(N,)`` from 0 to C - 1, and what standardises them."""

    X: Matrix
    y: Matrix
    #: Means and one over the standard deviations ``(D,)`` of the raw rows; 0 for constant features.
    mean: Matrix
    scale: Matrix
    #: Whether X holds the raw rows, to be standardised by whoever uses them.
    raw: bool

    @property
    def n_classes(self) -> int:
        """Number of classes C."""
        return int(self.y.max()) + 1

    @property
    def megabytes(self) -> float:
        """Size of rows and labels in memory."""
        return (self.X.nbytes + self.y.nbytes) / 1e6


def shapes(_: Path) -> tuple[Matrix, Matrix]:
    """Return 40 drawn images of 32 x 32 x 3 bytes: no more than what tells whether all works."""
    from scoreline.data import Challenges, draw_shapes

    X, y = draw_shapes(40, Challenges(), seed=0)
    return X.reshape(len(X), -1), y


def digits(_: Path) -> tuple[Matrix, Matrix]:
    """Return scikit-learn's digits, 1,797 x 64 and 10 classes, as bytes."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X.astype(np.uint8), y


def drawn(_: Path) -> tuple[Matrix, Matrix]:
    """Return as many drawn images as CIFAR-10 has, for machines without it."""
    from scoreline.data import Challenges, draw_shapes

    X, y = draw_shapes(50_000, Challenges(), seed=0)
    return X.reshape(len(X), -1), y


def jpeg_folder(cache: Path) -> Path | None:
    """Return the folder cifar10-jpeg of SCORELINE_DATA, its archive unpacked into the cache once, or None."""
    named = os.environ.get("SCORELINE_DATA")
    folder = Path(named or ".") / "cifar10-jpeg"
    archive = folder.with_name("cifar10-jpeg.tar.xz")
    if not named or folder.is_dir() or not archive.is_file():
        return folder if named and folder.is_dir() else None
    from scoreline.data.archives import unpack

    return unpack(archive, cache, lambda *_: None)


def cifar10(cache: Path) -> tuple[Matrix, Matrix]:
    """Return CIFAR-10's 50,000 x 3,072 training pixels as bytes: the JPEG files of SCORELINE_DATA, or the set."""
    from scoreline.data import LoadOptions, load_dataset

    train = load_dataset(jpeg_folder(cache) or "cifar10", LoadOptions(validation=0.0)).train
    return train.X.reshape(len(train.X), -1), train.y


def cifar10_small(cache: Path) -> tuple[Matrix, Matrix]:
    """Return 5,000 of them, a tenth of every class's, averaged to 8 x 8 pixels: 192 features."""
    rows = load_rows("cifar10", cache, raw=True)
    chosen = np.sort(np.concatenate([np.flatnonzero(rows.y == c)[:500] for c in range(10)]))
    images = rows.X[chosen].reshape(-1, 8, 4, 8, 4, 3)
    return np.round(images.mean(axis=(2, 4))).astype(np.uint8).reshape(len(chosen), -1), rows.y[chosen]


def probe(_: Path) -> tuple[Matrix, Matrix]:
    r"""Return a synthetic probe of frozen features: 200,000 x 768 in float32, 1,000 classes.

    .. math:: x = m_{y} + 8\, Q\, \mathrm{diag}(k^{-1/4})\, \epsilon, \qquad m_c = A \tanh(B z_c) / \sqrt{h}

    with :math:`z_c \in R^{24}` normal, so that the means lie on a curved surface of 24 dimensions in the 768,
    neighbouring classes overlap, and the noise :math:`\epsilon`, standard normal, is stronger in some directions Q
    than in others, as that of real embeddings. A has ``h = 128`` columns. The seed is 0. Ridge regression on
    150,000 of the rows names 85 % of the others rightly.
    """
    n, d, classes, latent, hidden = 200_000, 768, 1_000, 24, 128
    rng = np.random.default_rng(0)
    inner = rng.standard_normal((classes, latent)) @ rng.standard_normal((latent, hidden)) / np.sqrt(latent)
    means = (np.tanh(inner) @ rng.standard_normal((hidden, d)) / np.sqrt(hidden)).astype(np.float32)
    directions = np.linalg.qr(rng.standard_normal((d, d)))[0].astype(np.float32)
    spread = (np.arange(1, d + 1) ** -0.25)[:, None].astype(np.float32) * directions
    y = rng.permutation(np.arange(n) % classes)
    X = np.empty((n, d), np.float32)
    for first in range(0, n, 10_000):
        part = slice(first, first + 10_000)
        X[part] = means[y[part]] + 8 * rng.standard_normal((10_000, d), dtype=np.float32) @ spread
    return X, y


def probe_small(cache: Path) -> tuple[Matrix, Matrix]:
    """Return the first 20,000 rows of the probe."""
    rows = load_rows("probe", cache, raw=True)
    return rows.X[:20_000], rows.y[:20_000]


#: How each is made, from the folder that holds those made before.
DATASETS: dict[str, Callable[[Path], tuple[Matrix, Matrix]]] = {
    "cifar10": cifar10,
    "cifar10-small": cifar10_small,
    "digits": digits,
    "drawn": drawn,
    "probe": probe,
    "probe-small": probe_small,
    "shapes": shapes,
}
#: What a data set is cut from.
ORIGINS = {"cifar10-small": "cifar10", "probe-small": "probe"}
#: Used as they are, raw or not.
READY = {"probe", "probe-small"}


def prepare(name: str, cache: Path) -> None:
    """Make a data set, unless it is there: raw rows, the same standardised in float32, labels, moments."""
    folder = cache / name
    if folder.is_dir():
        return
    if name in ORIGINS:
        prepare(ORIGINS[name], cache)
    X, y = DATASETS[name](cache)
    unfinished = folder.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    mean, scale = np.zeros(X.shape[1]), np.ones(X.shape[1])
    if name not in READY:
        mean = X.mean(axis=0, dtype=np.float64)
        blocks = [X[first : first + 2_000] for first in range(0, len(X), 2_000)]
        deviation = np.sqrt(sum(np.square(block - mean).sum(axis=0) for block in blocks) / len(X))
        scale = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > 1e-9)
        np.save(unfinished / "standardised.npy", np.concatenate([standardised(b, mean, scale) for b in blocks]))
    np.save(unfinished / "raw.npy", np.ascontiguousarray(X))
    np.save(unfinished / "labels.npy", y.astype(np.int64))
    np.save(unfinished / "moments.npy", np.stack([mean, scale]))
    unfinished.rename(folder)


def standardised(X: Matrix, mean: Matrix, scale: Matrix) -> Matrix:
    """Return rows with mean 0 and deviation 1 in float32."""
    return ((X - mean) * scale).astype(np.float32)


def load_rows(name: str, cache: Path, *, raw: bool) -> Rows:
    """Read the rows, raw or standardised."""
    folder = cache / name
    mean, scale = np.load(folder / "moments.npy")
    raw = raw and name not in READY
    X = np.load(folder / ("raw.npy" if raw or name in READY else "standardised.npy"))
    return Rows(X, np.load(folder / "labels.npy"), mean, scale, raw)


def missing_for(name: str, cache: Path) -> str:
    """Make a data set if need be; return what keeps it from being made, or nothing."""
    try:
        prepare(name, cache)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other comparisons go on
        return f"the data set {name} could not be made: {error}"
    return ""
