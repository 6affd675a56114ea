"""Seeded damage to the content of a file."""

import copy
import json
import re
import struct

import numpy as np

#: Numbers that lengths, indices and types are bad at.
NUMBERS = [0, 1, 2, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1]
TEXTS = [
    b"-1", b"0", b"1e999", b"nan", b"999999999999999999999", b"1" + b"0" * 5000, b"(" * 3000, b"'", b'"', b"\x00",
    b"\xff\xfe", b"..", b"/", b"../", b"|O", b"<U999999999", b"\n", b",", b";", b"{", b"}", b"(", b")",
]  # fmt: skip

#: Values of other kinds for the fields of documents.
STRANGE = [
    None, True, -1, 1.5, 1e308, 10**400, "", "x", "\0", "\ud800", [], [[]], {}, {"a": 1}, [[0, 0, 0]], [1e6] * 3,
    [[1, 2], [3]], "9" * 500, [[[[[[]]]]]],
]  # fmt: skip


def flip_bits(content, rng):
    for place in rng.integers(0, len(content), rng.integers(1, 9)):
        content[place] ^= 1 << int(rng.integers(8))


def set_bytes(content, rng):
    start = int(rng.integers(len(content)))
    stop = min(len(content), start + int(rng.integers(1, 17)))
    content[start:stop] = rng.integers(0, 256, stop - start, dtype=np.uint8).tobytes()


def write_number(content, rng):
    number = NUMBERS[rng.integers(len(NUMBERS))]
    form = ["<H", ">H", "<I", ">I", "<Q", ">Q"][rng.integers(6)]
    packed = struct.pack(form, number % 2 ** (8 * struct.calcsize(form)))
    start = int(rng.integers(len(content)))
    content[start : start + len(packed)] = packed


def write_text(content, rng):
    start = int(rng.integers(len(content)))
    content[start : start + int(rng.integers(4))] = TEXTS[rng.integers(len(TEXTS))]


def replace_number(content, rng):
    places = list(re.finditer(rb"\d+", bytes(content[:4096])))
    if places:
        chosen = places[rng.integers(len(places))]
        content[chosen.start() : chosen.end()] = TEXTS[rng.integers(6)]


def cut_off(content, rng):
    del content[int(rng.integers(len(content))) :]


def take_out(content, rng):
    start = int(rng.integers(len(content)))
    del content[start : start + int(rng.integers(1, 65))]


def repeat(content, rng):
    start = int(rng.integers(len(content)))
    piece = content[start : start + int(rng.integers(1, 65))]
    content[start:start] = piece * int(rng.integers(1, 20))


MUTATIONS = [flip_bits, set_bytes, write_number, write_text, replace_number, cut_off, take_out, repeat]


def changed(document, rng):
    """Return a document of JSON as text, one of its values replaced by another or left out: it is JSON still."""
    document = json.loads(document)
    places = list(each_place(document))
    container, key = places[rng.integers(len(places))]
    if rng.random() < 0.2:
        del container[key]
    elif rng.random() < 0.4:
        other, own = places[rng.integers(len(places))]
        container[key] = copy.deepcopy(other[own])
    else:
        container[key] = STRANGE[rng.integers(len(STRANGE))]
    return json.dumps(document).encode()


def each_place(document):
    """Yield the places of all values in a document: what holds them, and where."""
    for key in list(document) if isinstance(document, dict) else range(len(document)):
        yield document, key
        if isinstance(document[key], dict | list):
            yield from each_place(document[key])


def mutated(content, rng):
    """Return the content with one to three pieces of damage, most of them near its beginning."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        if not changed:
            break
        # Headers are short: damage of the pixels behind them seldom matters.
        head = bytearray(changed[:256]) if rng.random() < 0.6 else changed
        rest = changed[256:] if head is not changed else bytearray()
        MUTATIONS[rng.integers(len(MUTATIONS))](head, rng)
        changed = head + rest
    return bytes(changed)
