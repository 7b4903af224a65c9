"""What a notebook shows, as HTML: the opening, the decision, figures, tables. Whatever comes from a scenario is escaped."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from html import escape
from shlex import join
from typing import Any

from pandas import DataFrame

from simlib.present import captions, charts, names, outside, register, solved, still, tables, values, words
from simlib.present.decision import decision
from simlib.present.execute import ATTACHED
from simlib.present.findings import findings
from simlib.present.key import values_of
from simlib.present.made import made
from simlib.present.statement import recommended
from simlib.present.summary import summary
from simlib.present.workbook import workbook
from simlib.simulation.outcome import Outcome

SIDES = ("licensor", "licensee")
ENOUGH = 0.1  # of the draws, for a rate of return to be told: in fewer it tells of odd ones
MOST_TOLD = 10.0  # a year; a rate of return beyond says only that next to nothing was put in
FIRST_ROWS = 15  # of the register; the rest unfolds
Cell = str | tuple[str, str]


class Html(str):
    """HTML that a notebook shows as it is."""

    def _repr_html_(self) -> str:
        return str(self)


class Attached:
    """Results that a notebook carries and does not show."""

    def __init__(self, results: dict[str, Any]):
        self.results = results

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {ATTACHED: self.results, "text/plain": "summary and tables are attached to this cell"}


def opening(outcome: Outcome, kind: str = "Deal report") -> Html:
    """Return what kind of page it is, its title, and one quiet line: file, date, draws, seed."""
    scenario, today = outcome.scenario, datetime.now(UTC)
    quiet = [scenario.origin.file, f"{today.day} {words.MONTHS[today.month - 1]} {today.year}"]
    quiet += [f"{outcome.draws:,} draws", f"seed {outcome.seed}", f"money in {scenario.currency}"]
    quiet += [f"present values as of the start of {words.month(scenario.horizon.start)}"]
    kicker = f"{kind}: {scenario.title.name}" if scenario.title else kind.split()[-1].capitalize()
    lines = [
        ("kicker", kicker),
        ("quiet", " · ".join(quiet)),
        ("about", scenario.description or ""),
        ("quiet", overrides(outcome)),
    ]
    kicker, *below = (f'<p class="{kind}">{escape(text)}</p>' if text else "" for kind, text in lines)
    return Html(f"<header>{kicker}<h1>{escape(scenario.name)}</h1>{''.join(below)}</header>")


def decided(outcome: Outcome) -> Html:
    """Return the decision, its first sentence large."""
    first, *others = decision(outcome) or ["There is nothing to decide in this scenario."]
    rest = "".join(f"<p>{escape(sentence)}</p>" for sentence in others)
    beyond = captions.left_out(outcome).strip()
    left_out = f'<p class="quiet">{escape(beyond)}</p>' if beyond else ""
    key = '<p class="quiet">A draw is one value for every uncertain number; four draws in five lie from P10 to P90.</p>'
    return Html(f'<div class="decision"><p class="first">{escape(first)}</p>{rest}{left_out}{key}</div>')


def figure(chart: Callable[..., Any], *given: Any, title: str, seen: str, below: Html | None = None) -> Html | None:
    """Return a chart of tables with its title above, what to see in it and what more there is `below`.

    Where its first table is empty there is no chart.
    """
    if given[0].empty:
        return below
    drawn = charts.picture(chart, *given, alt=f"{title}. {seen}")
    return Html(
        f'<figure class="simlib"><figcaption>{escape(title)}</figcaption>{drawn}<p class="seen">{escape(seen)}</p></figure>'
        f"{below or ''}"
    )


def packages(outcome: Outcome) -> Html | None:
    """Return the packages side by side."""
    table, currency = tables.packages(outcome), outcome.scenario.currency
    if table.empty:
        return None
    head = [
        "Package",
        f"Worth to {names.name(table.licensor.iloc[0])}",
        "Is best",
        "Loses",
        "Worth to licensees",
        "Lose",
    ]
    rows = []
    for row in table.itertuples():
        sides = [
            (
                words.money(getattr(row, f"{side}_npv"), currency, getattr(row, f"{side}_mc_error")),
                words.span(getattr(row, f"{side}_p10"), getattr(row, f"{side}_p90")),
            )
            for side in ("licensor", "licensee")
        ]
        rows.append(
            [
                row.label,
                sides[0],
                words.chance(row.probability_best),
                words.chance(row.licensor_loss),
                sides[1],
                words.chance(row.licensee_loss),
            ]
        )
    marked = set(table.index[table.recommended])
    assumed = " at the terms assumed, not at the ask" if findings(outcome).agreement else ""
    return grid(f"Net present value{assumed}: mean, and P10 to P90 below it", head, rows, marked)


def cash(outcome: Outcome) -> Html | None:
    """Return the licensor's cash by year under each package, and both sides' rates of return."""
    known, table = tables.packages(outcome), tables.cash(outcome)
    if known.empty:
        return None
    wide = _by_year(table[table.role == "licensor"], "package").reindex(known.package)
    unit, multiple, decimals = in_unit(outcome.scenario.currency, wide)
    rows = [
        [
            row.label,
            *(words.whole(value / multiple, decimals) for value in own),
            *(_return(row, side) for side in SIDES),
        ]
        for row, own in zip(known.itertuples(), wide.to_numpy(), strict=True)
    ]
    licensor = names.name(known.licensor.iloc[0])
    title = f"Cash of {licensor} by year, {unit}; internal rates of return, a year"
    head = ["Package", *map(str, wide.columns), f"IRR of {licensor}", "IRR of licensees"]
    return _ledger(grid(title, head, rows, set(known.index[known.recommended])), captions.cash(outcome))


def ledger(outcome: Outcome) -> Html | None:
    """Return what each party receives less what it pays, by year; every column sums to zero."""
    table = tables.ledger(outcome)
    if table.empty:
        return None
    wide = _by_year(table, "party")
    unit, multiple, decimals = in_unit(outcome.scenario.currency, wide)
    rows = [
        [party, *(words.whole(value / multiple, decimals) for value in row)]
        for party, row in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    shown = grid(f"Ledger by party and year, {unit}", ["Party", *map(str, wide.columns)], rows, {0})
    return _ledger(shown, captions.ledger(outcome))


def _by_year(table: DataFrame, rows: str) -> DataFrame:
    """Return cash with a row for each party or package, a column for each year, and their total."""
    wide = table.pivot_table(index=rows, columns="year", values="cash", sort=False, aggfunc="sum")
    return wide.assign(Total=wide.sum(axis=1))


def in_unit(currency: str, amounts: DataFrame) -> tuple[str, float, int]:
    """Return the unit in which a ledger has three digits or more, how much of the currency it is, and the decimals."""
    largest = amounts.abs().to_numpy().max()
    multiple, word = next(((m, w) for m, w in words.MULTIPLES if largest >= 10 * m), (1.0, ""))
    return f"{currency} {word}".strip(), multiple, int(multiple > 1 and largest < 100 * multiple)


def _return(package: Any, side: str) -> Cell:
    """Return a side's median rate of return, and below it in how many draws there is one, where not in all."""
    rate, exists = (getattr(package, f"{side}_{name}") for name in ("irr", "irr_exists"))
    bounded = words.percent(rate) if rate <= MOST_TOLD else f"over {words.percent(MOST_TOLD)}"
    said = bounded if exists >= ENOUGH else words.NOTHING
    return said if exists in (0, 1) else (said, f"in {words.chance(exists)} of draws")


