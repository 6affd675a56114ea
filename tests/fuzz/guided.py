"""Input that is led by what code it reaches: ``python -m tests.fuzz.guided image|model [-max_total_time=60]``.

Needs atheris (``pip install atheris``), which exists for Linux and some versions of Python. Further arguments are
libFuzzer's. It ends at the first exception that is not the package's own, and keeps the input in ``crash-...``.
"""

import hashlib
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["scoreline", "PIL"]):
    import PIL.Image
    from tests.fuzz.image_samples import samples_of
    from tests.fuzz.targets import FORMATS
    from tests.serve.conftest import model as small_model

    from scoreline.data.images import decode_pixels
    from scoreline.errors import ScorelineError
    from scoreline.models import SavedModel

    PIL.Image.init()

__all__ = ["TARGETS"]


def images(folder):
    """Return sound image files, and what reads one."""

    def attempt(content):
        try:
            decode_pixels(content, max_pixels=1 << 20, size=(16, 16))
        except ScorelineError:
            return

    return [sample for kind in FORMATS for sample in samples_of(kind)], attempt


def models(folder):
    """Return descriptions and weights, the latter after a byte 0, and what reads one with a sound other."""
    small_model().save(folder)
    paths = description, weights = folder / "model.json", folder / "model.safetensors"
    sound = [path.read_bytes() for path in paths]

    def attempt(content):
        text, numbers = sound
        if content.startswith(b"\0"):
            numbers = content[1:]
            text = re.sub(rb"[0-9a-f]{64}", hashlib.sha256(numbers).hexdigest().encode(), text)
        else:
            text = content
        description.write_bytes(text)
        weights.write_bytes(numbers)
        try:
            SavedModel.load(folder)
        except ScorelineError:
            return

    return [sound[0], b"\0" + sound[1]], attempt


TARGETS = {"image": images, "model": models}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: python -m tests.fuzz.guided {'|'.join(TARGETS)} [libFuzzer's options]")
    with TemporaryDirectory(prefix="fuzz-") as place:
        corpus, work = Path(place, "corpus"), Path(place, "work")
        corpus.mkdir()
        work.mkdir()
        seeds, attempt = TARGETS[sys.argv[1]](work)
        for number, seed in enumerate(seeds):
            (corpus / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], "-timeout=10", "-rss_limit_mb=2048", *sys.argv[2:], str(corpus)], attempt)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
