"""Files of arrays that are right, or nearly: each part is drawn by itself, and most fit one another."""

import gzip
import io
import lzma
import struct
import zlib

import numpy as np

__all__ = ["draw", "examples", "likely", "near_idx", "near_npy", "near_npz"]

#: Number of examples, with which most parts agree.
N = 8
DTYPES = [
    "|u1",
    "<f4",
    ">f4",
    "<f2",
    "<f8",
    "|b1",
    "|i1",
    "<i2",
    ">u2",
    "<i8",
    "<u8",
    "<f16",
    "<c8",
    "<M8[s]",
    "|S3",
    "<U2",
]
SHAPES = [
    (N, 6), (N, 4, 5), (N, 4, 5, 1), (N, 4, 5, 3), (N, 3, 4, 5), (N, 1, 4, 5), (N, 4, 5, 4), (N,), (N, 0), (0, 6),
    (N, 2, 2, 2, 2), (), (6, N), (1, N), (N - 1, 6),
]  # fmt: skip
TOPS = [1, 1, 255, 255, 1.5, 256, 65535, -1, np.nan, np.inf]
STRANGE_DTYPES = [
    "|O",
    "O",
    "|V4",
    "<U0",
    "|S0",
    "<f3",
    "<U99999999",
    "[('a', '<f4')]",
    "x",
    "",
    "<m8",
    "|u1 " * 99,
]
STRANGE_SHAPES = [
    "(-8, 6)", "(8, -1)", "(2**40, 6)", "(8L, 6L)", "(8.0, 6)", "(True, 6)", f"({10**30},)",
    "(9223372036854775807, 2)", "8", "[8, 6]", "(" * 90 + ")" * 90, "(8,)*3", "(1,)" + "*9" * 50, f"({'1,' * 40})",
    "__import__('os')", "'a'",
]  # fmt: skip
NAMES = [
    ("X", "y"),
    ("x_train", "y_train"),
    ("images", "labels"),
    ("data", "target"),
    ("Features", "LABELS"),
    ("a", "b"),
]


def draw(rng, options):
    """Return one of the options."""
    return options[rng.integers(len(options))]


def likely(rng, share=0.8):
    """Return whether something that happens in this share of the cases does."""
    return rng.random() < share


def examples(rng, n=N):
    """Return an array of examples, of any kind that NumPy writes without a pickle."""
    shape = draw(rng, SHAPES[:6] if likely(rng) else SHAPES)
    shape = (n, *shape[1:]) if shape and likely(rng, 0.9) else shape
    dtype = np.dtype(draw(rng, DTYPES[:5] if likely(rng) else DTYPES))
    top = draw(rng, TOPS[:2] if dtype.kind == "f" and likely(rng) else TOPS[:4] if likely(rng) else TOPS)
    with np.errstate(all="ignore"):
        values = rng.random(shape) * top
        return np.asarray(values).astype(dtype if dtype.kind != "M" else np.int64).astype(dtype)


def labels(rng, n=N):
    """Return an array of labels in one of the forms in which people save them, or nearly."""
    y = np.arange(n) % 3
    forms = [
        lambda: y, lambda: y, lambda: y.astype(float), lambda: y[:, None], lambda: y[None], lambda: np.eye(3)[y],
        lambda: np.eye(3, dtype=np.uint8)[y], lambda: np.array(["ant", "bee", "\u202ecat"])[y],
        lambda: np.array([b"ant", b"\xff", b"cat"])[y], lambda: y > 0, lambda: y - 5, lambda: y * 2**62,
        lambda: y.astype(float) + 0.5, lambda: np.where(y, np.nan, 0), lambda: np.eye(3)[y] + 1, lambda: y[1:],
        lambda: np.zeros(n), lambda: y.astype("<M8[s]"), lambda: y.astype(complex), lambda: np.array(0),
        lambda: np.array(["../a", "/b", "a\0b"])[y], lambda: np.array(["1", "2", "3"])[y], lambda: y.astype("S4"),
    ]  # fmt: skip
    return np.asarray(draw(rng, forms[:10] if likely(rng) else forms)())


