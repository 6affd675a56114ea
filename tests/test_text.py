import pytest

from scoreline._text import counted, escaped, shortened, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat", "cat"),
        ("Übergrößenträger 猫 🐈", "Übergrößenträger 猫 🐈"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("a\u2028b", "a\\u2028b"),
        ("a\x85b\x9b", "a\\x85b\\x9b"),
        ("a\u3000b\xa0c", "a\u3000b\xa0c"),
        ("خودرو\u200cها", "خودرو\u200cها"),
        ("a\udcffb", "a\\xffb"),
        ("a\ud800b", "a\\ud800b"),
        ("\U000e0001", "\\U000e0001"),
        ("\0", "\\x00"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text, expected):
    assert escaped(text) == expected
    assert escaped(text).encode("utf-8")
    assert escaped(escaped(text)) == escaped(text)


def test_line_ends_can_stay():
    assert escaped("a\nb\x1b", keep="\n") == "a\nb\\x1b"


def test_long_text_is_cut():
    assert shortened("x" * 200) == "x" * 200
    assert shortened("x" * 201) == "x" * 200 + "... (201 characters)"


@pytest.mark.parametrize(
    "value",
    ["x" * 10**6, 10**5000, -(10**5000), [["x"] * 10] * 1000, {"a": "x" * 10**5}, b"x" * 10**5, (1,) * 10**5],
    ids=type,
)
def test_a_quoted_value_is_short(value):
    assert len(shown(value)) < 300


@pytest.mark.parametrize(
    ("value", "expected"), [("a", "'a'"), (-1, "-1"), ([], "[]"), (None, "None"), (0.5, "0.5")]
)
def test_small_values_are_quoted_whole(value, expected):
    assert shown(value) == expected


def test_a_list_of_itself_is_quoted():
    value = []
    value.append(value)
    assert shown(value) == "a list of 1 entries"


def test_one_is_not_several():
    assert [counted(n, "test example") for n in (0, 1, 2000)] == [
        "0 test examples",
        "1 test example",
        "2,000 test examples",
    ]
