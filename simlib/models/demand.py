"""Viewing of a title over its life; ages are in years since its release."""

import numpy as np


def viewed_share(age, scale, tail):
    """Return the share of lifetime viewing within `age`, 1 − (1 + age/τ)^−θ; 0 before release.

    τ is `scale` in years, θ is `tail`: the smaller, the heavier; with τ = θ s and θ → ∞ viewing decays
    exponentially with mean age s. Source: Lomax (1954), the Pareto distribution of the second kind.

    >>> viewed_share(np.array([-1.0, 0.0, 0.25, 1.0]), scale=0.25, tail=1.0)
    array([0. , 0. , 0.5, 0.8])
    """
    return 1 - (1 + np.maximum(age, 0) / scale) ** -np.asarray(tail, float)


def viewed_on_average(age, span, scale, tail):
    """Return the mean share viewed of what was released evenly over `span` years, the first of it `age` years ago.

    It is the mean of `viewed_share` over ages from `age` − `span` to `age`, in closed form; `span` is above 0.

    >>> viewed_on_average(np.array([0.0, 1e-9, 1.0]), 1.0, scale=0.25, tail=1.0).round(6)
    array([0.      , 0.      , 0.597641])
    """
    return (_viewed_up_to(age, scale, tail) - _viewed_up_to(age - span, scale, tail)) / span


def _viewed_up_to(age, scale, tail):
    """Return the integral of `viewed_share` from 0 to `age`; where θ is 1 the power in it becomes a logarithm."""
    age = np.maximum(age, 0)
    grown = np.log1p(age / scale)
    power = (1 - np.asarray(tail, float)) * grown
    safe = np.where(power == 0, 1, power)
    return age - scale * grown * np.where(power == 0, 1, np.expm1(power) / safe)


def two_stage_share(age, decide, act):
    """Return the share of lifetime viewing within `age` if viewers first decide, then act; 0 before release.

    Both waits are exponential, with the rates `decide` and `act` per year (> 0), equal or not.
    Source: Sawhney & Eliashberg (1996), BOXMOD.

    >>> two_stage_share(np.array([-1.0, 0.0, 1.0]), decide=2.0, act=2.0).round(4)
    array([0.   , 0.   , 0.594])
    """
    age = np.maximum(age, 0)
    slow, gap = np.minimum(decide, act), np.abs(np.subtract(decide, act)) * age
    waited = np.where(gap > 0, -np.expm1(-gap) / np.where(gap > 0, gap, 1), 1)
    return 1 - np.exp(-slow * age) * (1 + slow * age * waited)


def shares_by_period(share_at_edges):
    """Return ΔF, the share of lifetime viewing in each period (period, …), from F at the period + 1 edges.

    >>> edges = np.array([0.0, 0.25, 0.5, 1.0])
    >>> shares_by_period(viewed_share(edges, scale=0.25, tail=1.0)).round(4)
    array([0.5   , 0.1667, 0.1333])
    """
    return np.diff(share_at_edges, axis=0)


def word_of_mouth(hit, elasticity):
    """Return the factor on a neighbouring line, hit^elasticity: 1 for a title of median success, or without effect.

    A line that grows with hours viewed carries the hit once already; the elasticity is what comes on top.

    >>> word_of_mouth(np.array([0.25, 1.0, 4.0]), 0.5)
    array([0.5, 1. , 2. ])
    """
    return np.asarray(hit, float) ** elasticity
