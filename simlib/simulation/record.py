"""What draws have come to: some of them, where they were worked on, and all of them, put together in order.

Sums over draws must not depend on who adds up what. They are taken by pack, a fixed number of draws: those of a pack one
after the other, then the packs one after the other, so that a result is the same to the last bit whatever the pieces.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from simlib.models.licensing import Posting
from simlib.simulation.evaluate import Block
from simlib.simulation.markets import over_territories
from simlib.simulation.outcome import Flow, Output, Paths
from simlib.simulation.sampling import SHOCK_BLOCK

PACK = SHOCK_BLOCK  # so that a piece of whole packs draws no shock that another draws too


def with_draws(total: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a total (row,) plus columns (row, column), added one after the other however many there are."""
    return np.cumsum(np.concatenate([total[:, np.newaxis], values], axis=1), axis=1)[:, -1]


class Sums:
    """Sums over the draws from `first` up to `last`, by pack."""

    def __init__(self, first: int, last: int):
        self.start = first // PACK
        self.packs = (last - 1) // PACK - self.start + 1
        self.by_pack: dict[Hashable, np.ndarray] = {}  # (row, pack)

    def add(self, key: Hashable, first: int, values: np.ndarray) -> None:
        """Add values (row, draw), the draws from `first` on; those of a key must come in order."""
        sums = self.by_pack.setdefault(key, np.zeros((len(values), self.packs)))
        last = first + values.shape[1]
        for pack in range(first // PACK, (last - 1) // PACK + 1):
            inside = slice(max(pack * PACK, first) - first, min((pack + 1) * PACK, last) - first)
            sums[:, pack - self.start] = with_draws(sums[:, pack - self.start], values[:, inside])

    def total(self, key: Hashable) -> np.ndarray:
        """Return the sum over all draws (row,)."""
        sums = self.by_pack[key]
        return with_draws(np.zeros(len(sums)), sums)


class Record:
    """What the draws from `first` up to `last` have come to; paths are kept of the first `kept` of all draws."""

    def __init__(self, first: int, last: int, kept: int):
        self.first, self.last = first, last
        self.with_path = max(0, min(last, kept) - first)
        self.inputs: Mapping[str, np.ndarray] = {}  # where they were drawn with the rest
        self.outputs: dict[str, Output] = {}
        self.paths: dict[str, Paths] = {}
        self.by_territory: dict[str, Output] = {}  # without values: those are among the sums
        self.sums = Sums(first, last)

    def output(self, block: Block, name: str, values: np.ndarray, unit: str, label: str) -> None:
        """Keep one number per draw."""
        kept = self.outputs.setdefault(name, Output(np.empty(self.last - self.first), unit, label))
        kept.values[block.first - self.first : block.last - self.first] = values

    def path(self, block: Block, name: str, values: np.ndarray, unit: str, label: str, is_flow: bool = False) -> None:
        """Keep the series of the first draws."""
        path = self.paths.setdefault(name, Paths(np.empty((len(values), self.with_path)), unit, label, is_flow))
        start = block.first - self.first
        room = max(0, min(block.draws, self.with_path - start))
        path.values[:, start : start + room] = values[:, :room]

    def territory(self, block: Block, name: str, values: np.ndarray, unit: str, label: str) -> None:
        """Add up draws (territory, draw)."""
        self.by_territory[name] = Output(np.empty(0), unit, label)
        self.sums.add(("territory", name), block.first, values)

    def standing(self, block: Block, market: str, state: str, shares: np.ndarray) -> None:
        """Add up the draws of a state's share of a market (period, draw)."""
        self.sums.add(("standing", market, state), block.first, shares)

    def flows(self, block: Block, deal: str, postings: Iterable[Posting], package: str | None = None) -> None:
        """Add up the draws of what each party pays another under each clause (period, draw)."""
        paid: dict[tuple[str | None, ...], np.ndarray] = {}
        for payer, payee, clause, amount in postings:
            key = ("flow", deal, payer, payee, clause, package)
            paid[key] = paid.get(key, 0.0) + over_territories(amount)
        for key, values in paid.items():
            self.sums.add(key, block.first, values)


class Gathered:
    """What all draws have come to, taken in piece by piece; in `inputs` values take the place of uniform draws."""

    def __init__(self, draws: int, kept: int, inputs: Mapping[str, np.ndarray]):
        self.draws, self.kept, self.inputs = draws, kept, inputs
        self.outputs: dict[str, Output] = {}
        self.paths: dict[str, Paths] = {}
        self.named: dict[str, Output] = {}
        self.sums: dict[Hashable, np.ndarray] = {}

    def take(self, record: Record) -> None:
        """Take in what the next draws have come to."""
        for name, values in record.inputs.items():
            self.inputs[name][record.first : record.last] = values
        for name, own in record.outputs.items():
            whole = self.outputs.setdefault(name, replace(own, values=np.empty(self.draws)))
            whole.values[record.first : record.last] = own.values
        for name, own in record.paths.items():
            whole = self.paths.setdefault(name, replace(own, values=np.empty((len(own.values), self.kept))))
            whole.values[:, record.first : record.first + record.with_path] = own.values
        self.named |= record.by_territory
        for key, sums in record.sums.by_pack.items():
            self.sums[key] = with_draws(self.sums.get(key, np.zeros(len(sums))), sums)

    @property
    def by_territory(self) -> dict[str, Output]:
        """Means over draws, (territory,)."""
        return {
            name: replace(own, values=self.sums["territory", name] / self.draws) for name, own in self.named.items()
        }

    @property
    def standing(self) -> dict[str, dict[str, np.ndarray]]:
        """Mean shares of a market's audience by state, (period,)."""
        means: dict[str, dict[str, np.ndarray]] = {}
        for (market, state), total in self._totals("standing"):
            means.setdefault(market, {})[state] = total / self.draws
        return means

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Mean cash that one party pays another, (period,)."""
        return tuple(Flow(*key, mean=total / self.draws) for key, total in self._totals("flow"))

    def _totals(self, kind: str) -> Iterator[tuple[tuple, np.ndarray]]:
        return ((key[1:], total) for key, total in self.sums.items() if key[0] == kind)
