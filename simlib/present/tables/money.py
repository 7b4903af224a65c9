"""Where the money goes and where it comes from, as tidy tables; sums over the horizon of means over draws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simlib.data import territories as known
from simlib.present import names
from simlib.present.findings import findings, party_of
from simlib.present.tables.once import once
from simlib.scenario.deals import AUDIENCE, OUTSIDE, SUPPLIERS, TAX
from simlib.simulation.outcome import Outcome

LARGEST = 10  # territories shown by name
TOGETHER = "The licensees"
COSTS = {"licensor_cost": "Licensor’s own costs", "other": "Other costs", "content": "Dubbing, subtitles"}


def money(outcome: Outcome) -> pd.DataFrame:
    """Return who pays whom in each package, under which clause of which deal or of none, not discounted."""
    rows = [
        (name, flow.deal, flow.payer, flow.payee, flow.clause, flow.mean.sum())
        for name in outcome.scenario.packages
        for flow in outcome.flows_of(name)
    ]
    return pd.DataFrame(rows, columns=["package", "deal", "payer", "payee", "clause", "amount"])


def cash(outcome: Outcome) -> pd.DataFrame:
    """Return what each party receives less what it pays, by package and calendar year; parties sum to zero."""
    years = np.array([int(period[:4]) for period in outcome.periods])
    rows = []
    for name in outcome.scenario.packages:
        flows = outcome.flows_of(name)
        parties = dict.fromkeys(party for flow in flows for party in (flow.payee, flow.payer))
        for party in parties:
            net = sum(flow.mean * ((flow.payee == party) - (flow.payer == party)) for flow in flows)
            rows += [
                (name, party, _role(outcome, name, party), year, net[years == year].sum()) for year in np.unique(years)
            ]
    return pd.DataFrame(rows, columns=["package", "party", "role", "year", "cash"])


def yearly(outcome: Outcome) -> pd.DataFrame:
    """Return the recommended package's cash by year of the licensor, and of the licensees together."""
    best, table = findings(outcome).recommended, cash(outcome)
    if best is None:
        return pd.DataFrame(columns=["role", "label", "year", "cash"])
    own = table[(table.package == best) & table.role.isin(["licensor", "licensee"])]
    labels = {"licensor": names.name(party_of(outcome, best)[0]), "licensee": _licensees(outcome, best)}
    summed = own.groupby(["role", "year"], as_index=False, sort=False)["cash"].sum()
    summed.insert(1, "label", summed.role.map(labels))
    return summed.sort_values("role", key=lambda role: role != "licensor", kind="stable", ignore_index=True)


@once
def waterfall(outcome: Outcome) -> pd.DataFrame:
    """Return the way of the recommended package's receipts to each party: step, kind, amount, from `start` to `end`.

    Receipts come first; costs, tax and what each side keeps take them down to zero.
    """
    best = findings(outcome).recommended
    if best is None:
        return pd.DataFrame(columns=["step", "kind", "amount", "start", "end"])
    flows = money(outcome)
    flows = flows[flows.package == best]
    receipts = flows[flows.payer == AUDIENCE].groupby("clause", sort=False)["amount"].sum()
    costs = flows[flows.payee == SUPPLIERS].groupby("clause", sort=False)["amount"].sum()
    licensor, _ = party_of(outcome, best)
    own = flows[flows.payee == licensor].amount.sum() - flows[flows.payer == licensor].amount.sum()
    tax = flows[flows.payee == TAX].amount.sum()
    others = _others(outcome, best, flows)
    steps = [(names.plain(line).capitalize(), "receipts", amount) for line, amount in receipts.items()]
    steps += [(COSTS.get(line) or names.plain(line).capitalize(), "cost", -amount) for line, amount in costs.items()]
    steps += [("Withholding tax", "tax", -tax)] if tax else []
    steps += [(f"{names.name(party)} keeps", "other", -kept) for party, kept in others.items()]
    steps += [(f"{names.name(licensor)} keeps", "licensor", -own)]
    verb = "keep" if _licensees(outcome, best) == TOGETHER else "keeps"
    rest = receipts.sum() - costs.sum() - tax - own - sum(others.values())
    steps += [(f"{_licensees(outcome, best)} {verb}", "licensee", -rest)]
    table = pd.DataFrame(steps, columns=["step", "kind", "amount"])
    table["end"] = table.amount.cumsum()
    table["start"] = table.end - table.amount
    return table


@once
def territories(outcome: Outcome) -> pd.DataFrame:
    """Return what the title adds in each territory under each package (present value before fees), the largest first."""
    rows = []
    for name, package in outcome.scenario.packages.items():
        added = sum(outcome.by_territory[f"deals.{deal}.contribution"].values for deal in package.deals)
        for code, value in zip(outcome.territories, added, strict=True):
            rows.append((name, code, known()[code].name, known()[code].region, value))
    table = pd.DataFrame(rows, columns=["package", "code", "territory", "region", "contribution"])
    return table.sort_values(["package", "contribution"], ascending=[True, False], kind="stable", ignore_index=True)


@once
def regions(outcome: Outcome) -> pd.DataFrame:
    """Return what each region adds under each package, and its share."""
    table = territories(outcome).groupby(["package", "region"], as_index=False)["contribution"].sum()
    table["share"] = table.contribution / table.groupby("package")["contribution"].transform("sum")
    return table.sort_values(["package", "contribution"], ascending=[True, False], kind="stable", ignore_index=True)


@once
def places(outcome: Outcome) -> pd.DataFrame:
    """Return the recommended package's largest territories by name, and the rest of each region as one.

    Nothing where a single territory brings all.
    """
    best = findings(outcome).recommended
    table = territories(outcome)
    table = table[(table.package == best) & (table.contribution != 0)]
    if len(table) < 2:
        return pd.DataFrame(columns=["place", "kind", "count", "contribution", "share"])
    named, rest = table.head(LARGEST), table.iloc[LARGEST:]
    rows = [(row.territory, "territory", 1, row.contribution) for row in named.itertuples()]
    grouped = rest.groupby("region")["contribution"].agg(["size", "sum"]).sort_values("sum", ascending=False)
    rows += [
        (f"Rest of {names.REGIONS[row.Index]}", "rest", row.size_, row.sum_)
        for row in grouped.set_axis(["size_", "sum_"], axis=1).itertuples()
    ]
    shown = pd.DataFrame(rows, columns=["place", "kind", "count", "contribution"])
    shown["share"] = shown.contribution / shown.contribution.sum()
    return shown


def _others(outcome: Outcome, package: str, flows: pd.DataFrame) -> dict[str, float]:
    """Return what financiers, agents and others who share in a package receive less what they put in."""
    found = dict.fromkeys(flows.payee) | dict.fromkeys(flows.payer)
    others = [party for party in found if _role(outcome, package, party) not in ("licensor", "licensee", *OUTSIDE)]
    return {
        party: flows[flows.payee == party].amount.sum() - flows[flows.payer == party].amount.sum() for party in others
    }


def _role(outcome: Outcome, package: str, party: str) -> str:
    licensor, licensees = party_of(outcome, package)
    return "licensor" if party == licensor else "licensee" if party in licensees else party


def _licensees(outcome: Outcome, package: str) -> str:
    """Return the licensee's name, or that they are several."""
    _, licensees = party_of(outcome, package)
    return names.name(licensees[0]) if len(licensees) == 1 else TOGETHER
