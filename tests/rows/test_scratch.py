"""Arrays in temporary files."""

import os

import numpy as np
import pytest

from scoreline.errors import DataError
from scoreline.rows.scratch import scratch_array


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_zeros_that_can_be_written_and_leave_no_file(folder):
    array = scratch_array((3, 4, 5), np.float32)
    assert array.shape == (3, 4, 5)
    assert array.dtype == np.float32
    assert not array.any()
    array[1] = 7
    assert array.sum() == 140
    assert not list(folder.iterdir())


def test_nothing_to_hold(folder):
    assert scratch_array((0, 4), np.uint8).shape == (0, 4)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="room is not reserved on this system")
def test_a_full_disk_is_told_before_anything_is_written(folder):
    with pytest.raises(DataError, match=f"{folder}.*TMPDIR"):
        scratch_array((1 << 30, 1 << 30), np.uint8)
