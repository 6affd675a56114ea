"""Pictures that are unlike one another, and copies of them."""

import io

import numpy as np
from PIL import Image

from scoreline.data import Split
from scoreline.data.ids import TextIds


def pictures(n, seed=0, side=32, channels=3):
    """Random patterns with the spectrum of photographs: the finer, the weaker."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(2 * side), np.fft.fftfreq(2 * side)))
    spectrum = 1 / np.maximum(frequency * side, 0.5)
    shape = (n, 2 * side, 2 * side)
    noise = np.fft.fft2(rng.normal(size=(*shape, 1)) + 0.3 * rng.normal(size=(*shape, channels)), axes=(1, 2))
    waves = np.fft.ifft2(noise * spectrum[:, :, None], axes=(1, 2)).real[:, :side, :side]
    waves -= waves.mean(axis=(1, 2), keepdims=True)
    waves = 45 * waves / waves.std(axis=(1, 2, 3), keepdims=True)
    return np.clip(rng.uniform(100, 150, (n, 1, 1, channels)) + waves, 0, 255).astype(np.uint8)


def resized(image, side):
    plane = image[:, :, 0] if image.shape[2] == 1 else image
    new = np.asarray(Image.fromarray(plane).resize((side, side), Image.Resampling.BICUBIC))
    return new.reshape(side, side, -1)


def recoded(image, quality=40):
    file = io.BytesIO()
    plane = image[:, :, 0] if image.shape[2] == 1 else np.ascontiguousarray(image)
    Image.fromarray(plane).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file)).reshape(image.shape)


CHANGES = {
    "exact": lambda image: image,
    "compressed": recoded,
    "smaller": lambda image: resized(resized(image, 20), len(image)),
    "larger": lambda image: resized(resized(image, 48), len(image)),
    "brighter": lambda image: np.clip(image * 1.2, 0, 255).astype(np.uint8),
    "darker": lambda image: (image * 0.6).astype(np.uint8),
    "mirrored": lambda image: image[:, ::-1],
    "mirrored and compressed": lambda image: recoded(image[:, ::-1]),
}


def split_of(X, y=None, name="x"):
    y = np.zeros(len(X), np.int64) if y is None else y
    return Split.of(X, y, TextIds(f"{name}/{i}.png" for i in range(len(X))))
