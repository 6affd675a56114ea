"""A bound on the memory of pictures that are decoded at the same time, checked before decoding."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scoreline.data.budget import Need, check_budget, free_memory
from scoreline.data.pixel_range import is_deep

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["DecodingRoom"]

#: Bytes that decoding takes at a time where no bound is given; a larger picture is decoded alone.
_UNBOUNDED_ROOM = 1 << 30
#: Pictures that take less are not counted.
_SMALL = 1 << 20
#: Bytes a pixel that Pillow holds (three bands take four bytes).
_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
_OTHER_BYTES = 4


class DecodingRoom:
    """Lets a picture be decoded when there is memory for it.

    Parameters
    ----------
    bound : int, optional
        Bytes that the process may take; what it holds when this is made counts.
    """

    def __init__(self, bound: int | None = None) -> None:
        self._bound = bound
        self._room = _UNBOUNDED_ROOM if bound is None else max(0, free_memory(bound))
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, image: Image.Image) -> Iterator[None]:
        """Wait until the picture, whose header alone was read, can be decoded, and reserve its memory meanwhile.

        Raises
        ------
        UsageError
            It takes more than the process may take.
        """
        n_bytes = _bytes_of(image)
        if n_bytes < _SMALL:
            yield
            return
        if self._bound is not None and n_bytes > self._room:
            what = f"decoding one image of {image.height:,} x {image.width:,} pixels"
            check_budget(self._bound, [Need(what, n_bytes, "make that image smaller")])
        n_bytes = min(n_bytes, self._room)
        with self._changed:
            self._changed.wait_for(lambda: self._taken + n_bytes <= self._room)
            self._taken += n_bytes
        try:
            yield
        finally:
            with self._changed:
                self._taken -= n_bytes
                self._changed.notify_all()


def _bytes_of(image: Image.Image) -> int:
    """Return what decoding takes: the picture, its conversion and an array of it, and what transparency needs."""
    own = _MODE_BYTES.get(image.mode, _OTHER_BYTES)
    converted = 1 if image.mode in ("1", "L") else _OTHER_BYTES
    copies = own + 2 * converted
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        copies += 2 * _OTHER_BYTES
    if is_deep(image):
        copies += 2 * 4 * len(image.getbands())  # scaled in float32
    return image.width * image.height * copies
