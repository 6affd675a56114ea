"""Pickles of CIFAR, put together instruction by instruction: right ones, and those with one or two slips."""

import pickle
import struct

import numpy as np
from tests.fuzz.near_arrays import draw, likely

__all__ = ["near_pickles"]

#: Instructions that stand where they do not belong.
SLIPS = [
    b"(", b"0", b"1", b"2", b"N", b")", b"]", b"}", b"a", b"e", b"s", b"u", b"t", b"\x85", b"\x86", b"\x87", b"l",
    b"d", b"R", b"b", b"o", b"\x81", b"\x93", b"\x94", b"h\0", b"h\xff", b"j\0\0\0\0", b"q\0", b"q\xff",
    b"r\xff\xff\xff\xff", b"K\x07", b"M\xff\xff", b"J\0\0\0\x80", b"\x8a\x09" + b"\xff" * 8 + b"\x7f", b"\x8a\0",
    b"\x8b\xff\xff\xff\x7f", b"I12345\n", b"L5L\n", b"F1.5\n", b"S'a'\n", b"Va\n", b"p0\n", b"g0\n",
    b"i__main__\nA\n", b"cos\nsystem\n", b"X\xff\xff\xff\xff", b"\x8d" + b"\xff" * 8,
    b"\x8e" + b"\xff" * 7 + b"\x7f", b"\x96" + bytes(8), b"C\0", b"U\xff", b"G" + struct.pack(">d", float("nan")),
    b"\x88", b"\x89", b"\x95" + bytes(8), b"\x95" + b"\xff" * 8, b"\x80\x09", b"P1\n", b"Q", b"\x82\1", b"\x8f",
    b"\x90", b"\x91", b"\x97", b"\x98", b".", b"\xff",
]  # fmt: skip


def text(rng, value):
    """Return the instructions that push a text or bytes, in one of the ways in which either is stored."""
    raw = value.encode("latin1")
    forms = [
        b"U" + bytes([len(raw) % 256]) + raw if len(raw) < 256 else b"T" + struct.pack("<i", len(raw)) + raw,
        b"X" + struct.pack("<I", len(value.encode())) + value.encode(),
        b"C" + bytes([len(raw) % 256]) + raw if len(raw) < 256 else b"B" + struct.pack("<I", len(raw)) + raw,
        b"\x8d" + struct.pack("<Q", len(value.encode())) + value.encode(),
    ]
    return [draw(rng, forms), *memorised(rng)]


def memorised(rng):
    """Return an instruction that keeps the topmost value, or none; the numbers in turn are given at the end."""
    return [draw(rng, [b"\x94", b"q?", b"r?"])] if likely(rng, 0.3) else []


def number(rng, value):
    value = value if likely(rng, 0.98) else draw(rng, [-1, 2**31, 2**62, 255, 256])
    forms = [b"J" + struct.pack("<i", value)] if abs(value) < 2**31 else []
    forms += [b"K" + bytes([value])] if 0 <= value < 256 else []
    long = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return [draw(rng, [*forms, b"\x8a" + bytes([len(long)]) + long])]


def listed(rng, values):
    """Return the instructions that make a list of values, each given as its instructions."""
    inner = [step for value in values for step in value]
    one_by_one = [b"]", *(step for value in values for step in [*value, b"a"])]
    return draw(rng, [[b"]", *memorised(rng), b"(", *inner, b"e"], [b"(", *inner, b"l"], one_by_one])


