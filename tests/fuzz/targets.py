"""What is given damaged input: each target yields a function that tries one, and returns why it was refused."""

import hashlib
import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import features
from tests.fuzz.image_samples import samples_of, with_right_sums
from tests.fuzz.mutations import changed, mutated
from tests.fuzz.near_arrays import draw, examples, likely, near_idx, near_npy, near_npz
from tests.fuzz.near_files import near_tables, near_tars, near_trees
from tests.fuzz.near_images import NEAR_IMAGES
from tests.fuzz.near_pickles import near_pickles
from tests.fuzz.near_settings import near_settings
from tests.fuzz.samples import SAMPLES
from tests.fuzz.web import http_bodies, http_heads, lab_messages
from tests.serve.conftest import model

from scoreline.data import LoadOptions, load_dataset
from scoreline.data.images import decode_pixels, pillow_warnings_ignored
from scoreline.errors import ScorelineError
from scoreline.models import ImageClassifier, SavedModel
from scoreline.runs.config import RunConfig

__all__ = ["FORMATS", "TARGETS"]

#: Formats of images that Pillow reads here; it may lack the libraries of some.
FORMATS = ["gif", "bmp", "tiff", "ppm"]
FORMATS += [
    kind
    for kind, library in {"jpeg": "jpg", "png": "zlib", "webp": "webp", "avif": "avif"}.items()
    if features.check(library)
]
#: Files of a model, and folders of models of the first format.
MODEL = ("model.json", "model.safetensors")
OLD_MODELS = sorted(
    path.parent for path in (Path(__file__).parents[1] / "fixtures" / "format-1").glob("*/model.json")
)
SETTINGS = b"""data: photos
features: hog,hue:bins=16
lam: 0.001
lr: 1e-3
loss: weston-watkins:squared
block_weights: 1,0.5
memory: 2GB
seed: 3
"""

Attempt = Callable[[np.random.Generator], str]


def write(sample, rng, folder):
    """Write the files of a sample, one of its pieces damaged."""
    pieces = dict(sample.pieces)
    chosen = sorted(pieces)[rng.integers(len(pieces))]
    pieces[chosen] = mutated(pieces[chosen], rng)
    for name, content in (sample.pack(pieces) | sample.others).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / sample.entry


#: Functions that write files which fit one another, or nearly, and return the path of what is loaded.
NEAR = {
    "near-npy": near_npy,
    "near-npz": near_npz,
    "near-idx": near_idx,
    "near-pickles": near_pickles,
    "near-tables": near_tables,
    "near-tars": near_tars,
    "near-trees": near_trees,
}


@contextmanager
def data_files(make):
    """Load data sets of a format, whose files a function writes."""
    with TemporaryDirectory(prefix="fuzz-") as place:

        def attempt(rng):
            folder = Path(place, "data")
            folder.mkdir()
            try:
                load_dataset(make(rng, folder), LoadOptions(data_dir=Path(place), download=False, **ways(rng)))
            except ScorelineError as error:
                return told(error, place)
            finally:
                shutil.rmtree(folder)
                shutil.rmtree(Path(place, "unpacked"), ignore_errors=True)
            return ""

        yield attempt


def ways(rng):
    """Return options of loading: mostly the ordinary ones."""
    return {
        "max_rejected": draw(rng, [1, 1, 0.05]),
        "evaluation": not likely(rng),
        "memory": draw(rng, [None, None, 10**12, 10**8]),
        "image_size": None if likely(rng) else draw(rng, [4, (8, 6), 1]),
        "deep": likely(rng),
        "keep_duplicates": not likely(rng),
        "detailed": likely(rng, 0.5),
    }


def told(error, place=""):
    """Return the message of a refusal, which must be one line of some length."""
    text = str(error)
    assert len(text) <= 5000, f"a message of {len(text)} characters"
    assert "\n" not in text, f"a message of several lines: {text[:100]}"
    return error.given.replace(place, "")[:120]


@contextmanager
def image_files(kind):
    """Decode image files of a format."""
    files = samples_of(kind)

    def damaged(rng):
        content = mutated(files[rng.integers(len(files))], rng)
        return with_right_sums(content) if rng.random() < 0.7 else content

    def attempt(rng):
        content = (NEAR_IMAGES.get(kind, damaged) if rng.random() < 0.5 else damaged)(rng)
        try:
            decode_pixels(content, max_pixels=1 << 22, size=[None, (16, 16), (3, 40)][rng.integers(3)])
        except ScorelineError as error:
            return told(error)
        return ""

    with pillow_warnings_ignored():
        yield attempt


@contextmanager
def models():
    """Load models of both formats, and classify an image."""
    with TemporaryDirectory(prefix="fuzz-") as place:
        new = Path(place, "new")
        new.mkdir()
        model().save(new)
        sources = [{name: (folder / name).read_bytes() for name in MODEL} for folder in (new, *OLD_MODELS)]

        def attempt(rng):
            description, weights = sources[rng.integers(len(sources))].values()
            if rng.random() < 0.5:
                description = (mutated if rng.random() < 0.5 else changed)(description, rng)
            else:
                weights = damaged_weights(weights, rng)
                digest = hashlib.sha256(weights).hexdigest().encode()
                description = re.sub(rb"[0-9a-f]{64}", digest, description)
            for name, content in zip(MODEL, (description, weights), strict=True):
                Path(place, name).write_bytes(content)
            try:
                classifier = ImageClassifier(SavedModel.load(Path(place)))
                sound = np.zeros((*classifier.input.size, 3), np.uint8)
                classifier.predict(sound if likely(rng, 0.7) else examples(rng))
            except ScorelineError as error:
                return told(error, place)
            return ""

        yield attempt


def damaged_weights(content, rng):
    """Return a file of weights with damage anywhere, in what its head says, or in the numbers alone."""
    how = rng.integers(3)
    if how == 0:
        return mutated(content, rng)
    end = 8 + int.from_bytes(content[:8], "little")
    head, numbers = content[8:end], content[end:]
    if how == 1:
        head = changed(head, rng)
    else:
        numbers = mutated(numbers, rng)
    return len(head).to_bytes(8, "little") + head + numbers


@contextmanager
def settings():
    """Read files of settings."""
    with TemporaryDirectory(prefix="fuzz-") as place:
        path = Path(place, "config.yaml")

        def attempt(rng):
            path.write_bytes(near_settings(rng) if rng.random() < 0.5 else mutated(SETTINGS, rng))
            try:
                config = RunConfig.read(path)
                config.load_options()
                config.command()
            except ScorelineError as error:
                return told(error, place)
            return ""

        yield attempt


#: Targets by name.
TARGETS: dict[str, Callable[[], AbstractContextManager[Attempt]]] = {
    **{name: partial(data_files, make) for name, make in NEAR.items()},
    **{name: partial(data_files, partial(write, sample)) for name, sample in SAMPLES.items()},
    **{f"image-{kind}": partial(image_files, kind) for kind in FORMATS},
    "models": models,
    "settings": settings,
    "http-bodies": http_bodies,
    "http-heads": http_heads,
    "lab-messages": lab_messages,
}
