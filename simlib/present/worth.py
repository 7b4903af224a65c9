"""What each package brings and costs, in words and as a table beside its picture."""

from __future__ import annotations

from simlib.present import names, tables, words
from simlib.present.page import Html, folded, grid, in_unit
from simlib.simulation.outcome import Outcome


def title(outcome: Outcome) -> str:
    """Return what the picture is of."""
    table = tables.worth(outcome)
    if table.empty:
        return ""
    return f"What each package brings {names.name(table.licensor.iloc[0])}, line by line, {outcome.scenario.currency}"


def seen(outcome: Outcome) -> str:
    """Say which package costs most, where the most income comes from, and which loses least often."""
    table, currency = tables.worth(outcome), outcome.scenario.currency
    if table.empty:
        return ""
    labels = table.drop_duplicates("package").set_index("package").label
    brought, spent = (table[table.kind == kind].groupby("package").amount.sum() for kind in ("income", "cost"))
    said, top = [], None
    if len(brought):
        top = brought.idxmax()
        own = table[(table.kind == "income") & (table.package == top)]
        line = own.line[own.amount.idxmax()]
        said.append(f"{labels[top]} brings most, {words.money(brought[top], currency)}, above all by {line.lower()}")
    if len(spent):
        dearest = spent.idxmin()
        who = "it also" if dearest == top else labels[dearest]
        said.append(f"{who} costs most, {words.money(-spent[dearest], currency)}")
    chances = table[table.kind == "npv"].set_index("package").loss
    if chances.min() < chances.max():
        said.append(f"{labels[chances.idxmin()]} loses least often, in {words.chance(chances.min())} of draws")
    told = f"{'; '.join(said)}. " if said else ""
    look = "Means over the draws, each bar from where the one above ends; discounting is what it costs to wait."
    return f"{told}{look} The last line runs from P10 to P90 of the net present value."


def lines(outcome: Outcome) -> Html | None:
    """Return the same as a table that unfolds: a column a package, then its spread and how often it loses."""
    table = tables.worth(outcome)
    if table.empty:
        return None
    wide = table.pivot_table(index="line", columns="package", values="amount", sort=False)
    told, multiple, decimals = in_unit(outcome.scenario.currency, wide)
    rows = [
        [line, *(words.whole(value / multiple, decimals) for value in own)]
        for line, own in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    last = table[table.kind == "npv"]
    rows.append(["P10 to P90", *(words.span(row.p10 / multiple, row.p90 / multiple) for row in last.itertuples())])
    rows.append(["Loses in", *(words.chance(row.loss) for row in last.itertuples())])
    shown = grid(f"{told}, means over the draws", ["", *last.label], rows, {len(wide) - 1})
    return folded("The lines as a table", Html(f'<div class="ledger">{shown}</div>'))
