"""A statement of account as its party reads it: its rows, its heading in words, its cash by year."""

from __future__ import annotations

import re
from functools import lru_cache

import pandas as pd

from simlib.present import names, words
from simlib.present.decision import last_month
from simlib.present.findings import findings, party_of
from simlib.scenario.deals import OUTSIDE
from simlib.scenario.quantity import months_later
from simlib.simulation.balance import Balance
from simlib.simulation.outcome import Outcome
from simlib.simulation.statement import Line, Statement, statement

AFTER = "Due after the horizon, before tax"


@lru_cache(maxsize=1)
def recommended(outcome: Outcome) -> Statement | None:
    """Return the statement of the recommended package in the median draw; an outcome is equal to itself alone."""
    best = findings(outcome).recommended
    return statement(outcome, best) if best else None


def parties(outcome: Outcome, found: Statement) -> tuple[str, ...]:
    """Return who has an account: the licensor, the licensees, then everyone else who pays or receives."""
    licensor, licensees = party_of(outcome, found.package)
    others = (party for line in found.lines for party in (line.payee, line.payer) if party not in OUTSIDE)
    return tuple(dict.fromkeys((licensor, *licensees, *others)))


def rows(found: Statement, party: str | None = None) -> pd.DataFrame:
    """Return every line of a statement, or those of a party with its `cash`: what it receives, less what it pays with tax.

    What falls due after the horizon is no cash.
    """
    table = pd.DataFrame(found.lines, columns=Line._fields)
    if party is None:
        return table
    table = table[(table.payer == party) | (table.payee == party)].reset_index(drop=True)
    paid = (table.net + table.tax).where(table.payer == party, 0.0)
    return table.assign(cash=(table.net.where(table.payee == party, 0.0) - paid).fillna(0.0))


def balances(outcome: Outcome, found: Statement, party: str) -> list[Balance]:
    """Return the accounts of the advances that a party gives or takes."""
    deals = outcome.scenario.deals
    return [
        row
        for row in found.balances
        if any(party in (deals[name].licensor, deals[name].licensee) for name in row.deals)
    ]


def heading(outcome: Outcome, found: Statement, party: str) -> list[str]:
    """Return whose account it is, of which title and package, over which time, in which draw."""
    scenario = outcome.scenario
    draw = f"mean of {outcome.draws:,} draws"
    if found.draw is not None:
        draw = f"median draw (number {found.draw + 1:,} of {outcome.draws:,})"
    title = f"{scenario.title.name}: " if scenario.title else ""
    licensor, licensees = party_of(outcome, found.package)
    return [
        f"Statement of account: {names.name(party)}",
        f"{title}{scenario.packages[found.package].label}",
        f"Licensor {names.name(licensor)}; {_licensees(licensees)}",
        f"{words.month(outcome.periods[0])} to {last_month(outcome)}, money in {scenario.currency}, {draw}, "
        f"seed {outcome.seed}",
    ]


def grant(outcome: Outcome, name: str) -> str:
    """Return in words what a deal grants: to whom, which rights, where and when."""
    deal = outcome.scenario.deals[name]
    media = ", ".join(word.replace("_", " ").replace(" tv", " TV") for word in deal.rights.media)
    where = words.listed(map(names.name, deal.rights.territories.include))
    if deal.rights.territories.exclude:
        where += f" except {words.listed(map(names.name, deal.rights.territories.exclude))}"
    last = months_later(deal.rights.start, deal.rights.term_months - 1)
    kind = "exclusive" if deal.rights.exclusive else "not exclusive"
    tax = "; the licensee bears the withholding tax" if deal.gross_up else ""
    return (
        f"{names.name(name)}: {names.name(deal.licensor)} to {names.name(deal.licensee)}, {media}, {where}, {kind}, "
        f"{words.month(deal.rights.start)} to {words.month(last)}{tax}"
    )


def clause(word: str) -> str:
    """Return a clause by the name that a statement gives it.

    >>> clause("revenue_share2")
    'Revenue share 2'
    """
    return re.sub(r"(?<=\D)(\d+)$", r" \1", names.plain(word)).capitalize()


def text(outcome: Outcome, found: Statement, party: str) -> str:
    """Return a party's statement by year, aligned: cash of each clause, what is due later, what advances are open."""
    table = rows(found, party)
    table["label"] = [_label(outcome, found, row) for row in table.itertuples()]
    later = [
        f"  {row.label}: {words.whole(row.gross - row.recouped)}" for row in table[table.period == ""].itertuples()
    ]
    said = [*heading(outcome, found, party), "", *_by_year(table[table.cash != 0])]
    said += ["", f"{AFTER}:", *later] if later else []
    advances = {row.deals: row for row in balances(outcome, found, party)}  # the last period of each
    said += [""] if advances else []
    for deals, row in advances.items():
        said.append(
            f"Advance, {words.listed(map(names.name, deals))}: {row.currency} {words.whole(row.closing)} unrecouped"
        )
    return "\n".join(said)


def _by_year(paid: pd.DataFrame) -> list[str]:
    """Return lines of cash by clause and year of payment, with their sums."""
    if paid.empty:
        return ["Nothing is paid within the horizon."]
    years = paid.period.str[:4]
    wide = paid.pivot_table(index="label", columns=years, values="cash", aggfunc="sum", sort=False, fill_value=0.0)
    wide = wide.sort_index(axis=1)
    wide.loc["Together"] = wide.sum()
    wide["Total"] = wide.sum(axis=1)
    amounts = ((label, *map(words.whole, row)) for label, row in zip(wide.index, wide.to_numpy(), strict=True))
    return _aligned([("", *wide.columns), *amounts])


def _label(outcome: Outcome, found: Statement, row: Line) -> str:
    """Return a clause, and whose it is where a package has several deals."""
    several = len(outcome.scenario.packages[found.package].deals) > 1
    return f"{names.name(row.deal)}: {clause(row.clause).lower()}" if several and row.deal else clause(row.clause)


def _licensees(licensees: tuple[str, ...]) -> str:
    return f"licensee{'s' if len(licensees) > 1 else ''} {words.listed(map(names.name, licensees))}"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows as lines: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
