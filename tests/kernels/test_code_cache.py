"""Compiled code on disk: read again, refused, damaged, exchanged; the results are always the same."""

import importlib.util
import os
import sys
import warnings

import numba
import pytest

from scoreline.kernels import code_cache

SOURCE = """
from scoreline.kernels.compiling import compiled

@compiled
def inner(x):
    return x + 1

@compiled
def outer(x):
    return 2 * inner(x)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder for compiled code, and a module whose functions are kept in it."""
    (tmp_path / "module.py").write_text(SOURCE)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(code_cache, "_told", False)
    return tmp_path


def load(folder):
    """Import the module anew, as another process does."""
    spec = importlib.util.spec_from_file_location("module", folder / "module.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def told(folder, x=3):
    """Call the compiled function; give its cache hits and the warnings."""
    module = load(folder)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        assert module.outer(x) == 2 * (x + 1)
    return sum(module.outer.stats.cache_hits.values()), [str(warning.message) for warning in caught]


def files(folder, ending):
    return sorted((folder / "kept").rglob(f"*.{ending}"))


def test_code_is_read_again(folder):
    assert told(folder) == (0, [])
    assert told(folder) == (1, [])
    assert len(files(folder, "nbi")) == len(files(folder, "nbc")) == 2


def test_importing_writes_nothing(folder):
    load(folder)
    assert not (folder / "kept").exists()


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-100],
        lambda content: content[: len(content) // 2],
        lambda content: bytes(len(content)),
        lambda content: b"no pickle" + content,
    ],
    ids=["empty", "end", "half", "zeros", "strange"],
)
def test_damaged_files_are_compiled_anew(folder, ending, damage):
    told(folder)
    for path in files(folder, ending):
        path.write_bytes(damage(path.read_bytes()))
    hits, messages = told(folder)
    assert hits == 0
    assert len(messages) == 1
    assert told(folder) == (1, [])


def test_a_changed_byte_in_the_code_is_noticed(folder):
    told(folder)
    for path in files(folder, "nbc"):
        content = bytearray(path.read_bytes())
        content[content.index(b"ELF") + 200] ^= 1
        path.write_bytes(content)
    hits, messages = told(folder)
    assert (hits, len(messages)) == (0, 1)
    assert "damaged" in messages[0]


def test_processes_that_write_at_a_time_do_not_exchange_their_code(folder):
    """Both read the list while it was empty; the one that writes it last does not know of the other's code."""
    told(folder, 3)
    lists = {path: path.read_bytes() for path in files(folder, "nbi")}
    for path in lists:
        path.unlink()
    told(folder, 3.5)
    for path, content in lists.items():
        path.write_bytes(content)
    assert told(folder, 3) == (1, [])
    assert told(folder, 3.5) == (0, [])
    assert told(folder, 3.5) == (1, [])


def refuse(*_, **__):
    raise OSError(28, "No space left on device")


def test_a_full_disk_costs_only_time(folder, monkeypatch):
    monkeypatch.setattr(code_cache._CheckedFiles, "_save_data", refuse)
    hits, messages = told(folder)
    assert hits == 0
    assert len(messages) == 1
    assert "No space left" in messages[0]


def test_no_folder_can_be_written_to(folder, monkeypatch):
    monkeypatch.setattr("numba.core.caching._CacheLocator.ensure_cache_path", refuse)
    _, messages = told(folder)
    assert len(messages) == 1
    assert "NUMBA_CACHE_DIR" in messages[0]


def test_no_home_makes_no_folder_of_that_name(folder, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", "~" + os.sep + "kept")
    monkeypatch.chdir(folder)
    _, messages = told(folder)
    assert len(messages) == 1


def test_a_list_of_another_version_is_written_anew_without_a_word(folder):
    told(folder)
    for path in files(folder, "nbi"):
        path.write_bytes(path.read_bytes().replace(b"numba.core", b"numba.gone"))
        assert b"numba.gone" in path.read_bytes()
    assert told(folder) == (0, [])


def test_code_is_compiled_anew_where_a_function_that_it_calls_has_changed(folder, monkeypatch):
    """Its code lies within that of the caller, whose own file is as it was."""
    monkeypatch.setattr(code_cache, "_PACKAGE", folder)
    monkeypatch.syspath_prepend(folder / "kernels")
    called = folder / "kernels" / "called_kernel.py"
    called.parent.mkdir()
    inner, outer = SOURCE.split("@compiled\ndef outer")
    (folder / "module.py").write_text("from called_kernel import compiled, inner\n\n@compiled\ndef outer" + outer)
    for added in (1, 5):
        called.write_text(inner.replace("x + 1", f"x + {added}"))
        code_cache._sources.cache_clear()
        monkeypatch.delitem(sys.modules, "called_kernel", raising=False)
        assert load(folder).outer(3) == 2 * (3 + added)
