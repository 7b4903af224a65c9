"""The notebooks that tell of one scenario: what each needs of it, and the pointer from the deal report to the others."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from simlib.present.made import ROOT
from simlib.scenario.faults import nearest

if TYPE_CHECKING:
    from simlib.present.page import Html
    from simlib.scenario.load import Scenario
    from simlib.simulation.outcome import Outcome

DEAL_REPORT = "deal_report"


class Telling(NamedTuple):
    """What a notebook needs of a scenario, and what stands in it beyond the deal report."""

    needs: str
    suits: Callable[[Scenario], bool]
    beyond: str


TELLINGS = {
    DEAL_REPORT: Telling("a scenario", lambda scenario: True, ""),
    "payment_habits": Telling(
        "the section habits",
        lambda scenario: scenario.habits is not None,
        "How people learn to pay, and what each lever does",
    ),
    "subscribers": Telling(
        "the section subscribers",
        lambda scenario: scenario.subscribers is not None,
        "Who stays month by month, and where the spread comes from",
    ),
    "platform": Telling(
        "the section platform.accounts",
        lambda scenario: scenario.platform is not None and scenario.platform.accounts is not None,
        "The platform line by line, and who would have to pay",
    ),
}


def file_of(name: str) -> Path:
    """Return where a notebook lies."""
    return ROOT / "notebooks" / f"{name}.ipynb"


def unknown(name: str) -> str:
    """Return a sentence where no notebook that tells of one scenario has this name, with the nearest; else nothing.

    >>> unknown("subscriber"), unknown("platform")
    ('no notebook subscriber; did you mean subscribers?', '')
    """
    return "" if name in TELLINGS else f"no notebook {name}{nearest(name, TELLINGS)}"


def missing(name: str, scenario: Scenario) -> str:
    """Return a sentence where a scenario lacks what a notebook needs, else nothing."""
    telling = TELLINGS[name]
    if telling.suits(scenario):
        return ""
    others = ", ".join(other for other, each in TELLINGS.items() if each.suits(scenario))
    return f"the notebook {name} needs {telling.needs}, which this scenario does not have; it has what {others} need"


def more(outcome: Outcome, *names: str) -> Html | None:
    """Return where more of a section stands: the commands of the notebooks that suit the scenario, or nothing."""
    from simlib.present.page import Html

    scenario = outcome.scenario
    command = f"simlib report {quote(scenario.origin.file)} --notebook"
    lines = [
        f"{escape(TELLINGS[name].beyond)}: <code>{escape(command)} {name}</code>"
        for name in names
        if TELLINGS[name].suits(scenario)
    ]
    return Html(f'<p class="more">{"<br>".join(lines)}</p>') if lines else None
