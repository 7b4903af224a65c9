"""Who holds which rights where and when under a package, and what is still free, as a tidy table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd

from simlib.models.rights import Claim, gaps
from simlib.present.findings import findings
from simlib.present.where import MOST_NAMED, called
from simlib.scenario.claims import claims
from simlib.scenario.fields import MONTHS
from simlib.scenario.load import Scenario
from simlib.scenario.places import in_scenario
from simlib.scenario.quantity import months_later
from simlib.scenario.rights import MEDIA
from simlib.simulation.outcome import Outcome

COLUMNS = (
    "media", "where", "territories", "status", "holder", "deal", "first_month", "last_month", "opens", "closes", "lane",
)  # fmt: skip
ELSEWHERE = "Elsewhere"

Fate = tuple[Claim, ...]


class Plot(NamedTuple):
    """Media and territories that share one fate."""

    media: tuple[str, ...]
    territories: tuple[str, ...]
    fate: Fate


def rights(outcome: Outcome) -> pd.DataFrame:
    """Return the avails under the package to sign; empty where there is none."""
    best = findings(outcome).recommended
    return avails(outcome.scenario, best) if best else pd.DataFrame(columns=COLUMNS)


def avails(scenario: Scenario, package: str) -> pd.DataFrame:
    """Return who holds what where and when: one row for each claim on media and territories, and for each free span.

    Media and territories that share one fate share its rows. `status` is exclusive, shared, held back or free; `opens` and
    `closes` are the months' bounds as years and their fractions; claims that overlap have lanes of their own.
    """
    chosen = scenario.packages[package].deals
    found = claims(scenario, chosen)
    last = max([scenario.horizon.periods * MONTHS[scenario.horizon.step], *(claim.last for claim in found)])
    rows = []
    for plot, alone in _plots(found, in_scenario(scenario)):
        spoken = [scenario.deals[claim.deal].rights.territories for claim in plot.fate]
        rest = not (plot.fate or alone) and len(plot.territories) > MOST_NAMED
        where = ELSEWHERE if rest else called(plot.territories, scenario, spoken)
        told = {"media": ", ".join(plot.media), "where": where, "territories": len(plot.territories)}
        rows += [told | row for row in _rows(plot.fate, last, scenario.horizon.start)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _plots(found: Sequence[Claim], territories: Sequence[str]) -> Iterator[tuple[Plot, bool]]:
    """Yield the plots medium by medium, whether a plot is alone in its media; media that are wholly free come last."""
    alike: dict[tuple[tuple[Fate, tuple[str, ...]], ...], list[str]] = {}
    for medium in MEDIA:
        fates: dict[Fate, list[str]] = {}
        for place in territories:
            fate = tuple(claim for claim in found if medium in claim.media and place in claim.territories)
            fates.setdefault(fate, []).append(place)
        inside = sorted(fates, key=lambda fate: [found.index(claim) for claim in fate] or [len(found)])
        alike.setdefault(tuple((fate, tuple(fates[fate])) for fate in inside), []).append(medium)
    for shares in sorted(alike, key=lambda shares: shares[0][0] == ()):
        for fate, places in shares:
            yield Plot(tuple(alike[shares]), places, fate), len(shares) == 1


def _rows(fate: Fate, last: int, start: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of one fate, by the month in which they begin."""
    held = [
        {
            "status": claim.status,
            "holder": claim.holder,
            "deal": claim.deal,
            "span": (claim.first, claim.last),
            "lane": lane,
        }
        for claim, lane in _lanes(fate)
    ]
    free = [{"status": "free", "span": span, "lane": 0} for span in gaps([(c.first, c.last) for c in fate], 0, last)]
    for row in sorted([*held, *free], key=lambda row: (row["span"], row["lane"])):
        opens, closes = row.pop("span")
        months = {"first_month": months_later(start, opens), "last_month": months_later(start, closes - 1)}
        yield row | months | {"opens": _year(months_later(start, opens)), "closes": _year(months_later(start, closes))}


def _lanes(fate: Iterable[Claim]) -> Iterator[tuple[Claim, int]]:
    """Yield each claim with the first lane that is free when it opens."""
    ends: list[int] = []
    for claim in sorted(fate, key=lambda claim: (claim.first, claim.last)):
        lane = next((lane for lane, end in enumerate(ends) if end <= claim.first), len(ends))
        ends[lane : lane + 1] = [claim.last]
        yield claim, lane


def _year(month: str) -> float:
    """Return the start of a month as a year and its fraction.

    >>> _year("2018-07")
    2018.5
    """
    return int(month[:4]) + (int(month[5:]) - 1) / 12
