"""In what an image is unlike those that a model was trained on, by what can be seen without the model."""

from __future__ import annotations

from scoreline._typing import Array
from scoreline.runs.data_record import TrainingImages, is_coloured

__all__ = ["unlike_training"]

#: An image whose longer side is so many times another is much larger, or much smaller.
FACTOR = 4
#: An image so many times as long for its width as the longest that was trained on loses much of its ends.
SLENDER = 1.5


def unlike_training(sides: tuple[int, int], pixels: Array, trained: TrainingImages) -> str:
    """Return a remark on an image that is far from the training images, empty for others.

    A classifier has to choose among its classes whatever it is shown, and may be very sure of an image of another
    kind; what it says of it then means little.

    Parameters
    ----------
    sides : (height, width)
        Of the image before it was fitted.
    pixels : array (H, W) or (H, W, 3) of uint8
        The image after that.
    trained : TrainingImages
        What the training images are.
    """
    remarks, shape = [], f"{sides[0]:,} x {sides[1]:,} pixels"
    if max(sides) >= FACTOR * trained.longest:
        remarks.append(f"much larger ({shape}; they have sides of {trained.longest:,} at the most)")
    elif FACTOR * max(sides) <= trained.shortest:
        remarks.append(f"much smaller ({shape}; they have sides of {trained.shortest:,} at least)")
    if max(sides) / min(sides) > SLENDER * trained.slenderness:
        remarks.append(f"of another shape ({shape}; what lies outside of the middle was cut off)")
    coloured = is_coloured(pixels)
    if coloured and not trained.coloured:
        remarks.append("in colour (they are grey)")
    elif not coloured and not trained.grey:
        remarks.append("grey (they are in colour)")
    return "unlike the training images: " + ", ".join(remarks) if remarks else ""
