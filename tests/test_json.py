"""JSON takes the memory that is said before it is parsed, or less, whatever it holds."""

import tracemalloc
from contextlib import suppress

import pytest

from scoreline._json import memory_of_json, parse_json

MOST = 1 << 20
#: Values of which there are many, or letters of which a string has many.
VALUES = ["[]", "{}", '{"":0}', "[[0,0]]", "[0]", "0.5", "99999", '"ab"', '{"k%d":0}', '"\\ud83d\\ude00"']
STRINGS = [
    "[%s]",
    '["%s"]',
    '["%s\\ud83d\\ude00"]',
    '["%s\\u732b"]',
    '["\\n%s"]',
    '["%s\U0001f600"]',
    '["%s\u732b"]',
    '["%s\xe9"]',
]


def many(value, n):
    return "[" + ",".join(value % i if "%" in value else value for i in range(n)) + "]"


def longest(make):
    """Return the longest text of a kind that may be parsed."""
    n = 1000 * MOST // memory_of_json(make(1000))
    while memory_of_json(make(n)) > MOST:
        n = n * 99 // 100
    return make(n)


@pytest.mark.parametrize(
    "make",
    [
        *(lambda n, value=value: many(value, n) for value in VALUES),
        *(lambda n, frame=frame: frame % ("1" * n) for frame in STRINGS),
        lambda n: "{" + ",".join(f'"k{i}":0' for i in range(n)) + "}",
        lambda n: "[" * n + "]" * n,
    ],
    ids=[*VALUES, *map(ascii, STRINGS), "keys", "nested"],
)
def test_what_may_be_parsed_takes_no_more_memory(make):
    text = longest(make)
    tracemalloc.start()
    try:
        copy = (text + " ")[:-1]
        with suppress(ValueError):  # an integer of too many digits, or too many brackets
            parse_json(copy, MOST)
        assert tracemalloc.get_traced_memory()[1] <= MOST
    finally:
        tracemalloc.stop()
    with pytest.raises(ValueError, match=r"of memory, and 1\.05 MB are allowed"):
        parse_json(text * 2, MOST)
