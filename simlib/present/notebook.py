"""What a notebook calls first: find the scenario, check it, simulate it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simlib.decide.difference import Comparison, compare
from simlib.present.made import ROOT
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import Scenario, load
from simlib.scenario.overrides import DRAWN
from simlib.simulation.engine import simulate
from simlib.simulation.outcome import Outcome
from simlib.workers.asked import asked


def simulated(scenario: str, overrides: Mapping[str, Any]) -> Outcome:
    """Return the outcome of a scenario's file, seen from the current folder, or else from the project's.

    A fault in the file is raised as ScenarioError, which a notebook shows as its sentences alone.
    """
    checked = loaded(scenario, overrides)
    with asked():
        return simulate(checked)


def compared(scenario: str, other: str, overrides: Mapping[str, Any]) -> Comparison:
    """Return how another scenario, or the same where `other` is empty, differs with values set from the scenario as it is.

    Draws and seed, where `overrides` set them, are those of both.
    """
    drawn = {path: value for path, value in overrides.items() if path in DRAWN}
    one, two = loaded(scenario, drawn), loaded(other or scenario, overrides)
    with asked():
        return compare(one, two)


def loaded(scenario: str, overrides: Mapping[str, Any]) -> Scenario:
    """Return a scenario; its faults are shown as sentences alone."""
    try:
        return load(found(scenario), overrides)
    except ScenarioError as error:
        lines = ["The scenario cannot be run:", *str(error).splitlines()]
        error._render_traceback_ = lambda: lines  # IPython shows this in place of a traceback
        raise error from None


def found(scenario: str) -> str:
    """Return where a scenario's file is: as named, or below the project's folder.

    >>> found("no/such.yml")
    'no/such.yml'
    """
    here = Path(scenario).exists() or not (ROOT / scenario).exists()
    return scenario if here else os.path.relpath(ROOT / scenario)
