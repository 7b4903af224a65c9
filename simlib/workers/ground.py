"""What workers must have alike for their results to be the same bytes."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

# What numbers, pictures and pages come from; the rest of what is installed leaves no trace in them
LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "pydantic", "matplotlib", "nbconvert", "papermill")
POINTS = 1000  # at which arithmetic is compared


@cache
def sources() -> str:
    """Return a hash of simlib's own files: code, facts, templates."""
    room = Path(__file__).parents[1]
    found = sha256()
    for path in sorted(room.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found.update(f"{path.relative_to(room).as_posix()}\n".encode() + path.read_bytes())
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
