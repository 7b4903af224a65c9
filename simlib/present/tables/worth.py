"""What each package costs its licensor and brings it, line by line, down to the net present value."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from simlib.present.findings import findings, party_of
from simlib.present.tables.once import once
from simlib.scenario.deals import AUDIENCE, SUPPLIERS, TAX
from simlib.simulation.outcome import Flow, Outcome

COLUMNS = ["package", "label", "recommended", "licensor", "line", "kind", "amount", "p10", "p90", "loss"]
CLAUSES = {
    "flat_fee": "Licence fees",
    "cost_plus": "Cost plus markup",
    "renewal": "Renewals",
    "minimum_guarantee": "Guarantees, overages",
    "revenue_share": "Shares of receipts",
    "per_hour": "By the hour",
    "per_subscriber": "By the member",
    "bonus": "Bonuses",
}
OVERAGE = CLAUSES["minimum_guarantee"]
SPENT = {"production_cost": "Production", "licensor_cost": "Delivery"}
FROM_AUDIENCE, FROM_OTHERS, OTHER_COSTS, PAID_ON, WITHHELD = (
    "From the audience", "From others", "Other costs", "Paid on to others", "Withholding tax",
)  # fmt: skip
KINDS = {
    **dict.fromkeys((*CLAUSES.values(), FROM_AUDIENCE, FROM_OTHERS), "income"),
    **dict.fromkeys((*SPENT.values(), OTHER_COSTS, PAID_ON), "cost"),
    WITHHELD: "tax",
}  # in the order in which they are shown
CASH, TIME, WORTH = "Cash", "Discounting", "Net present value"


@once
def worth(outcome: Outcome) -> pd.DataFrame:
    """Return what each package brings its licensor and costs it, a row a line; fewer than two packages have none.

    Amounts are means over the draws: `income`, `cost` and `tax` sum to the `cash`, which less what waiting for it costs
    (`time`) is the `npv`; that has its P10, P90 and the probability of a loss. Lines that are zero in every package are
    left out.
    """
    found, rows = findings(outcome).packages, []
    for value in found if len(found) > 1 else ():
        licensor, _ = party_of(outcome, value.name)
        lines = dict.fromkeys(KINDS, 0.0)
        for flow in outcome.flows_of(value.name):
            for line, amount in _lines(outcome, flow, licensor):
                lines[line] += amount
        cash, npv = sum(lines.values()), value.licensor["mean"]
        own = [(line, KINDS[line], amount) for line, amount in lines.items()]
        own += [(CASH, "cash", cash), (TIME, "time", npv - cash), (WORTH, "npv", npv)]
        told = {"package": value.name, "label": value.label, "recommended": value.name == findings(outcome).recommended}
        spread = {"p10": value.licensor["p10"], "p90": value.licensor["p90"], "loss": value.licensor_loss}
        rows += [
            told
            | {"licensor": licensor, "line": line, "kind": kind, "amount": amount}
            | (spread if kind == "npv" else {})
            for line, kind, amount in own
        ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    there = table[~table.kind.isin(KINDS.values()) | (table.amount != 0)].line.unique()
    return table[table.line.isin(there)].reset_index(drop=True)


def _lines(outcome: Outcome, flow: Flow, licensor: str) -> Iterator[tuple[str, float]]:
    """Yield the lines of a licensor's account that a flow belongs to, each with its sum, negative where it pays.

    A tax that a licensee withholds is the licensor's: it was owed the fee before tax, unless the licensee bears it.
    """
    amount = float(flow.mean.sum())
    deal = outcome.scenario.deals.get(flow.deal)
    if flow.payee == licensor != flow.payer:
        yield _income(outcome, flow), amount
    elif flow.payer == licensor != flow.payee:
        yield (SPENT.get(flow.clause, OTHER_COSTS) if flow.payee == SUPPLIERS else PAID_ON), -amount
    elif flow.payee == TAX and deal is not None and deal.licensor == licensor and not deal.gross_up:
        yield _income(outcome, flow), amount
        yield WITHHELD, -amount


def _income(outcome: Outcome, flow: Flow) -> str:
    """Return the line of what a licensor is paid; a share in a deal with a guarantee is its overage."""
    if flow.payer == AUDIENCE:
        return FROM_AUDIENCE
    deal = outcome.scenario.deals.get(flow.deal)
    if flow.clause == "revenue_share" and deal is not None and deal.clause("minimum_guarantee"):
        return OVERAGE
    return CLAUSES.get(flow.clause, FROM_OTHERS)
