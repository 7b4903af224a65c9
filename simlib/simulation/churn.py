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
from simlib.simulation.evaluate import Block, Columns, aligned
from simlib.simulation.pace import months_of_churn

PATH = "subscribers.churn"


class Followed(NamedTuple):
    """Who joins and which share leaves in the steps that follow a forecast, each (step, territory, draw)."""

    joined: np.ndarray
    left: np.ndarray


class Drivers(NamedTuple):
    """What moves members in a group of territories, but for churn."""

    opening: np.ndarray  # (territory, draw)
    potential: np.ndarray  # (period, territory, draw)
    innovation: np.ndarray
    imitation: np.ndarray
    step: float
    lift: np.ndarray
    followed: Followed | None = None

    def lifted(self, lift: np.ndarray) -> Drivers:
        """Return what moves members where something, a title, multiplies joining by `lift`, which it may use up."""
        joined = self.followed and self.followed.joined * lift[: len(self.followed.joined)]
        lift *= self.lift
        return self._replace(lift=lift, followed=self.followed and self.followed._replace(joined=joined))


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

    def staying(self) -> Columns:
        """Return the share of joiners at the start left at the end of each period (period, column, 1 or draw)."""


def churn(block: Block) -> Churn:
    """Return the form of churn that the scenario has."""
    section = block.frame.scenario.subscribers.churn
    if section is None:
        return _Constant(block)
    return _Segments(block) if section.sbg else _Cohorts(block)


class _Constant:
    """The same churn whatever the tenure."""

    def __init__(self, block: Block):
        monthly = block.columns(block.frame.scenario.subscribers.monthly_churn, "subscribers.monthly_churn")
        (monthly, months), of = aligned(monthly, months_of_churn(block))
        self.periods, self.churn = block.frame.periods, Columns(_per_step(monthly, months), of)
        self.everywhere = self.churn.values[:, 0] if self.churn.values.shape[1] == 1 else None

    def path(self, drivers: Drivers, here: slice, kept: np.ndarray | None = None) -> Path:
        opening, *inputs, step, lift, followed = drivers
        churn = self.churn.within(here)
        if followed:
            left = followed.left if kept is None else followed.left * kept[: len(followed.left)]
        if kept is not None:
            kept *= churn
            churn = kept
        if not followed:
            return Path(opening, model.subscriber_path(opening, *inputs, churn, step, lift), churn=churn)
        first = model.carried(opening, followed.joined, left)
        *inputs, churn, lift = (_from(values, len(first)) for values in (*inputs, churn, lift))
        rest = model.subscriber_path(first[-1], *inputs, churn, step, lift)
        joined = model.gross_adds(first[-1], rest, churn)
        return Path(opening, np.concatenate([first, rest]), joined=np.concatenate([followed.joined, joined]))

    def following(self, opening: np.ndarray, closing: np.ndarray, here: slice) -> Followed:
        """Return who joins and leaves where members of some territories go along a path (step, territory, draw)."""
        return Followed(*model.following(opening, closing, self.churn.within(here)[: len(closing)]))

    def staying(self) -> Columns:
        stays, of = 1 - self.churn.values, self.churn.of
        return Columns(np.cumprod(np.broadcast_to(stays, (self.periods, *stays.shape[1:])), axis=0), of)


def _from(values: np.ndarray, period: int) -> np.ndarray:
    """Return values (1 or period, …) from a period on."""
    return values if len(values) == 1 else values[period:]


