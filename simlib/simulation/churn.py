"""How a platform's members leave, for one block of draws: one churn for all, or by tenure; and their path under it.

Each form gives the path of a group of territories, with joiners and leavers, and the share of those who join at the start
that is still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any, NamedTuple, Protocol

import numpy as np

from simlib.models import subscribers as model
from simlib.models import tenure as by_tenure
from simlib.models.periods import MONTHS_PER_YEAR, per_step
from simlib.models.retention import bdw_log_survival, geometric_survival, sbg_segments
from simlib.scenario.members import LONGEST_TENURE
from simlib.scenario.quantity import span
from simlib.simulation.evaluate import Block
from simlib.simulation.pace import months_of_churn

PATH = "subscribers.churn"


class Drivers(NamedTuple):
    """What moves members in a group of territories, but for churn."""

    opening: np.ndarray  # (territory, draw)
    potential: np.ndarray  # (period, territory, draw)
    innovation: np.ndarray
    imitation: np.ndarray
    step: float
    lift: np.ndarray


@dataclass(frozen=True, eq=False)
class Path:
    """Members over time (period, territory, draw): closing − opening is those who joined less those who left."""

    opening: np.ndarray  # (territory, draw)
    closing: np.ndarray
    churn: np.ndarray | None = None  # per step, where it is one for all tenures
    joined: np.ndarray | None = None  # where it is not

    @cached_property
    def gross_adds(self) -> np.ndarray:
        """Those who joined in each period."""
        return model.gross_adds(self.opening, self.closing, self.churn) if self.joined is None else self.joined

    @cached_property
    def churned(self) -> np.ndarray:
        """Those who left in each period."""
        return model.openings(self.opening, self.closing) + self.gross_adds - self.closing


class Churn(Protocol):
    """One form of churn; `everywhere` is churn per step (1 or period, 1 or draw) where it is one for all, else None."""

    everywhere: np.ndarray | None

    def path(self, drivers: Drivers, here: slice, kept: np.ndarray | None = None) -> Path:
        """Return members of some territories; `kept`, which it may use up, multiplies the share that leaves."""

    def staying(self) -> np.ndarray:
        """Return the share (period, 1 or territory, 1 or draw) of joiners at the start left at the end of each period."""


def churn(block: Block) -> Churn:
    """Return the form of churn that the scenario has."""
    section = block.frame.scenario.subscribers.churn
    if section is None:
        return _Constant(block)
    return _Segments(block) if section.sbg else _Cohorts(block)


def within(values: np.ndarray, territories: slice) -> np.ndarray:
    """Return what values (period, 1 or territory, draw) are in some of the territories."""
    return values if values.shape[1] == 1 else values[:, territories]


class _Constant:
    """The same churn whatever the tenure."""

    def __init__(self, block: Block):
        monthly = block.share(block.frame.scenario.subscribers.monthly_churn, "subscribers.monthly_churn")
        self.periods, self.churn = block.frame.periods, per_step(monthly, months_of_churn(block) / MONTHS_PER_YEAR)
        self.everywhere = self.churn[:, 0] if self.churn.shape[1] == 1 else None

    def path(self, drivers: Drivers, here: slice, kept: np.ndarray | None = None) -> Path:
        churn = within(self.churn, here)
        if kept is not None:
            kept *= churn
            churn = kept
        opening, potential, innovation, imitation, step, lift = drivers
        closing = model.subscriber_path(opening, potential, innovation, imitation, churn, step, lift)
        return Path(opening, closing, churn=churn)

    def staying(self) -> np.ndarray:
        return np.cumprod(np.broadcast_to(1 - self.churn, (self.periods, *self.churn.shape[1:])), axis=0)


class _ByTenure:
    """Churn by tenure: what its parameters are in the distinct columns of territories, and the column of each."""

    everywhere = None

    def __init__(self, block: Block, named: Mapping[str, Any]):
        section = block.frame.scenario.subscribers.churn
        named = {**named, "opening_tenure_months": section.opening_tenure_months}
        columns = [block.columns(value, f"{PATH}.{name}") for name, value in named.items()]
        kinds, self.of = np.unique(np.stack([column.of for column in columns]), axis=1, return_inverse=True)
        *shape, tenure = (column.values[0, kind] for column, kind in zip(columns, kinds, strict=True))
        self.shape, self.tenure = np.broadcast_arrays(*shape), np.clip(tenure, 1, LONGEST_TENURE)
        self.frame, self.months = block.frame, months_of_churn(block)
        self.horizon = block.frame.periods * block.frame.months_per_period

    def kinds(self, here: slice) -> np.ndarray | slice:
        """Return the columns of some territories: a single one where they share it."""
        used = self.of[here]
        return slice(used[0], used[0] + 1) if (used == used[0]).all() else used

    def everyone(self) -> np.ndarray | slice:
        """Return the columns of all territories."""
        return self.kinds(slice(None))


class _Segments(_ByTenure):
    """Churn that differs among members: a few segments of constant churn."""

    def __init__(self, block: Block):
        section = block.frame.scenario.subscribers.churn
        super().__init__(block, {"sbg.alpha": section.sbg.alpha, "sbg.beta": section.sbg.beta})
        longest = self.horizon + min(span(section.opening_tenure_months)[1], LONGEST_TENURE)  # the same in every block
        self.churn, self.weight = sbg_segments(*self.shape, by_tenure.segments_for(longest))
        self.share = by_tenure.opening_segments(self.churn, self.weight, self.tenure)

    def path(self, drivers: Drivers, here: slice, kept: np.ndarray | None = None) -> Path:
        kinds, months = self.kinds(here), within(self.months, here)
        opening, *rest, step, lift = drivers
        segments = self.share[:, kinds] * opening
        own = self.churn[:, kinds], self.weight[:, kinds]
        closing, adds = by_tenure.segment_path(segments, *rest, *own, months, step, lift, kept)
        return Path(opening, closing, joined=adds)

    def staying(self) -> np.ndarray:
        kinds, left = self.everyone(), 0.0
        months = np.cumsum(np.broadcast_to(self.months, (self.frame.periods, *self.months.shape[1:])), axis=0)
        for churn, weight in zip(self.churn[:, kinds], self.weight[:, kinds], strict=True):
            left = left + weight * geometric_survival(months, churn)
        return left


class _Cohorts(_ByTenure):
    """Churn that differs among members and depends on tenure: cohorts by the month in which they joined."""

    def __init__(self, block: Block):
        form = block.frame.scenario.subscribers.churn.bdw
        super().__init__(block, {f"bdw.{name}": getattr(form, name) for name in type(form).model_fields})
        self.oldest = ceil(self.tenure.max())  # cohorts older than a draw's longest are empty in it, and change nothing
        self.held: dict[str, np.ndarray] = {}

    def survival(self, kinds: np.ndarray | slice) -> np.ndarray:
        """Return log-survival (age in months, column, draw), kept where all territories share it."""
        if "alike" in self.held:
            return self.held["alike"]
        ages = np.arange(self.horizon + self.oldest + 1.0).reshape(-1, 1, 1)
        found = bdw_log_survival(ages, *(values[kinds] for values in self.shape))
        if len(self.shape[0]) == 1:
            self.held["alike"] = found
        return found

    def path(self, drivers: Drivers, here: slice, kept: np.ndarray | None = None) -> Path:
        kinds, months = self.kinds(here), within(self.months, here)
        opening, *rest, step, lift = drivers
        known = self.survival(kinds)
        cohorts = by_tenure.opening_cohorts(known[: self.oldest], self.tenure[kinds]) * opening
        closing, adds = by_tenure.cohort_path(cohorts, *rest, known, months, step, lift, kept)
        return Path(opening, closing, joined=adds)

    def staying(self) -> np.ndarray:
        known, step = self.survival(self.everyone()), self.frame.months_per_period
        hazard = np.diff(known[: self.horizon + 1 : step], axis=0) / step
        return np.exp(np.cumsum(hazard * self.months, axis=0))
