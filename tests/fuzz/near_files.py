"""Tables, archives and folders that are right, or nearly."""

import bz2
import gzip
import io
import lzma
import tarfile
from functools import cache

import numpy as np
from PIL import Image
from tests.fuzz.near_arrays import draw, likely

__all__ = ["near_tables", "near_tars", "near_trees"]


def picture(rng, kind="png", size=(4, 4)):
    """Return one of some image files."""
    return drawn(kind, size, int(rng.integers(40)))


@cache
def drawn(kind, size, number):
    """Return an image file: grey, in colour, or of 16 bits."""
    stream, rng = io.BytesIO(), np.random.default_rng(number)
    shape = draw(rng, [size, (*size, 3)])
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    if kind == "png" and not likely(rng, 0.9):
        pixels = pixels[:, :, 0].astype(np.uint16) * 200 if pixels.ndim == 3 else pixels.astype(np.uint16) * 200
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


HEADS = [
    ["path", "label", "split"], ["path", "label"], ["File Name", "class"], ["image_id", "cat", "dog"],
    ["label", "path", "more"], ["", "path", "label"], ["path", "path", "label"], ["path"], ["a", "b"], [],
    ["path", *map(str, range(300)), "label"],
]  # fmt: skip
PATHS = [
    "../out.png", "/etc/passwd", "c:\\a.png", "link/0.png", "dead.png", "http://a/b.png", "a\0b.png", "img/" * 900,
    "./img/0.png", " img/1.png ", "'img/1.png'", "IMG/1.PNG", "img\\1.png", "img/%31.png", "img", "", "img/1",
    "\udcff.png", "caf\xe9.png", "pipe", "img/../../x", "img/./1.png", "x/" * 70 + "1.png", "out.png",
]  # fmt: skip
CELLS = [
    "",
    '"',
    '"a',
    'a"b',
    '"a ""b"" c"',
    "a,b",
    "1",
    "0",
    "1.0",
    "nan",
    "\u202e",
    "\x1b[31m",
    "x" * 3000,
    "=1+1",
    "../cat",
]


def near_tables(rng, folder):
    """Write a table of images, some of whose rows are wrong, in the dialects of spreadsheets."""
    files = folder / "data"
    (files / "img").mkdir(parents=True)
    for number in range(6):
        (files / "img" / f"{number}.png").write_bytes(picture(rng))
    (folder / "out.png").write_bytes(picture(rng))
    (files / "link").symlink_to(folder)
    (files / "out.png").symlink_to(folder / "out.png")
    (files / "dead.png").symlink_to(folder / "none")
    head = draw(rng, HEADS[:5] if likely(rng, 0.9) else HEADS)
    rows = [head]
    for number in range(6):
        row = []
        for name in head:
            plain = name.lower().replace(" ", "_")
            if plain in ("path", "file_name", "image_id"):
                row.append(f"img/{number}.png" if likely(rng, 0.9) else draw(rng, PATHS))
            elif plain in ("label", "class"):
                row.append(
                    draw(rng, ["cat", "dog", "cat", "dog", "1.0", "2", "3.5"] if likely(rng, 0.95) else CELLS)
                )
            elif plain == "split":
                row.append(
                    draw(rng, ["train", "train", "Test", "", "val", "dev2"] if likely(rng, 0.95) else CELLS)
                )
            else:
                row.append("01"[(name == "dog") == number % 2] if likely(rng, 0.97) else draw(rng, CELLS))
        rows.append(row if likely(rng, 0.95) else draw(rng, [row[:-1], [*row, "more"], [], [""] * 9]))
    mark, end = draw(rng, ",,;\t|"), draw(rng, ["\n", "\r\n", "\r", "\n\n"])
    text = end.join(mark.join(row) for row in rows) + (end if likely(rng) else "")
    text = text if likely(rng, 0.9) else f"sep={mark}{end}{text}"
    coding = draw(rng, ["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin1"])
    content = text.encode(coding, "surrogateescape" if coding in ("utf-8", "utf-8-sig") else "replace")
    content = content if likely(rng, 0.97) else content[: int(rng.integers(len(content)))]
    (files / "list.csv").write_bytes(content)
    return files / "list.csv"


