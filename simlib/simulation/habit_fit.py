"""Payment habits of a scenario: surveys of who paid, and counts of memberships → the rates of the habit model.

What was thought before is the scenario itself: each number of its habits that is a lognormal, a beta or a normal is sought;
whatever else is uncertain is held at its median. The histories that state an error are what was seen, up to what the
scenario may know; each is set against the scenario's own path, so that levers, growth and income move it as they would.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from simlib.forecast.calibrate import Calibration, told
from simlib.forecast.posterior import Array, Fit, FitError, Parameter, Prior
from simlib.forecast.priors import normal_of
from simlib.forecast.search import LeastSquares
from simlib.forecast.series import ended_by, history, some
from simlib.forecast.series import remarks as unsure
from simlib.scenario.faults import Fault, ScenarioError
from simlib.scenario.histories import last_known
from simlib.scenario.load import Scenario
from simlib.scenario.overrides import flow
from simlib.scenario.quantity import MULTIPLES, Sourced, plain
from simlib.scenario.walk import Part, section_parts
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.habits import Ratios
from simlib.simulation.markets import Setting
from simlib.simulation.sampling import at, uncertain, wandering

MODEL = "habits"
_A_YEAR = ("innovation", "imitation", "habit_formation", "win_back", "free_relapse", "lapsed_relapse")


class Seen(NamedTuple):
    """The figures of one series of results, in its unit: after how many periods each, and how far each may be off."""

    name: str
    figures: pd.Series
    after: Array  # (figure,), 0 at the start
    error: float  # standard deviation of a figure's logarithm


def calibrate_habits(scenario: Scenario, refits: int = 0, seed: int = 0) -> Calibration:
    """Return the fit of a scenario's habits to the histories that state an error, up to what it may know.

    Figures scatter around the scenario's path by their stated errors, on the logarithm; priors are its own ranges.
    Raises ScenarioError for what cannot be fitted, FitError where the search finds no answer.
    """
    seen, left_out = observed(scenario)
    problem, held = problem_of(scenario, seen)
    remarks = [f"{said[0].upper()}{said[1:]}." for each in seen for said in unsure(each.figures)]
    remarks += [f"Of {name} {count} figures are of before the start and tell nothing." for name, count in left_out]
    if held:
        remarks.append(f"Held at their medians: {some(held)}.")
    return told(MODEL, None, _together(seen), problem, _fit(problem, remarks), refits, seed)


def observed(scenario: Scenario) -> tuple[list[Seen], list[tuple[str, int]]]:
    """Return what was seen of each series that states an error, and how many figures are of before the start.

    Raises ScenarioError where none does, where one is no measure of habits, and for figures between two steps.
    """
    faults: list[Fault] = []
    stated = {name: each for name, each in scenario.histories.items() if each.error is not None}
    measures = scenario.habits.measures if scenario.habits else ()
    if not stated:
        faults.append(_fault(scenario, "histories", "none states an error; add it to those that habits are fitted to"))
    for name in stated:
        if name not in measures:
            said = "is no measure of habits and cannot be fitted; leave out its error"
            faults.append(_fault(scenario, f"histories.{name}", said))
    seen, left_out = [], []
    for name, each in stated.items() if not faults else ():
        series = history(each.table, each.metric, **each.which)
        after = _periods_after(scenario, series)
        if np.any(after != np.round(after)):
            faults.append(_fault(scenario, f"histories.{name}", f"has figures within a {scenario.horizon.step}"))
            continue
        known = series.index.isin(_known(scenario, name, series).index)
        here = known & (after >= 0)
        if count := int(np.sum(known & (after < 0))):
            left_out.append((name, count))
        figures = series[here] * MULTIPLES.get(series.attrs["unit"].split()[-1], 1.0)
        if not np.all(figures > 0):
            faults.append(_fault(scenario, f"histories.{name}", "has figures that are not above 0"))
        figures.attrs = {**series.attrs, "label": name}
        if len(figures):
            seen.append(Seen(name, figures, after[here].astype(int), float(plain(each.error))))
    if not faults and not seen:
        faults.append(_fault(scenario, "histories", "have no figure from the start to what the scenario may know"))
    if faults:
        raise ScenarioError(faults)
    return seen, left_out


def problem_of(scenario: Scenario, seen: list[Seen]) -> tuple[LeastSquares, list[str]]:
    """Return what is to be fitted, and the names of the uncertain inputs that are held at their medians.

    Raises ScenarioError where nothing is sought, where inputs are correlated already, and for random walks.
    """
    sought = {part.name: _parameter(scenario, part) for part in _sought(scenario)}
    if not sought:
        raise ScenarioError([_fault(scenario, "habits", "have no lognormal, beta or normal: there is nothing to seek")])
    for one, other, _ in scenario.correlations:
        if {one, other} & sought.keys():
            said = f"correlates {one} and {other} already; what was thought before a fit is independent"
            raise ScenarioError([_fault(scenario, "correlations", said)])
    if walks := sorted(wandering(scenario)):
        raise ScenarioError([_fault(scenario, walks[0], "is a random walk, which has no median path to be held at")])
    last = max(int(each.after.max()) for each in seen)
    horizon = scenario.horizon.model_copy(update={"periods": max(last, 1)})
    frame = Frame(scenario.model_copy(update={"horizon": horizon}), 0)
    forms = uncertain(scenario, frame.territories)
    middle = np.array([0.5])
    held = {name: float(at(scenario, name, form, middle, 0)[0]) for name, form in forms.items() if name not in sought}

    def curve(values: Array) -> Array:
        draws = values.shape[1]
        inputs = {name: np.full(draws, value) for name, value in held.items()} | dict(zip(sought, values, strict=True))
        return np.log(_path(Setting(Block(frame, 0, draws, inputs)).ratios, seen))

    return LeastSquares(
        tuple(sought.values()),
        curve,
        np.log(np.concatenate([each.figures for each in seen])),
        np.concatenate([np.full(len(each.figures), each.error) for each in seen]),
        np.array([each.prior.mean for each in sought.values()]),
        error=1.0,
    ), [name.removeprefix("habits.") for name in held if name.startswith("habits.")]


def _fit(problem: LeastSquares, remarks: list[str]) -> Fit:
    try:
        return problem.fit(MODEL, remarks)
    except FitError as error:
        raise FitError(f"{error}; narrower ranges of what is sought would help") from None


def _path(found: Ratios, seen: list[Seen]) -> Array:
    """Return the scenario's own path at each figure (figure, draw)."""
    paths = {each.name: np.concatenate([each.start[np.newaxis], each.path]) for each in found.named()}
    return np.concatenate([paths[each.name][each.after] for each in seen])


