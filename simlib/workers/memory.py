"""Memory of arrays that are gone, kept for the next ones: a block of draws is made of hundreds of them."""

from __future__ import annotations

import os
import sys
from functools import cache

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
LARGE = 32 * 2**20  # bytes; the most that glibc takes for the second


@cache
def keep() -> None:
    """Let this process keep the memory of arrays up to 32 MB, where it has glibc.

    By itself glibc gives much of it back and fetches it anew, a tenth of the flagship's time. As Dask sets it for its
    workers, and for what they start, a simulation takes two thirds longer.
    """
    from ctypes import CDLL

    os.environ.pop("MALLOC_TRIM_THRESHOLD_", None)
    if sys.platform == "linux" and hasattr(CDLL(None), "mallopt"):
        CDLL(None).mallopt(MMAP_THRESHOLD, LARGE)
        CDLL(None).mallopt(TRIM_THRESHOLD, 2 * LARGE)
