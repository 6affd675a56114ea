"""The generated colour shapes as a named set."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

from scoreline._checks import check_number
from scoreline.data.base import Dataset, Split
from scoreline.data.named.base import NamedSet
from scoreline.data.options import LoadOptions, Progress
from scoreline.data.shapes import SHAPE_CLASSES, Challenges, draw_shapes

__all__ = ["ColourShapes"]

# The splits must not share random numbers.
_TRAIN, _TEST = 0, 1


@dataclass(frozen=True)
class ColourShapes(NamedSet):
    """Generated pictures, 32 x 32, of five shapes in two colours; see `shapes`.

    Parameters
    ----------
    pose, illumination, deformation, occlusion, clutter, variation : float, default 0
        How strong each challenge of recognition is, in [0, 1]; see `Challenges`.
    n_train, n_test : int
        Pictures a split.
    seed : int, default 0
        Seed of the pictures; the seed of the run only splits them.
    """

    summary: ClassVar[str] = (
        "generated colour shapes, 32x32, 10 classes, one knob for each challenge of recognition"
    )

    pose: float = 0.0
    illumination: float = 0.0
    deformation: float = 0.0
    occlusion: float = 0.0
    clutter: float = 0.0
    variation: float = 0.0
    n_train: int = 5000
    n_test: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        check_number("n_train", self.n_train, 2 * len(SHAPE_CLASSES))
        check_number("n_test", self.n_test, 1)
        self.challenges()

    def challenges(self) -> Challenges:
        """Return the six knobs."""
        others = {"n_train", "n_test", "seed"}
        return Challenges(**{name: value for name, value in asdict(self).items() if name not in others})

    def load(self, options: LoadOptions, progress: Progress) -> Dataset:
        """Draw the pictures."""
        splits = []
        for stream, n in ((_TRAIN, self.n_train), (_TEST, self.n_test)):
            X, y = draw_shapes(n, self.challenges(), seed=(self.seed, stream))
            splits.append(Split.of(X, y))
        return Dataset("synthetic", SHAPE_CLASSES, splits[0], test=splits[1])