def _sought(scenario: Scenario) -> Iterator[Part]:
    """Yield the numbers of the habits that can be written narrower: whole fields whose form is normal on some scale."""
    for part in section_parts(scenario, "habits"):
        field = [step for step in part.path if step != "value"]
        if ".".join(map(str, field)) == part.name and not isinstance(part.value, Sourced) and normal_of(part.value):
            yield part


def _parameter(scenario: Scenario, part: Part) -> Parameter:
    """Return a number that is sought, with its range as what was thought before."""
    scale, mean, sd = normal_of(part.value)
    node = scenario.origin.tree.at(part.path)
    above = scenario.origin.tree.at(part.path[:-1]).plain() if part.path[-1] == "value" else {}
    name = part.name.removeprefix("habits.")
    prior = Prior(np.float64(mean), np.float64(sd), flow(node.plain()), _origin(above))
    return Parameter(name, "per year" if name in _A_YEAR else "", scale, prior)


def _origin(said: dict) -> str | None:
    return "; ".join(said[word] for word in ("source", "note") if word in said) or None


def _known(scenario: Scenario, name: str, series: pd.Series) -> pd.Series:
    """Return the figures of a history that the scenario may rest on."""
    try:
        return ended_by(series, last_known(scenario.horizon, scenario.histories[name]))
    except ValueError:
        return series[:0]


def _periods_after(scenario: Scenario, series: pd.Series) -> Array:
    """Return after how many periods of the horizon each figure's own period ends."""
    start = pd.Period(scenario.horizon.start, "M").ordinal
    months = np.array([period.asfreq("M", "end").ordinal + 1 - start for period in series.index])
    return months / {"month": 1, "quarter": 3, "year": 12}[scenario.horizon.step]


def _together(seen: list[Seen]) -> pd.Series:
    """Return all figures as one series, oldest first, called by the names of what was seen."""
    figures = pd.concat([each.figures for each in seen]).sort_index(kind="stable")
    figures.attrs = {"label": " and ".join(each.name for each in seen), "unit": "one"}
    return figures


def _fault(scenario: Scenario, path: str, said: str) -> Fault:
    steps = path.split(".", 1) if path.startswith("histories.") else path.split(".")
    node = scenario.origin.tree.at(tuple(steps))
    return Fault(node.file, node.line, path, said)
