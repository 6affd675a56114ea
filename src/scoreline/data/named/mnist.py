"""MNIST and Fashion-MNIST."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from scoreline.data.base import Dataset
from scoreline.data.named.published import PublishedSet
from scoreline.data.options import LoadOptions
from scoreline.errors import DataError

__all__ = ["FashionMnist", "Mnist"]


class _IdxFolder(PublishedSet):
    """Four IDX files in a folder."""

    def find(self, options: LoadOptions) -> Path | None:
        """Return a folder only when all four files are in it: a download may have stopped between two."""
        for folder in self.folders(options):
            for form in self.forms:
                plain = (name.removesuffix(".gz") for name in self.files)
                if all(
                    (folder / form / name).exists() or (folder / form / f"{name}.gz").exists() for name in plain
                ):
                    return folder / form
        return None

    def _downloaded(self, folder: Path) -> Path:
        return folder


@dataclass(frozen=True)
class Mnist(_IdxFolder):
    """MNIST: 60,000 training and 10,000 test images of handwritten digits, 28 x 28, grey.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition.
    """

    name: ClassVar[str] = "mnist"
    summary: ClassVar[str] = "60,000 + 10,000 handwritten digits, grey, 28x28, 10 classes (12 MB download)"
    address: ClassVar[str] = "https://ossci-datasets.s3.amazonaws.com/mnist"
    forms: ClassVar[tuple[str, ...]] = ("mnist", "MNIST/raw")
    files: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "md5:9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "md5:ec29112dd5afa0611ce80d1b7f02629c",
    }


@dataclass(frozen=True)
class FashionMnist(_IdxFolder):
    """Fashion-MNIST: 60,000 training and 10,000 test images of clothes, 28 x 28, grey.

    References
    ----------
    Xiao, Rasul & Vollgraf (2017), Fashion-MNIST, arXiv:1708.07747.
    """

    name: ClassVar[str] = "fashion-mnist"
    summary: ClassVar[str] = "60,000 + 10,000 pictures of clothes, grey, 28x28, 10 classes (31 MB download)"
    address: ClassVar[str] = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
    forms: ClassVar[tuple[str, ...]] = ("fashion-mnist", "FashionMNIST/raw")
    files: ClassVar[dict[str, str]] = {
        "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    }
    garments: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    #: Where Debian's package dataset-fashion-mnist puts its folder.
    debian_folder: ClassVar[Path] = Path("/usr/share/datasets")

    def folders(self, options: LoadOptions) -> list[Path]:
        """Return the usual folders, and Debian's."""
        return [*super().folders(options), self.debian_folder]

    def finish(self, dataset: Dataset) -> Dataset:
        """Name the garments: the files only number them."""
        strange = [number for number in dataset.classes if int(number) >= len(self.garments)]
        if strange:
            raise DataError(
                f"The labels of {self.name} go up to {strange[-1]}",
                allowed=f"whole numbers from 0 to {len(self.garments) - 1}",
                fix="download the files again, or name their folder to read them as they are",
            )
        return replace(dataset, classes=tuple(self.garments[int(number)] for number in dataset.classes))
