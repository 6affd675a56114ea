"""From images to answers: every way in, every kind of image, and what is said of those that are strange."""

import io
import json
import os
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from scoreline.errors import ImageError, ModelError, UsageError
from scoreline.features import build_features
from scoreline.models import ImageClassifier, InputSpec, SavedModel, TrainingImages

RNG = np.random.default_rng(0)
PATCHES = "dictionary:5,patch_size=3,components=8,n_patches=2000"
CLASSES = ("ant", "bee", "cat")


def classifier(features="pixels", channels=3, size=(6, 8), classes=CLASSES, loss="softmax", **spec):
    shape = (*size, channels)
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (20, *shape), dtype=np.uint8)
    fitted = build_features(features).fit(images, np.arange(20) % 2)
    rows = 1 if len(classes) == 2 else len(classes)
    coef = (rng.normal(size=(rows, fitted.width())) / 200).astype(np.float32)
    model = SavedModel(
        coef,
        rng.normal(size=rows).astype(np.float32),
        classes,
        loss,
        features,
        shape,
        feature_state=fitted.state(),
        input=InputSpec(size=size, channels=channels, **spec),
    )
    return ImageClassifier(model)


@pytest.fixture(scope="module")
def colour():
    return classifier()


def pixels(*shape, dtype=np.uint8):
    return RNG.integers(0, 256, shape).astype(dtype)


def encoded(values, kind="png", **options):
    file = io.BytesIO()
    Image.fromarray(values).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("shape", [(6, 8, 3), (6, 8), (20, 11, 3), (20, 11, 4), (3, 3)])
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_path_bytes_and_array_have_the_same_answer(colour, tmp_path, shape, kind):
    values = pixels(*shape)
    path = tmp_path / f"a.{kind}"
    path.write_bytes(encoded(values, kind))
    expected = colour.scores(path)
    assert np.isfinite(expected).all()
    content = path.read_bytes()
    with_channels = values[..., None] if values.ndim == 2 else values
    for image in (str(path), content, bytearray(content), memoryview(content), values, with_channels):
        np.testing.assert_array_equal(colour.scores(image), expected)
    assert colour.predict(path)[0].guesses == colour.predict(values)[0].guesses


@pytest.mark.parametrize("side", [8, 100])
def test_a_jpeg_file_has_the_answer_of_what_the_model_sees_of_it(colour, side):
    content = encoded(pixels(side, side, 3), "jpeg")
    np.testing.assert_array_equal(colour.scores(content), colour.scores(colour.pixels(content)))


def test_a_jpeg_file_of_about_the_size_has_the_answer_of_its_pixels(colour):
    content = encoded(pixels(9, 12, 3), "jpeg")
    np.testing.assert_array_equal(
        colour.scores(content), colour.scores(np.asarray(Image.open(io.BytesIO(content))))
    )


@pytest.mark.parametrize("shape", [(6, 8, 3), (6, 8), (8, 6, 3), (30, 40, 3)])
def test_jpeg_files_have_the_same_answer_whatever_is_installed(colour, monkeypatch, shape):
    content = encoded(pixels(*shape), "jpeg")
    fast = colour.scores(content)
    monkeypatch.setattr("scoreline.data.jpeg._simplejpeg", lambda: None)
    np.testing.assert_array_equal(colour.scores(content), fast)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("features", ["pixels", "hog:4,pixels", "mirror:[hog:4,lbp]"])
def test_batches_equal_single_images_to_the_bit(features, channels):
    model = classifier(features, channels, (12, 12))
    images = [pixels(12, 12, 3) for _ in range(23)]
    alone = np.concatenate([model.scores(image) for image in images])
    np.testing.assert_array_equal(model.scores(images), alone)
    np.testing.assert_array_equal(model.scores(np.stack(images)), alone)
    np.testing.assert_array_equal(model.scores(iter(images[:5])), alone[:5])


@pytest.mark.parametrize("features", ["pixels:zca=0.1", "products:[hog:4],components=10", PATCHES])
def test_batches_about_equal_single_images_where_rows_are_multiplied(features):
    model = classifier(features, 3, (12, 12))
    images = [pixels(12, 12, 3) for _ in range(9)]
    alone = np.concatenate([model.scores(image) for image in images])
    np.testing.assert_allclose(model.scores(images), alone, rtol=1e-4, atol=1e-5)


def test_any_number_of_images_is_decoded_a_batch_at_a_time(colour):
    asked = []

    def images():
        for number in range(600):
            asked.append(number)
            yield np.full((6, 8), number % 256, np.uint8)

    answers = colour.stream(images())
    first = next(answers)
    assert first.name == "image 0"
    assert len(asked) == 256
    assert [answer.name for answer in answers] == [f"image {number}" for number in range(1, 600)]


