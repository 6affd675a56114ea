"""Small models of images, and files to ask them about."""

import io

import numpy as np
import pytest
from PIL import Image

from scoreline.models import SavedModel

SIZE = (8, 8)
CLASSES = ("dark", "light", "red")


def model(seed=0, classes=CLASSES, loss="softmax", scale=0.01):
    """A model of pixels with drawn weights."""
    values = np.random.default_rng(seed)
    coef = (values.normal(size=(len(classes), 192)) * scale).astype(np.float32)
    return SavedModel(coef, np.zeros(len(classes), np.float32), classes, loss, "pixels", (*SIZE, 3))


def picture(seed=0, size=SIZE, kind="png"):
    """The bytes of an image file of noise."""
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)).save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a model."""
    folder = tmp_path_factory.mktemp("served")
    model().save(folder)
    return folder
