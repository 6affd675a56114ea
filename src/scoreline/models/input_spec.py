"""What an image is turned into before a model sees it: the policy, stored in the model."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoreline._typing import Array
from scoreline.data.base import Dataset
from scoreline.data.pixel_range import PixelRange, only_8_bits, own_range
from scoreline.models.training_images import TrainingImages

__all__ = ["InputSpec"]

#: Training images that are looked at for colours.
COLOUR_SAMPLE = 500

Side: TypeAlias = Annotated[int, Field(ge=1, le=65_536)]


class InputSpec(BaseModel):
    """What every image is turned into: one size, 1 or 3 channels, 8 bits.

    Each policy has a name, so that a later one can be added under another name and models keep theirs; `version`
    changes where a reader of today would misunderstand a model.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    version: Literal[1] = 1
    #: Height and width.
    size: tuple[Side, Side]
    channels: Literal[1, 3]
    #: How channels are brought into line: transparency over white, colour to grey by the luma of ITU-R BT.601,
    #: grey into all three channels.
    colour: Literal["luma-601"] = "luma-601"
    #: Resized by bicubic interpolation so that it just covers the size, and cropped about its centre; JPEG files
    #: are decoded at a lower resolution where that has twice the pixels of the longer side or more.
    fit: Literal["cover"] = "cover"
    #: Pixels of more than 8 bits are scaled by `pixel_range`, or by each image's own values, or refused, since any
    #: range would be a guess.
    deep: Literal["range", "own", "refuse"] = "refuse"
    #: The values that become 0 and 255.
    pixel_range: tuple[float, float] | None = None
    #: What kind of images the training images were; None where nobody knows.
    training_images: TrainingImages | None = None

    @model_validator(mode="after")
    def _range_is_ordered(self) -> Self:
        if (self.deep == "range") != (self.pixel_range is not None):
            raise ValueError("a pixel_range where deep is 'range', and only there")
        if self.pixel_range is not None and not self.pixel_range[0] < self.pixel_range[1]:
            raise ValueError("a pixel_range from a lower to a higher value")
        return self

    @classmethod
    def for_shape(cls, shape: tuple[int, ...]) -> Self:
        """Return what models for images ``(H, W, channels)`` did to images before they said it themselves."""
        height, width, channels = shape
        return cls.model_validate({"size": (height, width), "channels": channels, "deep": "own"})

    @classmethod
    def of(cls, dataset: Dataset) -> Self | None:
        """Return what the images of a data set were turned into; None where the examples are no such images."""
        rows, sizes, deep = dataset.train.rows, dataset.sizes, dataset.pixel_range
        if sizes is None or rows.shape[3] not in (1, 3):
            return None
        places = np.arange(0, len(rows), max(1, len(rows) // COLOUR_SAMPLE))
        seen = TrainingImages.of(sizes, rows.take(places))
        return cls.model_validate(
            {
                "size": rows.shape[1:3],
                "channels": rows.shape[3],
                "deep": "refuse" if deep is None else "range",
                "pixel_range": None if deep is None else tuple(deep),
                "training_images": seen.model_dump(),
            }
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(H, W, channels)`` of an image as the model takes it."""
        return (*self.size, self.channels)

    def range_of(self, values: Array) -> PixelRange:
        """Return the range of the values of an image whose pixels have more than 8 bits.

        Raises
        ------
        ImageError
            The model was trained on pixels of 8 bits.
        """
        if self.deep == "refuse":
            raise only_8_bits()
        return own_range(values) if self.pixel_range is None else PixelRange(*self.pixel_range)
