"""Named sets that others have published: found on this machine, else downloaded."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from scoreline.data.archives import is_archive, unpack
from scoreline.data.base import Dataset
from scoreline.data.download import download
from scoreline.data.formats import read_path
from scoreline.data.named.base import NamedSet
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions, Progress
from scoreline.data.places import cache_folder, search_folders
from scoreline.errors import DownloadError

__all__ = ["PublishedSet"]


@dataclass(frozen=True)
class PublishedSet(NamedSet):
    """A published data set.

    Parameters
    ----------
    mirror : str, default ""
        Address of a folder that holds the published files, to be used instead of the publisher's.
    """

    mirror: str = ""

    #: The name in `NAMED_SETS`.
    name: ClassVar[str]
    #: Address of the folder on the publisher's server.
    address: ClassVar[str]
    #: Files to download, each with its hash.
    files: ClassVar[dict[str, str]]
    #: Names under which the set may lie in a data folder, the first choice first.
    forms: ClassVar[tuple[str, ...]]

    def load(self, options: LoadOptions, progress: Progress) -> Dataset:
        """Read the first form of the set that lies in a data folder; else download it."""
        place = self.find(options) or self._download(options, progress)
        if is_archive(place):
            place = unpack(place, cache_folder(options), progress)
        dataset = self.finish(read_path(place, options, progress))
        return replace(dataset, name=self.name)

    def find(self, options: LoadOptions) -> Path | None:
        """Return where the set lies on this machine, if it does."""
        for folder in self.folders(options):
            for form in self.forms:
                if (folder / form).exists():
                    return folder / form
        return None

    def folders(self, options: LoadOptions) -> list[Path]:
        """Return the folders in which to look."""
        return search_folders(options)

    def finish(self, dataset: Dataset) -> Dataset:
        """Put right what the format does not say."""
        return dataset

    @abstractmethod
    def _downloaded(self, folder: Path) -> Path:
        """Return what to read when all files lie in `folder`."""

    def _download(self, options: LoadOptions, progress: Progress) -> Path:
        if not options.download:
            searched = ", ".join(printable(folder) for folder in self.folders(options))
            raise DownloadError(
                f"The data set {self.name} is not on this machine (searched: {searched})",
                allowed=f"one of {', '.join(self.forms)} in one of these folders",
                fix="allow downloads, or put the data there",
            )
        # A folder of its own: the files of several sets have the same names.
        folder = cache_folder(options) / self.name
        address = (self.mirror or self.address).rstrip("/")
        for name, known_hash in self.files.items():
            download(f"{address}/{name}", known_hash, folder, progress)
        return self._downloaded(folder)
