"""What all features have in common: images of bytes in, rows of float32 out, each image by itself."""

import inspect
import tracemalloc
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_limits

from scoreline.errors import DataError, ScorelineError, UsageError
from scoreline.features import FEATURES, FeatureUnion, build_features
from scoreline.features.shifting import n_shifts, shifted_images
from scoreline.features.specs import split_specs

ENCODER = Path(__file__).parents[1] / "fixtures" / "encoder.onnx"
RNG = np.random.default_rng(0)
#: Specs that are quick; the names before the colon are all that are registered.
SPECS = [
    "pixels",
    "hue:6",
    "hue:5,grid=2",
    "opponent:6",
    "opponent:4,grid=2",
    "hog",
    "hog:cell=5,signed=no",
    "lbp:grid=2",
    "lbp:radius=2,points=6,patterns=uniform",
    "gist:scales=2,orientations=3,grid=3",
    "textons:9,scales=1,orientations=3",
    "ssim:step=5,radius=6,angles=4",
    "sift:step=6,bin=2.5",
    "words:20,step=5",
    "words:20,assignment=hard,levels=3",
    "words:20,assignment=soft,levels=1,scales=2",
    "dictionary:16,patch_size=4,components=9,n_patches=400",
    "dictionary:16,patch_size=4,components=9,grid=3,spread=0.54,n_patches=400",
    "two-layers:16,channels=8,components=9,n_patches=400",
    "two-layers:16,channels=8,components=9,grid=3,spread=0.6,n_patches=400",
    "hog:8,hue:4,words:12,step=6",
    "mirror:[hog:8,words:12,step=6]",
    "products:[hog:8,words:12,step=6]",
    "products:[mirror:hog:8]",
    "resized:[hog:8,hue:4],side=20",
    "shifts:[mirror:[hog:8,hue:4]]",
    "shifts:[products:[dictionary:16,patch_size=4,components=9,n_patches=400],components=3]",
    f"onnx:{ENCODER},size=16,mean=127,std=[58.4,57.1,57.4]",
    f"products:[onnx:[{ENCODER}],size=9],components=3",
]


