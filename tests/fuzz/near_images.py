"""Image files put together part by part: right ones, and those of which a part is not what the others say."""

import io
import struct
import zlib
from itertools import pairwise

import numpy as np
from PIL import Image
from tests.fuzz.image_samples import PNG, chunk, samples_of
from tests.fuzz.near_arrays import draw, likely

__all__ = ["NEAR_IMAGES"]

#: Bit depths of the colour types of PNG files.
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
BANDS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><tiff:Orientation>%d</tiff:Orientation></x:xmpmeta>'
#: Types of the values of TIFF tags and their bytes.
TYPES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
TAGS = [
    256,
    257,
    258,
    259,
    262,
    266,
    273,
    274,
    277,
    278,
    279,
    282,
    284,
    317,
    320,
    322,
    323,
    324,
    330,
    338,
    339,
    347,
]
TAGS += [530, 532, 700, 33432, 33723, 34377, 34665, 34675, 34853, 37500, 40965, 50706]


def directory(rng, order, known, place):
    """Return a directory of TIFF tags, and what they refer to, for the place where it is going to lie."""
    entries = dict(known)
    for _ in range(int(rng.integers(3))):
        kind = draw(rng, list(TYPES))
        entries[draw(rng, TAGS)] = (kind, [int(value) for value in rng.integers(0, 300, rng.integers(1, 6))])
    if not likely(rng, 0.85):
        entries.pop(draw(rng, list(entries)))
    tags, outside = b"", b""
    end = place + 2 + 12 * len(entries) + 4
    for tag, (kind, values) in sorted(entries.items()):
        letters = {
            1: "B",
            2: "B",
            3: "H",
            4: "I",
            5: "II",
            6: "b",
            7: "B",
            8: "h",
            9: "i",
            10: "ii",
            11: "f",
            12: "d",
        }
        form = letters.get(kind, "I" if kind == 13 else "Q")
        content = b"".join(
            struct.pack(
                order + form,
                *[value % 2**7 if form in "Bb" else value % 2**15 if len(form) == 1 and form in "Hh" else value]
                * len(form),
            )
            for value in values
        )
        count = len(values) if likely(rng, 0.97) else draw(rng, [0, 2**16, 2**31, 2**32 - 1])
        if len(content) <= 4:
            where = content.ljust(4, b"\0")
        else:
            at = end + len(outside) if likely(rng, 0.97) else draw(rng, [0, 8, 2**31, 2**32 - 1])
            where = struct.pack(order + "I", at)
            outside += content
        tags += struct.pack(order + "HHI", tag, kind if likely(rng, 0.98) else 99, count) + where
    following = 0 if likely(rng, 0.9) else draw(rng, [8, place, 2**31, end])
    count = len(entries) if likely(rng, 0.98) else draw(rng, [0, 65535])
    return struct.pack(order + "H", count) + tags + struct.pack(order + "I", following) + outside


def exif(rng):
    """Return EXIF data with an orientation, and perhaps other directories."""
    order = draw(rng, "<>")
    known = {274: (3, [int(rng.integers(0, 10))])}
    if likely(rng, 0.3):
        known |= {34665: (4, [draw(rng, [8, 26, 100])]), 34853: (4, [26])}
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return head + directory(rng, order, known, 8) + bytes(30)


