"""A package signed → the entries of its books: what each clause moves, by the period in which it is earned or paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from simlib.models.licensing import Posting
from simlib.scenario import clauses
from simlib.scenario.deals import AUDIENCE, SUPPLIERS, Deal
from simlib.simulation.balance import Account
from simlib.simulation.dues import Due
from simlib.simulation.evaluate import Block
from simlib.simulation.markets import over_territories
from simlib.simulation.packages import Signed, shares_of_cost
from simlib.simulation.settle import Settlement, taxed

RECOUPED = ("expenses", "recoupment")  # from receipts, before anything is shared


class Entry(NamedTuple):
    """What one clause moves: its series (period, draw) in the scenario's currency.

    `base`, `deducted`, `gross`, `recouped` and `unrecouped` stand in the period that earns them, `tax` and `net` in that of
    payment, `lag` periods later; `later` (1, draw) falls due after the horizon by its date. `word` is the kind of clause.
    """

    deal: str
    clause: str
    word: str
    payer: str
    payee: str
    unit: str
    note: str
    lag: int
    series: Mapping[str, np.ndarray]


def entries(package: str, own: Signed, accounts: Iterable[Account], block: Block) -> list[Entry]:
    """Return every entry of a package: of its deals in order, then its own."""
    scenario, found = block.frame.scenario, []
    open_balances = {deal: account.unrecouped(block) for account in accounts for deal in account.deals}
    for name, settlement in own.settlements.items():
        deal = scenario.deals[name]
        inward = [posting for posting in settlement.postings if posting.payer == AUDIENCE]
        outward = [posting for posting in settlement.postings if posting.payee == SUPPLIERS]
        found += [_moved(name, posting) for posting in inward]
        found += _owed(name, deal, settlement, open_balances.get(name))
        found += [_moved(name, posting) for posting in outward]
    late = {party: later for party, (_, later) in shares_of_cost(package, block).items()}
    for posting in own.together:
        found.append(_moved("", posting, late.get(posting.payer) if posting.payee == SUPPLIERS else None))
    return found


def _moved(deal: str, posting: Posting, later: np.ndarray | None = None) -> Entry:
    """Return a posting that nobody taxes or recoups as an entry."""
    payer, payee, clause, amount = posting
    moved = over_territories(amount)
    series = {"gross": moved, "net": moved} | ({} if later is None else {"later": later})
    return Entry(deal, clause, clause, payer, payee, "", "", 0, series)


def _owed(name: str, deal: Deal, settlement: Settlement, unrecouped: np.ndarray | None) -> Iterator[Entry]:
    """Yield the clauses of a deal: what they pay the licensor, and what they leave to the licensee."""
    for clause, note, due in _named(deal, settlement.dues):
        series = {"deducted": over_territories(due.owed)} if due.is_kept else _paid(deal, due, settlement.tax)
        if due.base is not None:
            series["base"] = over_territories(due.base)
        if unrecouped is not None and ("recouped" in series or due.clause == "recoupment"):
            series["unrecouped"] = unrecouped
        unit, draws = "" if due.base is None else due.unit, settlement.beyond.size
        series = {key: np.broadcast_to(values, (len(values), draws)) for key, values in series.items()}
        yield Entry(name, clause, due.clause, deal.licensee, deal.licensor, unit, note, due.lag, series)


def _paid(deal: Deal, due: Due, rate: np.ndarray) -> dict[str, np.ndarray]:
    net, tax = (over_territories(amount) for amount in taxed(deal, due.paid()[0], rate))
    later = np.broadcast_to(due.later, due.owed.shape[1:])[np.newaxis]
    series = {"gross": over_territories(due.owed), "tax": tax, "net": net, "later": over_territories(later)}
    return series if due.recouped is None else series | {"recouped": over_territories(due.recouped)}


def _named(deal: Deal, dues: Iterable[Due]) -> Iterator[tuple[str, str, Due]]:
    """Yield what clauses are owed with the name and the words of each: of the same kind, in the contract's order."""
    seen: dict[str, int] = {}
    for due in dues:
        word = "minimum_guarantee" if due.clause == "recoupment" else due.clause
        own = [(name, term) for name, term in clauses.named(deal.terms) if term.clause == word]
        place = seen[due.clause] = seen.get(due.clause, -1) + 1
        name, term = own[min(place, len(own) - 1)]  # a renewal escalates every fee
        yield name if due.clause == word else due.clause, term.note or "", due
