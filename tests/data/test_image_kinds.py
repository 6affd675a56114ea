"""Every common image file is read, whatever it is called; sizes, pages and memory are chosen, told and bounded."""

import io

import numpy as np
import pytest
from PIL import Image

from scoreline.data import LoadOptions, decode_image, load_dataset
from scoreline.data.budget import Need, check_machine, taken_memory
from scoreline.data.image_kinds import is_image
from scoreline.data.image_survey import MAX_SIDE, choose_size
from scoreline.data.image_tree import find_images
from scoreline.errors import MissingPackageError, UsageError

KINDS = {
    ".jpg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG", ".JPEG": "JPEG", ".png": "PNG", ".apng": "PNG",
    ".webp": "WEBP",
    ".bmp": "BMP", ".dib": "DIB", ".gif": "GIF", ".tif": "TIFF", ".TIFF": "TIFF", ".ppm": "PPM", ".pnm": "PPM",
    ".avif": "AVIF",
}  # fmt: skip
HEIC = bytes([0, 0, 0, 24]) + b"ftypheic" + bytes(12) + b"mif1heic" + bytes(100)


def picture(seed, size=(8, 9)):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8))


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def folder(root, sizes):
    """Put one image of each size into one of two classes in turn."""
    for number, size in enumerate(sizes):
        path = root / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(number, size).save(path)
    return root


def load(root, **options):
    return load_dataset(root, LoadOptions(validation=0, **options))


def test_all_suffixes_and_kinds(tmp_path):
    for number, (suffix, kind) in enumerate(KINDS.items()):
        path = tmp_path / "ab"[number % 2] / f"{number}{suffix}"
        path.parent.mkdir(exist_ok=True)
        picture(number).save(path, kind)
    data = load(tmp_path)
    assert len(data.train) == len(KINDS)
    assert data.rejected == data.passed_over == ()


@pytest.mark.parametrize("kind", sorted(set(KINDS.values()) - {"DIB"}))
def test_kinds_are_known_by_their_first_bytes(kind):
    assert is_image(encoded(picture(0), kind)[:32])


@pytest.mark.parametrize(
    "head", [b"", b"hello", b"BMW is a car, not a picture", b"P5 is", b"P1\n", b"MM", b"RIFF"]
)
def test_texts_are_no_images(head):
    assert not is_image(head)


def test_cmyk_in_tiff():
    red = np.asarray(decode_image(encoded(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "TIFF"), max_pixels=99))
    assert red[..., 0].min() > 200
    assert red[..., 1:].max() < 60


def test_transparent_palettes_lie_over_white():
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 200, 10, 10])
    image.putpixel((1, 0), 1)
    found = np.asarray(decode_image(encoded(image, "PNG", transparency=0), max_pixels=99))
    np.testing.assert_array_equal(found[0], [[255, 255, 255], [200, 10, 10]])


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_of_several_pages_the_first_is_read_and_it_is_told(tmp_path, kind):
    folder(tmp_path, [(8, 9)] * 4)
    red, blue = (Image.new("RGB", (9, 8), colour) for colour in ("red", "blue"))
    path = tmp_path / "a" / f"pages.{kind.lower()}"
    red.save(path, kind, save_all=True, append_images=[blue], **({"lossless": True} if kind == "WEBP" else {}))
    data = load(tmp_path)
    assert (data.train.X[data.train.ids.index(f"a/{path.name}")] == (255, 0, 0)).all()
    assert any("Of 1 files with several pages" in note for note in data.notes)


def test_heic_without_its_package(tmp_path, monkeypatch):
    from scoreline.data import image_kinds

    monkeypatch.setattr(image_kinds, "_heif_is_there", lambda: False)
    folder(tmp_path, [(8, 9)] * 4)
    (tmp_path / "a" / "x.heic").write_bytes(HEIC)
    with pytest.raises(MissingPackageError, match=r"pip install 'scoreline\[heic\]'"):
        load(tmp_path)


