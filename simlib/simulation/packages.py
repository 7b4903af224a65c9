"""Deals signed together → who has what: shared accounts, production cost, and the order in which proceeds are handed out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simlib.models import licensing, waterfall
from simlib.models.licensing import Posting
from simlib.scenario.deals import SUPPLIERS, Package, Position
from simlib.simulation.dues import Earnings, production_cost, rate_of, tiers_of
from simlib.simulation.evaluate import Block
from simlib.simulation.settle import Settlement, settle


@dataclass(frozen=True)
class Signed:
    """A package signed: its deals settled, and the postings that belong to none of them."""

    settlements: Mapping[str, Settlement]
    together: tuple[Posting, ...]
    beyond: np.ndarray  # (draw,), what falls due after the horizon

    def postings(self) -> Iterator[Posting]:
        """Yield every posting of the package."""
        for settlement in self.settlements.values():
            yield from settlement.postings
        yield from self.together


def sign(name: str, settled: Mapping[str, Settlement], earnings: Mapping[str, Earnings], block: Block) -> Signed:
    """Return a package signed, given its deals settled each by itself."""
    scenario = block.frame.scenario
    package = scenario.packages[name]
    settlements = {deal: settled[deal] for deal in package.deals}
    for pool in package.cross_collateralised:
        settlements |= settle({deal: scenario.deals[deal] for deal in pool}, earnings, block)
    put_in = shares_of_cost(name, block)
    together = [Posting(party, SUPPLIERS, "production_cost", cost) for party, (cost, _) in put_in.items()]
    if package.waterfall:
        licensor = scenario.deals[package.deals[0]].licensor
        paid, _ = handed_out(name, {deal: own.proceeds for deal, own in settlements.items()}, block)
        for (word, position), payment in zip(package.waterfall.items(), paid, strict=True):
            together.append(Posting(licensor, position.party, word, payment))
    later = [*(own.beyond for own in settlements.values()), *(after[0] for _, after in put_in.values())]
    return Signed(settlements, tuple(together), sum(later))


def shares_of_cost(name: str, block: Block) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return what each party puts into production under a package (period, 1, draw), and after the horizon (1, draw)."""
    package = block.frame.scenario.packages[name]
    shared = package.cost_shares
    if not shared:
        return {}
    cost, later = production_cost(block, package.deals[0])  # all of its deals are about one way of making the title
    rates = {party: block.share(share, f"packages.{name}.cost_shares.{party}") for party, share in shared.items()}
    return {party: (cost * rate, later * rate[0]) for party, rate in rates.items()}


def handed_out(name: str, proceeds: Mapping[str, np.ndarray], block: Block) -> tuple[list[np.ndarray], np.ndarray]:
    """Return what each position of a package's waterfall is paid (period, 1, draw), and what the licensor keeps of it all.

    Proceeds are the licensor's from each deal, (period, part, draw) or (period, 1, draw).
    """
    package = block.frame.scenario.packages[name]
    order = list(package.waterfall)
    positions = [
        waterfall.Position(
            owed=_owed(block, name, word, position),
            streams=np.concatenate([_shares_in(block, package, position, deal, own) for deal, own in proceeds.items()]),
            on_gross=position.base == "gross",
            until=_until(block, name, word, position),
            after=order.index(position.after) if position.after else None,
            rate=rate_of(block, position),
            bends=position.tiers is not None,
        )
        for word, position in package.waterfall.items()
    ]
    paid, left = waterfall.distributed(np.concatenate(list(proceeds.values()), axis=1), positions)
    return paid, left.sum(axis=1, keepdims=True)


def _shares_in(block: Block, package: Package, position: Position, deal: str, proceeds: np.ndarray) -> np.ndarray:
    """Tell which streams of a deal's proceeds a position shares in (part,)."""
    if deal not in (position.deals or package.deals):
        return np.zeros(proceeds.shape[1], dtype=bool)
    if position.territories is None:
        return np.ones(proceeds.shape[1], dtype=bool)
    first = [part[0] for part in block.frame.parts(deal)[: proceeds.shape[1]]]
    return np.isin(first, block.frame.index(position.territories))


def _owed(block: Block, name: str, word: str, position: Position) -> licensing.CumulatedPayment:
    path = f"packages.{name}.waterfall.{word}"
    if position.tiers:
        return tiers_of(block, position.tiers, f"{path}.tiers")
    return licensing.proportional(block.share(position.share, f"{path}.share"))


def _until(block: Block, name: str, word: str, position: Position) -> np.ndarray | float:
    """Return the most that a position receives, in the currency of its sums."""
    package, path = block.frame.scenario.packages[name], f"packages.{name}.waterfall.{word}"
    if position.until is not None:
        return block.money(position.until, f"{path}.until")[0]
    if position.until_cost is None:
        return np.inf
    cost, later = production_cost(block, package.deals[0])
    put_in = block.share(package.cost_shares[position.party], f"packages.{name}.cost_shares.{position.party}")
    return block.amount(position.until_cost, f"{path}.until_cost") * put_in * (cost.sum(axis=0) + later)
