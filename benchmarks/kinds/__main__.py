"""Make the folders of all kinds of data: ``python -m benchmarks.kinds FOLDER``."""

import sys
from pathlib import Path

from benchmarks.kinds import folder_of, kinds

for name in kinds(Path(sys.argv[1])):
    print(folder_of(name, Path(sys.argv[1])), flush=True)