@pytest.mark.parametrize("side", [300, 1000])
def test_fewer_large_images_are_held(side):
    model = classifier("hue:4", 3, (side, side))
    asked = []

    def images():
        for number in range(256):
            asked.append(number)
            yield np.zeros((2, 2), np.uint8)

    next(model.stream(images()))
    assert len(asked) * 3 * side**2 <= 1 << 23


def test_what_is_given_is_let_go_of_once_it_is_decoded(colour):
    given = []

    def images():
        for _ in range(20):
            image = np.zeros((50, 50, 3), np.uint8)
            given.append(weakref.ref(image))
            yield image
            del image
            assert sum(ref() is not None for ref in given) <= 1

    assert len(colour.predict(images())) == 20


def test_several_threads_have_the_same_answers(colour):
    images = [pixels(30, 40, 3) for _ in range(24)]
    contents = [encoded(image, kind) for image in images for kind in ("png", "jpeg")]
    expected = [colour.scores(content) for content in contents]
    with ThreadPoolExecutor(4) as pool:
        np.testing.assert_array_equal(list(pool.map(colour.scores, contents)), expected)


def test_answers_agree_with_one_another(colour):
    images = pixels(7, 6, 8, 3)
    scores, chances = colour.scores(images), colour.predict_proba(images)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-6)
    for row, answer in enumerate(colour.predict(images, top_k=3)):
        order = np.argsort(-scores[row])
        assert [guess.label for guess in answer.guesses] == [CLASSES[label] for label in order]
        assert [guess.score for guess in answer.guesses] == scores[row, order].tolist()
        assert [guess.probability for guess in answer.guesses] == chances[row, order].tolist()
        assert answer.label == CLASSES[order[0]]


def test_two_classes(tmp_path):
    model = classifier(classes=("no", "yes"))
    image = pixels(6, 8, 3)
    scores, chances = model.scores(image), model.predict_proba(image)
    assert scores.shape == chances.shape == (1, 2)
    assert scores[0, 0] == -scores[0, 1]
    assert chances[0].argmax() == scores[0].argmax()


def test_no_images(colour):
    assert colour.predict([]) == []
    assert colour.scores([]).shape == colour.predict_proba(np.empty((0, 6, 8, 3), np.uint8)).shape == (0, 3)


def strange(kind, folder):
    path = folder / "a.png"
    if kind == "missing":
        return path
    if kind == "folder":
        return folder
    if kind == "pipe":
        os.mkfifo(path)
        return path
    if kind == "hole":
        with path.open("wb") as file:
            file.truncate(3 << 30)
        return path
    return {
        "no bytes": b"",
        "text": b"no image at all, but long enough to have been one",
        "cut off": encoded(pixels(20, 20, 3))[:-300],
        "null in the name": "a\0b.png",
        "not a number": np.full((4, 4), np.nan),
        "deep": np.full((4, 4), 300, np.uint16),
        "reals": np.full((4, 4, 3), 0.5),
        "five channels": pixels(4, 4, 5),
        "one row": pixels(4),
        "empty": np.empty((0, 4, 3), np.uint8),
        "objects": np.array([["a", "b"]], dtype=object),
        "complex": np.zeros((4, 4), np.complex64),
        "nothing": None,
        "number": 7,
        "large": np.broadcast_to(np.uint8(0), (9000, 9000)),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "missing", "folder", "pipe", "hole", "no bytes", "text", "cut off", "null in the name", "not a number",
        "deep", "reals", "five channels", "one row", "empty", "objects", "complex", "nothing", "number", "large",
    ],
)  # fmt: skip
def test_one_bad_image_has_a_reason_and_stops_nobody(colour, tmp_path, kind):
    good = pixels(6, 8, 3)
    answers = colour.predict([good, strange(kind, tmp_path), good])
    assert [bool(answer.guesses) for answer in answers] == [True, False, True]
    assert [bool(answer.problem) for answer in answers] == [False, True, False]
    assert answers[0].guesses == answers[2].guesses
    for values in (colour.scores([strange("text", tmp_path), good]), colour.predict_proba([b"", good])):
        assert np.isnan(values[0]).all()
        assert np.isfinite(values[1]).all()


def test_an_image_that_is_no_array_of_images_can_be_asked_about_alone(colour):
    with pytest.raises(ImageError, match="no image of a known format"):
        colour.pixels(b"text that is long enough to be looked at as an image")
    with pytest.raises(UsageError, match="A int was given as images"):
        colour.predict(7)


