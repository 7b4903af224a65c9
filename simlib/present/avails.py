"""The avails of a package as `simlib check` gives them: as lines of text, and as a picture in a file."""

from __future__ import annotations

import io
from collections.abc import Iterator

from pandas import DataFrame

from simlib.present import charts, names, words
from simlib.present.charts.canvas import PAPER

HEAD = ("where", "who", "from", "to", "", "free")


def text(table: DataFrame) -> str:
    """Return a table of avails as aligned lines: under each set of media a line for each claim on a place."""
    rows, titles = [HEAD], {}
    for media, block in table.groupby("media", sort=False):
        titles[len(rows)] = names.media(media)
        for where, own in block.groupby("where", sort=False):
            rows += [(where if index == 0 else "", *line) for index, line in enumerate(_lines(own))]
    lines = enumerate(words.aligned(rows).splitlines())
    return "\n".join(f"{titles[index]}\n  {line}" if index in titles else f"  {line}" for index, line in lines)


def _lines(own: DataFrame) -> Iterator[tuple[str, ...]]:
    """Yield who, from, to, status and free of each claim on a place; one line where nobody has any."""
    free = ", ".join(_spans(own[own.status == "free"], own.first_month.min(), own.last_month.max()))
    held = own[own.status != "free"]
    if held.empty:
        yield (words.NOTHING, "", "", "", "throughout")
    for index, claim in enumerate(held.itertuples()):
        yield names.name(claim.holder), claim.first_month, claim.last_month, claim.status, free if index == 0 else ""


def _spans(free: DataFrame, first: str, last: str) -> Iterator[str]:
    """Yield the free spans in words; what lasts to the end of the table has no end."""
    for span in free.itertuples():
        if span.last_month == last:
            yield f"from {span.first_month}"
        elif span.first_month == first:
            yield f"to {span.last_month}"
        else:
            yield f"{span.first_month} to {span.last_month}"


def picture(table: DataFrame, suffix: str) -> bytes:
    """Return the picture of a table of avails as a file that ends in `.svg` or `.png` holds it."""
    figure = charts.avails(table)
    if suffix == ".svg":
        return charts.svg(figure).encode()
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=2 * figure.dpi, facecolor=PAPER)
    return drawn.getvalue()