def npy(rng, array):
    """Return the array as ``.npy`` data of any version, its header now and then nearly right."""
    fortran = array.ndim > 1 and likely(rng, 0.2)
    descr, shape = repr(array.dtype.str), repr(array.shape)
    if not likely(rng, 0.85):
        if likely(rng, 0.5):
            shape = draw(rng, STRANGE_SHAPES)
        else:
            descr = draw(rng, STRANGE_DTYPES)
            descr = descr if descr.startswith("[") else repr(descr)
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}"
    if not likely(rng, 0.95):
        text = draw(
            rng,
            [
                text[:-3],
                text + "}",
                f"{{'a': 1, {text[1:]}",
                text.replace("'shape'", "'Shape'"),
                "1+1",
                "[" * 5000,
            ],
        )
    version = draw(rng, [(1, 0), (1, 0), (2, 0)] if likely(rng, 0.9) else [(3, 0), (4, 0), (1, 1), (0, 0)])
    encoded = text.encode("utf-8") + b" " * int(rng.integers(64)) + b"\n"
    length = struct.pack("<H" if version[0] < 2 else "<I", len(encoded) if likely(rng, 0.97) else 60000)
    content = array.tobytes("F" if fortran else "C")
    if not likely(rng, 0.9):
        content = draw(rng, [content[:-1], content + b"\0", b"", content * 3])
    return b"\x93NUMPY" + bytes(version) + length + encoded + content


def near_npy(rng, folder):
    """Write examples and labels beside one another; return what is loaded."""
    if likely(rng, 0.7):
        n = N if likely(rng, 0.95) else 0
        (folder / "set.npy").write_bytes(npy(rng, examples(rng, n)))
        write_labels(rng, folder, draw(rng, ["set.labels.npy", "y.npy", "labels.npy", "labels.csv"]), n)
        return folder / "set.npy"
    if likely(rng, 0.3):
        for split in ("train", "test", "dev")[: rng.integers(1, 4)]:
            name = draw(
                rng,
                [f"X_{split}", f"{split}-embeddings", f"{split} train"] if likely(rng) else ["X", "y", "train"],
            )
            (folder / f"{name}.npy").write_bytes(npy(rng, examples(rng)))
            write_labels(
                rng, folder, draw(rng, [f"y_{split}.npy", f"{split}-labels.tsv", f"{split}.csv", "labels.csv"]), N
            )
        return folder
    for split in ("train", "val", "Test", "other")[: rng.integers(1, 5)]:
        (folder / f"{split}.npy").write_bytes(npy(rng, examples(rng)))
        (folder / f"{split}.labels.npy").write_bytes(npy(rng, labels(rng)))
    return folder


def write_labels(rng, folder, name, n):
    """Write labels as an array or as a table, by the suffix of the name."""
    if name.endswith(".npy"):
        (folder / name).write_bytes(npy(rng, labels(rng, n)))
        return
    head = draw(rng, ["path,label", "label", "id,class,more"] if likely(rng) else ["path", "", "label,label", '"'])
    rows = [
        ["a.png", draw(rng, ["cat", "dog", "1.0"] if likely(rng, 0.99) else ["", "x" * 9999, '"'])]
        for _ in range(n)
    ]
    (folder / name).write_text("\n".join([head, *(",".join(row[-head.count(",") - 1 :]) for row in rows)]))


def near_npz(rng, folder):
    """Write a zip file of arrays, with every field of its records drawn."""
    x, y = draw(rng, NAMES[:4] if likely(rng, 0.9) else NAMES)
    members = [(f"{x}.npy", npy(rng, examples(rng))), (f"{y}.npy", npy(rng, labels(rng)))]
    if likely(rng, 0.3):
        members.append(
            (
                "classes.npy",
                npy(rng, np.array([["a", "b", "c"], ["a", "a", "b"], [b"\xff", b"b", b"c"]][rng.integers(3)])),
            )
        )
    if likely(rng, 0.3):
        members += [("x_test.npy", npy(rng, examples(rng))), ("y_test.npy", npy(rng, labels(rng)))]
    if likely(rng, 0.2):
        members.append(
            draw(rng, [members[0], ("../a.npy", b""), ("\u202e.npy", b"x"), ("a\0b.npy", b""), ("sub/", b"")])
        )
    (folder / "set.npz").write_bytes(zipped(rng, members))
    return folder / "set.npz"


