"""What uncertainty costs and what is worth finding out, as tables of a page, and the sentences that belong to them."""

from __future__ import annotations

from html import escape

from pandas import DataFrame

from simlib.decide.choices import RARE
from simlib.present import names, tables, words
from simlib.present.findings import going_wrong, party_of
from simlib.present.page import Html, grid
from simlib.simulation.outcome import Outcome

SHOWN = 8  # inputs that are worth finding out
MEASURES = {"p05": "P05", "p50": "Median", "p95": "P95", "cvar": "Worst draws", "certainty_equivalent": "Sure sum"}
QUESTIONS = {"licensee": "sign at the ask?", "licensor": "which package?"}


def risks(outcome: Outcome) -> Html | None:
    """Return what uncertainty costs each side of each package; measures that the scenario says nothing of are left out."""
    table, currency = tables.risks(outcome), outcome.scenario.currency
    if table.empty:
        return None
    shown = {name: head for name, head in MEASURES.items() if table[name].notna().any()} | {"regret": "Regret"}
    rows = []
    for row in table.to_dict("records"):
        party = "its licensees" if "," in row["party"] else names.name(row["party"])
        numbers = [words.short(words.rounded(row[name], row.get(f"{name}_error"))) for name in shown]
        rows.append([(row["label"] if row["side"] == "licensor" else "", f"to {party}"), *numbers])
    title = f"What uncertainty costs: net present value, {currency}"
    return _with_sentence(grid(title, ["Package", *shown.values()], rows), _measures(table))


def _measures(table: DataFrame) -> str:
    """Say what the measures mean, those that are shown."""
    said = ["Regret is what the best package in hindsight would have brought more, on average"]
    if table.certainty_equivalent.notna().any():
        said.insert(0, "the sure sum is what a party would take for certain instead, at its risk tolerance")
    if table.cvar.notna().any():
        said.insert(0, f"Worst draws are the worst {words.percent(table.worst_share.iloc[0])} of them, on average")
    return "; ".join([said[0], *(part[0].lower() + part[1:] for part in said[1:])]) + "."


def knowing(outcome: Outcome) -> Html | None:
    """Return what it is worth to know an input before deciding, for each side, and where the input stands in the file."""
    table, currency = tables.knowing(outcome), outcome.scenario.currency
    sides = [side for side in QUESTIONS if side in set(table.side)]
    seen = table[table.worth > 2 * table.error]
    if seen.empty:
        return None
    parties = table.drop_duplicates("side").set_index("side")
    heads = [f"To {names.name(parties.party[side])}: {QUESTIONS[side]}" for side in sides]
    rows = [["Everything at once", *(words.money(parties.most[side], currency) for side in sides), words.NOTHING]]
    for name in seen.input.drop_duplicates()[:SHOWN]:
        own = seen[seen.input == name].set_index("side")
        worth = [
            words.money(own.worth[side], currency, own.error[side]) if side in own.index else words.NOTHING
            for side in sides
        ]
        file = own.file.iloc[0].rpartition("/")[2]
        rows.append(
            [own.label.iloc[0], *worth, f"{file}:{own.line.iloc[0]}" if own.line.iloc[0] else "set for this run"]
        )
    told = grid("Worth finding out", ["Input", *heads, "Where"], rows)
    return _with_sentence(
        told,
        "The most that anybody should pay to know an input before deciding; nothing where the decision would be the same "
        "whatever it turned out to be. Correlations are counted: to know one input is to know something of its companions.",
    )


def losing_title(outcome: Outcome) -> str:
    """Return what the box is of."""
    found = going_wrong(outcome)
    return f"When {_party(outcome)} {'loses' if found.loses else 'does worst'}" if found else ""


def losing(outcome: Outcome) -> str:
    """Say what the box holds: the ranges, how many draws go wrong inside and in all, and how many of these it holds."""
    found, table = going_wrong(outcome), tables.losing(outcome)
    if found is None:
        return ""
    party, label = _party(outcome), outcome.scenario.packages[found.package].label
    wrong = "loses money" if found.loses else "does worst"
    seldom = f" Fewer than {words.percent(RARE)} of draws lose, so that the worst tenth is looked at."
    rare = "" if found.loses else seldom
    terms = f"{label}, {'at the ask' if found.at_ask else 'at the terms assumed'}"
    if table.empty:
        share = words.chance(found.share)
        return f"{terms}: {party} {wrong} in {share} of draws, and no range of an input tells them apart.{rare}"
    ranges = words.listed(f"“{row.label}” is {row.said}" for row in table.itertuples())
    said = f"Where {ranges}, {party} {wrong} in {words.chance(found.box.density)} of draws, against "
    said += f"{words.chance(found.share)} of all; {words.chance(found.box.coverage)} of those that do lie there. "
    return f"{said}{terms}.{rare}"


def paragraph(sentence: str) -> Html | None:
    """Return a sentence that stands where a figure would."""
    return Html(f'<p class="seen">{escape(sentence)}</p>') if sentence else None


def _party(outcome: Outcome) -> str:
    """Return the side that the box is of, in words."""
    found = going_wrong(outcome)
    licensor, licensees = party_of(outcome, found.package)
    parties = [licensor] if found.side == "licensor" else licensees
    return names.name(parties[0]) if len(parties) == 1 else "the licensees’ side"


def _with_sentence(table: Html, sentence: str) -> Html:
    return Html(f'{table}<p class="seen">{escape(sentence)}</p>')
