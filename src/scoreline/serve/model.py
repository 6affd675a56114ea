"""The model that is served, and a newer one in its place as soon as there is one."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from scoreline.data.names import printable
from scoreline.errors import ModelError, ScorelineError
from scoreline.kernels.threads import one_blas_thread
from scoreline.models import DecodedImage, ImageClassifier
from scoreline.runs.prediction import load_classifier

__all__ = ["Loaded", "ServedModel"]

#: Seconds between two looks at the files.
LOOK_SECONDS = 1.0
#: Seconds in which a quick model classifies `QUICK_IMAGES`: the event loop may stand still for so long.
QUICK_SECONDS, QUICK_IMAGES = 0.002, 16
FILES = ("model.json", "model.safetensors", ".")
_log = logging.getLogger("scoreline.serve")


@dataclass(frozen=True, eq=False)
class Loaded:
    """A classifier, ready to answer."""

    classifier: ImageClassifier
    #: SHA-256 of its description, which holds that of the weights.
    digest: str
    #: Whether several images are classified in less time than it takes to hand them to a thread and back.
    quick: bool


class ServedModel:
    """The classifier of a folder, replaced when the folder holds another.

    A new one is loaded and tried before it takes the old one's place; one that cannot be used is reported, and the
    old one stays.

    Parameters
    ----------
    run : path
        The folder of a run, or a link to one.
    trust : sequence of str
        Modules of the user's own features that may be imported.
    max_pixels : int
        Larger images are not decoded.

    Raises
    ------
    ScorelineError
        There is no usable model in the folder.
    """

    def __init__(self, run: Path, trust: Sequence[str] = (), *, max_pixels: int) -> None:
        self.run, self._trust, self._max_pixels = run, tuple(trust), max_pixels
        _log.info("loading", extra={"facts": {"run": printable(run)}})
        self._seen = self._settling = self._stamps()
        self.now = self._load()
        #: Why what the folder holds now is not served; empty where it is.
        self.refused = ""

    async def watch(self, replaced: Callable[[str], object]) -> None:
        """Look at the files again and again; tell whether a new model was ``taken`` or ``refused``."""
        with ThreadPoolExecutor(1, "scoreline-load") as thread:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                outcome = await asyncio.get_running_loop().run_in_executor(thread, self.look)
                if outcome:
                    replaced(outcome)

    def look(self) -> str:
        """Take a newer model if there is one; return ``taken``, ``refused`` or nothing."""
        seen = self._stamps()
        if seen == self._seen:
            return ""
        try:
            if self._digest() == self.now.digest and seen != self._settling:
                self._settling = seen  # weights are written before their description, which may be on its way
                return ""
            # Weights may be damaged alone. The folder's own stamp, the last, changes with every file in it.
            found = self._load() if seen[:-1] != self._seen[:-1] or self.refused else self.now
        except Exception as error:  # noqa: BLE001 - whatever it is, the old model answers on
            said = str(error) if isinstance(error, ScorelineError) else f"{type(error).__name__}: {error}"
            outcome = "refused" if said != self.refused else ""
            self._seen, self.refused = seen, said
            if outcome:
                _log.error("new model refused, the old one stays", extra={"facts": {"reason": said}})
            return outcome
        self._seen, self.refused = seen, ""
        if found.digest == self.now.digest:
            return ""
        self.now = found
        _log.info("model replaced", extra={"facts": {"digest": found.digest[:12]}})
        return "taken"

    def _load(self) -> Loaded:
        digest = self._digest()
        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always")
            classifier = load_classifier(self.run, trust=self._trust)
        for remark in remarks:
            _log.warning("model loaded with a remark", extra={"facts": {"remark": str(remark.message)}})
        if self._digest() != digest:
            raise ModelError(
                f"The model in {self.run} was replaced while it was read",
                allowed="a model whose files stay as they are meanwhile",
                fix="wait, or load it again",
            )
        classifier.max_pixels = self._max_pixels
        # The first image is slow, and compiles code: not at the expense of whoever sends it.
        blank = _blank(classifier)
        (tried,) = classifier.predict(blank)
        if tried.problem:
            raise ModelError(
                f"The model cannot classify an image: {tried.problem}",
                allowed="a model of images",
                fix="train again",
            )
        return Loaded(classifier, digest, _is_quick(classifier, blank))

    def _digest(self) -> str:
        try:
            return hashlib.sha256((self.run / FILES[0]).read_bytes()).hexdigest()
        except OSError:
            return ""  # whoever loads says what is wrong

    def _stamps(self) -> tuple[tuple[int, ...] | None, ...]:
        """Return what changes when the files do: times, numbers and sizes; those of the folder too."""
        return tuple(_stamp(self.run / name) for name in FILES)


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_ino, facts.st_size


def _is_quick(classifier: ImageClassifier, file: bytes) -> bool:
    """Return whether few and several images are classified within the time; other programs may disturb a try."""
    image = classifier.decode(file)
    with one_blas_thread():
        return all(
            min(_seconds(classifier, image, n) for _ in range(3)) < QUICK_SECONDS for n in (1, QUICK_IMAGES)
        )


def _seconds(classifier: ImageClassifier, image: DecodedImage, n: int) -> float:
    begun = time.perf_counter()
    classifier.classify([image] * n)
    return time.perf_counter() - begun


def _blank(classifier: ImageClassifier) -> bytes:
    """Return a PNG file of a grey square of the model's size."""
    height, width, channels = classifier.input.shape
    file = io.BytesIO()
    pixels = np.full((height, width) if channels == 1 else (height, width, 3), 128, np.uint8)
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()
