"""What the command `calibrate` was asked, as fits of histories and as the base that they make."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from pydantic_core import PydanticCustomError

from simlib.forecast.calibrate import MODELS, Calibration, calibrate, increments
from simlib.forecast.posterior import FitError, Prior, Scale
from simlib.forecast.priors import read_prior
from simlib.forecast.series import find_history
from simlib.forecast.written import BY_TENURE, Audience, habits_base
from simlib.forecast.written import base as text_of_base
from simlib.present import words
from simlib.scenario.dated import GAPS_STAY, Columns
from simlib.scenario.faults import Fault, ScenarioError, nearest
from simlib.scenario.load import Scenario
from simlib.scenario.quantity import MULTIPLES, parse_number
from simlib.scenario.saved import modeline
from simlib.simulation.habit_fit import calibrate_habits

_PLACED = re.compile(r"([A-Za-z][A-Za-z0-9_]*)=(.+)", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """The words of the command."""

    histories: tuple[str, ...]
    model: str
    columns: Columns
    unit: str
    cumulative: bool
    until: str | None
    priors: dict[str, str]
    audiences: tuple[str, ...]
    refits: int
    seed: int
    date: str | None


class Fitted(NamedTuple):
    """One history's calibration, and what 1 in the history stands for."""

    found: Calibration
    unit: float


def fits(asked: Asked) -> list[Fitted]:
    """Return the fit of each history; raise ScenarioError with every fault of what was asked and of the figures."""
    faults: list[Fault] = []
    places = _places(asked, faults)
    _dated(asked, faults)
    priors = _priors(asked, [place for place, _ in places if place], faults)
    read: list[tuple[str | None, pd.Series]] = []
    for place, history in places:
        try:
            series = find_history(history, asked.columns, asked.until, GAPS_STAY)
            faults += _unlike(series, asked)
            attrs = series.attrs
            series = increments(series) if asked.cumulative else series
            # a cohort's errors are those of its people, counted one by one
            series = series * MULTIPLES.get(asked.unit, 1.0) if asked.model in BY_TENURE else series
            series.attrs = attrs
            read.append((place, series))
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    found: list[Fitted] = []
    for place, series in read:
        stated = {name: prior for (where, name), prior in sorted(priors.items(), key=str) if where in (None, place)}
        stated |= {name: prior for (where, name), prior in priors.items() if where is not None and where == place}
        try:
            fit = calibrate(series, asked.model, stated, place, asked.refits, asked.seed)
            found.append(Fitted(fit, _unit(series, asked)))
        except ScenarioError as error:
            faults += error.faults
        except FitError as error:
            faults.append(Fault(series.attrs["label"], None, "", f"{error}; no parameters are given"))
    if faults:
        raise ScenarioError(faults)
    return found


def base(asked: Asked, found: list[Fitted], out: Path) -> str:
    """Return the text of a base; raise ScenarioError where an audience is missing, or for a cohort not by month."""
    faults: list[Fault] = []
    places = [fit.found.place for fit in found]
    audiences = _audiences(asked, [] if asked.model in BY_TENURE else places, faults)
    for fit in found if asked.model in BY_TENURE else ():
        if fit.found.history.index.freqstr != "M":
            said = "needs months, in which a scenario says churn by tenure: a year's shapes are not a month's"
            faults.append(Fault(fit.found.label, None, "--out", said))
    faults += _too_small(found, audiences)
    if len({fit.unit for fit in found}) > 1:
        faults.append(Fault("--out", None, "", "needs histories of one unit"))
    if faults:
        raise ScenarioError(faults)
    fitted = [fit.found for fit in found]
    return text_of_base(fitted, audiences, found[0].unit, _command(asked), modeline(out), asked.date)


def _too_small(found: list[Fitted], audiences: dict[str | None, Audience]) -> Iterator[Fault]:
    """Yield audiences of fewer people than a fit says that there can be."""
    for fit in found:
        audience = audiences.get(fit.found.place)
        if audience is None or "potential" not in fit.found.fit.names:
            continue
        there_can_be = fit.found.fit["potential"] * fit.unit
        if there_can_be > audience.people > 0:
            said = f"is {audience.said}, fewer than the {words.count(there_can_be)} that the fit says there can be"
            yield Fault(" ".join(filter(None, ["--audience", fit.found.place])), None, "", said)


def habits_fitted(scenario: Scenario, asked: Asked) -> Fitted:
    """Return the fit of a scenario's habits; raise ScenarioError where there is none."""
    faults: list[Fault] = []
    _dated(asked, faults)
    if faults:
        raise ScenarioError(faults)
    try:
        found = calibrate_habits(scenario, asked.refits, asked.seed)
    except FitError as error:
        raise ScenarioError([Fault(scenario.origin.file, None, "", f"{error}; no parameters are given")]) from None
    if faults := [*_unlike(found.history, asked)]:
        raise ScenarioError(faults)
    return Fitted(found, 1.0)