def _ledger(shown: Html, seen: str) -> Html:
    return Html(f'<div class="ledger">{shown}</div><p class="seen">{escape(seen)}</p>')


def break_even(outcome: Outcome) -> Html | None:
    """Return the questions that the scenario asks backwards, each with its answer."""
    scenario, answers = outcome.scenario, solved.solved(outcome)
    if not answers:
        return None
    rows = [
        [(solved.title(answer), solved.asked(scenario, answer)), (solved.said(scenario, answer), solved.way(answer))]
        for answer in answers
    ]
    head = ["Question", "Answer ± Monte Carlo error"]
    return Html(f'<div class="asked">{grid(f"Answers on {answers[0].draws:,} draws", head, rows)}</div>')


def regions(outcome: Outcome) -> Html | None:
    """Return what each region adds under each package."""
    table, currency = tables.regions(outcome), outcome.scenario.currency
    if table.empty:
        return None
    if table[table.contribution != 0].region.nunique() < 2:  # one alone says nothing
        return None
    packages = list(dict.fromkeys(tables.packages(outcome).package))
    labels = [outcome.scenario.packages[name].label for name in packages]
    wide = table.pivot_table(index="region", columns="package", values="contribution").reindex(columns=packages)
    wide = wide.sort_values(packages[0], ascending=False)
    rows = [
        [names.name(region), *(words.money(value, currency) for value in row)]
        for region, row in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    return grid("What each region adds, before fees", ["Region", *labels], rows)


def assumptions(outcome: Outcome) -> Html:
    """Return the register, the most influential first; all but the first rows unfold."""
    rows = []
    for row in register.assumptions(outcome):
        spread = words.NOTHING if row["p10"] is None else values.between(row["p10"], row["p90"], row["unit"])
        unit = "" if "share" in row["unit"] or "from the table" in row["value"] else row["unit"]
        share = words.percent(row["share"]) if register.is_seen(row) else words.NOTHING
        folder, _, file = row["file"].rpartition("/")
        seen = "" if folder.startswith("/") else folder
        where = (f"{file}:{row['line']}", seen) if row["line"] else "set for this run"
        note = re.sub(r"^guess\b\W*", "", row["note"]) if row["source"] == register.GUESS else row["note"]
        meaning = row["meaning"].partition(", e.g.")[0]
        rows.append(
            [(row["label"], meaning), f"{row['value']} {unit}".strip(), spread, share, (row["source"], note), where]
        )
    head = ["Assumption", "Value", "P10 to P90", "Explains", "Source", "Where"]
    shown = grid("The most influential assumptions", head, rows[:FIRST_ROWS])
    rest = grid("The other assumptions", head, rows[FIRST_ROWS:])
    more = folded(f"The other {len(rows) - FIRST_ROWS}", rest) if len(rows) > FIRST_ROWS else ""
    return Html(f'<div class="register">{shown}{more}</div>')


def folded(title: str, shown: Html) -> Html:
    """Return something that unfolds."""
    return Html(f"<details><summary>{escape(title)}</summary>{shown}</details>")


def overrides(outcome: Outcome) -> str:
    """Return what was set from outside the file in one line, or nothing."""
    changes = [
        f"{override.path} from {override.old} to {override.new}" for override in outcome.scenario.origin.overrides
    ]
    return f"Set for this run: {'; '.join(changes)}." if changes else ""


def how(outcome: Outcome, notebook: str = "") -> Html:
    """Return how the page was made: versions, commit, seed, the command to make it again with its notebook."""
    return how_made(outcome, command(outcome, notebook))


def command(outcome: Outcome, notebook: str = "") -> str:
    """Return the command that makes a scenario's report, or the page of another notebook than the deal report."""
    origin = outcome.scenario.origin
    words = ["simlib", "report", origin.file, *(["--notebook", notebook] if notebook else [])]
    sets = (word for override in origin.overrides for word in ("--set", f"{override.path}={override.new}"))
    return join([*words, *sets])


def how_made(outcome: Outcome, command: str) -> Html:
    """Return versions, commit, draws and seed, and the command to make it again."""
    facts = made()
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    commit = (
        f"{facts['commit'][:12]}{', with changes not committed' if facts['dirty'] else ''}"
        if facts["commit"]
        else "not in git"
    )
    lines = [("Versions", versions), ("Commit", commit), ("Draws, seed", f"{outcome.draws:,}, {outcome.seed}")]
    lines += [("Reads from outside", outside.sentence(read)) for read in outside.outside(outcome.scenario)]
    lines += [("Held as set", sentence) for sentence in still.sentences(outcome.scenario)]
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in lines)
    return Html(f'<dl class="how">{items}<dt>To make it again</dt><dd><code>{escape(command)}</code></dd></dl>')


