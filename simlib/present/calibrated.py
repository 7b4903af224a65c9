"""A calibration in sentences and columns, and as JSON knows it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import ndtri

from simlib.forecast.calibrate import LEVEL, Calibration
from simlib.forecast.intervals import between
from simlib.forecast.joint import ENOUGH
from simlib.forecast.posterior import Untold
from simlib.forecast.written import source, spearman
from simlib.present import words

_APART = 0.15  # of an interval's width: what is written then differs visibly from what was found


def text(found: Calibration, unit: float) -> str:
    """Return a calibration as people read it; `unit` is what 1 in its history stands for."""
    first, last = found.history.index[[0, -1]]
    figures = f"{len(found.history)} figures"
    where = f"{found.place}: " if found.place else ""
    lines = [f"{where}{found.label}, {first} to {last}, {figures}, by {found.model}", "", _table(found, unit), ""]
    return "\n".join([*lines, *sentences(found, unit)]).rstrip()


def sentences(found: Calibration, unit: float) -> list[str]:
    """Return what must be known beside the numbers."""
    said = [_untold(each, unit) for each in found.untold]
    said += found.fit.remarks
    ends = [_ends(found, at, unit) for at in range(len(found.fit.names))]
    said += [sentence for sentence in ends if sentence]
    if found.joint.effective < ENOUGH / 2:
        draws = words.count(found.joint.effective, digits=2)
        said.append(f"What is written rests on {draws} draws only and is rough: narrower priors would help.")
    if found.refitted and found.refitted.failed:
        refits = found.refitted.failed + len(found.refitted.scores)
        said.append(f"Of {refits} histories that the fit might have made {found.refitted.failed} gave no answer.")
    return said


def jsonable(found: Calibration, unit: float, date: str | None) -> dict[str, Any]:
    """Return a calibration as JSON knows it; potentials in the unit of the history."""
    fit, first, last = found.fit, *map(str, found.history.index[[0, -1]])
    refits = between(fit, found.refitted, LEVEL) if found.refitted else None
    parameters = {
        name: {
            "estimate": value,
            "unit": parameter.unit,
            "scale": parameter.scale.name,
            "p10": low,
            "p90": high,
            "profile_p10": _number(found.profile[at, 0]),
            "profile_p90": _number(found.profile[at, 1]),
            **({} if refits is None else {"refits_p10": refits[at, 0], "refits_p90": refits[at, 1]}),
            "prior": parameter.prior and {"quantity": parameter.prior.said, "source": parameter.prior.source},
        }
        for at, (name, parameter, value, (low, high)) in enumerate(
            zip(fit.names, fit.parameters, fit.values.tolist(), found.joint.interval(fit, LEVEL).tolist(), strict=True)
        )
    }
    return {
        "place": found.place,
        "history": found.label,
        "unit": unit,
        "first": first,
        "last": last,
        "figures": len(found.history),
        "model": found.model,
        "source": source(found, date),
        "parameters": parameters,
        "means_of_scores": found.joint.scores.tolist(),
        "covariance_of_scores": found.joint.spread.tolist(),
        "rank_correlations": spearman(found.joint.spread).tolist(),
        "log_likelihood": fit.log_likelihood,
        "residual_sd": fit.residual_sd,
        "not_told_apart": [
            {"parameters": list(each.names), "left_of_prior": each.left, "low": each.low, "high": each.high}
            for each in found.untold
        ],
        "remarks": sentences(found, unit)[len(found.untold) :],
    }


def _table(found: Calibration, unit: float) -> str:
    fit = found.fit
    columns = [("as written", found.joint.interval(fit, LEVEL)), ("by profile", found.profile)]
    if found.refitted:
        columns.append((f"by {len(found.refitted.scores)} refits", between(fit, found.refitted, LEVEL)))
    rows = [("", "estimate", *(f"P10 to P90 {name}" for name, _ in columns), "before")]
    for at, (name, parameter) in enumerate(zip(fit.names, fit.parameters, strict=True)):
        spans = [_span(name, interval[at], unit) for _, interval in columns]
        before = "nothing"
        if prior := parameter.prior:
            before = _span(name, parameter.scale.value(prior.mean + prior.sd * ndtri(np.array([0.1, 0.9]))), unit)
        label = f"{name}, {parameter.unit}" if parameter.unit else name
        rows.append((label, value(name, fit[name], unit), *spans, before))
    return words.aligned(rows)


def value(name: str, number: float, unit: float) -> str:
    """Return a parameter as people write it.

    >>> value("monthly_churn", 0.0312, 1e6), value("potential", 66.3, 1e6), value("imitation", 0.2741, 1.0)
    ('3.12\u202f%', '66.3\u202fmillion', '0.274')
    """
    if name.endswith("monthly_churn") or name.startswith("opening."):
        return words.percent(number, 3)
    return words.count(number * unit if name == "potential" else number)


def _span(name: str, ends: np.ndarray, unit: float) -> str:
    if np.isnan(ends).all():
        return "open"
    low, high = (words.NOTHING if math.isnan(end) else value(name, end, unit) for end in ends)
    return f"{low} to {high}"


def _untold(each: Untold, unit: float) -> str:
    """Say which parameters a history cannot tell apart, and what goes with what."""
    said = [_spoken(name) for name in each.names]
    if len(said) == 1:
        left = words.percent(each.left)
        return f"The history says next to nothing about {said[0]}: {left} of what was open before is open still."
    ends = [", ".join(f"{word} {value(name, end[name], unit)}" for name, word in zip(each.names, said, strict=True))
            for end in (each.low, each.high)]  # fmt: skip
    return f"{words.listed(said).capitalize()} cannot be told apart: {ends[0]} would do as well as {ends[1]}."


def _spoken(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")


def _ends(found: Calibration, at: int, unit: float) -> str | None:
    """Say where an interval by profile is open, or what is written far from what was found."""
    name, profile = _spoken(found.fit.names[at]), found.profile[at]
    open_ends = [side for side, end in zip(("below", "above"), profile, strict=True) if math.isnan(end)]
    if open_ends:
        return f"The profile of {name} is open {words.listed(open_ends)}: the history sets no bound there."
    ends = found.joint.ends[at]
    reach = np.sqrt(found.joint.spread[at, at]) * ndtri((1 + LEVEL) / 2)
    away = np.abs(ends - found.joint.scores[at] - reach * np.array([-1, 1]))
    if away.max() > _APART * np.ptp(ends):
        span = _span(found.fit.names[at], found.fit.parameters[at].scale.value(ends), unit)
        return f"What is written of {name} is only near what was found, of which P10 to P90 are {span}."
    return None


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
