"""A fit as a base that scenarios extend: quantities with the origin of each, and their rank correlations.

A parameter that was sought on its logarithm is written as a lognormal, on its log-odds as a beta, else as a normal; as the
copula of a scenario's draws is normal, lognormals with these correlations are the fit's joint distribution exactly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from simlib.forecast.calibrate import Calibration
from simlib.forecast.cohort import SHAPES
from simlib.forecast.posterior import LOG, LOGIT, Array, Parameter
from simlib.forecast.priors import beta_shapes

PATHS = {
    "innovation": "innovation",
    "imitation": "imitation",
    "potential": "potential.share",
    "monthly_churn": "monthly_churn",
}
GROUP = "fitted"  # the name under which correlations are written
BY_TENURE = ("sbg", "bdw")  # models of a cohort: of its churn alone
_DIGITS = 9  # significant, of a quantity: finer than any Monte Carlo error
_CLOSEST = 1 - 1e-9  # rank correlation that a scenario can still hold


class Audience(NamedTuple):
    """Whose share a potential is: how many people, in people, and how it was written."""

    people: float
    said: str


def spearman(spread: Array) -> Array:
    """Return the rank correlations of what is jointly normal: 6/π asin(r/2) (Pearson 1907).

    >>> spearman(np.array([[1.0, 0.5], [0.5, 1.0]])).round(4).tolist()
    [[1.0, 0.4826], [0.4826, 1.0]]
    """
    sd = np.sqrt(np.diag(spread))
    return 6 / np.pi * np.arcsin(np.clip(spread / np.outer(sd, sd), -1, 1) / 2)


def quantity(parameter: Parameter, score: float, sd: float, unit: float = 1.0) -> str:
    """Return a parameter's distribution as a scenario writes it, in `unit`s of its own.

    >>> quantity(Parameter("imitation"), 0.0, 1.0)
    '{lognormal: {p10: 0.277606242, p90: 3.60222448}}'
    """
    if parameter.scale is LOGIT:
        alpha, beta = beta_shapes(score, sd)
        mean = alpha / (alpha + beta)
        return f"{{beta: {{mean: {_number(mean)}, sd: {_number(np.sqrt(mean * (1 - mean) / (alpha + beta + 1)))}}}}}"
    low, high = parameter.scale.value(score + sd * ndtri([0.1, 0.9])) * unit
    form = "lognormal" if parameter.scale is LOG else "normal"
    return f"{{{form}: {{p10: {_number(low)}, p90: {_number(high)}}}}}"


def source(found: Calibration, date: str | None = None) -> str:
    """Return where a fitted quantity comes from, with the date of the fit."""
    first, last = found.history.index[[0, -1]]
    return f"fit of {date or found.date} to {found.label}, {first} to {last}, {found.model}"


def base(
    fits: Sequence[Calibration],
    audiences: Mapping[str | None, Audience],
    unit: float,
    command: str,
    modeline: str | None,
    date: str | None = None,
) -> str:
    """Return the text of a base: members' parameters of one history, or of several by territory.

    `audiences` by place, of which potentials are written as shares; `unit` is what 1 in a history stands for, in people;
    `command` made it. A Bass fit's members never leave; a cohort's tells of churn by tenure alone, in its own periods.
    """
    model = fits[0].model
    lines = [
        *([modeline] if modeline else []),
        f"# Made by: {command}",
        "# To change a number run that again; a scenario adds correlations of its own under another name.",
        "subscribers:",
    ]
    above: list[str] = []
    for name in (name for name in (*PATHS, *SHAPES) if name in fits[0].fit.names):
        *sections, field = _path(model, name).split(".")
        shared = sum(1 for one, other in zip(sections, above, strict=False) if one == other)
        heads = [*sections[shared:], field]
        if name == "potential":
            lines += ["  potential:", "    of: audience"]
            heads = [field]
        depth = len(sections) + 1 - len(heads)
        lines += ["  " * (depth + index + 1) + f"{head}:" for index, head in enumerate(heads)]
        lines += _written(fits, name, audiences, unit, date, "  " * (len(sections) + 2))
        above = sections
    if model not in BY_TENURE and "monthly_churn" not in fits[0].fit.names:
        lines += ["  monthly_churn:", *_told(0, source(fits[0], date), "Bass's adopters never leave", "    ")]
    ranks = (line for found in fits for line in _correlations(found))
    return "\n".join([*lines, "correlations:", f"  {GROUP}:", *ranks]) + "\n"


def _path(model: str, name: str) -> str:
    """Return where a parameter stands in `subscribers`.

    >>> _path("subscribers", "potential"), _path("sbg", "alpha")
    ('potential.share', 'churn.sbg.alpha')
    """
    return f"churn.{model}.{name}" if model in BY_TENURE else PATHS[name]


def habits_base(found: Calibration, extended: str, command: str, modeline: str | None, date: str | None = None) -> str:
    """Return the text of a base that narrows the habits of the scenario `extended`, which was its prior."""
    lines = [
        *([modeline] if modeline else []),
        f"# Made by: {command}",
        "# To change a number run that again; a scenario adds correlations of its own under another name.",
        f"extends: {extended}",
        "habits:",
    ]
    above: list[str] = []
    for name in found.fit.names:
        *inside, field = name.split(".")
        for depth, word in enumerate(inside):
            if above[: depth + 1] != inside[: depth + 1]:
                lines.append(f"{'  ' * (depth + 1)}{word}:")
        above, indent = inside, "  " * (len(inside) + 1)
        lines += [f"{indent}{field}:", *_one(found, name, None, 1.0, date, f"{indent}  ")]
    ranks = _pairs(found, [f"habits.{name}" for name in found.fit.names])
    return "\n".join([*lines, *(["correlations:", f"  {GROUP}:", *ranks] if len(found.fit.names) > 1 else [])]) + "\n"


def _told(value: object, source: str, note: str, indent: str) -> Iterator[str]:
    """Yield the lines of a value with its origin."""
    yield f"{indent}value: {value}"
    yield f"{indent}source: {json.dumps(source, ensure_ascii=False)}"
    yield f"{indent}note: {json.dumps(note, ensure_ascii=False)}"


def _written(
    fits: Sequence[Calibration],
    name: str,
    audiences: Mapping[str | None, Audience],
    unit: float,
    date: str | None,
    indent: str,
) -> Iterator[str]:
    """Yield the lines of one quantity, by territory where histories have places."""
    places = fits[0].place is not None
    if places:
        yield f"{indent}by_territory:"
    for found in fits:
        inner = indent
        if places:
            yield f"{indent}  {found.place}:"
            inner = f"{indent}    "
        audience = audiences.get(found.place) if name == "potential" else None
        yield from _one(found, name, audience, unit / audience.people if audience else 1.0, date, inner)


def _one(
    found: Calibration, name: str, audience: Audience | None, size: float, date: str | None, indent: str
) -> Iterator[str]:
    """Yield the lines of one fitted quantity with its origin."""
    at = found.fit.names.index(name)
    value = quantity(found.fit.parameters[at], found.joint.scores[at], np.sqrt(found.joint.spread[at, at]), size)
    yield from _told(value, source(found, date), _note(found, name, audience), indent)


def _note(found: Calibration, name: str, audience: Audience | None) -> str:
    """Return what was thought of a parameter before, and what it could not be told apart from."""
    prior = found.fit.parameters[found.fit.names.index(name)].prior
    said = ["no prior"] if prior is None else [f"prior {prior.said}" + (f" ({prior.source})" if prior.source else "")]
    if audience:
        said.append(f"of an audience of {audience.said}")
    for each in found.untold:
        if name in each.names:
            others = [other for other in each.names if other != name]
            said.append(f"not told apart from {' and '.join(others)}" if others else "as open as the prior left it")
    return "; ".join(said)


def _correlations(found: Calibration) -> Iterator[str]:
    place = f".{found.place}" if found.place is not None else ""
    return _pairs(found, [f"subscribers.{_path(found.model, name)}{place}" for name in found.fit.names])


def _pairs(found: Calibration, paths: Sequence[str]) -> Iterator[str]:
    """Yield the rank correlation of each pair of parameters, which a scenario knows by these paths."""
    ranks = np.clip(spearman(found.joint.spread), -_CLOSEST, _CLOSEST)
    for at, one in enumerate(paths):
        for other in range(at + 1, len(paths)):
            yield f"    - [{one}, {paths[other]}, {ranks[at, other]:.9f}]"


def _number(value: float) -> str:
    return f"{value:.{_DIGITS}g}"
