"""The exponential in compiled code, in a form of which the compiler makes vectors.

The C library's is called for one number after the other.
"""

from __future__ import annotations

import numpy as np

from scoreline.kernels.compiling import compiled

__all__ = ["exponential"]

_ONE, _HALF, _ZERO = np.float32(1), np.float32(0.5), np.float32(0)
#: Below this the result is no normal float32, and counts as 0.
_LEAST = np.float32(-87.0)
_LOG2_E = np.float32(1.44269504)
#: ln 2 in two parts, of which the first has so few digits that its small multiples are exact.
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_C2, _C3, _C4 = np.float32(5.0000001201e-1), np.float32(1.6666665459e-1), np.float32(4.1665795894e-2)
_C5, _C6, _C7 = np.float32(8.3334519073e-3), np.float32(1.3981999507e-3), np.float32(1.9875691500e-4)
_BIAS, _FRACTION = np.int32(127), np.int32(23)


@compiled  # never loosely: ln 2 is taken off in this order
def exponential(x):
    r"""Return :math:`e^x` of a float32 that is at most 0, to 2e-7 relative.

    With n the integer nearest to :math:`x / \ln 2` and :math:`r = x - n \ln 2`, it is :math:`2^n e^r`, the second
    factor by a polynomial. Not a number gives not a number.

    References
    ----------
    Moshier (1989), Methods and Programs for Mathematical Functions, for the polynomial (``expf`` of Cephes).
    """
    n = np.floor(x * _LOG2_E + _HALF)
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    tail = ((((_C7 * r + _C6) * r + _C5) * r + _C4) * r + _C3) * r + _C2
    power = np.int32((np.int32(n) + _BIAS) << _FRACTION).view(np.float32)
    return _ZERO if x < _LEAST else (tail * (r * r) + r + _ONE) * power