@pytest.mark.parametrize("top_k", [0, 4])
def test_top_k(colour, top_k):
    with pytest.raises(UsageError, match="1 to 3"):
        colour.predict([], top_k)


def test_a_loss_without_probabilities():
    model = classifier(loss="weston-watkins")
    (answer,) = model.predict(pixels(6, 8, 3))
    assert answer.guesses[0].probability is None
    assert "no probabilities" in answer.no_probability
    with pytest.raises(UsageError, match="no probabilities"):
        model.predict_proba(pixels(6, 8, 3))


class TestDeepPixels:
    def test_the_models_range(self):
        model = classifier(channels=1, deep="range", pixel_range=(0, 4095))
        values = RNG.integers(0, 4096, (6, 8)).astype(np.uint16)
        expected = np.rint(values / 4095 * 255).astype(np.uint8)
        np.testing.assert_array_equal(model.pixels(values)[..., 0], expected)
        np.testing.assert_array_equal(model.pixels(encoded(values))[..., 0], expected)
        np.testing.assert_array_equal(model.pixels(values.astype(np.float64))[..., 0], expected)

    def test_each_images_own(self):
        model = classifier(channels=1, deep="own")
        np.testing.assert_array_equal(model.pixels(np.full((6, 8), 1.0))[..., 0], 255)
        assert model.pixels(np.full((6, 8), 4095, np.uint16)).max() == 255

    def test_truth_values_are_black_and_white(self, colour):
        assert set(np.unique(colour.pixels(pixels(6, 8) > 100))) == {0, 255}


def test_the_way_in_which_a_picture_was_taken(colour):
    values = pixels(6, 8, 3)
    turned = Image.fromarray(np.rot90(values))  # so that turning it clockwise makes it upright
    exif = turned.getexif()
    exif[0x0112] = 6
    file = io.BytesIO()
    turned.save(file, "png", exif=exif)
    np.testing.assert_array_equal(colour.pixels(file.getvalue()), values)


SEEN = TrainingImages(shortest=8, longest=8, slenderness=1.4, grey=False, coloured=True)


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (pixels(6, 8, 3), ""),
        (pixels(6, 8), "grey (they are in colour)"),
        (np.repeat(pixels(6, 8, 1), 3, axis=2), "grey (they are in colour)"),
        (pixels(60, 80, 3), "much larger (60 x 80 pixels; they have sides of 8 at the most)"),
        (pixels(1, 2, 3), "much smaller"),
        (pixels(4, 12, 3), "of another shape (4 x 12 pixels"),
    ],
)
def test_remarks_are_the_same_by_every_way_in(image, told):
    model = classifier(training_images=SEEN)
    for given in (image, encoded(image)):
        (answer,) = model.predict(given)
        assert told in answer.remark
        assert bool(answer.remark) == bool(told)
        assert answer.guesses


class TestInputSpec:
    def test_it_is_kept_in_the_model(self, tmp_path):
        model = classifier(deep="range", pixel_range=(0, 1023), training_images=SEEN)
        model.model.save(tmp_path)
        loaded = ImageClassifier.load(tmp_path)
        assert loaded.input == model.input
        assert loaded.input.version == 1
        image = pixels(9, 9)
        np.testing.assert_array_equal(loaded.scores(image), model.scores(image))
        assert repr(loaded) == "ImageClassifier(3 classes, 6 x 8 x 3, 'pixels', 'softmax')"

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"version": 2}, "input.version"),
            ({"fit": "stretch"}, "input.fit"),
            ({"colour": "lab"}, "input.colour"),
            ({"size": [6, 9]}, "images of the shape"),
            ({"size": [0, 8]}, "input.size"),
            ({"channels": 4}, "input.channels"),
            ({"deep": "range"}, "a pixel_range where deep is"),
            ({"deep": "range", "pixel_range": [3, 3]}, "from a lower to a higher"),
            ({"deep": "range", "pixel_range": [0, float("nan")]}, "input.pixel_range"),
            ({"training_images": {"shortest": 0}}, "input.training_images"),
        ],
    )
    def test_what_is_not_understood_is_refused(self, tmp_path, change, problem):
        classifier().model.save(tmp_path)
        path = tmp_path / "model.json"
        description = json.loads(path.read_text())
        description["input"] |= change
        path.write_text(json.dumps(description))
        with pytest.raises(ModelError, match=problem):
            ImageClassifier.load(tmp_path)

    def test_models_of_vectors_have_none(self, tmp_path):
        vectors = SavedModel(np.ones((1, 4)), np.zeros(1), ("no", "yes"), "softmax", "pixels", (4,))
        vectors.save(tmp_path)
        with pytest.raises(ModelError, match="trained on examples of shape"):
            ImageClassifier.load(tmp_path)
