"""What the notebook on payment habits says: the answer, the model, what was found beside the fan, what each lever does."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from pandas import DataFrame

from simlib.present import names, tables, values, words
from simlib.present.decision import last_month
from simlib.present.page import Html, grid
from simlib.simulation.outcome import Outcome

MODEL = (
    "An audience is parted into those who watch unlicensed copies, those who watch free with advertising, new "
    "payers, habitual payers, and those who have stopped. Free viewers begin to pay of themselves and by word of "
    "mouth among payers (Bass 1969), unlicensed viewers adding to it or taking from it (Givon, Mahajan & Muller "
    "1995); price against income, exclusive titles and the platforms’ training of users multiply it. Enforcement "
    "moves unlicensed viewers once it passes a threshold, and more of the same adds little (Danaher, Smith & "
    "Telang 2015). A survey that asks who paid within half a year counts a flow: all but those who were not "
    "paying at the half year’s start and have not paid since. Who pays on a given day is a stock, and smaller."
)


def model() -> Html:
    """Return the model in a paragraph, with its sources."""
    return Html(f"<p>{escape(MODEL)}</p>")


def market(outcome: Outcome) -> str:
    """Return the market that the pictures show: the one with a survey beside it, or else the scenario's first."""
    markets = outcome.scenario.habits.markets
    return next((place for place in markets if f"paid_half_year.{place}" in outcome.scenario.histories), markets[0])


def pictured(outcome: Outcome) -> str:
    """Return the market that the deal report pictures: the surveyed, or the only one; nothing where there are several."""
    section = outcome.scenario.habits
    if section is None:
        return ""
    place = market(outcome)
    return place if len(section.markets) == 1 or f"paid_half_year.{place}" in outcome.scenario.histories else ""


def side_by_side(outcome: Outcome) -> DataFrame:
    """Return the fans of the share that pays in each of several markets, none where there is one."""
    fans = tables.fans(outcome, "paying_ratio")
    return fans if fans.series.nunique() > 1 else fans.iloc[:0]


def both_measures(outcome: Outcome) -> DataFrame:
    """Return the fans of both measures of the pictured market; nothing where the scenario asks for one of them alone."""
    table = tables.measures(outcome, pictured(outcome))
    return table if table.series.nunique() > 1 else table.iloc[:0]


def answer(outcome: Outcome) -> Html:
    """Return the answer in a few sentences, the first one large."""
    first, *said = _answered(outcome)
    key = '<p class="quiet">Medians, with P10 to P90 in brackets; four draws in five lie between.</p>'
    rest = "".join(f"<p>{escape(sentence)}</p>" for sentence in said)
    return Html(f'<div class="decision"><p class="first">{escape(first)}</p>{rest}{key}</div>')


def _answered(outcome: Outcome) -> Iterator[str]:
    place = market(outcome)
    where, when = f"the audience in {names.name(place)}", f"at the end of {last_month(outcome)}"
    stock, flow = _end(outcome, f"paying_ratio.{place}"), f"paid_half_year.{place}"
    if flow in outcome.outputs:
        yield f"{_end(outcome, flow)} of {where} have paid within half a year {when}."
        yield f"On a given day {stock} pay."
    else:
        yield f"{stock} of {where} pay on a given day {when}."
    habit = outcome[f"habit_share.{place}"].mean() / outcome[f"paying_ratio.{place}"].mean()
    yield f"{words.percent(habit)} of those who pay do so out of habit, means over the draws."
    for top in levers(outcome).head(1).itertuples():
        low, high = words.percent(top.low), words.percent(top.high)
        yield (
            f"Of the levers, {top.lever.lower()} moves most: “{top.label}” takes those who pay on a given day from {low} "
            f"near its P10 to {high} near its P90."
        )


def _end(outcome: Outcome, series: str) -> str:
    end = tables.fans(outcome, series).iloc[-1]
    return f"{words.percent(end.p50)} ({values.between(end.p10, end.p90, 'share')})"


