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

HISTORIES = {
    "adoption": "bass_adoption",
    "china": "china_online_video",
    "netflix": "netflix_members",
}  # tables of series
_NOT_A_CHOICE = {"period_end", "metric", "value", "unit", "status", "source", "note"}


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


@cache
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


def figures(history: str, metric: str, which: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rows of one series of a reference history, as they are written.

    `which` chooses by the table's other columns. Raises ValueError, naming what exists, for a history, metric or choice
    that does not, and unless the rows are one series.

    >>> len(figures("adoption", "adopters", {"product": "clothes dryers, US"}))
    13
    """
    if history not in HISTORIES:
        raise ValueError(f"there is no history {history!r}; the histories are {', '.join(HISTORIES)}")
    name, rows = history, list(read(HISTORIES[history]))
    free = [column for column in rows[0] if column not in _NOT_A_CHOICE]
    for column, value in {"metric": metric, **which}.items():
        if column not in {"metric", *free}:
            raise ValueError(f"{name} has no column {column!r} to choose by; it has {', '.join(free)}")
        values = dict.fromkeys(row[column] for row in rows)
        if value not in values:
            raise ValueError(f"{name} has no {column} {value!r}; there is {', '.join(values)}")
        rows = [row for row in rows if row[column] == value]
        name = f"{name} {value}"
    for column in free:
        values = dict.fromkeys(row[column] for row in rows)
        if len(values) > 1:
            some = f"{column}={next(iter(values))!r}"
            raise ValueError(f"{name} has several {column}s: {', '.join(values)}; choose one, e.g. {some}")
    return rows


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
