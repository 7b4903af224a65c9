"""The key figures of a scenario, as it is and as tweaked, and what tells the two apart in words, as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

import numpy as np

from simlib.decide.difference import Comparison, difference
from simlib.decide.negotiate import Zone
from simlib.decide.value import standard_error
from simlib.present import habits, names, versus, words
from simlib.present.findings import findings
from simlib.simulation.outcome import Output

SAME, UNCLEAR = "same", "not clear"
CALLED = ("the scenario as it is", "the scenario as tweaked")
BY_PLATFORM = {
    "platform.in_profit": "Chance of a profit in the last year",
    "platform.profit_last_year": "Profit of the last year",
    "platform.net_income_last_year": "Net income of the last year",
}


class Figure(NamedTuple):
    """One key figure: what it is, in words before, after and by how much; `moves` where that is more than chance."""

    label: str
    before: str
    after: str
    apart: str
    moves: bool


def key_figures(comparison: Comparison) -> list[Figure]:
    """Return the figures that a decision turns on: the fee, the packages, members, payers, profit."""
    return [*_fees(comparison), *_results(comparison)]


def html(comparison: Comparison) -> str:
    """Return the key figures as a table, means in the scenario's currency, what moves marked."""
    unit = f"Means, money in {comparison.one.scenario.currency}"
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in (unit, "As it is", "As tweaked", "Difference"))
    body = "".join(_row(figure) for figure in key_figures(comparison))
    return f'<table class="desk-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def sentences(comparison: Comparison) -> str:
    """Return in words what the tweaks do to the decision; nothing where nothing is tweaked."""
    if not versus.inputs(comparison):
        return '<p class="desk-quiet">Move a lever on the left: what it changes is told here.</p>'
    found = versus.clearest(comparison)
    moved = f"{versus.apart(comparison, found)}." if found else versus.NO_DIFFERENCE
    texts = (versus.recommended(comparison, CALLED), moved, *versus.caveats(comparison, CALLED))
    return "".join(f"<p>{escape(text)}</p>" for text in texts if text)


def _row(figure: Figure) -> str:
    cells = "".join(f"<td>{escape(text)}</td>" for text in (figure.before, figure.after, figure.apart))
    return f'<tr{" class=moves" if figure.moves else ""}><th scope="row">{escape(figure.label)}</th>{cells}</tr>'


def _fees(comparison: Comparison) -> Iterator[Figure]:
    """Yield floor, ceiling and ask, where a fee is on the table in both."""
    one, other = (findings(outcome).agreement for outcome in (comparison.one, comparison.other))
    if one is None or other is None:
        return
    currency = comparison.one.scenario.currency
    for label, name in (
        (f"{names.name(one.licensor)} needs at least", "floor"),
        (f"{names.name(one.licensee)} can pay at most", "ceiling"),
        ("Fee to ask for", "nash_fee"),
    ):
        fees = [getattr(zone, name) if name != "nash_fee" or zone.exists else np.nan for zone in (one.zone, other.zone)]
        errors = [_error(name, zone) for zone in (one.zone, other.zone)]
        was, now = fees
        apart = now - was
        moves = abs(apart) > 1e-9 * max(abs(was), 1) if np.isfinite(apart) else np.isfinite(was) != np.isfinite(now)
        both = [
            words.short(fee, 3, error) if np.isfinite(fee) else "none" for fee, error in zip(fees, errors, strict=True)
        ]
        yield Figure(label, *both, _signed(apart, currency) if moves else SAME, moves)


def _error(name: str, zone: Zone) -> float:
    """Return the Monte Carlo error of a fee: the ask lies between floor and ceiling, and so is no surer than they are."""
    return getattr(zone, f"{name}_error", max(zone.floor_error, zone.ceiling_error))


def _results(comparison: Comparison) -> Iterator[Figure]:
    """Yield the packages' worth, members, payers and profit, as far as both have them."""
    for label, name in results(comparison):
        one, other = (outcome.outputs.get(name) for outcome in (comparison.one, comparison.other))
        if one and other and one.unit == other.unit:
            yield _figure(label, one, other)


def results(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Yield what a decision turns on: what people call each result, and its name."""
    scenario, outcome = comparison.other.scenario, comparison.other
    for name, package in scenario.packages.items():
        party = versus.result_name(scenario, f"packages.{name}.licensor_npv").partition("’")[0]
        yield f"{package.label}, to {party}", f"packages.{name}.licensor_npv"
    if scenario.negotiation:
        wanted = scenario.negotiation
        party = names.name(scenario.deals[wanted.deal].licensee)
        yield f"{scenario.packages[wanted.package].label}, to {party}", f"packages.{wanted.package}.licensee_npv"
    if scenario.subscribers:
        yield f"{names.name(scenario.subscribers.platform)}’s members at the end", "members"
    if scenario.habits:
        place = habits.market(outcome)
        yield f"Who pays {names.market(place)} at the end", f"paying_ratio.{place}"
    for name, label in BY_PLATFORM.items():
        yield label, name


def _figure(label: str, one: Output, other: Output) -> Figure:
    if not (np.isfinite(one.values).all() and np.isfinite(other.values).all()):
        return Figure(label, words.NOTHING, words.NOTHING, "", False)
    found = difference(label, one, other)
    means = [(found.one, standard_error(one.values)), (found.other, standard_error(other.values))]
    both = [_short(mean, found.unit, 3, error) for mean, error in means]
    moves = found.stands_out > versus.CLEAR
    apart = _signed(found.mean, found.unit, found.error) if moves else UNCLEAR if found.mean else SAME
    return Figure(label, *both, apart, moves)


def _short(value: float, unit: str, digits: int, error: float | None = None) -> str:
    """Return a mean with no more digits than its Monte Carlo error leaves meaning."""
    return (words.percent if unit == "share" else words.short)(value, digits, error)


def _signed(value: float, unit: str, error: float | None = None) -> str:
    """Return a difference with its sign."""
    said = _short(value, unit, 2, error)
    return f"+{said}" if value > 0 else said
