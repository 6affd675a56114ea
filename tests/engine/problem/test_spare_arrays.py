"""Memory is handed out again only when nobody can see what becomes of it."""

import numpy as np

from scoreline.engine.problem.spare_arrays import KEPT, SpareArrays

LIKE = np.zeros((4, 3), np.float32)


def test_an_array_that_nobody_holds_is_handed_out_again():
    spare = SpareArrays()
    first = spare.empty_like(LIKE)
    where = first.ctypes.data
    assert (first.shape, first.dtype) == (LIKE.shape, LIKE.dtype)
    del first
    assert spare.empty_like(LIKE).ctypes.data == where


def test_an_array_that_is_held_is_not():
    spare = SpareArrays()
    held = [spare.empty_like(LIKE) for _ in range(KEPT + 2)]
    assert len({array.ctypes.data for array in held}) == KEPT + 2


def test_a_view_holds_an_array():
    spare = SpareArrays()
    view = spare.empty_like(LIKE)[1:]
    view[...] = 7
    spare.empty_like(LIKE)[...] = 0
    assert (view == 7).all()


def test_another_shape_or_dtype_is_another_array():
    spare = SpareArrays()
    spare.empty_like(LIKE)
    assert spare.empty_like(LIKE[:2]).shape == (2, 3)
    assert spare.empty_like(LIKE.astype(np.float64)).dtype == np.float64
