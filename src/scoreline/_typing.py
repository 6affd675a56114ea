"""Names for the array types that the whole package uses."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: An array of any dtype; the docstring says which.
Array: TypeAlias = NDArray[Any]
#: An array of float32 or float64.
FloatArray: TypeAlias = NDArray[np.floating[Any]]
#: Class labels: indices into the list of class names.
Labels: TypeAlias = NDArray[np.int64]