def near_png(rng):
    """Return a PNG file: all depths, interlaced, with a palette, transparency, texts, profiles and frames."""
    colour = draw(rng, list(DEPTHS))
    depth = draw(rng, DEPTHS[colour]) if likely(rng, 0.95) else draw(rng, [1, 2, 4, 8, 16, 3, 32])
    width, height = (int(side) for side in rng.integers(1, 20, 2))
    interlaced = int(likely(rng, 0.3))
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))]
    if colour == 3 or not likely(rng, 0.95):
        parts.append((b"PLTE", rng.bytes(3 * int(draw(rng, [2**depth if depth <= 8 else 256, 1, 256])))))
    options = [
        (b"tRNS", rng.bytes(draw(rng, [{0: 2, 2: 6}.get(colour, 2), 1, 6, 256]))),
        (b"gAMA", struct.pack(">I", draw(rng, [45455, 0]))), (b"pHYs", struct.pack(">IIB", 1, 1, 1)),
        (b"iCCP", b"a\0\0" + packed(rng)), (b"sRGB", b"\0"), (b"cHRM", bytes(32)), (b"bKGD", bytes(2)),
        (b"tEXt", b"Raw profile type exif\0\nexif\n%8d\n" % 8 + exif(rng).hex().encode()),
        (b"zTXt", b"Comment\0\0" + packed(rng)),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP % rng.integers(10)),
        (b"iTXt", b"a\0\1\0en\0b\0" + packed(rng)), (b"eXIf", exif(rng)), (b"tEXt", b"\xff" * 90), (b"abCd", b"x"),
        (b"acTL", struct.pack(">II", draw(rng, [1, 2, 0, 2**31]), 0)), (b"fcTL", frame(rng, 0, width, height)),
    ]  # fmt: skip
    for _ in range(int(rng.integers(4))):
        name, content = draw(rng, options)
        parts.append((name, content if likely(rng, 0.9) else content[: len(content) // 2]))
    data = zlib.compress(scanlines(rng, width, height, depth * BANDS[colour], interlaced))
    data = data if likely(rng, 0.9) else draw(rng, [data[:-5], data + data, b"", MUCH])
    cuts = sorted({0, len(data), *rng.integers(0, len(data) + 1, rng.integers(3)).tolist()})
    parts += [(b"IDAT", data[start:end]) for start, end in pairwise(cuts)]
    if likely(rng, 0.2):
        parts += [(b"fcTL", frame(rng, 1, width, height)), (b"fdAT", struct.pack(">I", 2) + data)]
    if likely(rng, 0.3):
        parts.append(draw(rng, options))
    if not likely(rng, 0.9):
        parts[0], parts[-1] = parts[-1], parts[0]
    return PNG + b"".join(chunk(*part) for part in [*parts, (b"IEND", b"")] if likely(rng, 0.98))


def packed(rng):
    """Return compressed text, now and then much of it or none."""
    return zlib.compress(draw(rng, [b"abc", XMP % 6, b"\xff\xfe", b""])) if likely(rng, 0.9) else MUCH


def frame(rng, number, width, height):
    """Return what an animated PNG file says of a frame."""
    place = (0, 0) if likely(rng) else draw(rng, [(1, 1), (2**31, 0), (width, height)])
    return struct.pack(
        ">IIIIIHHBB", number, width, height, *place, 1, draw(rng, [0, 100]), *rng.integers(0, 3, 2).tolist()
    )


def scanlines(rng, width, height, bits, interlaced):
    """Return the rows of a picture with their filters, in seven passes where it is interlaced."""
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows, top = [], 5 if likely(rng, 0.95) else 256
    for x, y, across, down in passes:
        columns, lines = -(-(width - x) // across), -(-(height - y) // down)
        if columns > 0 and lines > 0:
            rows += [bytes([int(rng.integers(top))]) + rng.bytes(-(-columns * bits // 8)) for _ in range(lines)]
    return b"".join(rows)


def near_jpeg(rng):
    """Return a JPEG file with further segments: EXIF, XMP, profiles, several pictures, comments."""
    samples = JPEGS
    whole = draw(rng, samples)
    segments = [
        (0xE1, b"Exif\0\0" + exif(rng)), (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP % rng.integers(10)),
        (0xE2, b"ICC_PROFILE\0\1\1" + rng.bytes(50)), (0xE2, b"ICC_PROFILE\0\2\xff"),
        (0xE2, b"MPF\0" + b"II*\0\x08\0\0\0" + directory(rng, "<", {45057: (4, [2]), 45058: (7, [0] * 32)}, 8)),
        (0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\x10" + bytes(int(rng.integers(20)))),
        (0xEE, b"Adobe\0d\0\0\0\0\0\1"), (0xFE, b"comment"), (0xDD, b"\0\4"), (0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
        (0xDB, b"\0" + bytes(range(1, 65))), (0xC0, b"\x08\0\x18\0\x14\3\1\x22\0\2\x11\1\3\x11\1"),
        (0xC4, b"\0" + bytes(16)), (0xE1, b"Exif\0\0"),
    ]  # fmt: skip
    added = b""
    for _ in range(int(rng.integers(1, 4))):
        marker, content = draw(rng, segments)
        length = len(content) + 2 if likely(rng, 0.97) else draw(rng, [0, 1, 2, 65535])
        added += struct.pack(">BBH", 0xFF, marker, length) + content
    tail = b"" if likely(rng) else draw(rng, [whole, b"\xff" * 9, b"\xff\xd9"])
    whole = whole if likely(rng, 0.9) else whole[: int(rng.integers(20, len(whole)))]
    return whole[:2] + added + whole[2:] + tail


def near_tiff(rng):
    """Return a TIFF file of one picture or two, its tags drawn."""
    order = draw(rng, "<>")
    width, height = (int(side) for side in rng.integers(1, 20, 2))
    bits, bands, sample = draw(
        rng,
        [(8, 1, 1), (8, 3, 1), (16, 1, 1), (32, 1, 3), (1, 1, 1), (8, 4, 1), (16, 3, 1), (32, 1, 2), (12, 1, 1)],
    )
    rows = int(draw(rng, [height, 1, 3, 0]))
    strips = -(-height // rows) if rows else 1
    size = -(-width * bits * bands // 8)
    data = rng.bytes(size * height)
    packing = draw(rng, [1, 1, 8, 32773, 5, 7, 34712, 3])
    content = {
        8: zlib.compress(data),
        32773: b"".join(
            bytes([len(data[at : at + 99]) - 1]) + data[at : at + 99] for at in range(0, len(data), 99)
        ),
    }.get(packing, data)
    known = {
        256: (4, [width]), 257: (3, [height]), 258: (3, [bits] * bands), 259: (3, [packing]),
        262: (3, [{1: 1, 3: 2, 4: draw(rng, [2, 5])}[bands] if likely(rng) else draw(rng, [0, 1, 3, 6, 8])]),
        277: (3, [bands]), 278: (3, [rows]), 339: (3, [sample] * bands), 274: (3, [int(rng.integers(1, 9))]),
        273: (4, [8 + at * size * rows for at in range(strips)]), 279: (4, [size * rows] * strips),
    }  # fmt: skip
    if bands == 4:
        known[338] = (3, [draw(rng, [0, 1, 2])])
    if likely(rng, 0.2):
        known |= {322: (3, [16]), 323: (3, [16]), 324: (4, [8] * 4), 325: (4, [256] * 4)}
    if likely(rng, 0.2):
        known |= {284: (3, [2]), 317: (3, [2]), 320: (3, [7] * 768), 700: (1, list(XMP % 6))}
    place = 8 + len(content) + len(content) % 2
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", place)
    return (head + content).ljust(place, b"\0") + directory(rng, order, known, place)


def near_gif(rng):
    """Return a GIF file: palettes, extensions, frames in and out of the picture."""
    width, height = (int(side) for side in rng.integers(1, 20, 2))
    flags = draw(rng, [0xF0, 0x00, 0x87])
    parts = [draw(rng, [b"GIF89a", b"GIF87a"]) + struct.pack("<HHBBB", width, height, flags, 0, 0)]
    parts.append(rng.bytes(3 * 2 ** ((flags & 7) + 1)) if flags & 0x80 else b"")
    for _ in range(int(rng.integers(1, 4))):
        extensions = [
            b"\xf9\4" + struct.pack("<BHB", int(rng.integers(32)), 5, int(rng.integers(256))) + b"\0",
            b"\xfe\3abc\0", b"\xff\x0bNETSCAPE2.0\3\1\0\0\0", b"\x01\x0c" + bytes(12) + b"\0",
            b"\xfe\xff" + bytes(255) + b"\0", b"\xf9\0",
        ]  # fmt: skip
        parts += [b"!" + draw(rng, extensions) for _ in range(int(rng.integers(3)))]
        place = (
            (0, 0, width, height)
            if likely(rng, 0.7)
            else draw(rng, [(1, 1, width, height), (9, 9, 1, 1), (0, 0, 65535, 65535), (0, 0, 0, 0)])
        )
        local = likely(rng, 0.3)
        parts.append(
            b"," + struct.pack("<HHHHB", *place, 0x81 * local | 0x40 * likely(rng, 0.2)) + rng.bytes(12 * local)
        )
        codes = rng.bytes(width * height) if likely(rng, 0.3) else LZW
        blocks = [codes[at : at + 255] for at in range(0, len(codes), 255)]
        parts.append(
            bytes([draw(rng, [2, 4, 8, 12, 0])])
            + b"".join(bytes([len(block)]) + block for block in blocks)
            + b"\0"
        )
    return b"".join(parts) + (b";" if likely(rng, 0.9) else b"")


def near_bmp(rng):
    """Return a BMP file: all headers, depths and packings, upside down too."""
    size = draw(rng, [40, 40, 12, 52, 56, 64, 108, 124, 16])
    width, height = (int(side) for side in rng.integers(1, 20, 2))
    bits = draw(rng, [1, 4, 8, 16, 24, 32, 2])
    packing = (
        draw(rng, {4: [0, 2], 8: [0, 1], 16: [0, 3], 32: [0, 3]}.get(bits, [0]))
        if likely(rng)
        else draw(rng, [1, 2, 3, 4, 6])
    )
    colours = draw(rng, [0, 2, 2**bits if bits <= 8 else 0]) if likely(rng, 0.95) else 2**31
    if size == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        tall = height if likely(rng) else -height if likely(rng) else 2**31 - 1
        head = struct.pack("<IiiHHIIiiII", 40, width, tall, 1, bits, packing, 0, 1, 1, colours, 0)[4:]
        masks = draw(
            rng,
            [
                (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
                (0xF800, 0x7E0, 0x1F, 0),
                (0x7C00, 0x3E0, 0x1F, 0),
                (1, 2, 3, 4),
            ],
        )
        head = (
            struct.pack("<I", size)
            + (head + struct.pack("<IIII", *masks)).ljust(size - 4, b"\0")[: max(size - 4, 36)]
        )
        head += struct.pack("<III", *masks[:3]) if packing == 3 and size == 40 else b""
    palette = rng.bytes((colours or 2**bits) * (3 if size == 12 else 4)) if bits <= 8 and colours < 2**30 else b""
    pairs = [b"\0\0", b"\0\1", b"\0\2\3\3", b"\0\4abcd", b"\0\3abc\0", b"\5\7", b"\xff\1", b"\1\1"]
    data = (
        b"".join(draw(rng, pairs) for _ in range(60))
        if packing in (1, 2)
        else rng.bytes(-(-width * bits // 32) * 4 * height)
    )
    start = 14 + len(head) + len(palette) if likely(rng, 0.95) else draw(rng, [0, 14, 2**31])
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, start) + head + palette + data


def near_ppm(rng):
    """Return a PNM file, as numbers or as bytes."""
    width, height = (int(side) for side in rng.integers(1, 9, 2))
    kind, most = draw(rng, ["P1", "P2", "P3", "P4", "P5", "P6"]), draw(rng, [255, 1, 65535, 100, 0])
    words = [kind, width, height, *([] if kind in ("P1", "P4") else [most])]
    if not likely(rng, 0.9):
        words[rng.integers(len(words))] = draw(rng, ["-1", "9" * 99, "1.5", "x", 2**31, "#"])
    head = draw(rng, [" ", "\n", "\n# comment\n", "\t\r\n"]).join(map(str, words)) + "\n"
    values = rng.integers(0, max(most, 1) + 1, 3 * width * height)
    if kind in ("P4", "P5", "P6"):
        return head.encode() + values.astype(">u2" if most > 255 else np.uint8).tobytes()
    shown = [str(value % 2 if kind == "P1" else value) for value in values]
    shown += [] if likely(rng, 0.9) else [draw(rng, ["-5", "70000", "x", "#" + "y" * 999, "1" * 999])]
    return (head + draw(rng, [" ", "", "\n", " #c\n"]).join(shown)).encode()


def near_riff(rng):
    """Return a WebP file with further parts: EXIF, XMP, profiles, opacity, frames."""
    whole = draw(rng, WEBPS)
    parts = [(whole[12:16], whole[20 : 20 + struct.unpack("<I", whole[16:20])[0]])]
    canvas = (19).to_bytes(3, "little") + (23).to_bytes(3, "little")
    if likely(rng):
        parts.insert(0, (b"VP8X", bytes([draw(rng, [0x08, 0x0C, 0x10, 0x2C, 0x02, 0xFF]), 0, 0, 0]) + canvas))
    options = [
        (b"EXIF", b"Exif\0\0" + exif(rng)), (b"EXIF", exif(rng)), (b"XMP ", XMP % rng.integers(10)),
        (b"ICCP", rng.bytes(40)), (b"ALPH", b"\0" + rng.bytes(480)), (b"ANIM", bytes(6)),
        (b"ANMF", bytes(16) + whole[12:]), (b"abcd", b"x"),
    ]  # fmt: skip
    for _ in range(int(rng.integers(4))):
        parts.insert(int(rng.integers(len(parts) + 1)), draw(rng, options))
    body = b""
    for name, content in parts:
        length = len(content) if likely(rng, 0.97) else draw(rng, [0, 2**31, 2**32 - 1])
        body += name + struct.pack("<I", length) + content + b"\0" * (len(content) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


#: Zeros, which unpack to more than any text has.
MUCH = zlib.compress(bytes(10**7))
JPEGS, WEBPS = samples_of("jpeg"), []
for lossless in (False, True):
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8)).save(
        stream, "webp", lossless=lossless
    )
    WEBPS.append(stream.getvalue())
#: The codes of a picture of one colour.
LZW = b"\x84\x8f\xa9\xcb\xed\x0f\xa3\x9c\xb4\xda\x8b\xb3\xde\xbc\xfb\x0f"

NEAR_IMAGES = {
    "png": near_png, "jpeg": near_jpeg, "tiff": near_tiff, "gif": near_gif, "bmp": near_bmp, "ppm": near_ppm,
    "webp": near_riff,
}  # fmt: skip
