"""``python -m scoreline``."""

from __future__ import annotations

from scoreline.cli import main

main()
