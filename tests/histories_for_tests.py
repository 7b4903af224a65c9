"""Histories made up for tests and benchmarks: each a way in which members of a platform come and go."""

import numpy as np
import pandas as pd

from simlib.models.diffusion import cumulative_adoption

FREQUENCY = {1: "Y", 4: "Q", 12: "M"}


def as_history(values, season=4, start="2010-01"):
    return pd.Series(np.asarray(values, float), pd.period_range(start, periods=len(values), freq=FREQUENCY[season]))


def market(rng, periods, season):
    """A market that fills up by innovation and imitation, with churn, a season and pushes that last a while."""
    innovation, imitation = rng.lognormal(np.log(0.02), 0.6), rng.lognormal(np.log(0.4), 0.5)
    churn, noise, swing = rng.uniform(0, 0.1), rng.uniform(0.05, 0.4), rng.uniform(0, 0.4) * (season > 1)
    seasons, push, members, values = rng.normal(size=season), 0.0, rng.uniform(0, 20), []
    for period in range(periods):
        push = 0.6 * push + noise * rng.normal()
        adds = (innovation + imitation * members / 100) * (100 - members) * np.exp(push)
        adds *= 1 + swing * (seasons[period % season] - seasons.mean())
        members = max(members + (adds - churn * members) / season, 0)
        values.append(members)
    return values


def walk(rng, periods, season):
    """A random walk with drift, on which nothing beats drift but luck."""
    return 100 * rng.uniform(0.3, 1) + np.cumsum(rng.normal(0.5, 0.7) + rng.normal(size=periods) * rng.uniform(0.5, 2))


def broken(rng, periods, season):
    """Growth that breaks once to three times, and now and then a step in the level."""
    pace = np.full(periods, rng.normal(1, 0.6))
    for _ in range(rng.integers(1, 4)):
        pace[rng.integers(4, periods) :] *= rng.choice([0.3, 0.5, 1.6, -0.3])
    values = rng.uniform(5, 40) + np.cumsum(pace + rng.normal(size=periods) * 0.3 * np.abs(pace).mean())
    if rng.random() < 0.5:
        values[rng.integers(5, periods) :] *= rng.uniform(0.7, 1.2)
    return np.maximum(values, 0)


def falling(rng, periods, season):
    """A service that people leave, to nothing at times, as discs by post."""
    pace = rng.uniform(0.08, 0.4) / season
    values = 20 * np.exp(-pace * np.arange(periods) + np.cumsum(rng.normal(size=periods) * 0.02))
    if rng.random() < 0.4:
        values[int(0.8 * periods) :] = 0
    return values


def slowing(rng, periods, season):
    """Growth in percent that slows down."""
    pace = rng.uniform(0.2, 0.8) / season * np.exp(-np.arange(periods) / season / rng.uniform(2, 6))
    return rng.uniform(0.5, 5) * np.exp(np.cumsum(pace + rng.normal(size=periods) * 0.03 / np.sqrt(season)))


def pulled(rng, periods, season):
    """Noisy growth, one great step in it, as of a lock-down, and less than usual after."""
    pace, noise = rng.uniform(1, 4) / season, rng.uniform(0.2, 0.6)
    steps = pace * (1 + noise * rng.standard_t(5, size=periods)) * np.exp(np.cumsum(rng.normal(size=periods) * 0.1))
    at = rng.integers(periods // 4, periods)
    steps[at] += pace * rng.uniform(1, 4)
    steps[at + 1 : at + 4] -= 0.3 * pace
    return np.maximum(rng.uniform(5, 50) + np.cumsum(steps), 0)


KINDS = {kind.__name__: kind for kind in (market, walk, broken, falling, slowing, pulled)}
LENGTHS = {1: (9, 22), 4: (12, 56), 12: (26, 60)}  # of histories by year, quarter and month


def panel(seed, each):
    """`each` histories of every kind and frequency, by name."""
    found = {}
    for name, kind in KINDS.items():
        for season, (shortest, longest) in LENGTHS.items():
            for number in range(each):
                rng = np.random.default_rng([seed, list(KINDS).index(name), season, number])
                values = kind(rng, int(rng.integers(shortest, longest + 1)), season)
                found[f"{name} {FREQUENCY[season]}{number}"] = as_history(values, season)
    return found


def logistic(periods, potential, innovation, imitation):
    """Bass's curve without noise."""
    return potential * cumulative_adoption(np.arange(1.0, periods + 1), innovation, imitation)
