"""Two scenarios side by side, as tidy tables: changed inputs first, then results."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from simlib.decide.difference import Comparison
from simlib.present import habits, names, versus
from simlib.present.findings import findings, party_of
from simlib.present.tables import platform
from simlib.present.tables.deal import POINTS, density
from simlib.present.tables.growth import fans
from simlib.scenario.changes import Change
from simlib.simulation.outcome import Outcome

SHOWN = 10  # rows of the picture of differences


def changes(comparison: Comparison) -> pd.DataFrame:
    """Return what the two say differently: path, old, new, where each stands, and whether it only tells."""
    return pd.DataFrame(comparison.changes, columns=Change._fields)


def differences(comparison: Comparison) -> pd.DataFrame:
    """Return how every result that both have differs, the clearest first."""
    rows = [
        {"result": versus.result(comparison, found), **vars(found), "stands_out": found.stands_out}
        for found in comparison.differences
    ]
    return pd.DataFrame(rows)


def moved(comparison: Comparison) -> pd.DataFrame:
    """Return the clearest differences of present values, so that one axis holds them; the packages' come first."""
    currency = comparison.other.scenario.currency
    kept = [found for found in versus.clear(comparison) if found.unit == currency and found.name.endswith("_npv")]
    kept = sorted(kept, key=lambda found: not found.name.startswith("packages."))
    columns = ["result", "mean", "error", "p10", "p90", "one", "other"]
    rows = [{"result": versus.short(comparison, found), **vars(found)} for found in kept[:SHOWN]]
    return pd.DataFrame(rows, columns=columns)


def zones(comparison: Comparison) -> pd.DataFrame:
    """Return the zone of agreement of each scenario: label, floor, ceiling, ask, whether there is one."""
    columns = ["label", "floor", "ceiling", "ask", "exists"]
    rows = []
    for label, outcome in zip(versus.labels(comparison), (comparison.one, comparison.other), strict=True):
        if found := findings(outcome).agreement:
            rows.append((label, found.zone.floor, found.zone.ceiling, found.zone.nash_fee, found.zone.exists))
    same = comparison.one.scenario.currency == comparison.other.scenario.currency
    return pd.DataFrame(rows if len(rows) == 2 and same else [], columns=columns)


def hills(comparison: Comparison) -> pd.DataFrame:
    """Return how the licensor's NPV of the package to sign is spread in each scenario, as `densities` does."""
    columns = ["package", "label", "recommended", "npv", "density", "p10", "p50", "p90"]
    best = [findings(outcome).recommended for outcome in (comparison.one, comparison.other)]
    if None in best or comparison.one.scenario.currency != comparison.other.scenario.currency:
        return pd.DataFrame(columns=columns)
    values = [comparison.one[f"packages.{best[0]}.licensor_npv"], comparison.other[f"packages.{best[1]}.licensor_npv"]]
    low, high = np.quantile(values[0], (0.01, 0.99)), np.quantile(values[1], (0.01, 0.99))
    start, end = min(low[0], high[0]), max(low[1], high[1])
    grid = np.linspace(start, end if end > start else start + 1, POINTS)
    tables = []
    for index, (label, own) in enumerate(zip(versus.labels(comparison), values, strict=True)):
        told = dict(zip(columns[5:], np.quantile(own, (0.1, 0.5, 0.9)), strict=True))
        named = label if best[0] == best[1] else f"{label}: {versus.package_label(comparison, index)}"
        row = {"package": str(index), "label": named, "recommended": index == 1, "npv": grid}
        tables.append(pd.DataFrame({**row, "density": density(own, grid), **told}))
    return pd.concat(tables, ignore_index=True)


def both_worths(comparison: Comparison) -> pd.DataFrame:
    """Return what each package is worth to the licensor, and that on the table to the licensee, in the first and the second.

    Columns: output, label, which (0 or 1), mean, p10, p90; packages that both have, in the order of the first.
    """
    scenario, rows = comparison.one.scenario, []
    for name, side in _sides(comparison):
        label, output = scenario.packages[name].label, f"packages.{name}.{side}_npv"
        if side == "licensee":
            label = f"{label}, to {names.name(party_of(comparison.one, name)[1][0])}"
        for which, outcome in enumerate((comparison.one, comparison.other)):
            npv = outcome[output]
            rows.append((output, label, which, npv.mean(), *np.quantile(npv, (0.1, 0.9))))
    return pd.DataFrame(rows, columns=["output", "label", "which", "mean", "p10", "p90"])


def _sides(comparison: Comparison) -> list[tuple[str, str]]:
    one, other = comparison.one.scenario, comparison.other.scenario
    shared = [name for name in one.packages if name in other.packages and one.currency == other.currency]
    wanted = one.negotiation and one.negotiation.package
    return [(name, "licensor") for name in shared] + [(name, "licensee") for name in shared if name == wanted]


def both_fans(comparison: Comparison, series: str) -> pd.DataFrame:
    """Return one series of both as `fans` does, `which` telling them apart; nothing where one has it not."""
    return _both(comparison, lambda outcome: fans(outcome, series))


def paying(comparison: Comparison) -> pd.DataFrame:
    """Return the fans of the paying ratio in the market where its median at the end moves most, as `both_fans` does."""
    both = both_fans(comparison, "paying_ratio")
    if both.empty:
        return both
    ends = both.groupby(["series", "which"], sort=False).p50.last().unstack()
    apart = (ends[1] - ends[0]).abs()
    usual = f"paying_ratio.{habits.market(comparison.one)}"
    return both[both.series == (apart.idxmax() if apart.max() > 0 else usual)]


def both_chances(comparison: Comparison) -> pd.DataFrame:
    """Return the share of draws in profit for good by each date in both, `which` telling them apart."""
    return _both(comparison, platform.chances)


def _both(comparison: Comparison, table: Callable[[Outcome], pd.DataFrame]) -> pd.DataFrame:
    found = [table(outcome).assign(which=which) for which, outcome in enumerate((comparison.one, comparison.other))]
    return pd.concat(found, ignore_index=True) if not any(own.empty for own in found) else found[0].iloc[:0]
