"""The face of calibration: a history and the name of an estimator → parameters with a joint distribution.

Estimators of one model answer differently, and a figure quoted without its estimator says little: so each has its own name.
A fit that finds no answer raises FitError and gives no parameters; what a history lacks is refused or remarked on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from simlib.forecast import bass, cohort, membership
from simlib.forecast.intervals import Refitted, bootstrap, profile
from simlib.forecast.joint import Joint, joint
from simlib.forecast.posterior import LOG, PLAIN, Array, Fit, Prior, Scale, Untold, untold
from simlib.forecast.search import Problem
from simlib.forecast.series import missing, some
from simlib.forecast.series import remarks as unsure
from simlib.scenario.faults import Fault, ScenarioError, nearest

LEVEL = 0.8  # of intervals: P10 to P90
UNBOUNDED = ("potential", *cohort.SHAPES)

Priors = Mapping[str, tuple[Scale, Prior]]
Found = Iterator[tuple[int, str]]  # at which figure, and what is wrong with it


class Model(NamedTuple):
    """An estimator: what its history holds, what it finds, whether gaps may stay, what is wrong with figures, the fit."""

    holds: str
    parameters: tuple[str, ...]
    fewest: int
    over_a_gap: str | None
    faults: Callable[[pd.Series], Found]
    problem: Callable[[Array, Array, float, Priors], Problem]
    fit: Callable[[Problem, list[str]], Fit]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """One history's fit with all that is to be told about it; intervals are (parameter, P10 and P90)."""

    model: str
    place: str | None  # to which by_territory it belongs, if to one
    label: str
    history: pd.Series
    fit: Fit
    joint: Joint
    untold: tuple[Untold, ...]
    profile: Array
    refitted: Refitted | None

    @property
    def date(self) -> str:
        """The last day that the history knows of."""
        return self.history.index[-1].end_time.date().isoformat()


def calibrate(
    series: pd.Series,
    model: str,
    priors: Priors | None = None,
    place: str | None = None,
    refits: int = 0,
    seed: int = 0,
) -> Calibration:
    """Return the fit of a model to a history as `series.find_history` gives it, with intervals and what was not told apart.

    `priors` by name of parameter; `seed` is that of the posterior's draws and of `refits` histories fitted again.
    Raises ScenarioError for every fault of the figures, FitError where there is no answer.

    >>> from simlib.forecast.series import find_history
    >>> recorders = find_history("adoption:adopters:product=video recorders, US")
    >>> print(round(calibrate(recorders, "bass-density").fit["potential"]))
    67981
    """
    kind, stated = MODELS[model], dict(priors or {})
    faults = [*_faults(series, kind), *_ill_suited(stated, kind)]
    if faults:
        raise ScenarioError(faults)
    number = np.array([(at - series.index[0]).n for at in series.index])
    problem = kind.problem(series.to_numpy(), number, step_of(series), stated)
    return told(model, place, series, problem, kind.fit(problem, remarks(series, kind)), refits, seed)


def told(
    model: str, place: str | None, series: pd.Series, problem: Problem, fit: Fit, refits: int, seed: int
) -> Calibration:
    """Return all that is to be told about a fit: intervals, the joint distribution, what was not told apart."""
    return Calibration(
        model,
        place,
        series.attrs["label"],
        series,
        fit,
        joint(problem, fit, LEVEL, np.random.default_rng([seed, 0])),
        tuple(untold(fit)),
        profile(problem, fit, LEVEL),
        bootstrap(problem, fit, refits, np.random.default_rng([seed, 1])) if refits else None,
    )


def increments(totals: pd.Series) -> pd.Series:
    """Return what is added in each period, from a history of totals so far; the first period has the first total.

    Raises ScenarioError where a total falls, or where a gap leaves increments of several periods in one.
    """
    falls = np.flatnonzero(np.diff(totals) < 0) + 1
    faults = [_fault(totals, at, f"a total so far cannot fall; found {totals.iloc[at]:g}") for at in falls]
    faults += [_fault(totals, at, said) for at, said in _gaps(totals, "totals so far need every period")]
    if faults:
        raise ScenarioError(faults)
    return totals.diff().fillna(totals.iloc[0])


def step_of(series: pd.Series) -> float:
    """Return the length of a history's periods in years."""
    return {"Y": 1.0, "Q": 1 / 4, "M": 1 / 12}[series.index.freqstr[0]]


