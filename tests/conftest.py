"""One thread a library, set before any of them is loaded: more would fight for the cores."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