class TestSizes:
    def test_one_pixel_more_or_less_keeps_the_common_size(self, tmp_path):
        data = load(folder(tmp_path, [(20, 30)] * 5 + [(21, 30), (20, 29)]))
        assert data.example_shape == (20, 30, 3)
        assert "commonest of 3 sizes" in data.size_from
        assert any("--image-size" in note for note in data.notes)

    def test_images_of_one_size_are_not_touched(self, tmp_path):
        data = load(folder(tmp_path, [(20, 30)] * 4))
        assert (data.example_shape, data.size_from, data.notes) == ((20, 30, 3), "", ())

    @pytest.mark.parametrize(
        ("sizes", "expected"),
        [
            ([(200, 300), (4000, 3000), (640, 480)], (MAX_SIDE, MAX_SIDE)),
            ([(20, 30), (25, 22), (40, 28)], (22, 22)),
            ([(28, 28)] * 9 + [(100, 100)], (28, 28)),
            ([(480, 640)] * 5 + [(640, 480)] * 5, (MAX_SIDE, MAX_SIDE)),
            ([(1, 9), (3, 1)], (1, 1)),
        ],
    )
    def test_others_become_squares(self, sizes, expected):
        assert choose_size(sizes)[0] == expected

    @pytest.mark.parametrize(
        ("sizes", "expected"),
        [
            ([(256, 200)] * 3, (256, 200)),
            ([(3000, 4000)] * 3, (96, 128)),
            ([(640, 480)] * 9 + [(641, 480)], (128, 96)),
            ([(1, 4000)] * 3, (1, 128)),
        ],
    )
    def test_photographs_keep_their_shape_with_fewer_pixels(self, sizes, expected):
        assert choose_size(sizes)[0] == expected

    def test_reduced_photographs_are_told_and_asked_for_sizes_kept(self, tmp_path):
        folder(tmp_path, [(300, 400)] * 3)
        data = load(tmp_path)
        assert data.example_shape == (96, 128, 3)
        assert data.size_from == "photographs of 300 x 400 reduced to 128 on the longer side"
        assert any("--image-size" in note for note in data.notes)
        assert load(tmp_path, image_size=(300, 400)).example_shape == (300, 400, 3)

    def test_turned_photographs_count_as_they_are_seen(self, tmp_path):
        folder(tmp_path, [(20, 30)] * 5)
        exif = Image.Exif()
        exif[0x0112] = 6
        picture(9, (30, 20)).save(tmp_path / "a" / "turned.jpg", exif=exif)
        assert load(tmp_path).example_shape == (20, 30, 3)
        picture(10, (20, 30)).save(tmp_path / "a" / "upright.jpg", exif=exif)
        assert load(tmp_path).example_shape == (20, 20, 3)

    def test_size_on_request_is_told_as_that(self, tmp_path):
        data = load(folder(tmp_path, [(20, 30), (9, 9)] * 2), image_size=8)
        assert (data.example_shape, data.size_from, data.notes) == ((8, 8, 3), "as asked for", ())


class TestMemory:
    def large(self, root):
        folder(root, [(8, 9)] * 4)
        for name in "ab":
            Image.new("RGBA", (4000, 4000), (9, 9, 9, 9 + ord(name))).save(root / name / "large.png")
        return root

    def test_an_image_beyond_the_bound_is_refused_before_it_is_decoded(self, tmp_path):
        bound = taken_memory() + 250 * 10**6
        before = taken_memory()
        with pytest.raises(UsageError, match=r"large\.png: .*decoding one image of 4,000 x 4,000") as caught:
            load(self.large(tmp_path), memory=bound)
        assert "raise the memory, or make that image smaller" in str(caught.value)
        assert taken_memory() - before < 50 * 10**6

    def test_large_images_are_decoded_one_at_a_time_within_a_bound(self, tmp_path):
        data = load(self.large(tmp_path), memory=taken_memory() + 600 * 10**6)
        assert len(data.train) == 6

    def test_arrays_that_no_machine_holds(self):
        with pytest.raises(UsageError, match=r"9 images take 1e\+03 TB, and this machine has"):
            check_machine(Need("9 images", 10**15, "make them smaller"))


@pytest.mark.real_data
def test_real_photographs_of_several_sizes(cifar10_jpeg, tmp_path):
    """Real JPEG files, enlarged to sizes that cameras and scrapers give."""
    files = sorted(cifar10_jpeg.rglob("*.jp*g"))[:: len(list(cifar10_jpeg.rglob("*.jp*g"))) // 12][:12]
    for number, file in enumerate(files):
        path = tmp_path / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        side = 80 + 20 * number
        Image.open(file).resize((side, 2 * side)).save(path)
    data = load(tmp_path)
    assert data.example_shape == (MAX_SIDE, MAX_SIDE, 3)
    assert "12 sizes, 160 x 80 to 600 x 300" in data.size_from


def test_a_path_that_cannot_be_looked_up_is_a_matter_of_its_reading(tmp_path):
    path = tmp_path / ("a" * 300)
    assert find_images([path]) == [path]