def _per_step(monthly: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Return churn in steps that hold so many months' worth of it; the rare draw beyond 0 or 1 moves to the edge."""
    return per_step(np.clip(monthly, 0, 1), months / MONTHS_PER_YEAR)


class _ByTenure:
    """Churn by tenure: its parameters (1, column, 1 or draw), and the column of each territory."""

    everywhere = None

    def __init__(self, block: Block, named: Mapping[str, Any]):
        section = block.frame.scenario.subscribers.churn
        named = {**named, "opening_tenure_months": section.opening_tenure_months}
        found, self.of = aligned(*(block.columns(value, f"{PATH}.{name}") for name, value in named.items()))
        *shape, tenure = (values[0] for values in found)
        self.shape, self.tenure = np.broadcast_arrays(*shape), np.clip(tenure, 1, LONGEST_TENURE)
        self.frame, self.months = block.frame, months_of_churn(block)
        self.horizon = block.frame.periods * block.frame.months_per_period

    def within(self, values: np.ndarray, here: slice) -> np.ndarray:
        """Return what values (node or age, column, draw) are in some territories."""
        return Columns(values, self.of).within(here)


class _Segments(_ByTenure):
    """Churn that differs among members: a few segments of constant churn."""

    def __init__(self, block: Block):
        section = block.frame.scenario.subscribers.churn
        super().__init__(block, {"sbg.alpha": section.sbg.alpha, "sbg.beta": section.sbg.beta})
        longest = self.horizon + min(span(section.opening_tenure_months)[1], LONGEST_TENURE)  # the same in every block
        self.churn, self.weight = sbg_segments(*self.shape, by_tenure.segments_for(longest))
        self.share = by_tenure.opening_segments(self.churn, self.weight, self.tenure)

    def path(self, drivers: Drivers, here: slice, kept: np.ndarray | None = None) -> Path:
        opening, *rest, step, lift, _ = drivers
        share, *own = (self.within(values, here) for values in (self.share, self.churn, self.weight))
        months = self.months.within(here)
        closing, adds = by_tenure.segment_path(share * opening, *rest, *own, months, step, lift, kept)
        return Path(opening, closing, joined=adds)

    def staying(self) -> Columns:
        segments = (Columns(values, self.of) for values in (self.churn, self.weight))
        (churn, weight, months), of = aligned(*segments, self.months)
        worth = np.cumsum(np.broadcast_to(months, (self.frame.periods, *months.shape[1:])), axis=0)
        left = 0.0
        for leaves, share in zip(churn, weight, strict=True):
            left = left + share * geometric_survival(worth, leaves)
        return Columns(left, of)


class _Cohorts(_ByTenure):
    """Churn that differs among members and depends on tenure: cohorts by the month in which they joined."""

    def __init__(self, block: Block):
        form = block.frame.scenario.subscribers.churn.bdw
        super().__init__(block, {f"bdw.{name}": getattr(form, name) for name in type(form).model_fields})
        self.oldest = ceil(self.tenure.max())  # cohorts older than a draw's longest are empty in it, and change nothing

    def survival(self, here: slice) -> np.ndarray:
        """Return log-survival (age in months, column, draw) in some territories."""
        if len(self.shape[0]) == 1:
            return self._alike
        shape = (self.within(values[np.newaxis], here) for values in self.shape)
        return bdw_log_survival(self._ages, *shape)

    @cached_property
    def _ages(self) -> np.ndarray:
        return np.arange(self.horizon + self.oldest + 1.0).reshape(-1, 1, 1)

    @cached_property
    def _alike(self) -> np.ndarray:
        return bdw_log_survival(self._ages, *self.shape)

    def path(self, drivers: Drivers, here: slice, kept: np.ndarray | None = None) -> Path:
        opening, *rest, step, lift, _ = drivers
        known, tenure, months = (
            self.survival(here),
            self.within(self.tenure[np.newaxis], here),
            self.months.within(here),
        )
        cohorts = by_tenure.opening_cohorts(known[: self.oldest], tenure) * opening
        closing, adds = by_tenure.cohort_path(cohorts, *rest, known, months, step, lift, kept)
        return Path(opening, closing, joined=adds)

    def staying(self) -> Columns:
        step = self.frame.months_per_period
        known = bdw_log_survival(self._ages[: self.horizon + 1 : step], *self.shape)
        a_month = Columns(np.diff(known, axis=0) / step, self.of)
        hazard = a_month.times(self.months)
        return Columns(np.exp(np.cumsum(hazard.values, axis=0)), hazard.of)
