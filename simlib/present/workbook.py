"""A statement of account as an Excel workbook, a sheet for each party: live subtotals, dates, widths, ready to print.

The same numbers give the same bytes: the file bears the date of the horizon's start, not of the day.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from simlib.present import names, statement, words
from simlib.simulation.balance import Balance
from simlib.simulation.outcome import Outcome
from simlib.simulation.statement import Line, Statement


class Column(NamedTuple):
    """A column of a sheet: the field of a line, its heading, its width in letters, its look."""

    field: str
    title: str
    width: int
    look: str


COLUMNS = (
    Column("period", "Paid", 13, "month"),
    Column("earned", "Earned", 11, "month"),
    Column("base", "Base", 16, "number"),
    Column("unit", "Unit", 17, "text"),
    Column("rate", "Rate", 9, "rate"),
    Column("deducted", "Deducted", 16, "money"),
    Column("gross", "Gross", 16, "money"),
    Column("recouped", "Recouped", 16, "money"),
    Column("tax", "Tax", 16, "money"),
    Column("net", "Net", 16, "money"),
    Column("cash", "Received, paid", 16, "money"),
    Column("recouped_so_far", "Recouped so far", 16, "money"),
    Column("unrecouped", "Unrecouped", 16, "money"),
)
ACCOUNT = ("Opening", "To be recouped", "Recouped", "Lapsed", "Closing")
FIRST_AMOUNT = 5  # the column in which amounts begin
SUMMED = ("deducted", "gross", "recouped", "tax", "net", "cash")
LOOKS = {
    "title": {"bold": True, "font_size": 15},
    "quiet": {"font_color": "#5c646e"},
    "head": {"bold": True, "bottom": 1, "align": "right", "text_wrap": True, "bg_color": "#e3e6ea"},
    "deal": {"bold": True, "bg_color": "#dcebf5", "font_color": "#0b4a75"},
    "clause": {"bold": True},
    "text": {"align": "right"},
    "month": {"num_format": "mmm yyyy", "align": "right"},
    "number": {"num_format": "#,##0.00"},
    "money": {"num_format": "#,##0.00;[Red]-#,##0.00;\u2013"},
    "rate": {"num_format": "0.0000"},
    "share": {"num_format": "0.0#%"},
    "sum": {"num_format": "#,##0.00;[Red]-#,##0.00;\u2013", "bold": True, "top": 1},
    "total": {"num_format": "#,##0.00;[Red]-#,##0.00;\u2013", "bold": True, "top": 1, "bottom": 6},
}


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
        taken: set[str] = set()
        for party in parties or statement.parties(outcome, found):
            sheet = _Sheet(book.add_worksheet(_name(party, taken)), looks)
            _fill(sheet, outcome, found, party)
    return held.getvalue()


def _name(party: str, taken: set[str]) -> str:
    """Return a name that a sheet may have: 31 letters at most, no two alike."""
    whole = names.name(party)[:31]
    for number in range(2, len(taken) + 3):
        if whole.lower() not in taken:
            break
        whole = f"{whole[: 28 - len(str(number))]} ({number})"
    taken.add(whole.lower())
    return whole


class _Sheet:
    """A worksheet filled row by row."""

    def __init__(self, sheet: Any, looks: dict[str, Any]):
        self.sheet, self.looks, self.row = sheet, looks, 0

    def said(self, text: str, look: str) -> None:
        """Write a sentence that runs over the row; a coloured one colours all of it."""
        if "bg_color" in LOOKS[look]:
            for column in range(len(COLUMNS)):
                self.sheet.write_blank(self.row, column, None, self.looks[look])
        self.sheet.write_string(self.row, 0, text, self.looks[look])
        self.row += 1

    def cells(self, cells: Iterable[tuple[int, Any, str]]) -> None:
        """Write a row of cells, each with its column and look; what is missing stays empty."""
        for column, value, look in cells:
            if isinstance(value, datetime):
                self.sheet.write_datetime(self.row, column, value, self.looks[look])
            elif isinstance(value, str):
                self.sheet.write_string(self.row, column, value, self.looks[look])
            elif math.isfinite(value):
                self.sheet.write_number(self.row, column, value, self.looks[look])
        self.row += 1

    def sums(self, label: str, first: int, table: Any, look: str, fields: Sequence[str] = SUMMED) -> None:
        """Write the sums of the rows from `first` on as formulas; a sum over sums counts every row once."""
        for column in range(len(COLUMNS)):
            self.sheet.write_blank(self.row, column, None, self.looks[look])
        self.sheet.write_string(self.row, 0, label, self.looks[look])
        for column, field in ((at, c.field) for at, c in enumerate(COLUMNS) if c.field in fields):
            letter = xl_col_to_name(column)
            formula = f"=SUBTOTAL(9,{letter}{first + 1}:{letter}{self.row})"
            self.sheet.write_formula(self.row, column, formula, self.looks[look], float(table[field].sum()))
        self.row += 1


def _fill(sheet: _Sheet, outcome: Outcome, found: Statement, party: str) -> None:
    """Write a party's statement: what it is of, the lines by deal and clause, what is due later, the advances."""
    first, *others = statement.heading(outcome, found, party)
    sheet.said(first, "title")
    for line in others:
        sheet.said(line, "quiet")
    sheet.cells((at, column.title, "head") for at, column in enumerate(COLUMNS))
    _set_up(sheet, first)
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


def _set_up(sheet: _Sheet, title: str) -> None:
    """Freeze the headings, set widths, and make it print on pages of one width."""
    for at, column in enumerate(COLUMNS):
        sheet.sheet.set_column(at, at, column.width)
    sheet.sheet.freeze_panes(sheet.row, 1)
    sheet.sheet.repeat_rows(sheet.row - 1)
    sheet.sheet.set_landscape()
    sheet.sheet.set_paper(9)  # A4
    sheet.sheet.fit_to_pages(1, 0)
    sheet.sheet.hide_gridlines(2)
    sheet.sheet.set_footer(f"&L{title.replace('&', '&&')}&RPage &P of &N")


def _clause(sheet: _Sheet, lines: Any, currency: str) -> None:
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


def _later(sheet: _Sheet, late: Any) -> None:
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


def _advances(sheet: _Sheet, balances: Sequence[Balance]) -> None:
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
