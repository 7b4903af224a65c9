"""A sheet of an Excel workbook as a statement of account has it: its columns, its looks, written row by row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from xlsxwriter.utility import xl_col_to_name


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


class Sheet:
    """A worksheet filled row by row."""

    def __init__(self, sheet: Any, looks: dict[str, Any]):
        self.sheet, self.looks, self.row = sheet, looks, 0

    def set_up(self, title: str) -> None:
        """Freeze what is written so far as the heading, set widths, and make it print on pages of one width."""
        for at, column in enumerate(COLUMNS):
            self.sheet.set_column(at, at, column.width)
        self.sheet.freeze_panes(self.row, 1)
        self.sheet.repeat_rows(self.row - 1)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)  # A4
        self.sheet.fit_to_pages(1, 0)
        self.sheet.hide_gridlines(2)
        self.sheet.set_footer(f"&L{title.replace('&', '&&')}&RPage &P of &N")

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
