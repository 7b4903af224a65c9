"""The accounts of advances: what is to be recouped, what has been, what lapsed, and what stays open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from simlib.scenario import clauses
from simlib.simulation.evaluate import Block
from simlib.simulation.markets import over_territories
from simlib.simulation.packages import Signed
from simlib.simulation.settle import Settlement

ROUNDING = 1e-12  # of all claims; what is smaller is left over from arithmetic


class Balance(NamedTuple):
    """An advance's account in one period, in its own currency: opening + claimed − recouped − lapsed = closing."""

    deals: tuple[str, ...]
    currency: str
    period: str
    opening: float
    claimed: float
    recouped: float
    lapsed: float
    closing: float


class Account(NamedTuple):
    """An advance's account, of one deal or of several together: series claimed, recouped, lapsed (period, draw).

    `claimed` is what may be recouped from the period on, in all more than the advance where so agreed.
    """

    deals: tuple[str, ...]
    currency: str
    series: Mapping[str, np.ndarray]

    def closing(self) -> np.ndarray:
        """Return what is open at the end of each period."""
        claimed, recouped, lapsed = (self.series[name] for name in ("claimed", "recouped", "lapsed"))
        left = np.cumsum(claimed - recouped - lapsed, axis=0)
        return np.where(left > ROUNDING * claimed.sum(axis=0), left, 0.0)

    def unrecouped(self, block: Block) -> np.ndarray:
        """Return what is open at the end of each period (period, draw), in the scenario's currency."""
        return self.closing() / block.rate(self.currency)[:, 0]

    def rows(self, periods: Sequence[str]) -> Iterator[Balance]:
        """Yield the periods in which something happens; the series are of one draw, or means, (period,)."""
        closing, opening = self.closing(), 0.0
        for period, name in enumerate(periods):
            moved = [float(self.series[word][period]) for word in ("claimed", "recouped", "lapsed")]
            if any(moved):
                yield Balance(self.deals, self.currency, name, opening, *moved, float(closing[period]))
            opening = float(closing[period])


def accounts(package: str, own: Signed, block: Block) -> list[Account]:
    """Return the accounts of a package's advances, those of deals that share one together."""
    scenario = block.frame.scenario
    pools = scenario.packages[package].cross_collateralised
    alone = [(deal,) for deal in own.settlements if not any(deal in pool for pool in pools)]
    found = []
    for deals in (*pools, *alone):
        advances = [own.settlements[deal] for deal in deals if own.settlements[deal].recouped is not None]
        if advances:
            guarantee = scenario.deals[deals[0]].clause("minimum_guarantee")
            currency = clauses.currency_of(guarantee.amount) or scenario.currency
            found.append(Account(tuple(deals), currency, _series(advances)))
    return found


def _series(advances: Sequence[Settlement]) -> dict[str, np.ndarray]:
    claimed, recouped, lapses = 0.0, 0.0, advances[0].advance.lapses
    for own in advances:
        claims, kept = np.broadcast_arrays(own.advance.claims, own.recouped)
        claimed, recouped = claimed + over_territories(claims), recouped + over_territories(kept)
    return {"claimed": claimed, "recouped": recouped, "lapsed": lapsed(claimed, recouped, lapses)}


def lapsed(claimed: np.ndarray, recouped: np.ndarray, lapses: Collection[int]) -> np.ndarray:
    """Return what of the claims is lost at the end of each period (period, …) that `lapses` names.

    >>> lapsed(np.array([50.0, 0, 50]), np.array([20.0, 10, 30]), {1}).tolist()
    [0.0, 20.0, 0.0]
    """
    lost, left = np.zeros_like(recouped), 0.0
    for period in range(len(recouped)):
        left = left + claimed[period] - recouped[period]
        if period in lapses:
            lost[period], left = left, 0.0
    return lost
