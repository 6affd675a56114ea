"""Tables of images as spreadsheets and scripts write them, and what is said of those that cannot be used."""

import csv
import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scoreline.data import LoadOptions, load_dataset
from scoreline.data.formats.table import read_table
from scoreline.errors import DataError

ROWS = [(f"img/{i}.png", "ab"[i % 2]) for i in range(8)]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "m" / "img").mkdir(parents=True)
    for i in range(8):
        pixels = np.random.default_rng(i).integers(0, 256, (4, 4), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "m" / "img" / f"{i}.png")
    return tmp_path / "m"


def load(root, rows, head=("path", "label"), separator=",", encoding="utf-8", first=""):
    lines = [separator.join(cells) for cells in (head, *rows)]
    (root / "t.csv").write_bytes((first + "\n".join(lines)).encode(encoding))
    return load_dataset(root / "t.csv", LoadOptions(validation=0))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_dialects(root, separator, encoding):
    data = load(root, ROWS, separator=separator, encoding=encoding)
    assert (data.classes, len(data.train), data.notes) == (("a", "b"), 8, ())


def test_the_first_line_of_a_spreadsheet(root):
    assert len(load(root, ROWS, separator=";", first="sep=;\n").train) == 8


@pytest.mark.parametrize(
    "head",
    [
        ("filename", "class"),
        ("Image", "Species"),
        ("Image Path", "Category"),
        ("file", "target"),
        ("img", "y"),
    ],
)
def test_customary_names_of_columns(root, head):
    data = load(root, ROWS, head)
    assert data.classes == ("a", "b")
    assert any("were read from the column" in note for note in data.notes)


def test_names_of_the_split_and_columns_that_are_passed_over(root):
    rows = [(*row, "TRAIN" if i < 6 else "Val", "32") for i, row in enumerate(ROWS)]
    data = load(root, rows, ("path", "label", "Set", "width"))
    assert (len(data.train), len(data.validation)) == (6, 2)
    assert data.notes == ("Columns of the manifest that were passed over: width.",)


def test_one_hot_columns(root):
    rows = [(path, *(("1.0", "0.0") if label == "a" else ("0.0", "1.0"))) for path, label in ROWS]
    data = load(root, rows, ("image", "MEL", "NV"))
    assert data.classes == ("MEL", "NV")
    assert data.train.y.tolist() == [0, 1] * 4


def test_labels_of_whole_floats(root):
    assert load(root, [(path, {"a": "3.0", "b": "10.0"}[label]) for path, label in ROWS]).classes == ("10", "3")
    assert load(root, [(path, {"a": "0.5", "b": "1.0"}[label]) for path, label in ROWS]).classes == ("0.5", "1.0")


@pytest.mark.parametrize("around", ["{}  ", "'{}'", " '{}' "])
def test_spaces_and_quotes_around_paths(root, around):
    data = load(root, [(around.format(path), label) for path, label in ROWS])
    assert data.notes == ("Spaces or quotes around 8 paths were left out.",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: "/home/me/m/" + path, "absolute"),
        (lambda path: "C:\\data\\" + path.replace("/", "\\"), "absolute"),
        (lambda path: "../m/" + path, "leaves the folder"),
        (lambda path: "m/" + path, "no such file"),
        (lambda path: path.replace("/", "\\"), "backslashes"),
        (lambda path: path[:-4], "no such file"),
        (lambda path: path[:-4] + ".jpg", "no such file"),
        (lambda path: path.upper(), "no such file"),
        (lambda path: path[4:], "no such file"),
        (lambda path: "file:///x/" + path, "address"),
        (lambda path: path.replace(".", "%2E"), "no such file"),
    ],
)
def test_the_commonest_reason_is_told_with_what_would_be_right(root, change, reason):
    with pytest.raises(DataError) as caught:
        load(root, [(change(path), label) for path, label in ROWS])
    assert reason in caught.value.given
    assert "8 of 8 rows" in caught.value.given
    assert change("img/0.png") in caught.value.given
    assert caught.value.fix == "write 'img/0.png' in line 2, and the others likewise"


