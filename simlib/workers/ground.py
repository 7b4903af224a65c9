"""What workers must have alike for their results to be the same bytes."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

# What numbers, pictures and pages come from; the rest of what is installed leaves no trace in them
LIBRARIES = ("numpy", "scipy", "pandas", "matplotlib", "statsmodels", "pydantic", "papermill", "nbconvert", "ipykernel")
SOURCES = {".py", ".csv", ".j2", ".css", ".json"}
POINTS = 1000  # at which arithmetic is compared


@cache
def sources() -> str:
    """Return the digest of simlib's own files: code, facts, templates."""
    house, found = Path(__file__).parents[1], sha256()
    for path in sorted(path for path in house.rglob("*") if path.suffix in SOURCES):
        found.update(sha256(f"{path.relative_to(house).as_posix()}\n".encode() + path.read_bytes()).digest())
    return found.hexdigest()


@cache
def arithmetic() -> str:
    """Return a hash of the functions that models use: processors may differ in the last digit."""
    import numpy as np

    values = np.linspace(0.001, 3, POINTS)
    found = sha256()
    for function in (np.exp, np.expm1, np.log, np.log1p, np.sqrt, lambda x: x**2.1):
        found.update(function(values).tobytes())
    return found.hexdigest()
