"""What workers must have alike for their results to be the same bytes."""

from __future__ import annotations

import sys
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

# What numbers, pictures and pages come from; the rest of what is installed leaves no trace in them
LIBRARIES = ("numpy", "scipy", "pandas", "matplotlib", "statsmodels", "pydantic", "papermill", "nbconvert", "ipykernel")
SOURCES = {".py", ".csv", ".j2", ".css", ".json"}
POINTS, MATRIX = 1000, 40  # at which arithmetic is compared, and the rows of a matrix


@cache
def sources() -> str:
    """Return the digest of simlib's own files: code, facts, templates."""
    house, found = Path(__file__).parents[1], sha256()
    for path in sorted(path for path in house.rglob("*") if path.suffix in SOURCES):
        found.update(sha256(f"{path.relative_to(house).as_posix()}\n".encode() + path.read_bytes()).digest())
    return found.hexdigest()


@cache
def ground() -> str:
    """Return the digest of all that must be alike: simlib's files, Python, and the libraries' versions."""
    versions = [".".join(map(str, sys.version_info[:2])), *map(version, LIBRARIES)]
    return sha256("\n".join([sources(), *versions]).encode()).hexdigest()


@cache
def arithmetic() -> str:
    """Return a hash of the functions that models and draws use: processors may differ in the last digit."""
    import numpy as np
    from scipy.special import betaincinv, ndtri

    values = np.linspace(0.001, 3, POINTS)
    square = np.sin(np.outer(values, values))[:MATRIX, :MATRIX] + MATRIX * np.eye(MATRIX)
    found = sha256()
    for function in (np.exp, np.expm1, np.log, np.log1p, np.sqrt, lambda x: x**2.1):
        found.update(function(values).tobytes())
    for result in (
        ndtri(values / 3.1),
        betaincinv(2.3, 4.5, values / 3.1),
        square @ square,
        np.linalg.solve(square, values[:MATRIX]),
    ):
        found.update(result.tobytes())
    return found.hexdigest()
