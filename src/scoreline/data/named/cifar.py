"""CIFAR-10 and CIFAR-100."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from scoreline.data.named.published import PublishedSet

__all__ = ["Cifar10", "Cifar100"]


class _Cifar(PublishedSet):
    """The archives from Toronto; the binary version is the one downloaded, because reading it runs nothing."""

    address: ClassVar[str] = "https://www.cs.toronto.edu/~kriz"

    def _downloaded(self, folder: Path) -> Path:
        return folder / next(iter(self.files))


@dataclass(frozen=True)
class Cifar10(_Cifar):
    """CIFAR-10: 50,000 training and 10,000 test images, 32 x 32, 10 classes.

    A folder of JPEG files, ``cifar10-jpeg``, is taken where the original is not there.

    References
    ----------
    Krizhevsky (2009), Learning multiple layers of features from tiny images.
    """

    name: ClassVar[str] = "cifar10"
    summary: ClassVar[str] = "50,000 + 10,000 colour photographs, 32x32, 10 classes (170 MB download)"
    files: ClassVar[dict[str, str]] = {"cifar-10-binary.tar.gz": "md5:c32a1d4ab5d03f1284b67883e8d87530"}
    forms: ClassVar[tuple[str, ...]] = (
        "cifar-10-batches-bin",
        "cifar-10-batches-py",
        "cifar10/cifar-10-binary.tar.gz",
        "cifar-10-binary.tar.gz",
        "cifar-10-python.tar.gz",
        "cifar10-jpeg",
        "cifar10-jpeg.tar.xz",
    )


@dataclass(frozen=True)
class Cifar100(_Cifar):
    """CIFAR-100: 50,000 training and 10,000 test images, 32 x 32, 100 (fine) classes.

    References
    ----------
    Krizhevsky (2009), Learning multiple layers of features from tiny images.
    """

    name: ClassVar[str] = "cifar100"
    summary: ClassVar[str] = "50,000 + 10,000 colour photographs, 32x32, 100 classes (169 MB download)"
    files: ClassVar[dict[str, str]] = {"cifar-100-binary.tar.gz": "md5:03b5dce01913d631647c71ecec9e9cb8"}
    forms: ClassVar[tuple[str, ...]] = (
        "cifar-100-binary",
        "cifar-100-python",
        "cifar100/cifar-100-binary.tar.gz",
        "cifar-100-binary.tar.gz",
        "cifar-100-python.tar.gz",
    )
