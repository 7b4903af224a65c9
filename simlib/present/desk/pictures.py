"""The pictures of the desk: which of them a scenario has, each drawn from tables as SVG in the colours of the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from html import escape
from typing import NamedTuple

from matplotlib.figure import Figure
from pandas import DataFrame

from simlib.decide.difference import Comparison
from simlib.present import charts, names
from simlib.present.charts import NARROW
from simlib.present.desk import figures
from simlib.present.findings import party_of
from simlib.present.tables import versus as tables
from simlib.scenario.load import Scenario

LABELS = ("As it is", "As tweaked")


class Picture(NamedTuple):
    """A picture: its name, its title, the table and the chart behind it."""

    name: str
    title: Callable[[Comparison, DataFrame], str]
    table: Callable[[Comparison], DataFrame]
    chart: Callable[[DataFrame, str, int], Figure]


def _title(text: str) -> Callable[[Comparison, DataFrame], str]:
    return lambda comparison, table: text


PICTURES = (
    Picture(
        "zones",
        _title("Which fee suits both"),
        lambda comparison: tables.zones(comparison).assign(label=LABELS) if _on_the_table(comparison) else DataFrame(),
        lambda table, currency, width: charts.zones(table, currency, width),
    ),
    Picture(
        "packages",
        lambda comparison, table: f"What each package is worth to {_licensor(comparison)}",
        tables.both_worths,
        lambda table, currency, width: charts.both_worths(table, currency, width),
    ),
    Picture(
        "chances",
        _title("In profit for good by"),
        tables.both_chances,
        lambda table, currency, width: charts.both_chances(table, width),
    ),
    Picture(
        "members",
        lambda comparison, table: f"Members of {names.name(comparison.one.scenario.subscribers.platform)}",
        lambda comparison: tables.both_fans(comparison, "members"),
        lambda table, currency, width: charts.both_fans(table, width),
    ),
    Picture(
        "payers",
        lambda comparison, table: f"Who pays {names.market(table.series.iloc[0].partition('.')[2])}",
        tables.paying,
        lambda table, currency, width: charts.both_fans(table, width),
    ),
)


def _licensor(comparison: Comparison) -> str:
    scenario = comparison.one.scenario
    return names.name(party_of(comparison.one, next(iter(scenario.packages)))[0])


def _on_the_table(comparison: Comparison) -> bool:
    return not tables.zones(comparison).empty


def suiting(scenario: Scenario) -> tuple[Picture, ...]:
    """Return the pictures that a scenario has."""
    accounts = scenario.platform is not None and scenario.platform.accounts is not None
    there = {
        "zones": scenario.negotiation is not None,
        "packages": bool(scenario.packages),
        "chances": accounts,
        "members": scenario.subscribers is not None,
        "payers": scenario.habits is not None,
    }
    return tuple(picture for picture in PICTURES if there[picture.name])


def drawn(picture: Picture, comparison: Comparison) -> str:
    """Return a picture as HTML with its alternative text; nothing where there is nothing to see."""
    table = picture.table(comparison)
    if table.empty:
        return ""
    title = picture.title(comparison, table)
    drawing = charts.svg(picture.chart(table, comparison.one.scenario.currency, NARROW))
    drawing = re.sub(r"<style[^>]*>.*?</style>", "", drawing, flags=re.DOTALL)  # the page's own colours hold
    drawing = drawing.replace("<svg", f'<svg role="img" aria-label="{escape(_alt(title, comparison))}"', 1)
    return f'<figure class="desk-picture"><figcaption>{escape(title)}</figcaption>{drawing}</figure>'


def still(comparison: Comparison) -> str:
    """Return key figures, sentences and all pictures as HTML that needs nothing else, for where no widget can be."""
    parts = [figures.html(comparison), figures.sentences(comparison)]
    parts += [f"<p>{comparison.one.draws:,} draws; the scenario as it is in grey, as tweaked in blue.</p>"]
    for picture in suiting(comparison.one.scenario):
        if not (table := picture.table(comparison)).empty:
            title, currency = picture.title(comparison, table), comparison.one.scenario.currency
            drawing = charts.picture(partial(_at_width, picture, currency), table, alt=_alt(title, comparison))
            parts.append(f"<figure><figcaption>{escape(title)}</figcaption>{drawing}</figure>")
    return "".join(parts)


def _at_width(picture: Picture, currency: str, table: DataFrame, width: int) -> Figure:
    return picture.chart(table, currency, width)


def _alt(title: str, comparison: Comparison) -> str:
    """Return what a picture shows in words: the key figures that move."""
    moved = [each for each in figures.key_figures(comparison) if each.moves]
    moves = "; ".join(f"{each.label}: {each.before}, then {each.after}" for each in moved)
    return f"{title}, the scenario as it is in grey and as tweaked in blue, on {comparison.one.draws:,} draws. {moves}"
