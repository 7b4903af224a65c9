"""Results with their labels: numbers per draw, paths by period and draw, means by territory, the ledger's means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simlib.scenario.load import Scenario


@dataclass(frozen=True)
class Output:
    """One number per draw (draw,), with its unit and what people call it."""

    values: np.ndarray
    unit: str
    label: str


@dataclass(frozen=True)
class Paths:
    """A series (period, draw) of the first draws, with its unit and what people call it.

    A flow is what comes in a period, and may be added up over several; the rest is what stands at a period's end.
    """

    values: np.ndarray
    unit: str
    label: str
    is_flow: bool = False


@dataclass(frozen=True)
class Flow:
    """Mean cash (period,) that one party pays another under a clause of a deal.

    `package` is None where the deal pays the same in every package; a clause of the package itself has no deal.
    """

    deal: str
    payer: str
    payee: str
    clause: str
    package: str | None
    mean: np.ndarray


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a simulation found; equal to itself alone, so that what is worked out from it can be kept.

    `periods` are the first months of the periods; money is in `scenario.currency`. `paths` hold the first
    `PATH_DRAWS` draws at most (fewer with many markets), so that memory stays bounded; `outputs` and `inputs` hold
    every draw.
    """

    scenario: Scenario
    seed: int
    draws: int
    periods: tuple[str, ...]
    territories: tuple[str, ...]
    inputs: Mapping[str, np.ndarray]
    outputs: Mapping[str, Output]
    paths: Mapping[str, Paths]
    by_territory: Mapping[str, Output]  # means over draws, (territory,)
    standing: Mapping[str, Mapping[str, np.ndarray]]  # market: state: mean share of its audience, (period,)
    flows: tuple[Flow, ...]

    def flows_of(self, package: str) -> tuple[Flow, ...]:
        """Return the flows of a package: its own, and those of its deals that are the same in every package."""
        own = [flow for flow in self.flows if flow.package == package]
        changed, deals = {flow.deal for flow in own}, self.scenario.packages[package].deals
        alike = [
            flow for flow in self.flows if flow.package is None and flow.deal in deals and flow.deal not in changed
        ]
        return (*alike, *own)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return an output's draws (draw,) by name; the error of a name that is not there lists those that are."""
        if name not in self.outputs:
            raise KeyError(f"no output {name!r}; there are {', '.join(self.outputs)}")
        return self.outputs[name].values
