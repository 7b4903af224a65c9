"""What a settled clause is owed, what an advance takes of it, and sums of money by date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from simlib.models import licensing
from simlib.models.licensing import CumulatedPayment
from simlib.scenario.clauses import Clause, Tier, currencies
from simlib.scenario.deals import Position
from simlib.simulation.evaluate import Block


class Earnings(NamedTuple):
    """What a licensee makes of a title: receipts and costs by line, and the units that fees are paid for.

    Each is (period, part, draw) or (period, 1, draw); units are hour, subscriber_month and subscriber, whose sum so far
    is the most members that the title has added. `renewed` (draw,) is 1 where an option to renew is taken.
    """

    receipts: Mapping[str, np.ndarray]
    costs: Mapping[str, np.ndarray]
    units: Mapping[str, np.ndarray]
    renewed: np.ndarray | float = 0.0


class Due(NamedTuple):
    """What a clause is owed in each period, what it is worked out on, and what of it pays back an advance.

    Arrays are (period, part, draw) or (period, 1, draw) in the scenario's currency, `base` in `unit`; a clause that
    `is_kept` stays with the licensee. `lag` is the periods until it is paid, `later` (part, draw) what falls due after
    the horizon.
    """

    clause: str
    owed: np.ndarray
    base: np.ndarray | None = None
    unit: str = "money"
    recouped: np.ndarray | None = None
    is_kept: bool = False
    lag: int = 0
    later: np.ndarray | float = 0.0

    def paid(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what is paid within the horizon (period, part, draw), and after it (part, draw)."""
        payable = self.owed if self.recouped is None else np.maximum(self.owed - self.recouped, 0)
        paid, beyond = licensing.delayed(payable, self.lag) if self.lag else (payable, 0.0)
        return paid, np.broadcast_to(beyond + self.later, payable.shape[1:])


class Recoupment(NamedTuple):
    """What an advance is recouped from, its claims, and the periods at whose end what is left of them lapses.

    Both are (period, account, draw) in the account's currency; no claims, no advance.
    """

    base: np.ndarray
    claims: np.ndarray | None
    lapses: frozenset[int] = frozenset()


def recoup_together(asked: Mapping[str, Recoupment]) -> dict[str, np.ndarray | None]:
    """Return what each deal's account recoups; several are one account, and share its recoupment as their bases are."""
    if len(asked) == 1:
        ((name, one),) = asked.items()
        return {name: None if one.claims is None else licensing.recouped(*one)}
    total = sum(one.base.sum(axis=1, keepdims=True) for one in asked.values())
    kept = licensing.recouped(total, sum(one.claims.sum(axis=1, keepdims=True) for one in asked.values()))
    return {name: kept * proportion(one.base, total) for name, one in asked.items()}


def proportion(amount: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return an amount as a share of a total, 0 where the total is.

    >>> proportion(np.array([1.0, 0.0]), np.array([4.0, 0.0])).tolist()
    [0.25, 0.0]
    """
    return np.divide(amount, total, out=np.zeros(np.broadcast_shapes(amount.shape, total.shape)), where=total > 0)


def rate_of(block: Block, terms: Clause | Position) -> np.ndarray:
    """Return units of the currency in which a clause or a position keeps its sums, for one of the scenario's."""
    own = block.frame.scenario.currency
    (currency,) = {currency or own for currency in currencies(terms)} or {own}
    return block.rate(currency)


def tiers_of(block: Block, tiers: Sequence[Tier], path: str) -> CumulatedPayment:
    """Return what tiers pay on a base cumulated so far, in the currency of their ends."""
    rates = [block.share(tier.share, f"{path}.{place}.share") for place, tier in enumerate(tiers)]
    field = "up_to" if tiers[0].up_to is not None else "until_paid"
    ends = [block.money(getattr(tier, field), f"{path}.{place}.{field}")[0] for place, tier in enumerate(tiers[:-1])]
    ends = list(accumulate(ends, np.maximum))  # the rare draw out of order moves to the edge
    return (licensing.tiered if field == "up_to" else licensing.tiered_by_payment)(ends, rates)


def production_cost(block: Block, deal: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what the title of a deal costs to make (period, 1, draw) in the scenario's currency, and after the horizon."""
    path, made = block.frame.way(deal)
    amount, rate = block.money(made.production.cost, f"{path}.production.cost")
    shares, later = block.frame.dated(made.production.schedule.items())
    amount = np.broadcast_to(amount[:1], (1, 1, block.draws))
    return licensing.converted(licensing.flat_fee(amount, shares), 1 / rate), later * (amount / rate[-1:])[0]
