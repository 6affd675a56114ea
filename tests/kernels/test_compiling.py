"""What a function is compiled to does not depend on who calls it first."""

import numpy as np

from scoreline.kernels.compiling import compiled, compiled_loosely


def test_a_function_keeps_its_order_in_a_loose_caller():
    @compiled(cache=False)
    def rest(big, small):
        return (big + small) - big

    @compiled_loosely(cache=False)
    def called(big, small):
        return rest(big, small)

    @compiled_loosely(cache=False)
    def own(big, small):
        return (big + small) - big

    big, small = np.float32(1e8), np.float32(1)
    assert own(big, small) == 1  # so that the test can fail
    assert called(big, small) == 0
    assert rest(big, small) == 0