def photographs(n=5, H=26, W=31, ch=3):
    coarse = RNG.integers(256, size=(n, H // 4 + 1, W // 4 + 1, ch)).astype(float)
    fine = np.kron(coarse, np.ones((1, 4, 4, 1)))[:, :H, :W] + RNG.normal(scale=12, size=(n, H, W, ch))
    return np.clip(fine, 0, 255).astype(np.uint8)


IMAGES = photographs()


@pytest.fixture(params=SPECS)
def spec(request):
    return request.param


@pytest.fixture
def fitted(spec):
    """The features, fitted to the images once for all tests, none of which changes them."""
    return _fitted(spec)


@cache
def _fitted(spec):
    return build_features(spec).fit(IMAGES)


def test_every_feature_is_tried():
    assert {name.partition(":")[0] for text in SPECS for name in split_specs(text)} == set(FEATURES)


def test_rows_and_names(spec, fitted):
    rows = fitted.transform(IMAGES)
    names = fitted.get_feature_names_out()
    assert rows.shape == (5, len(names)) == (5, fitted.width())
    assert rows.dtype == (np.uint8 if spec == "pixels" else np.float32)
    assert np.isfinite(rows).all()
    assert len(set(names)) == len(names)
    assert rows.std(axis=0).max() > 0


def test_each_image_by_itself_for_any_number_of_threads(fitted):
    rows = fitted.transform(IMAGES)
    many = fitted.transform(np.concatenate([IMAGES] * 15))
    with threadpool_limits(1, user_api="blas"):
        np.testing.assert_array_equal(fitted.transform(np.concatenate([IMAGES] * 15)), many)
    np.testing.assert_allclose(many, np.concatenate([rows] * 15), rtol=2e-4, atol=2e-5)
    alone = np.concatenate([fitted.transform(IMAGES[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(alone, rows, rtol=2e-4, atol=2e-5)


def test_the_mirror_image_has_the_same_even_half_and_the_opposite_odd_one(spec, fitted):
    even, odd = fitted.mirror_halves(IMAGES)
    np.testing.assert_allclose(even, fitted.transform(IMAGES), rtol=1e-5, atol=1e-6)
    assert (odd is None) == (not spec.startswith(("mirror", "dictionary", "two-layers", "shifts:[mirror")))
    if odd is None:
        return
    assert odd.shape == even.shape
    mirrored = fitted.mirror_halves(IMAGES[:, :, ::-1])
    assert np.abs(odd).max() > 0.01
    np.testing.assert_allclose(mirrored[0], even, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(mirrored[1], -odd, rtol=1e-3, atol=1e-3)


def test_shifted_images_have_the_halves_of_each_by_itself(fitted):
    copies = list(shifted_images(IMAGES, 1))
    assert len(copies) == n_shifts(1) == 9
    for images, (even, odd) in zip(copies, fitted.shifted_halves(IMAGES, 1), strict=True):
        own_even, own_odd = fitted.mirror_halves(images)
        np.testing.assert_allclose(even, own_even, rtol=1e-4, atol=1e-5)
        assert (odd is None) == (own_odd is None)
        if odd is not None:
            np.testing.assert_allclose(odd, own_odd, rtol=1e-4, atol=1e-5)


def test_no_image_gives_no_row(fitted):
    assert fitted.transform(IMAGES[:0]).shape == (0, len(fitted.get_feature_names_out()))


def test_the_same_seed_learns_the_same(spec, fitted):
    again = build_features(spec).fit(IMAGES)
    np.testing.assert_array_equal(again.transform(IMAGES), fitted.transform(IMAGES))


def test_clones_have_the_parameters_and_nothing_learned(fitted):
    copy = clone(fitted)
    assert str(copy.get_params()) == str(fitted.get_params())
    with pytest.raises(NotFittedError):
        copy.transform(IMAGES)


def test_what_was_learned_comes_back_from_its_arrays(spec, fitted):
    state = {name: np.array(part) for name, part in fitted.state().items()}
    again = build_features(spec).restore(IMAGES.shape[1:], state)
    np.testing.assert_array_equal(again.transform(IMAGES), fitted.transform(IMAGES))
    np.testing.assert_array_equal(again.get_feature_names_out(), fitted.get_feature_names_out())


def test_grey_images(spec):
    grey = IMAGES[..., :1]
    colour = next((name for name in ("hue", "opponent") if name in spec), None)
    if colour:
        with pytest.raises(DataError, match=colour):
            build_features(spec).fit(grey)
        return
    rows = build_features(spec).fit(grey).transform(grey)
    assert np.isfinite(rows).all()


def test_flat_images(fitted):
    flat = np.full_like(IMAGES, 120)
    assert np.isfinite(fitted.transform(flat)).all()


def test_other_channels_than_fitted(fitted):
    with pytest.raises(DataError):
        fitted.transform(IMAGES[..., :1])


@pytest.mark.parametrize(
    "bad", [IMAGES.astype(float), IMAGES[0], IMAGES[..., :2]], ids=["float", "3-D", "2 channels"]
)
def test_what_is_no_batch_of_images(spec, bad):
    if spec == "pixels":
        pytest.skip("pixels take any numbers")
    with pytest.raises(DataError, match="uint8"):
        build_features(spec).fit(bad)


def test_images_too_small(spec):
    if spec == "pixels" or spec.startswith(("hue", "opponent")) or "onnx" in spec:
        pytest.skip("has no least size beyond its grid")
    with pytest.raises(DataError, match="too small"):
        build_features(spec).fit(IMAGES[:, :1, :1])


@pytest.mark.parametrize("name", list(FEATURES))
def test_docstrings_tell_all_parameters(name):
    cls = FEATURES[name]
    text = inspect.getdoc(cls) or ""
    parameters = list(inspect.signature(cls).parameters)
    documented = text.partition("Parameters")[2].replace(", ", " : ")
    assert [key for key in parameters if f"{key} : " not in documented] == []


class TestSpecs:
    @pytest.mark.parametrize(
        ("text", "specs"),
        [
            ("hog", ["hog"]),
            ("hog,hue", ["hog", "hue"]),
            (" hog , words:1000 ", ["hog", "words:1000"]),
            ("hog:cell=4,signed=yes,hue", ["hog:cell=4,signed=yes", "hue"]),
            ("hog,cell=4", ["hog:cell=4"]),
            ("words:50,assignment=[soft:beta=3],lbp", ["words:50,assignment=[soft:beta=3]", "lbp"]),
            ("mirror:[hog:cell=8,lbp],hue", ["mirror:[hog:cell=8,lbp]", "hue"]),
            ("lbp:radius=1,lbp:radius=2", ["lbp:radius=1", "lbp:radius=2"]),
        ],
    )
    def test_lists(self, text, specs):
        assert split_specs(text) == specs

    def test_a_union_is_its_parts_side_by_side(self):
        parts = [build_features(name).fit(IMAGES).transform(IMAGES) for name in ("hog", "hue:8")]
        both = build_features("hog,hue:8").fit(IMAGES)
        np.testing.assert_array_equal(both.transform(IMAGES), np.concatenate(parts, axis=1))
        assert both.get_feature_names_out()[-1] == "hue:8__cell_0_0_hue_337.5"

    @pytest.mark.parametrize("text", ["", ",", "hog,hog", "hog,nothing", "hog:cells=3", "cell=4"])
    def test_what_cannot_be_read(self, text):
        with pytest.raises(ScorelineError):
            build_features(text)

    def test_a_union_of_nothing(self):
        with pytest.raises(UsageError, match="none"):
            FeatureUnion([]).fit(IMAGES)


@pytest.mark.parametrize(
    "spec",
    [
        "pixels:zca=0.1",
        "textons:9",
        "words:20,step=2,n_descriptors=20000",
        "dictionary:16,n_patches=40000",
        "two-layers:16,channels=16,n_patches=10000",
        "products:[dictionary:16,n_patches=1000],components=3",
        "hog:8,words:20,step=2,n_descriptors=20000",
    ],
)
def test_learning_takes_no_more_memory_than_it_says(spec):
    images = photographs(400, 20, 20)
    extractor = build_features(spec)
    clone(extractor).fit(images[:40])  # what is compiled and imported is no part of it
    tracemalloc.start()
    try:
        extractor.fit(images)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    at_work = 64 * images[0].size * 8 * 24  # images in two threads, see scoreline.runs.memory
    assert peak <= extractor.fitting_bytes(images.shape[1:]) + at_work
