"""The weights' file: its header is checked before a number of it is read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from scoreline._json import memory_of_json
from scoreline._text import shown
from scoreline._typing import Array
from scoreline.models.description import broken, decoded, parsed, regular_file

__all__ = ["OF_FEATURES", "file_digest", "read_weights"]

#: What the names of the features' arrays begin with.
OF_FEATURES = "features."
#: Bytes of a file, of its header (which holds the class names too), and of the memory that it takes to read that.
MOST_BYTES, MOST_HEADER_BYTES, MOST_HEADER_MEMORY = 1 << 36, 32 << 20, 64 << 20
#: Arrays of a model: a union of features has some for each.
MOST_ARRAYS = 1000
#: What arrays may hold, what this program writes, and weights and biases among them.
DTYPES, OF_SCORES = ("F32", "F64", "I32", "I64", "U8"), ("F32", "F64")


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, read a piece at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_weights(path: Path, classes: list[str], digest: str) -> dict[str, Array]:
    """Return the arrays of a model: ``coef``, ``intercept`` and those of the features.

    Parameters
    ----------
    path : path
    classes : list of str
        Names that the file must hold too.
    digest : str
        SHA-256 of the file.

    Raises
    ------
    ModelError
        The file is missing, damaged, not the one that is described, or holds other than finite numbers.
    """
    folder = path.parent
    if not 8 <= regular_file(path) <= MOST_BYTES:
        raise broken(folder, f"{path.name} cannot be read (it has {path.stat().st_size:,} bytes)")
    try:
        with path.open("rb") as file:
            header = int.from_bytes(file.read(8), "little")
            if header > MOST_HEADER_BYTES or memory_of_json(decoded(path, file.read(header))) > MOST_HEADER_MEMORY:
                raise broken(folder, f"{path.name} cannot be read (its header has {header:,} bytes)")
        if file_digest(path) != digest:
            raise broken(folder, f"{path.name} is not the file that the description was written for")
        arrays, names = _read(path, 1 if len(classes) == 2 else len(classes))
    except OSError as error:
        raise broken(folder, f"{path.name} cannot be read ({error.strerror or error})") from error
    if parsed(path, names) != classes:
        raise broken(folder, f"the class names in {path.name} and in the description differ")
    if not all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f"):
        raise broken(folder, "a weight is not a finite number")
    return arrays


def _read(path: Path, rows: int) -> tuple[dict[str, Array], str]:
    """Return arrays and the text of the class names, after their shapes and dtypes are checked."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            named = file.keys()
            if len(named) > MOST_ARRAYS:
                raise broken(
                    path.parent, f"{path.name} has {len(named):,} arrays, and at most {MOST_ARRAYS:,} are read"
                )
            facts = {name: file.get_slice(name) for name in named}
            shapes = {name: tuple(fact.get_shape()) for name, fact in facts.items()}
            for name, fact in facts.items():
                allowed = OF_SCORES if name in ("coef", "intercept") else DTYPES
                if fact.get_dtype() not in allowed:
                    fault = f"the array {shown(name)} holds {fact.get_dtype()}"
                    raise broken(path.parent, f"{fault}, not {' or '.join(allowed)}")
            coef, intercept = shapes.get("coef", ()), shapes.get("intercept", ())
            if len(coef) != 2 or coef[0] != rows or intercept != (rows,) or not coef[1]:
                fault = f"weights {coef} and biases {intercept} do not belong to the class names"
                raise broken(path.parent, f"{fault}, which want {rows} rows")
            arrays = {name: np.asarray(file.get_tensor(name)) for name in shapes}
            return arrays, str((file.metadata() or {}).get("classes", "[]"))
    except SafetensorError as error:
        raise broken(path.parent, f"{path.name} cannot be read ({error})") from error