def attached(outcome: Outcome) -> Attached:
    """Return summary, tables and the statement of account, for whoever takes them out of the executed notebook."""
    kept = {name: table.to_csv(index=False, lineterminator="\n") for name, table in tables.all_tables(outcome).items()}
    books = {"statement.xlsx": b64encode(workbook(outcome, found)).decode()} if (found := recommended(outcome)) else {}
    asked = [solved.jsonable(outcome.scenario, answer) for answer in solved.solved(outcome)]
    if asked:
        kept["break_even"] = tables.break_even(outcome).to_csv(index=False, lineterminator="\n")
    numbers = summary(outcome) | {"break_even": asked}
    return Attached(
        {"summary": numbers, "tables": kept, "books": books, "made": made(), "values": values_of(outcome.scenario)}
    )


def grid(title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]], marked: Collection[int] = ()) -> Html:
    """Return a table in a box that scrolls where the window is narrow; of a pair, the second stands below, smaller."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = []
    for index, row in enumerate(rows):
        first, *others = (_cell(text) for text in row)
        cells = f'<th scope="row">{first}</th>' + "".join(f"<td>{text}</td>" for text in others)
        body.append(f"<tr{' class=marked' if index in marked else ''}>{cells}</tr>")
    box = f'<div class="simlib-scroll" tabindex="0" role="region" aria-label="{escape(title)}">'
    return Html(
        f'<p class="caption">{escape(title)}</p>{box}<table>'
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _cell(cell: Cell) -> str:
    large, small = (cell, "") if isinstance(cell, str) else cell
    return escape(large) + (f"<small>{escape(small)}</small>" if small else "")
