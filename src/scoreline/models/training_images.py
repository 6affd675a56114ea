"""What kind of images a model was trained on, and in what another image differs from them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from scoreline._typing import Array
from scoreline.data.base import ImageSizes

__all__ = ["TrainingImages", "is_coloured"]

#: Mean difference between the largest and the smallest channel, of 255, from which an image is coloured.
COLOURED = 8
#: An image whose longer side is so many times another is much larger, or much smaller.
FACTOR = 4
#: An image so many times as long for its width as the longest that was trained on loses much of its ends.
SLENDER = 1.5


class TrainingImages(BaseModel):
    """What kind of images the training images are, as they came, so that strange ones are known as such."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    #: The range of their longer sides, in pixels, and longer over shorter side at the most.
    shortest: int = Field(ge=1)
    longest: int = Field(ge=1)
    slenderness: float = Field(ge=1)
    #: Whether there are grey ones among them, and coloured ones, by their pixels.
    grey: bool
    coloured: bool

    @classmethod
    def of(cls, sizes: ImageSizes, sample: Iterable[Array]) -> Self:
        """Describe images of these sizes by a sample of their pixels, ``(H, W, ch)`` each."""
        coloured = [is_coloured(pixels) for pixels in sample]
        return cls(**sizes._asdict(), grey=not all(coloured), coloured=any(coloured))

    def remark(self, sides: tuple[int, int], pixels: Array) -> str:
        """Return a remark on an image that is far from the training images, empty for others.

        A classifier has to choose among its classes whatever it is shown, and may be very sure of an image of
        another kind; what it says of it then means little.

        Parameters
        ----------
        sides : (height, width)
            Of the image before it was fitted.
        pixels : array (H, W) or (H, W, 3) of uint8
            The image after that.
        """
        height, width = sides
        shape = f"{height:,} x {width:,} pixels"
        remarks = []
        if max(sides) >= FACTOR * self.longest:
            remarks.append(f"much larger ({shape}; they have sides of {self.longest:,} at the most)")
        elif FACTOR * max(sides) <= self.shortest:
            remarks.append(f"much smaller ({shape}; they have sides of {self.shortest:,} at least)")
        if max(sides) / min(sides) > SLENDER * self.slenderness:
            remarks.append(f"of another shape ({shape}; what lies outside of the middle was cut off)")
        coloured = is_coloured(pixels)
        if coloured and not self.coloured:
            remarks.append("in colour (they are grey)")
        elif not coloured and not self.grey:
            remarks.append("grey (they are in colour)")
        return "unlike the training images: " + ", ".join(remarks) if remarks else ""


def is_coloured(pixels: Array) -> bool:
    """Say whether an image ``(H, W)`` or ``(H, W, ch)`` has colours; many grey ones are kept in three channels."""
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return False
    # Channel by channel: to reduce so short an axis takes ten times as long.
    channels = [pixels[..., channel] for channel in range(pixels.shape[2])]
    return float((reduce(np.maximum, channels) - reduce(np.minimum, channels)).mean()) > COLOURED