def found(outcome: Outcome) -> Html | None:
    """Return each figure that was found beside the fan of its month."""
    past = tables.history(outcome, f"paid_half_year.{market(outcome)}")
    if past.empty:
        return None
    rows = [_found(row, tables.fans(outcome, row.series)) for row in past.itertuples()]
    return grid(
        "What the survey found, and the fan of that month", ["Survey", "Found", "P10 to P90", "Median", "Was"], rows
    )


def _found(row: tuple, fan: DataFrame) -> list[str]:
    beside = fan[(fan["at"].astype(float) - row.at).abs() < 1 / 24]
    told = [words.NOTHING, words.NOTHING]
    if len(beside):
        then = beside.iloc[0]
        told = [values.between(then.p10, then.p90, "share"), words.percent(then.p50)]
    least = "over " if row.status == "lower bound" else ""
    return [
        words.month(row.period[:7]),
        least + words.percent(row.value, 3),
        *told,
        "known" if row.known else "not known yet",
    ]


def levers(outcome: Outcome) -> DataFrame:
    """Return the levers' bars that stand out of the Monte Carlo error."""
    bars = tables.levers(outcome, market(outcome))
    return bars[bars.swing.abs() > 3 * bars.error].reset_index(drop=True)


def moved(outcome: Outcome) -> Html | None:
    """Return what each lever does to those who pay at the end."""
    bars = tables.levers(outcome, market(outcome))
    if bars.empty:
        return None
    units = {row["input"]: row["unit"] for row in tables.assumptions(outcome).to_dict("records")}
    rows = []
    for row in bars.itertuples():
        ends = [values.brief(end, units.get(row.input, "")) for end in (row.at_p10, row.at_p90)]
        said = f"{100 * row.swing:+.1f} ± {100 * row.error:.1f}".replace("-", words.MINUS)
        rows.append(
            [(row.lever, row.label), f"{ends[0]} → {ends[1]}", words.percent(row.low), words.percent(row.high), said]
        )
    head = ["Lever", "Its P10 → P90", "Pay near P10", "Pay near P90", "Points"]
    return grid(
        f"Who pays at the end of {last_month(outcome)}, mean where one lever is near its P10 and near its P90",
        head,
        rows,
    )


def measures_seen(outcome: Outcome) -> str:
    """Say what to see in the picture of both measures."""
    if outcome.scenario.habits is None:
        return ""
    place = market(outcome)
    paths = tables.measures(outcome, place)
    ends = paths.groupby("series", sort=False).last()
    said = f"Lines are medians, bands run from P10 to P90. At the end {words.percent(ends.p50.iloc[-1])} pay on a given day"
    if len(ends) > 1:
        times = ends.p50.iloc[0] / ends.p50.iloc[-1]
        said += f"; {words.count(times, digits=2)} times as many have paid within half a year"
    seen = tables.against(outcome, f"paid_half_year.{place}")
    if seen.empty:
        return f"{said}."
    inside = int(seen.inside.sum())
    told = (
        f"Full dots were known when the numbers were set; of the {len(seen)} that came after, {inside} "
        f"{'lies' if inside == 1 else 'lie'} in the band."
    )
    return f"{said}. {told}"


def standing_seen(outcome: Outcome) -> str:
    """Say which states grew and shrank most."""
    if outcome.scenario.habits is None:
        return ""
    shares = tables.standing(outcome, market(outcome)).groupby("said", sort=False).share
    first, last = shares.first(), shares.last()
    most, least = (last - first).idxmax(), (last - first).idxmin()
    grows, shrinks = (f"from {words.percent(first[said])} to {words.percent(last[said])}" for said in (most, least))
    said = f"Means over the draws. “{most}” grows most, {grows}; “{least}” shrinks most, {shrinks}."
    paying = _end(outcome, f"paying_ratio.{market(outcome)}")
    return f"{said} At the end {paying} pay on a given day, in brackets P10 to P90."
