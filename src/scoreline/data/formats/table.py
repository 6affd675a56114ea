"""Tables of text: comma-separated values in the dialects that spreadsheets and scripts write."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from scoreline._text import shortened
from scoreline.data.foreign import as_data_error, cause_of
from scoreline.data.limits import check_room, read_limited
from scoreline.data.names import printable
from scoreline.errors import DataError

__all__ = ["Table", "TableRow", "read_table"]

_MAX_BYTES = 2**30
_SEPARATORS = ",;\t|"
#: Bytes that a line, a cell and a character take while a table is read, at the most: a tuple, a list and a number;
#: a short text and its place; the text, its copy in wide characters, and a cell of such.
_A_LINE, _A_CELL, _A_CHARACTER = 200, 88, 12
#: Byte order marks, the longer first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ALLOWED = "a table of text with commas, semicolons, tabs or | between the values, in UTF-8 or UTF-16"


class TableRow(NamedTuple):
    """A row, and the line of the file at which it ends."""

    line: int
    cells: list[str]


class Table(NamedTuple):
    """A table with a name for each column."""

    #: Names in lower case, with underscores for spaces and hyphens.
    columns: list[str]
    #: The names as they are written.
    titles: list[str]
    rows: list[TableRow]


def read_table(path: Path, known: Callable[[list[str]], bool]) -> Table:
    """Read a table whose first line names the columns.

    Parameters
    ----------
    path : path
        The file.
    known : callable
        Returns whether the names of the columns are known ones; the first separator for which they are is
        used.

    Raises
    ------
    DataError
        It cannot be decoded, its quotes do not close, it has no line at all, or it would take more memory than the
        machine has.
    """
    with as_data_error(path, allowed=_ALLOWED, fix="save the table again as CSV in UTF-8"):
        text = _decoded(read_limited(path, _MAX_BYTES))
    first, _, rest = text.partition("\n")
    named = first.strip().lower().strip('"')
    chosen = ""
    if len(named) == 5 and named.startswith("sep="):  # a spreadsheet's own first line
        text, chosen, (first, _, _) = rest, named[4], rest.partition("\n")
    headers = {separator: _header(first, separator) for separator in (chosen or _SEPARATORS)}
    separator = next((mark for mark, columns in headers.items() if known(columns)), next(iter(headers)))
    lines = max(text.count("\n"), text.count("\r"))
    cells_at_most = lines + text.count(separator)
    needed = _A_LINE * lines + _A_CELL * cells_at_most + _A_CHARACTER * len(text)
    check_room(path, needed, None, "divide the table, or leave out columns that are not needed")
    rows: list[TableRow] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        titles = next(reader, [])
        rows.extend(TableRow(reader.line_num, cells) for cells in reader if any(cells))
    except csv.Error as error:
        raise DataError(
            f"The table {printable(path)} cannot be read at line {reader.line_num} ({cause_of(error)})",
            allowed=_ALLOWED,
            fix="look at the quotes in that line: each that opens a value must close it",
        ) from error
    return Table(
        [_column(title) for title in titles], [printable(shortened(title.strip())) for title in titles], rows
    )


def _decoded(content: bytes) -> str:
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "")
    if not encoding and len(content) >= 4 and 0 in content[:4]:
        # No text begins with a null character: these are the upper halves of UTF-16.
        encoding = "utf-16-le" if content[1] == 0 else "utf-16-be"
    if encoding not in ("", "utf-8-sig"):
        return content.decode(encoding)
    # Names of files may be any bytes.
    return content.decode("utf-8-sig", "surrogateescape")


def _header(line: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return []
    return [_column(name) for name in cells]


def _column(name: str) -> str:
    return printable(shortened(name.strip().strip("'\"").strip().lower().replace(" ", "_").replace("-", "_")))
