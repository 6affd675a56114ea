"""The ladder: recipes by what they cost, for images and for rows of numbers.

To add a recipe, add a line; what it costs is measured by ``python -m benchmarks recipes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoreline.runs.config import AUTO, RunConfig

__all__ = ["ALL", "IMAGES", "LARGE_IMAGES", "ROWS", "TINY_IMAGES", "Recipe", "ladder"]


@dataclass(frozen=True)
class Recipe:
    """Features with a loss, and what they cost on the machine of `cost`.

    Parameters
    ----------
    features, loss, standardize
        As in the settings.
    width, width_a_pixel, width_a_number : float
        Columns: a fixed number, those for each pixel of an image, and those for each number of an example.
    learn : float
        Seconds to learn words, components and the like, beside those to extract what components are learned from.
    work : float
        Nanoseconds to extract, for each pixel of an image; None where nobody has measured it.
    side : int
        The longer side to which images are reduced first, the largest of several; 0 leaves them as they are.
    sizes : int
        To how many sizes they are reduced.
    channels : int
        Of the images that it is for; 0 if it is for all.
    larger_of : str
        Features of the next smaller form, where it is a larger one of them; see `forms`.
    """

    features: str
    loss: str
    standardize: bool = True
    width: float = 0
    width_a_pixel: float = 0
    width_a_number: float = 0
    learn: float = 0
    work: float | None = 0
    side: int = 0
    sizes: int = 1
    channels: int = 0
    larger_of: str = ""

    def columns(self, pixels: int, numbers: int) -> float:
        """Return the columns for examples of so many pixels and numbers."""
        return self.width + self.width_a_pixel * pixels + self.width_a_number * numbers

    def settings(self, asked: RunConfig) -> RunConfig:
        """Return the settings with this recipe, where they leave it open."""
        return asked.changed(
            features=self.features,
            loss=self.loss if asked.loss == AUTO else asked.loss,
            standardize=self.standardize if asked.standardize == AUTO else asked.standardize,
            budget=RunConfig.model_fields["budget"].default,
            prefer=RunConfig.model_fields["prefer"].default,
        )


SQUARED, HINGES, SOFTMAX = "squared-error", "one-vs-all:squared", "softmax"
#: Words in 3 x 3 cells without borders, at last of two layers too, and products of components: two for each pair,
#: one without mirror images.
SMALL_PRODUCTS = "products:[dictionary:100,grid=3,spread=0.54],components=30"
PRODUCTS = "products:[dictionary:320,grid=3,spread=0.54],components=45"
LARGE_PRODUCTS = (
    "products:[two-layers:250,channels=32,components=64,grid=3,spread=0.54,"
    "dictionary:300,grid=3,spread=0.54],components=64"
)
LARGER_PRODUCTS = (
    "products:[two-layers:500,channels=32,components=64,grid=3,spread=0.54,"
    "dictionary:500,grid=3,spread=0.54],components=86"
)
LARGEST = (
    "products:[two-layers:400,grid=3,spread=0.54,dictionary:500,grid=3,spread=0.54,"
    "dictionary:400,patch_size=9,grid=3,spread=0.54],components=110,variance=40"
)
#: The same without mirror images: for writing, and whatever else has a left and a right.
SMALL_WRITING = "products:[dictionary:100,grid=3,spread=0.54,mirror=no],components=42"
WRITING = "products:[dictionary:320,grid=3,spread=0.54,mirror=no],components=45"
LARGE_WRITING = "products:[dictionary:600,grid=3,spread=0.54,mirror=no],components=60"
#: Words in cells of larger images without mirror images.
ASYMMETRIC = "200,grid=3,spread=0.54,mirror=no"


def _pyramid(dictionary: str, components: int, *sides: int) -> str:
    """Return the products of words in an image at several sizes."""
    sizes = ",".join(f"resized:[dictionary:{dictionary}],side={side}" for side in sides)
    return f"products:[{sizes}],components={components}"


#: Images of 16 to 48 pixels a side.
IMAGES = (
    Recipe("pixels", SQUARED, width_a_number=1),
    Recipe("mirror:[hog:8,hue]", SQUARED, width=100, width_a_pixel=0.25, work=67, channels=3),
    Recipe("hog,lbp", SQUARED, width=100, width_a_pixel=2.6, work=30, channels=1),
    Recipe(SMALL_WRITING, SQUARED, width=1803, learn=1, work=140),
    Recipe(SMALL_PRODUCTS, SQUARED, width=1830, learn=1, work=150),
    Recipe(WRITING, SQUARED, width=3_915, learn=1.4, work=340, larger_of=SMALL_WRITING),
    Recipe(PRODUCTS, SQUARED, width=4950, learn=2.1, work=365, larger_of=SMALL_PRODUCTS),
    Recipe(LARGE_WRITING, SQUARED, width=7_230, learn=2, work=580, larger_of=WRITING),
    Recipe(LARGE_PRODUCTS, SQUARED, width=9_110, learn=6, work=750, larger_of=PRODUCTS),
    Recipe(LARGER_PRODUCTS, SQUARED, width=16_482, learn=7, work=1_240, larger_of=LARGE_PRODUCTS),
    Recipe(LARGEST, SQUARED, width=23_910, learn=10.5, work=3_800, larger_of=LARGER_PRODUCTS),
)
#: Smaller ones show no cells nor patches.
TINY_IMAGES = (
    Recipe("pixels", SOFTMAX, width_a_number=1),
    Recipe("products:[pixels],components=40", SQUARED, width=820, width_a_pixel=3, learn=0.2, work=30),
)
#: Larger ones: what patches of 6 pixels see of images of 32, 64 and 128 pixels. Words of a whole image, for what
#: may lie anywhere or is everywhere; those in cells, for what has its place.
LARGE_IMAGES = (
    Recipe("resized:[pixels],side=32", SQUARED, width=3072, side=32),
    Recipe("resized:[mirror:[hog:8,hue]],side=64", SQUARED, width=1_800, work=76, side=64, channels=3),
    Recipe("resized:[hog,lbp],side=64", SQUARED, width=9_050, work=30, side=64, channels=1),
    Recipe(_pyramid("100,grid=3", 30, 32), SQUARED, width=1_830, learn=1, work=140, side=32),
    Recipe(_pyramid("400,grid=1", 50, 32, 64), SQUARED, width=3_350, learn=2.3, work=290, side=64, sizes=2),
    Recipe(
        _pyramid("200,grid=1,mirror=no", 42, 64, 128),
        SQUARED,
        width=1_303,
        learn=1.8,
        work=285,
        side=128,
        sizes=2,
    ),
    Recipe(_pyramid(ASYMMETRIC, 42, 32, 64), SQUARED, width=4_503, learn=1.7, work=330, side=64, sizes=2),
    Recipe(_pyramid("200,grid=3", 42, 32, 64), SQUARED, width=5_406, learn=2, work=250, side=64, sizes=2),
    Recipe(_pyramid("200,grid=1", 50, 32, 64, 128), SQUARED, width=3_150, learn=2.9, work=260, side=128, sizes=3),
    Recipe(_pyramid("200,grid=3", 60, 32, 64, 128), SQUARED, width=9_060, learn=3.6, work=270, side=128, sizes=3),
    Recipe(_pyramid("500,grid=3", 80, 32, 64, 128), SQUARED, width=19_980, learn=6.4, work=520, side=128, sizes=3),
)
#: Rows of numbers, such as embeddings.
ROWS = (
    Recipe("pixels", SQUARED, width_a_number=1),
    Recipe("pixels", SQUARED, standardize=False, width_a_number=1),
    Recipe("pixels", SOFTMAX, width_a_number=1),
    Recipe("pixels", SOFTMAX, standardize=False, width_a_number=1),
    Recipe("pixels", HINGES, width_a_number=1),
)
ALL = (*IMAGES, *TINY_IMAGES, *LARGE_IMAGES, *ROWS)
#: Sides of images from which on patches, and details beyond them, can be seen.
SMALL_SIDE, LARGE_SIDE = 16, 48


def ladder(asked: RunConfig, shape: Sequence[int]) -> list[Recipe]:
    """Return the recipes for examples of a shape, the user's own last; of those that settings make equal, one."""
    if len(shape) != 3:
        recipes: Sequence[Recipe] = ROWS
    elif min(shape[:2]) < SMALL_SIDE:
        recipes = TINY_IMAGES
    else:
        recipes = IMAGES if max(shape[:2]) <= LARGE_SIDE else LARGE_IMAGES
    recipes = [recipe for recipe in recipes if recipe.channels in (0, shape[-1])]
    own = [Recipe(spec, SQUARED, work=None) for spec in asked.own_features]
    found: dict[RunConfig, Recipe] = {}
    for recipe in [*recipes, *own]:
        found.setdefault(recipe.settings(asked), recipe)
    return list(found.values())
