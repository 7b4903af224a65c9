"""A statement of account as an Excel workbook, a sheet for each party: live subtotals, dates, widths, ready to print.

The same numbers give the same bytes: the file bears the date of the horizon's start, not of the day.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from xlsxwriter import Workbook

from simlib.present import names, statement, words
from simlib.present.sheet import COLUMNS, LOOKS, Sheet
from simlib.simulation.balance import Balance
from simlib.simulation.outcome import Outcome
from simlib.simulation.statement import Line, Statement

ACCOUNT = ("Opening", "To be recouped", "Recouped", "Lapsed", "Closing")
FIRST_AMOUNT = 5  # the column in which amounts begin


def workbook(outcome: Outcome, found: Statement, parties: Sequence[str] | None = None) -> bytes:
    """Return the workbook of a statement, with a sheet for each party, or for those named.

    >>> from simlib.scenario.load import load
    >>> from simlib.simulation.engine import simulate
    >>> outcome = simulate(load("scenarios/day-and-night.yml"), draws=64)
    >>> workbook(outcome, statement.recommended(outcome))[:2]
    b'PK'
    """
    held, start = io.BytesIO(), outcome.periods[0]
    with Workbook(held, {"in_memory": True}) as book:
        created = datetime(int(start[:4]), int(start[5:]), 1)
        book.set_properties({"title": f"Statement of account: {outcome.scenario.name}", "created": created})
        looks = {name: book.add_format({"font_name": "Calibri", **look}) for name, look in LOOKS.items()}
        taken = {"history"}  # Excel's own
        for party in parties or statement.parties(outcome, found):
            sheet = Sheet(book.add_worksheet(_name(party, taken)), looks)
            _fill(sheet, outcome, found, party)
    return held.getvalue()


def _name(party: str, taken: set[str]) -> str:
    """Return a name that a sheet may have: 31 letters at most, no two alike."""
    whole = names.name(party)
    numbered = (f"{whole[:26]} ({number})" for number in range(2, len(taken) + 3))
    chosen = next(name for name in (whole[:31], *numbered) if name.lower() not in taken)
    taken.add(chosen.lower())
    return chosen


def _fill(sheet: Sheet, outcome: Outcome, found: Statement, party: str) -> None:
    """Write a party's statement: what it is of, the lines by deal and clause, what is due later, the advances."""
    first, *others = statement.heading(outcome, found, party)
    sheet.said(first, "title")
    for line in others:
        sheet.said(line, "quiet")
    sheet.cells((at, column.title, "head") for at, column in enumerate(COLUMNS))
    sheet.set_up(first)
    table = statement.rows(found, party)
    paid, top = table[table.period != ""], sheet.row
    for deal, own in paid.groupby("deal", sort=False):
        sheet.said(statement.grant(outcome, deal) if deal else "The package", "deal")
        for _, lines in own.groupby(["clause", "payer", "payee"], sort=False):
            _clause(sheet, lines, outcome.scenario.currency)
    if len(paid):
        sheet.sums("Total", top, paid, "total", fields=("cash",))
    _later(sheet, table[table.period == ""])
    _advances(sheet, statement.balances(outcome, found, party))


def _clause(sheet: Sheet, lines: Any, currency: str) -> None:
    """Write the lines of one clause and their sum."""
    first = next(lines.itertuples())
    who = "from receipts" if lines.deducted.any() else f"{names.name(first.payer)} to {names.name(first.payee)}"
    note = f" ({first.note})" if first.note else ""
    sheet.said(f"{statement.clause(first.clause)}, {who}{note}", "clause")
    top = sheet.row
    for line in lines.itertuples():
        sheet.cells(_cells(line, currency))
    sheet.sums("Subtotal", top, lines, "sum")


def _cells(line: Line, currency: str) -> Iterable[tuple[int, Any, str]]:
    for at, column in enumerate(COLUMNS):
        value, look = getattr(line, column.field), column.look
        if column.field in ("period", "earned"):
            value = _month(value)
        elif column.field == "unit":
            value = currency if value == "money" else names.plain(value)
        elif column.field == "rate" and line.unit == "money":
            look = "share"
        yield at, value, look


def _later(sheet: Sheet, late: Any) -> None:
    """Write what falls due after the horizon, by clause."""
    if late.empty:
        return
    sheet.row += 1
    sheet.said(statement.AFTER, "deal")
    places = {column.field: at for at, column in enumerate(COLUMNS)}
    for line in late.itertuples():
        deal = f"{names.name(line.deal)}: " if line.deal else ""
        who = f"{names.name(line.payer)} to {names.name(line.payee)}"
        sheet.sheet.write_string(sheet.row, 0, f"{deal}{statement.clause(line.clause).lower()}, {who}")
        due = {"gross": line.gross, "recouped": line.recouped, "net": line.gross - line.recouped}
        sheet.cells((places[field], value, "money") for field, value in due.items())


def _advances(sheet: Sheet, balances: Sequence[Balance]) -> None:
    """Write the accounts of advances, each in its own currency."""
    for deals in dict.fromkeys(row.deals for row in balances):
        sheet.row += 1
        sheet.said(f"Advance, {words.listed(map(names.name, deals))}", "deal")
        heads = (
            dict.fromkeys(range(len(COLUMNS)), "")
            | {0: "Period", 1: "Currency"}
            | dict(enumerate(ACCOUNT, FIRST_AMOUNT))
        )
        sheet.cells((at, title, "head") for at, title in heads.items())
        for row in (row for row in balances if row.deals == deals):
            amounts = (row.opening, row.claimed, row.recouped, row.lapsed, row.closing)
            told = [(0, _month(row.period), "month"), (1, row.currency, "text")]
            sheet.cells([*told, *((at, amount, "money") for at, amount in enumerate(amounts, FIRST_AMOUNT))])


def _month(period: str) -> datetime:
    return datetime(int(period[:4]), int(period[5:]), 1)