def remarks(series: pd.Series, kind: Model) -> list[str]:
    """Return what should be known of a history beside its fit, in sentences."""
    left_out = missing(series)
    gaps = [f"There is no figure for {some(left_out)}: {kind.over_a_gap}."] if left_out else []
    return [*gaps, *(f"{said[0].upper()}{said[1:]}." for said in unsure(series))]


def _faults(series: pd.Series, kind: Model) -> list[Fault]:
    values = series.to_numpy()
    found = [(at, f"must not be negative; found {values[at]:g}") for at in np.flatnonzero(values < 0)]
    found += kind.faults(series)
    if len(series) < kind.fewest:
        found.append((len(series) - 1, f"is the last of {len(series)}; {kind.holds} are at least {kind.fewest}"))
    elif not np.any(values > 0):
        found.append((len(series) - 1, f"is 0 as all before; {kind.holds} are not all 0"))
    if kind.over_a_gap is None:
        found += _gaps(series, f"{kind.holds} need every period")
    return [_fault(series, at, said) for at, said in found]


def _ill_suited(priors: Priors, kind: Model) -> Iterator[Fault]:
    """Yield what is wrong with priors: no parameter of these models is ever negative, as a normal would let it be."""
    for name, (scale, _) in priors.items():
        if name not in kind.parameters:
            yield Fault(f"--prior {name}", None, "", f"is no parameter of this model{nearest(name, kind.parameters)}")
        elif name in UNBOUNDED and scale is not LOG:
            yield Fault(f"--prior {name}", None, "", "must be a lognormal: it is any number above 0")
        elif scale is PLAIN:
            yield Fault(f"--prior {name}", None, "", "must be a lognormal or a beta: it is never negative")


def _fault(series: pd.Series, at: int, said: str) -> Fault:
    lines = series.attrs.get("lines")
    place = (series.attrs["file"], lines[at]) if lines else (series.attrs["label"], None)
    return Fault(*place, "", f"{series.index[at]} {said}")


def _gaps(series: pd.Series, why: str) -> Found:
    for at in range(1, len(series)):
        if series.index[at] != series.index[at - 1] + 1:
            yield at, f"comes after {series.index[at - 1]}; {why}"


def _rises(series: pd.Series) -> Found:
    values = series.to_numpy()
    for at in np.flatnonzero(np.diff(values) > 0) + 1:
        yield at, f"rises to {values[at]:g}; survivors of one cohort never do"
    if len(values) > 1 and values[0] == values[-1] > 0:
        yield len(values) - 1, f"is {values[-1]:g} as at the start; nobody has left, so that there is nothing to fit"


def _stays_as_it_is(series: pd.Series) -> Found:
    values = series.to_numpy()
    if np.any(values > 0):
        for at in np.flatnonzero(values == 0):
            yield at, "has no members; begin with the first, or end with the last"
    if len(values) > 1 and values.min() == values.max() > 0:
        yield len(values) - 1, f"is {values[-1]:g} as all before; members who never change tell nothing"


def _nothing(series: pd.Series) -> Found:
    return iter(())


def _of_bass(name: str, over_a_gap: str | None) -> Model:
    return Model(
        "adopters per period",
        ("innovation", "imitation", "potential"),
        bass.FEWEST,
        over_a_gap,
        _nothing,
        lambda counts, number, step, priors: bass.problem(name, counts, number + 1, step, priors),
        lambda problem, remarks: bass.fit_problem(problem, name, remarks),
    )


def _of_a_cohort(name: str, *shapes: str) -> Model:
    return Model(
        "survivors of one cohort",
        shapes,
        3,
        None,
        _rises,
        lambda counts, number, step, priors: cohort.problem(name, counts, priors),
        lambda problem, remarks: cohort.fit_problem(problem, name, remarks),
    )


MODELS: dict[str, Model] = {
    "bass-density": _of_bass("bass-density", "those periods are passed over"),
    "bass-increments": _of_bass("bass-increments", "those periods are passed over"),
    "bass-regression": _of_bass("bass-regression", None),
    "sbg": _of_a_cohort("sbg", "alpha", "beta"),
    "bdw": _of_a_cohort("bdw", "alpha", "beta", "duration_dependence"),
    "subscribers": Model(
        "closing members",
        ("innovation", "imitation", "potential", "monthly_churn"),
        membership.FEWEST,
        "what was gained over a gap is one increment of several periods",
        _stays_as_it_is,
        lambda counts, number, step, priors: membership.problem(counts, step, priors, number),
        membership.fit_problem,
    ),
}