def zipped(rng, members):
    """Return a zip file; some of its numbers are not what they should be."""
    body, directory, sound = b"", b"", likely(rng, 0.5)

    def right(share):
        return sound or likely(rng, share)

    for name, content in members:
        method = draw(rng, [0, 8] if right(0.95) else [12, 14, 93, 1])
        packed = content
        if method == 8:
            packer = zlib.compressobj(wbits=-15)
            packed = packer.compress(content) + packer.flush()
        elif method == 14:
            packed = lzma.compress(content)
        crc, packed_size, size = zlib.crc32(content), len(packed), len(content)
        if not right(0.9):
            wrong = draw(rng, [0, 1, 2**31, 2**32 - 1, size + 1, size - 1 if size else 0])
            crc, packed_size, size = draw(
                rng, [(wrong, packed_size, size), (crc, wrong, size), (crc, packed_size, wrong)]
            )
        flags = draw(rng, [0, 0x800] if right(0.9) else [1, 8, 0x2041, 0x20])
        extra, sizes = b"", (packed_size, size)
        if likely(rng, 0.2):  # ZIP64: the sizes follow in an extra field
            extra = struct.pack("<HHQQ", 1, 16 if right(0.8) else draw(rng, [0, 8, 24, 65535]), size, packed_size)
            sizes = (2**32 - 1, 2**32 - 1)
        raw = name.encode("utf-8", "replace")
        offset = len(body) if right(0.9) else draw(rng, [0, len(body) - 10, 2**31, len(body) + 7])
        fields = struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 0, crc, *sizes, len(raw), len(extra))
        body += b"PK\3\4" + fields + raw + extra + packed
        directory += (
            b"PK\1\2"
            + struct.pack("<H", 20)
            + fields
            + struct.pack("<HHHII", 0, 0, 0, 0, max(offset, 0))
            + raw
            + extra
        )
    start, count = len(body), len(members)
    end = b""
    if likely(rng, 0.2):
        end += b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(directory), start)
        end += b"PK\6\7" + struct.pack("<IQI", 0, start + len(directory) if right(0.8) else 2**40, 1)
    length = len(directory) if right(0.95) else draw(rng, [0, 2**19, 2**32 - 1])
    comment = b"" if right(0.9) else b"PK\5\6" * int(rng.integers(1, 9))
    end += b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, length, start, len(comment)) + comment
    return b"" if not right(0.99) else body + directory + end


def near_idx(rng, folder):
    """Write the IDX files of one or two splits, plain or gzipped."""
    for prefix in ("train", "t10k")[: rng.integers(1, 3)] if likely(rng, 0.95) else ("t10k",):
        images = rng.integers(0, 256, (N, 4, 5), dtype=np.uint8)
        y = (np.arange(N if likely(rng, 0.95) else N - 1) % 3).astype(np.uint8)
        for name, array in (
            (f"{prefix}-images{draw(rng, '-.')}idx3-ubyte", images),
            (f"{prefix}-labels-idx1-ubyte", y),
        ):
            if not likely(rng, 0.97):
                continue
            content, packed = idx(rng, array), likely(rng, 0.5)
            if packed:
                content = gzipped(rng, content)
            (folder / f"{name}{'.gz' * packed}").write_bytes(content)
    return folder


def idx(rng, array):
    kind, axes, shape = 8, array.ndim, list(array.shape)
    if not likely(rng):
        kind = draw(rng, [8, 9, 11, 13, 14, 0])
        axes = draw(rng, [array.ndim, array.ndim, 0, 255])
        shape[rng.integers(len(shape))] = draw(rng, [0, 1, 2**16, 2**31, 2**32 - 1])
    content = struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, axes, *shape) + array.tobytes()
    return content if likely(rng, 0.95) else draw(rng, [content + b"\0", content[:-1], content[:5], b""])


def gzipped(rng, content):
    """Return gzip data: of one member or two, with trailing bytes, a wrong sum, a name or a cut end."""
    cut = int(rng.integers(len(content) + 1))
    stream = io.BytesIO()
    with gzip.GzipFile("name\xff", "wb", fileobj=stream, mtime=0) as file:
        file.write(content)
    whole = stream.getvalue()
    forms = [
        whole,
        gzip.compress(content[:cut]) + gzip.compress(content[cut:]),
        whole + bytes(8),
        whole[:-8] + bytes(8),
    ]
    return draw(rng, forms[:2] if likely(rng) else [*forms, whole[:-4], whole + b"x", whole[:cut]])
