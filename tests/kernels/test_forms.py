"""What is kept on disk for a part is used for that part alone, however it or what it calls is changed."""

import importlib.util
import sys

import numba
import numpy as np
import pytest

from scoreline.kernels import forms, plain
from scoreline.kernels.compiling import compiled
from scoreline.kernels.form import CompiledForm
from scoreline.kernels.forms import Named, as_argument

KERNEL = """
from scoreline.kernels.compiling import compiled

@compiled
def kernel(form, x):
    return form[0](x, form[1])
"""
PART = """
import numpy as np
import forms_test_helpers

SHIFT = 1.0
TABLE = np.array([0.0, 4.0])

def twice(x):
    return x * 2.0

def made(term):
    def function(x, numbers):
        return term(x) + SHIFT + forms_test_helpers.more(x) + TABLE[1] + numbers[0]
    return function

row = made(twice)
"""
HELPERS = "from numba import njit\n\n@njit\ndef more(x):\n    return x - x\n"


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def result(tmp_path, monkeypatch):
    """Call a kernel with a part's function as another process does: give the result, and whether code was kept."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "kernel.py").write_text(KERNEL)

    def result(part=PART, helpers=HELPERS, number=0.0):
        (tmp_path / "part.py").write_text(part)
        (tmp_path / "helpers.py").write_text(helpers)
        monkeypatch.setitem(sys.modules, "forms_test_helpers", load(tmp_path / "helpers.py"))
        monkeypatch.setattr(forms, "_FUNCTIONS", {})
        kernel = load(tmp_path / "kernel.py").kernel
        found = kernel(as_argument(CompiledForm(load(tmp_path / "part.py").row, (number,))), 3.0)
        return found, bool(sum(kernel.stats.cache_hits.values()))

    return result


def test_what_stays_the_same_is_read_again(result):
    assert result() == (11, False)
    assert result() == (11, True)
    assert result(number=5.0) == (16, True)
    assert result(part="\n# a remark\n" + PART) == (11, True)


def test_what_was_changed_is_compiled_anew(result):
    assert result() == (11, False)
    for old, new, expected in [
        ("+ SHIFT", "- SHIFT", 9),
        ("SHIFT = 1.0", "SHIFT = 2.0", 12),
        ("x * 2.0", "x * 3.0", 14),
        ("0.0, 4.0", "0.0, 5.0", 12),
        ("made(twice)", "made(lambda x: x)", 8),
    ]:
        assert old in PART
        assert result(part=PART.replace(old, new)) == (expected, False)
    assert result(helpers=HELPERS.replace("x - x", "x + x")) == (17, False)
    assert result() == (11, True)


def test_a_helper_that_is_replaced_while_the_process_runs_is_noticed():
    scope = {"np": np}
    exec("def helper(x):\n    return x + np.float32(1)\ndef row(x, _):\n    return helper(x)\n", scope)  # noqa: S102
    kernel = compiled(lambda form, x: form[0](x, form[1]), cache=False)
    form = CompiledForm(scope["row"])
    before = as_argument(form)
    exec("def helper(x):\n    return x - np.float32(1)\n", scope)  # noqa: S102
    assert kernel(as_argument(form), np.float32(3)) == 2
    assert kernel(before, np.float32(3)) == 4


def test_functions_that_call_one_another_have_a_name():
    def first(n, _):
        return second(n - 1) if n > 0 else 0

    def second(n):
        return first(n - 1, ()) if n > 0 else 1

    assert Named(first).name == Named(first).name


def test_numbers_are_floats_of_32_bits_whole_numbers_and_booleans():
    _, numbers = as_argument(CompiledForm(plain.exponential, (0.1, 3, True)))
    assert numbers == (np.float32(0.1), 3, True)
    assert [type(number) for number in numbers] == [np.float32, int, bool]


@compiled(cache=False)
def called(form, numbers):
    return form[0](numbers, form[1])


def plainly(numbers, _):
    best = plain.largest(numbers, 1, len(numbers))
    return plain.first_place(numbers, best), best, plain.exponential(-best)


def by_name(numbers, _):
    best = largest(numbers, 1, len(numbers))
    return first_place(numbers, best), best, exponential(-best)


exponential, first_place, largest = plain.exponential, plain.first_place, plain.largest


@pytest.mark.parametrize("n", [2, 9, 40, 200])
def test_plain_functions_mean_what_their_fast_forms_do(n):
    numbers = np.random.default_rng(n).uniform(0, 9, n).astype(np.float32)
    np.testing.assert_allclose(
        called(as_argument(CompiledForm(by_name)), numbers), plainly(numbers, ()), rtol=1e-6
    )
