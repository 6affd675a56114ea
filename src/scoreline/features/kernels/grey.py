"""Grey values of pixels."""

from __future__ import annotations

import numpy as np

from scoreline.kernels.compiling import compiled

__all__ = ["grey_pixels"]


@compiled
def grey_pixels(values, out):
    """Write ``0.299 R + 0.587 G + 0.114 B`` of pixels ``(3 n,)``, rounded half up, to `out`, ``(n,)``."""
    for i in range(len(out)):
        red, green, blue = values[3 * i], values[3 * i + 1], values[3 * i + 2]
        thousandths = np.uint32(299) * red + np.uint32(587) * green + np.uint32(114) * blue
        out[i] = (thousandths + np.uint32(500)) // np.uint32(1000)
