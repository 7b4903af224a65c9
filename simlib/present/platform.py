"""What to see in the figures of the whole platform, in the outcome's own numbers. Empty where there is nothing to see."""

from __future__ import annotations

import math

from pandas import DataFrame

from simlib.present import spans, tables, words
from simlib.scenario.histories import last_known
from simlib.simulation.outcome import Outcome


def happened(outcome: Outcome, series: str) -> str:
    """Say until when figures were known, and how many of those that came after lie in the light band of a fan."""
    seen, past = tables.against(outcome, series), tables.history(outcome, series)
    known = past[past.known.astype(bool)]
    said = ""
    if len(known) and known["at"].max() > tables.fans(outcome, series)["at"].min():
        shape = "line" if len(known) > 1 else "dot"
        said = f" The dark {shape} was known by {_known(outcome)}, and the fan rests on it{_unverified(known)}."
    if seen.empty:
        return said
    inside = int(seen.inside.sum())
    told = f"{'it lies' if len(seen) == inside == 1 else f'{inside} of {len(seen)} lie'} in the light band"
    after = "after" if said else f"after {_known(outcome)}"
    return f"{said} Dots are what happened {after}, which nothing here was fitted to: {told}."


def _unverified(known: DataFrame) -> str:
    """Say which of the known figures nobody saw in a document."""
    periods = [period[:4] for period in known.period[known.status == "unverified"]]
    return f" (unverified: {words.listed(dict.fromkeys(periods))})" if periods else ""


def _known(outcome: Outcome) -> str:
    return words.month(last_known(outcome.scenario.horizon))


def lines(outcome: Outcome) -> str:
    """Say which line is the largest on each side, and how to read the dots."""
    table = tables.lines(outcome)
    if table.empty:
        return ""
    last, each = table[table["at"] == table["at"].max()], spans.each(outcome)
    top = {side: own.loc[own.p50.idxmax()] for side, own in last.groupby("side", sort=False)}
    total = {side: own.p50.sum() for side, own in last.groupby("side", sort=False)}
    told = words.listed(
        f"{row.label} is the largest {'source of revenue' if side == 'revenue' else 'cost'} in the last {each} "
        f"({words.percent(row.p50 / total[side])} of the medians together)"
        for side, row in top.items()
    )
    past = tables.history(outcome, "platform")
    dots = " Filled dots were known and the fans rest on them; open ones happened after." if len(past) else ""
    return f"{told[0].upper()}{told[1:]}.{dots}"


def totals(outcome: Outcome) -> str:
    """Say in which years costs grow by more money than revenue, or where both stand at first and at last."""
    table = tables.totals(outcome)
    if table.empty:
        return ""
    dots = (
        " Filled dots of revenue were known, open ones happened after."
        if len(tables.past(outcome, "platform.revenue"))
        else ""
    )
    each, bands = spans.each(outcome), "Each band holds four draws in five."
    if each != "year":
        currency = outcome.scenario.currency
        ends = [
            (own.label.iloc[0], own.p50.iloc[0], own.p50.iloc[-1]) for _, own in table.groupby("series", sort=False)
        ]
        went = [
            f"{label} from {words.money(was, currency)} to {words.money(is_, currency)}" for label, was, is_ in ends
        ]
        return f"From the first {each} to the last the medians go: {words.listed(went)}. {bands}{dots}"
    faster = tables.faster(outcome)
    listed = words.listed(_stretches([int(year) for year in faster.year[faster.faster > 0.5]]))
    years = f"in {listed}" if listed else "in no year"
    return f"Costs grow by more money than revenue {years} in most draws. {bands}{dots}"


def _stretches(years: list[int]) -> list[str]:
    """Return years with those that follow one another told as stretches.

    >>> _stretches([2016, 2017, 2018, 2021])
    ['2016 to 2018', '2021']
    """
    firsts = [year for year in years if year - 1 not in years]
    lasts = [year for year in years if year + 1 not in years]
    return [str(one) if one == last else f"{one} to {last}" for one, last in zip(firsts, lasts, strict=True)]


def profit(outcome: Outcome) -> str:
    """Say what the profit of the worst year and of the last one is, and how the fan fared."""
    fan, currency = tables.a_year(outcome, "platform.profit"), outcome.scenario.currency
    if fan.empty:
        return ""
    worst, last, each = fan.loc[fan.p50.idxmin()], fan.iloc[-1], spans.each(outcome)
    when = f"{worst['at']:.0f}" if each == "year" else f"that from {words.month(worst.period)}"
    said = f"At the median the worst {each} is {when}, with {words.money(worst.p50, currency)}"
    if worst.name != last.name:
        said += f", and the last brings {words.money(last.p50, currency)}"
    return f"{said}; content counts as it is viewed.{happened(outcome, 'platform.profit')}"


def net_income(outcome: Outcome) -> str:
    """Say what interest and tax leave of the last period's profit, and how the fan fared."""
    fan, currency = tables.a_year(outcome, "platform.net_income"), outcome.scenario.currency
    if fan.empty:
        return ""
    last, each = fan.iloc[-1], spans.each(outcome)
    taken = [tables.a_year(outcome, f"platform.{name}").iloc[-1].p50 for name in ("interest", "tax_on_profit")]
    interest, tax = (words.money(amount, currency) for amount in taken)
    said = f"In the last {each} interest takes {interest} and tax {tax} at the median, and"
    said += f" {words.money(last.p50, currency)} is left (P10 to P90: {words.span(last.p10, last.p90, currency)})"
    return f"{said}; a loss is carried forward.{happened(outcome, 'platform.net_income')}"


def chances(outcome: Outcome) -> str:
    """Say how likely break-even is by the end, why it may never come, and when it came."""
    curve, first = tables.chances(outcome), tables.first_profit(outcome)
    if curve.empty:
        return ""
    end = curve.iloc[-1]
    said = f"By the end of the horizon {words.chance(end.probability)} of draws are in profit and stay so"
    said += "." if end.probability == 1 else "; in the others costs keep up with revenue to the end."
    for seen in first.itertuples():
        chance = words.chance(seen.probability)
        said += f" The first profit came in {math.ceil(seen.at - 1e-9) - 1}, by whose end {chance} of draws had theirs."
    return said


def paying(outcome: Outcome) -> str:
    """Say what the shares rest on."""
    table = tables.paying(outcome)
    if table.empty:
        return ""
    never = table.missing.max()
    said = "What each member leaves in the last year stays as it is; dots are medians, lines run from P10 to P90."
    return (
        said
        if not never
        else f"{said} In {words.chance(never)} of draws a member leaves nothing, and no number would do."
    )
