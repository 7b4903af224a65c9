"""What moves a platform's members: the path with each cause less the path without it, on the same draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from simlib.scenario.load import Scenario
from simlib.simulation.engine import simulate
from simlib.simulation.outcome import Outcome
from simlib.simulation.sampling import uncertain

DRAWS = 2_000  # enough for a mean; each cause costs a simulation of its members
EFFECTS = ("price_effect", "marketing", "seasonality", "churn_seasonality")


@dataclass(frozen=True, eq=False)
class Cause:
    """Something that moves members; `kind` is its field in the scenario, or `title`, `name` its word."""

    kind: str
    name: str
    members: np.ndarray  # (period, draw), those it adds


@lru_cache(maxsize=1)
def causes(outcome: Outcome) -> tuple[Cause, ...]:
    """Return what each shock, price, marketing, season and title adds to members, in the first draws.

    An outcome is equal to itself alone. The causes do not add up where they work together.
    """
    found = [
        Cause("title", name, outcome.paths[path].values[:, :DRAWS])
        for name in outcome.scenario.deals
        if (path := f"deals.{name}.members_gained") in outcome.paths
    ]
    if outcome.scenario.subscribers is None:
        return ()
    return (*found, *(Cause(*each, _added(outcome, without)) for each, without in _withouts(outcome.scenario)))


def _withouts(scenario: Scenario) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Yield each cause that the scenario has, and what members' fields are without it."""
    section = scenario.subscribers
    for name in section.shocks:
        yield ("shock", name), {"shocks": {other: shock for other, shock in section.shocks.items() if other != name}}
    for field in EFFECTS:
        if getattr(section, field):
            yield (field, field), {field: None}


def _added(outcome: Outcome, without: dict[str, Any]) -> np.ndarray:
    """Return members less members without something (period, draw); deals are left out, for they change neither."""
    scenario, draws = outcome.scenario, min(outcome.draws, DRAWS)
    members = scenario.subscribers.model_copy(update=without)
    alone = {"subscribers": members, "deals": {}, "packages": {}, "negotiation": None, "solve": {}}
    other = scenario.model_copy(update=alone)
    inputs = {name: outcome.inputs[name][:draws] for name in uncertain(other, outcome.territories)}
    fewer = simulate(other, draws=draws, seed=outcome.seed, inputs=inputs)
    return outcome.paths["members"].values[:, :draws] - fewer.paths["members"].values