def array(rng, values):
    """Return the instructions that make an array, in the ways of NumPy 1 and 2 and of protocols 2 to 5."""
    shape = (b"(", *(step for n in values.shape for step in number(rng, n)), b"t")
    kind = draw(
        rng, [[b"U\x02u1"], [b"X\x02\0\0\0u1"]] if likely(rng, 0.95) else [[b"U\x02O8"], [b"U\x02<f"], [b"N"]]
    )
    dtype = [b"cnumpy\ndtype\n", *kind, *number(rng, 0), *number(rng, 1), b"\x87", b"R"]
    if likely(rng, 0.7):
        dtype += [
            b"(",
            *number(rng, 3),
            b"U\x01|",
            b"N",
            b"N",
            b"N",
            *number(rng, -1),
            *number(rng, -1),
            *number(rng, 0),
            b"t",
            b"b",
        ]
    raw = values.tobytes().decode("latin1")
    content = text(rng, raw)
    if likely(rng, 0.3):
        content = [
            b"c_codecs\nencode\n",
            b"X" + struct.pack("<I", len(raw.encode())) + raw.encode(),
            b"X\x06\0\0\0latin1",
            b"\x86",
            b"R",
        ]
    core = draw(rng, ["numpy.core", "numpy._core"])
    if likely(rng, 0.4):
        name = draw(
            rng,
            [
                f"c{core}.numeric\n_frombuffer\n".encode(),
                b"\x8c" + bytes([len(core) + 8]) + f"{core}.numeric".encode() + b"\x8c\x0b_frombuffer\x93",
            ],
        )
        return [name, b"(", *content, *dtype, *shape, b"X\1\0\0\0" + draw(rng, [b"C", b"C", b"F"]), b"t", b"R"]
    made = [
        f"c{core}.multiarray\n_reconstruct\n".encode(),
        b"cnumpy\nndarray\n",
        *number(rng, 0),
        b"\x85",
        b"C\x01b",
        b"\x87",
        b"R",
    ]
    return [*made, b"(", *number(rng, 1), *shape, *dtype, draw(rng, [b"\x89", b"\x88"]), *content, b"t", b"b"]


def program(rng, entries):
    """Return a pickle of a dictionary whose values are given as instructions."""
    pairs = [[*text(rng, key), *value] for key, value in entries.items()]
    one_by_one = [b"}", *(step for pair in pairs for step in [*pair, b"s"])]
    inner = [step for pair in pairs for step in pair]
    steps = draw(rng, [[b"}", *memorised(rng), b"(", *inner, b"u"], [b"(", *inner, b"d"], one_by_one])
    if not likely(rng, 0.98):
        steps[:0] = draw(rng, [[b"("] * 40, [b"N", b"]"], [b"N", b"N", b"\x93"]])
    for _ in range(draw(rng, [0, 0, 0, 1, 1, 2])):
        place = int(rng.integers(len(steps)))
        steps[place : place + int(rng.integers(2))] = [draw(rng, SLIPS)]
    kept = 0
    for place, step in enumerate(steps):
        if step in (b"\x94", b"q?", b"r?"):
            steps[place] = {b"q?": b"q%c" % (kept % 256), b"r?": b"r" + struct.pack("<I", kept)}.get(step, step)
            kept += 1
            if not likely(rng, 0.99):
                steps[place] += b"h%c0" % (kept - 1)  # fetched, and dropped: an instruction that is refused
    body = b"".join(steps) + (b"." if likely(rng, 0.98) else b"")
    frame = b"\x95" + struct.pack("<Q", len(body)) if likely(rng, 0.3) else b""
    return b"\x80" + draw(rng, [b"\2", b"\3", b"\4", b"\5"]) + frame + body


def near_pickles(rng, folder):
    """Write the folder of CIFAR-10 or CIFAR-100."""
    ten = likely(rng, 0.6)
    n = 4

    def batch():
        shape = (n, 3072) if likely(rng, 0.95) else draw(rng, [(n, 3071), (n * 3072,), (0, 3072), (n, 32, 96)])
        values = rng.integers(0, 256, shape, dtype=np.uint8)
        y = listed(rng, [number(rng, label) for label in ((0, 1, 0, 1) if likely(rng, 0.97) else (0, 1, 7))])
        entries = {"data": array(rng, values), "labels" if ten else "fine_labels": y}
        if likely(rng, 0.5):
            entries["filenames"] = listed(rng, [text(rng, "a.png")] * n)
        return program(rng, entries if likely(rng, 0.5) else dict(reversed(entries.items())))

    names = listed(rng, [text(rng, name) for name in (("cat", "dog") if likely(rng) else ("caf\xe9", "a\nb"))])
    meta = program(rng, {"label_names" if ten else "fine_label_names": names, "n": number(rng, 2)})
    if likely(rng, 0.6):
        meta = pickle.dumps(
            {"label_names" if ten else "fine_label_names": ["cat", "dog"]}, draw(rng, [2, 3, 4, 5])
        )
    (folder / ("batches.meta" if ten else "meta")).write_bytes(meta)
    for name in (("data_batch_1", "data_batch_2", "test_batch") if ten else ("train", "test"))[
        : rng.integers(1, 4)
    ]:
        (folder / name).write_bytes(batch())
    return folder