def near_trees(rng, folder):
    """Make a folder of images in one of the usual layouts, with what lies about in folders."""
    names = ["cat", "dog", "Cat", "caf\xe9", "\udcff", "-x", "a b", "\u202egod", "~"]
    classes = [draw(rng, names[:2] if likely(rng, 0.7) else names) for _ in range(2)] + ["dog"]
    splits = draw(
        rng,
        [
            [""],
            [""],
            ["train", "test"],
            ["train", "test"],
            ["Training", "val", "test2"],
            ["train"],
            ["test"],
            ["train", "training"],
        ],
    )
    root, class_first = folder / draw(rng, ["", "", "images", "a/b"]), likely(rng, 0.3)
    inner = "" if likely(rng) else draw(rng, ["images", "train", "x"])
    for split in splits:
        for name in classes:
            first = class_first if likely(rng, 0.97) else not class_first
            place = root / name / split if first else root / split / inner / name
            place.mkdir(parents=True, exist_ok=True)
            for number in range(int(rng.integers(1, 4)) if likely(rng, 0.95) else 0):
                kind = draw(rng, ["png", "png", "jpeg", "bmp", "gif", "webp", "tiff"])
                size = (4, 4) if likely(rng, 0.9) else draw(rng, [(5, 4), (300, 2), (1, 1), (300, 300)])
                suffix = kind if likely(rng, 0.9) else draw(rng, ["JPG", "txt", "", "Jpeg", "csv"])
                content = picture(rng, kind, size)
                (place / f"{number}.{suffix}").write_bytes(content if likely(rng, 0.95) else content[:40])
    for _ in range(int(rng.integers(3))):
        stray = draw(rng, [".hidden.png", "readme.txt", "Thumbs.db", "0.png", "x.webp"])
        place = root / draw(rng, ["", classes[0], splits[0]])
        if place.is_dir():
            (place / stray).write_bytes(
                picture(rng) if likely(rng, 0.5) else draw(rng, [b"BM", b"GIF89a", b"....ftypheic"]) + bytes(40)
            )
    if likely(rng, 0.2):
        link = root / draw(rng, ["round", f"{classes[0]}/round"])
        if link.parent.is_dir() and not link.exists():
            link.symlink_to(draw(rng, [root, folder / "none", "/dev", "/proc/self/mem"]))
    return folder


def near_tars(rng, folder):
    """Write an archive of images: members of all kinds, long names, holes; packed in one of the ways."""
    stream = io.BytesIO()
    form = draw(rng, [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
    for label in ("cat", "dog"):
        for number in range(4):
            name = f"set/{label}/{number}.png"
            if not likely(rng, 0.95):
                name = draw(
                    rng,
                    [
                        f"set/{label}/{'n' * 200}.png",
                        "../a.png",
                        "/a.png",
                        "set",
                        f"set/{label}/a\0.png",
                        "d/" * 70 + "a.png",
                        f"set/{label}/caf\xe9.png",
                    ],
                )
            member = tarfile.TarInfo(name)
            if not likely(rng, 0.95):
                member.type = draw(
                    rng,
                    [
                        tarfile.SYMTYPE,
                        tarfile.LNKTYPE,
                        tarfile.FIFOTYPE,
                        tarfile.DIRTYPE,
                        tarfile.CONTTYPE,
                        b"Z",
                        b"x",
                        b"g",
                        b"K",
                        b"L",
                        b"S",
                    ],
                )
                member.linkname = draw(rng, ["", "set/cat/0.png", "../.."])
            if not likely(rng, 0.9) and form == tarfile.PAX_FORMAT:
                member.pax_headers = draw(
                    rng,
                    [
                        {"path": name},
                        {"size": "9" * 30},
                        {"GNU.sparse.map": "0,9,99,9"},
                        {"GNU.sparse.size": "-1"},
                        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "99"},
                        {"path": "a\0b"},
                        {"charset": "BINARY"},
                        {"mtime": "x"},
                    ],
                )
            content = picture(rng)
            member.size = len(content) if likely(rng, 0.97) else draw(rng, [0, 1, 10**6, 2**33])
            try:
                head = bytearray(member.tobuf(form))
            except ValueError:  # the format has no room for it
                continue
            if member.type == b"S" or not likely(rng, 0.97):
                head[-512 + 386 : -512 + 398] = b"%011o\0" % draw(rng, [0, 512])
                head[-512 + 398 : -512 + 410] = b"%011o\0" % draw(rng, [0, 512, 4096])
                head[-512 + 483 : -512 + 495] = draw(rng, [b"%011o\0" % 1024, b"\xff" * 12])
                head[-512 + 148 : -512 + 156] = b" " * 8
                head[-512 + 148 : -512 + 156] = b"%06o\0 " % sum(head[-512:])
            stream.write(bytes(head) + content + bytes(-len(content) % 512))
    stream.write(bytes(1024) if likely(rng, 0.9) else draw(rng, [b"", bytes(512), b"x" * 512]))
    suffix, pack = draw(
        rng,
        [
            ("tar", bytes),
            ("tar.gz", gzip.compress),
            ("tar.bz2", bz2.compress),
            ("tar.xz", lzma.compress),
            ("tgz", bytes),
        ],
    )
    content = pack(stream.getvalue())
    (folder / f"set.{suffix}").write_bytes(
        content if likely(rng, 0.95) else content[: int(rng.integers(len(content)))]
    )
    return folder / f"set.{suffix}"