def habits_text(asked: Asked, found: Fitted, out: Path) -> str:
    """Return the text of a base that narrows the scenario that was its prior."""
    extended = Path(os.path.relpath(Path(asked.histories[0]).resolve(), out.resolve().parent)).as_posix()
    return habits_base(found.found, extended, _command(asked), modeline(out), asked.date)


def _places(asked: Asked, faults: list[Fault]) -> list[tuple[str | None, str]]:
    placed = [_PLACED.fullmatch(history) for history in asked.histories]
    places = [
        (match[1], match[2]) if match else (None, history)
        for match, history in zip(placed, asked.histories, strict=True)
    ]
    names = [place for place, _ in places]
    if len(names) > 1 and None in names:
        faults.append(
            Fault(places[names.index(None)][1], None, "", "needs its place where there are several: PLACE=HISTORY")
        )
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        faults.append(Fault(f"{name}=", None, "", "names one place twice"))
    return places


def _dated(asked: Asked, faults: list[Fault]) -> None:
    if asked.date is not None and not _is_day(asked.date):
        faults.append(Fault("--date", None, "", f"is a day, e.g. 2016-10-17; found {asked.date!r}"))


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text) and date.fromisoformat(text))
    except ValueError:
        return False


def _unlike(series: pd.Series, asked: Asked) -> Iterator[Fault]:
    """Yield where the words of the command do not go with a history."""
    label, last = series.attrs["label"], series.index[-1].end_time.date()
    if asked.unit != "one" and "unit" in series.attrs:
        yield Fault(label, None, "--unit", f"is of CSV files; this history is told in {series.attrs['unit']}")
    if asked.date is not None and _is_day(asked.date) and date.fromisoformat(asked.date) < last:
        said = f"is before {last}, to which its figures reach; leave out later ones by --until"
        yield Fault(label, None, "--date", f"{asked.date} {said}")


def _priors(asked: Asked, places: list[str], faults: list[Fault]) -> dict[tuple[str | None, str], tuple[Scale, Prior]]:
    known = [*MODELS[asked.model].parameters]
    known += [f"{place}.{name}" for place in places for name in known[: len(MODELS[asked.model].parameters)]]
    priors = {}
    for given, text in asked.priors.items():
        if given not in known:
            faults.append(
                Fault(f"--prior {given}", None, "", f"is no parameter of {asked.model}{nearest(given, known)}")
            )
            continue
        place, _, name = given.rpartition(".")
        try:
            priors[place or None, name] = read_prior(name, text)
        except ScenarioError as error:
            faults += error.faults
    return priors


def _audiences(asked: Asked, places: list[str | None], faults: list[Fault]) -> dict[str | None, Audience]:
    audiences: dict[str | None, Audience] = {}
    for given in asked.audiences:
        place, sign, people = given.rpartition("=")
        try:
            audiences[place if sign else None] = Audience(parse_number(people), people.strip())
        except PydanticCustomError as error:
            faults.append(Fault("--audience", None, "", error.message()))
    for place in places:
        if place not in audiences or not audiences[place].people > 0:
            written = f"{place}=" if place else ""
            said = f"says whose share the potential is, e.g. --audience {written}'245 million'; --out needs it"
            faults.append(Fault("--audience", None, "", said))
    for place in audiences.keys() - set(places):
        said = f"is no place of a history{nearest(place, filter(None, places))}" if place else "has no use here"
        faults.append(Fault(" ".join(filter(None, ["--audience", place])), None, "", said))
    return audiences


def _unit(series: pd.Series, asked: Asked) -> float:
    """Return what 1 in a history stands for: as its table says, or as the command does."""
    word = series.attrs.get("unit", asked.unit)
    return MULTIPLES.get(word, 1.0)


def _command(asked: Asked) -> str:
    """Return the command that makes the same again, but for where it writes."""
    typed = ["simlib", "calibrate", *asked.histories, "--model", asked.model]
    columns = (("--period-column", asked.columns.period), ("--column", asked.columns.value))
    for option, value in (*columns, ("--until", asked.until), ("--date", asked.date)):
        typed += [option, value] if value else []
    typed += ["--unit", asked.unit] if asked.unit != "one" else []
    typed += ["--cumulative"] if asked.cumulative else []
    typed += ["--seed", str(asked.seed)] if asked.seed else []
    for name, text in asked.priors.items():
        typed += ["--prior", f"{name}={text}"]
    for audience in asked.audiences:
        typed += ["--audience", audience]
    return shlex.join(typed)