def test_a_path_without_end_is_not_followed(root):
    with pytest.raises(DataError, match="the path has 100,.* characters, more than any system opens"):
        load(root, [("a/" * 50_000 + path, label) for path, label in ROWS])


@pytest.mark.parametrize(
    ("rows", "head", "said"),
    [
        ([(*row, "oops") for row in ROWS], ("path", "label", "split"), "unknown split oops"),
        ([(*row, "test") for row in ROWS], ("path", "label", "split"), "no training rows"),
        ([(path, "") for path, _ in ROWS], ("path", "label"), "no label"),
        ([("", label) for _, label in ROWS], ("path", "label"), "no path"),
        ([(*row, "x") for row in ROWS], ("path", "label"), "3 values for 2 columns"),
        ([row[::-1] for row in ROWS], ("path", "label"), "exchange the names"),
        (ROWS[1:], ROWS[0], "the first line is a row already"),
        (ROWS, ("path", "path"), "twice"),
        ([], ("path", "label"), "no rows"),
        ([('"' + path, label) for path, label in ROWS], ("path", "label"), "quotes"),
    ],
)
def test_other_tables_that_cannot_be_used(root, rows, head, said):
    with pytest.raises(DataError, match=said):
        load(root, rows, head)


def test_a_few_bad_rows_are_listed(root):
    data = load(root, [row for row in ROWS for _ in range(10)] + [("img/none.png", "a")])
    assert [(item.path, item.reason) for item in data.rejected[:1]] == [("img/none.png", "no such file")]


@pytest.mark.parametrize("path", ["link/s.png", "img/s.png", "link/../secret/s.png"])
def test_links_do_not_lead_out_of_the_folder(root, path):
    (root.parent / "secret").mkdir()
    Image.new("L", (4, 4), 77).save(root.parent / "secret" / "s.png")
    (root / "link").symlink_to("../secret")
    (root / "img" / "s.png").symlink_to("../../secret/s.png")
    (root / "img" / "inside.png").symlink_to("0.png")
    rows = [*ROWS, ("img/inside.png", "a"), (path, "a")]
    (root / "t.csv").write_text("path,label\n" + "".join(f"{p},{label}\n" for p, label in rows))
    data = load_dataset(root / "t.csv", LoadOptions(validation=0, max_rejected=1, keep_duplicates=True))
    assert [item.path for item in data.rejected] == [path]
    assert "leaves the folder" in data.rejected[0].reason
    assert len(data.train) == 9


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), min_size=3, max_size=3)),
    st.sampled_from(",;\t|"),
)
def test_what_the_standard_library_writes_is_read(tmp_path_factory, rows, separator):
    rows = [[cell.replace("\r", "").replace("\n", "").strip() for cell in row] for row in rows]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([["path", "label", "split"], *rows])
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_bytes(stream.getvalue().encode())
    table = read_table(path, lambda columns: "path" in columns and len(columns) > 1)
    assert table.columns == ["path", "label", "split"]
    assert [row.cells for row in table.rows] == [row for row in rows if any(row)]


@pytest.mark.parametrize(
    "line", ["aa,bb\n", "aaa\n", "a😀,żą\n", "images/of/cats/0001.jpg,cat\n", "ab," * 40 + "\n"]
)
def test_the_memory_of_a_table_is_known_before_it_is_taken(tmp_path, monkeypatch, line):
    """Of short cells it is sixty times the size of the file."""
    (tmp_path / "t.csv").write_text("path,label\n" + line * 5000)
    room = []
    monkeypatch.setattr(
        "scoreline.data.formats.table.check_room", lambda path, n_bytes, *rest: room.append(n_bytes)
    )
    tracemalloc.start()
    try:
        read_table(tmp_path / "t.csv", lambda columns: True)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken <= room[0] <= 4 * taken


def test_a_table_that_there_is_no_memory_for(root, monkeypatch):
    monkeypatch.setattr("scoreline.data.limits._available_memory", lambda: 1000)
    with pytest.raises(DataError, match="t.csv would take .* of memory.*divide the table"):
        load(root, ROWS)
