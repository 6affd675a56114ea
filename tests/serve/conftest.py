"""Small models of images, and files to ask them about."""

import io

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from scoreline.models import SavedModel
from scoreline.serve.app import create_app
from scoreline.serve.model import ServedModel
from scoreline.serve.service import Service
from scoreline.web.guard import LocalHosts
from scoreline.web.limits import Limits

SIZE = (8, 8)
CLASSES = ("dark", "light", "red")
HOST = "127.0.0.1:8000"
PNG = {"content-type": "image/png"}
SMALL = Limits(body_bytes=100_000, images=4, pixels=10_000, held_bytes=150_000, requests=8, queued_images=6)
FORM = {"content-type": "multipart/form-data; boundary=x"}
PART = b'--x\r\nContent-Disposition: form-data; name="images"; filename="a.png"\r\n\r\n'
JSON = {"content-type": "application/json"}


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


def client_of(run, limits=SMALL, token=None):
    """A client of the application, which has its `service`."""
    service = Service(ServedModel(run, max_pixels=limits.pixels), limits, 2)
    client = TestClient(create_app(service, LocalHosts(8000), token), base_url=f"http://{HOST}")
    client.service = service
    return client


@pytest.fixture(scope="module")
def client(run):
    """The client of a file of tests."""
    with client_of(run) as client:
        yield client
