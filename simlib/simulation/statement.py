"""A statement of account: clause by clause what is earned, kept, taxed and paid under a package, in one draw or on average.

The package is signed again on the draws of the outcome, so that its numbers are those of the simulation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simlib.simulation.balance import Account, Balance, accounts
from simlib.simulation.engine import blocks, signed
from simlib.simulation.entries import RECOUPED, Entry, entries
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.outcome import Outcome
from simlib.simulation.record import Sums

NOTHING = float("nan")
MOVED = ("deducted", "gross", "recouped", "tax", "net")
UNTOLD = ("base", "rate", "recouped_so_far", "unrecouped")
RATED = ("distribution_fee", "revenue_share", "per_subscriber", "per_hour", "cost_plus")  # a share, or money a unit


class Line(NamedTuple):
    """What a clause moves in one period, in the scenario's currency; NaN stands where there is nothing to say.

    `gross` is what is earned in the period `earned`, worked out on a `base` in `unit` at a `rate`; of it an advance recoups
    `recouped`. `deducted` is what the licensee takes from receipts instead. `net` reaches the payee in the `period`, `tax`
    the authority, both first months. What falls due after the horizon has neither period nor tax nor net.
    """

    deal: str
    clause: str
    payer: str
    payee: str
    earned: str
    period: str
    base: float
    unit: str
    rate: float
    deducted: float
    gross: float
    recouped: float
    tax: float
    net: float
    recouped_so_far: float
    unrecouped: float
    note: str


@dataclass(frozen=True)
class Statement:
    """The lines of a package and the accounts of its advances; `draw` is counted from 0, None for the mean of all."""

    package: str
    draw: int | None
    lines: tuple[Line, ...]
    balances: tuple[Balance, ...]


def median_draw(outcome: Outcome, package: str) -> int:
    """Return the draw, counted from 0, whose licensor's NPV comes nearest to the median; the first of several."""
    worth = outcome[f"packages.{package}.licensor_npv"]
    return int(np.abs(worth - np.median(worth)).argmin())


def statement(outcome: Outcome, package: str, draw: str = "median") -> Statement:
    """Return the statement of a package for the `median` draw (the licensor's NPV) or the `mean` of all draws.

    Raises ValueError where the package or the draw is none.

    >>> from simlib.scenario.load import load
    >>> from simlib.simulation.engine import simulate
    >>> found = statement(simulate(load("scenarios/day-and-night.yml"), draws=64), "netflix_worldwide")
    >>> [(line.clause, line.period) for line in found.lines if (line.payer, line.payee) == ("netflix", "youku")]
    [('flat_fee', '2017-12'), ('flat_fee', '2018-06')]
    """
    if package not in outcome.scenario.packages:
        raise ValueError(f"no package {package!r}; there are {', '.join(outcome.scenario.packages) or 'none'}")
    if draw not in ("median", "mean"):
        raise ValueError(f"a statement is of the median draw or of the mean; found {draw!r}")
    chosen = median_draw(outcome, package) if draw == "median" else None
    lines, rows = [], []
    for one in _averaged(outcome, package, chosen):
        if isinstance(one, Account):
            rows += one.rows(outcome.periods)
        else:
            lines += _lines(one, outcome.periods)
    return Statement(package, chosen, tuple(lines), tuple(rows))


def _averaged(outcome: Outcome, package: str, chosen: int | None) -> list[Entry | Account]:
    """Return the books of a package, each series that of one draw, or the mean of all, block after block (period,)."""
    first, last, count, kept = 0, outcome.draws, outcome.draws, slice(None)
    if chosen is not None:
        first = min(chosen, outcome.draws - 2)
        last, count, kept = first + 2, 1, [chosen - first]
    sums = Sums(first, last)
    books: list[Entry | Account] = []
    inputs = {name: values[first:last] for name, values in outcome.inputs.items()}
    for block in blocks(Block(Frame(outcome.scenario, outcome.seed), first, last, inputs)):
        own = signed(package, block)
        advances = accounts(package, own, block)
        books = [*entries(package, own, advances, block), *advances]
        for place, name, values in ((i, *item) for i, one in enumerate(books) for item in one.series.items()):
            sums.add((place, name), block.first, values[:, kept])
    return [one._replace(series={k: sums.total((i, k)) / count for k in one.series}) for i, one in enumerate(books)]


def _lines(entry: Entry, periods: Sequence[str]) -> Iterator[Line]:
    """Yield a line for each period that earns something, and one for what falls due after the horizon."""
    within, columns = max(len(periods) - entry.lag, 0), _columns(entry)
    for at in range(within):
        told = {name: float(values[at]) for name, values in columns.items()}
        if any(told.get(name) for name in MOVED):
            rate = _rate(entry.word, told.get("gross", 0.0) or told.get("deducted", 0.0), told.get("base", 0.0))
            yield _line(entry, earned=periods[at], period=periods[at + entry.lag], rate=rate, **told)
    later = {name: float(columns[name][within:].sum()) for name in ("gross", "recouped") if name in columns}
    later["gross"] = later.get("gross", 0.0) + float(entry.series.get("later", np.zeros(1))[0])
    if later["gross"]:
        yield _line(entry, **later, tax=NOTHING, net=NOTHING)


def _columns(entry: Entry) -> dict[str, np.ndarray]:
    """Return the columns of an entry's lines by the period that earns them, with what is recouped so far."""
    columns = {name: values for name, values in entry.series.items() if name != "later"}
    columns |= {name: columns[name][entry.lag :] for name in ("tax", "net") if name in columns}
    taken = columns.get("deducted" if entry.word in RECOUPED else "recouped")
    return columns if taken is None else columns | {"recouped_so_far": np.cumsum(taken)}


def _line(entry: Entry, **told: float | str) -> Line:
    blank = {"earned": "", "period": "", **dict.fromkeys(MOVED, 0.0), **dict.fromkeys(UNTOLD, NOTHING)}
    own = {name: getattr(entry, name) for name in ("deal", "clause", "payer", "payee", "unit", "note")}
    return Line(**{**blank, **own, **told})


def _rate(word: str, amount: float, base: float) -> float:
    """Return a share, or money a unit, as it came out; NaN where a clause has none."""
    return amount / base if word in RATED and base > 0 else NOTHING
