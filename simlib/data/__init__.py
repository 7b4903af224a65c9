"""The facts that ship with simlib, each row with its source.

Only the standard library is imported, so that checking a scenario starts fast.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Territory:
    """One territory as it was in 2017; the currency is today's."""

    iso3: str  # ISO 3166-1 alpha-3
    iso2: str  # ISO 3166-1 alpha-2: NO is Norway, NA Namibia
    name: str
    region: str  # UCAN, EMEA, LATAM or APAC
    un_region: str
    un_subregion: str
    currency: str  # ISO 4217
    population: int  # people
    gdp_usd: int  # USD a year, current prices
    internet_share: float  # internet users ÷ population, 0–1
    netflix_2017: bool  # whether Netflix was on offer there in 2017
    source: str


def names() -> tuple[str, ...]:
    """Return the names of the tables.

    >>> names()[:3]
    ('bass_adoption', 'china_online_video', 'churn_and_habits')
    """
    tables = (item.name for item in files(__name__).iterdir() if item.name.endswith(".csv"))
    return tuple(sorted(table.removesuffix(".csv") for table in tables))


def read(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of one table as they are written, each a dict from column to text.

    Raises ValueError for a table that is not there.

    >>> read("retention_regular")[1]["value"]
    '63.1'
    """
    if name not in names():
        raise ValueError(f"there is no table {name!r}; the tables are {', '.join(names())}")
    with files(__name__).joinpath(f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def territories() -> Mapping[str, Territory]:
    """Return the territories by ISO 3166-1 alpha-3 code.

    >>> territories()["NOR"].currency
    'NOK'
    """
    return MappingProxyType({row["iso3"]: _territory(row) for row in read("territories")})


def _territory(row: dict[str, str]) -> Territory:
    numbers = {
        "population": int(row["population"]),
        "gdp_usd": int(row["gdp_usd"]),
        "internet_share": float(row["internet_share"]),
        "netflix_2017": row["netflix_2017"] == "yes",
    }
    return Territory(**{**row, **numbers})
