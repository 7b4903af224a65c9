"""Packages side by side, and the fee on the table, as tidy tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simlib.decide.choices import at_fee
from simlib.decide.value import describe, probability_of_loss
from simlib.present.findings import findings, party_of
from simlib.present.tables.once import once
from simlib.scenario.title import way_of
from simlib.simulation.outcome import Outcome

POINTS = 160  # of a density's curve
NUMBERS = ("npv", "mc_error", "p10", "p50", "p90", "loss", "irr", "irr_exists")
PACKAGE_COLUMNS = (
    "package", "label", "recommended", "licensor", "licensees", "probability_best",
    *(f"{side}_{what}" for side in ("licensor", "licensee") for what in NUMBERS),
)  # fmt: skip


@once
def packages(outcome: Outcome) -> pd.DataFrame:
    """Return one row for each package, the licensor's best on average first; money in the scenario's currency.

    `irr` is the median internal rate of return, a year, of the draws in which it exists, `irr_exists` their share.
    """
    found, rows = findings(outcome), []
    for value in found.packages:
        licensor, licensees = party_of(outcome, value.name)
        row = {"package": value.name, "label": value.label, "recommended": value.name == found.recommended}
        row |= {"licensor": licensor, "licensees": ", ".join(licensees), "probability_best": value.probability_best}
        for side, loss in (("licensor", value.licensor_loss), ("licensee", value.licensee_loss)):
            npv = getattr(value, side)
            row |= {f"{side}_npv": npv["mean"], f"{side}_mc_error": npv["mc_error"], f"{side}_loss": loss}
            row |= {f"{side}_{point}": npv[point] for point in ("p10", "p50", "p90")} | _returns(
                outcome, value.name, side
            )
        rows.append(row)
    return pd.DataFrame(rows, columns=PACKAGE_COLUMNS)


def _returns(outcome: Outcome, package: str, side: str) -> dict[str, float]:
    """Return a side's median rate of return where there is one, and in what share of draws."""
    rates = outcome[f"packages.{package}.{side}_irr"]
    exists = np.isfinite(rates)
    median = float(np.median(rates[exists])) if exists.any() else np.nan
    return {f"{side}_irr": median, f"{side}_irr_exists": float(exists.mean())}


@once
def negotiation(outcome: Outcome) -> pd.DataFrame:
    """Return the fee that each side needs, the ask, and the fee assumed: one row each, in the scenario's currency.

    `low` and `high` are P10 and P90 over the draws; `per_episode` is the fee by episode.
    """
    columns = ["item", "party", "fee", "error", "low", "high", "per_episode", "exists", "probability", "step"]
    found = findings(outcome).agreement
    if found is None:
        return pd.DataFrame(columns=columns)
    assumed = describe(found.assumed_fee)
    rows = [
        ("floor", found.licensor, found.zone.floor, found.zone.floor_error, found.floor.per_draw),
        ("ask", found.licensor, found.zone.nash_fee, np.nan, None),
        ("ceiling", found.licensee, found.zone.ceiling, found.zone.ceiling_error, found.ceiling.per_draw),
        ("assumed", found.licensee, assumed["mean"], assumed["mc_error"], found.assumed_fee),
    ]
    episodes = way_of(outcome.scenario, outcome.scenario.negotiation.deal).made.episodes
    shared = {"exists": found.zone.exists, "probability": found.zone.probability}
    return pd.DataFrame(
        [
            dict(zip(columns[:4], row[:4], strict=True))
            | dict(
                zip(
                    ("low", "high"),
                    (np.nan, np.nan) if row[4] is None else np.quantile(row[4], (0.1, 0.9)),
                    strict=True,
                )
            )
            | {"per_episode": row[2] / episodes, **shared}
            for row in rows
        ],
        columns=columns[:-1],
    )


def at_the_ask(outcome: Outcome) -> pd.DataFrame:
    """Return what the deal on the table is worth to each side at the fee to ask; empty where no fee suits both."""
    columns = ["party", "side", "npv", "mc_error", "low", "high", "loss"]
    found = findings(outcome).agreement
    if found is None or not found.zone.exists:
        return pd.DataFrame(columns=columns)
    rows = []
    for side, npv in at_fee(outcome, found.zone.nash_fee).items():
        party, told = getattr(found, side), describe(npv)
        rows.append((party, side, told["mean"], told["mc_error"], told["p10"], told["p90"], probability_of_loss(npv)))
    return pd.DataFrame(rows, columns=columns)


def densities(outcome: Outcome) -> pd.DataFrame:
    """Return how the licensor's NPV of each package is spread: package, npv, density relative to its peak.

    The curves run from the lowest P1 to the highest P99 of the packages; a Gaussian kernel of Silverman's width
    (Silverman 1986, eq. 3.31) smooths them.
    """
    found = findings(outcome)
    if not found.packages:
        return pd.DataFrame(columns=["package", "label", "recommended", "npv", "density", "p10", "p50", "p90"])
    ends = [np.quantile(value.licensor_npv, (0.01, 0.99)) for value in found.packages]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    grid = np.linspace(low, high if high > low else low + 1, POINTS)
    tables = []
    for value in found.packages:
        told = {point: value.licensor[point] for point in ("p10", "p50", "p90")}
        own = {"package": value.name, "label": value.label, "recommended": value.name == found.recommended}
        tables.append(pd.DataFrame({**own, "npv": grid, "density": density(value.licensor_npv, grid), **told}))
    return pd.concat(tables, ignore_index=True)


def density(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return a kernel density on an even grid, its peak at 1; draws beyond the grid are left out."""
    step = grid[1] - grid[0]
    edges = np.append(grid - step / 2, grid[-1] + step / 2)
    counts = np.histogram(values, edges)[0].astype(float)
    quartiles = np.quantile(values, (0.25, 0.75))
    spread = min(values.std(), (quartiles[1] - quartiles[0]) / 1.34)
    width = max(0.9 * spread * values.size**-0.2, step / 2)
    kernel = np.exp(-0.5 * (np.arange(-POINTS, POINTS + 1) * step / width) ** 2)
    smooth = np.convolve(counts, kernel, mode="same") if counts.size >= kernel.size else np.convolve(counts, kernel)
    smooth = smooth[(smooth.size - grid.size) // 2 :][: grid.size]
    return smooth / smooth.max() if smooth.max() > 0 else smooth
