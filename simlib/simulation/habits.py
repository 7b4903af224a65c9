"""How each market's audience acquires the habit of paying, for one block of draws.

People move month by month whatever the scenario's step: who pays for a single month would not be seen by quarters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from simlib.models import habits as model
from simlib.models import levers
from simlib.models.periods import growth_factor, hazard_per_year
from simlib.scenario.audience import STATES, EnforcementByEffort
from simlib.scenario.fields import MOST_CHURN
from simlib.simulation.evaluate import Block, Frame

ByAudience = Callable[[np.ndarray], np.ndarray]  # means of each market over its territories
HALF_YEAR, MONTH = 0.5, 1 / 12
PLAIN = ("innovation", "imitation", "habit_formation", "win_back", "free_relapse", "lapsed_relapse")


class Measured(NamedTuple):
    """One measure of one market: its name, what people call the measure and the market, its unit, and its values."""

    name: str
    label: str
    market: str
    unit: str
    start: np.ndarray  # (draw,)
    path: np.ndarray  # (period, draw)


class Opening(NamedTuple):
    """Where each market's audience stands at the start, in the measures of `Ratios` (market, draw)."""

    states: model.Audience
    paying: np.ndarray
    paid_half_year: np.ndarray | None
    memberships: np.ndarray | None


class Ratios(NamedTuple):
    """Shares of the audience: who pays, who watches free with advertising, who paid within the last half year."""

    markets: tuple[str, ...]
    states: model.Audience  # shares (period, market, draw) that sum to one
    paying: np.ndarray  # (period, market, draw)
    paid_half_year: np.ndarray | None  # (period, market, draw); None where nothing is known of before the start
    memberships: np.ndarray | None  # of all platforms (period, market, draw); None where a payer's are not given
    opening: Opening

    @property
    def free(self) -> np.ndarray:
        """The share (period, market, draw) that watches free with advertising."""
        return self.states.free

    def named(self) -> Iterator[Measured]:
        """Yield each measure of each market."""
        measures = {
            "paying_ratio": ("paying ratio", "share", self.opening.paying, self.paying),
            "habit_share": ("habit share", "share", self.opening.states.habitual, self.states.habitual),
        }
        if self.paid_half_year is not None:
            flow = self.opening.paid_half_year, self.paid_half_year
            measures["paid_half_year"] = ("paid within half a year", "share", *flow)
        if self.memberships is not None:
            counts = self.opening.memberships, self.memberships
            measures["memberships"] = ("memberships of all platforms", "members", *counts)
        for index, market in enumerate(self.markets):
            for name, (label, unit, start, path) in measures.items():
                called = market.replace("_", " ")
                yield Measured(f"{name}.{market}", label, called, unit, start[index], path[:, index])


def habits(block: Block, by_audience: ByAudience, people: np.ndarray) -> Ratios:
    """Return where each market's audience, so many `people` (market, 1 or draw) at the start, stands in each period."""
    frame, by = block.frame, block.by_market()
    section, path = frame.scenario.habits, "habits.opening"
    shape = (frame.periods, len(section.markets), block.draws)
    start = {name: by.share(getattr(section.opening, name), f"{path}.{name}") for name in STATES}
    opening = model.Audience(free=np.maximum(1 - sum(start.values()), 0), **start)
    opening = model.Audience(*(np.broadcast_to(state[0], shape[1:]) for state in opening))
    growth = block.number(frame.scenario.audience.annual_growth, "audience.annual_growth")
    growth = growth_factor(growth if growth.shape[1] == 1 else by_audience(growth), MONTH)
    rates = model.Rates(*(_by_month(rate, frame) for rate in _rates(block, by_audience)))
    given = rates, _by_month(np.broadcast_to(growth, shape), frame), MONTH
    paid, paid_before, lapsed = None, None, section.opening.lapsed_within_half_year
    if lapsed is None:
        audience = model.habit_path(opening, *given)
    else:
        lately = by.share(lapsed, f"{path}.lapsed_within_half_year")[0]
        audience, paid = model.habit_path_and_recent_payers(opening, lately, *given, HALF_YEAR)
        paid_before = opening.payers() + opening.lapsed * lately
    audience = model.Audience(*(_at_ends(state, frame) for state in audience))
    size, held, held_before = model.audience_size(audience), None, None
    if section.memberships_per_payer is not None:
        each = by.amount(section.memberships_per_payer, "habits.memberships_per_payer") * people
        held, held_before = audience.payers() * each, opening.payers() * each[0]
    paying = model.paying_ratio(audience)
    states = model.Audience(*(np.divide(state, size, out=state) for state in audience))
    before = Opening(opening, model.paying_ratio(opening), paid_before, held_before)
    return Ratios(section.markets, states, paying, None if paid is None else _at_ends(paid, frame) / size, held, before)


def _by_month(values: np.ndarray, frame: Frame) -> np.ndarray:
    """Return what holds in each period (1 or period, …) month by month."""
    return values if len(values) == 1 < frame.periods else np.repeat(values, frame.months_per_period, axis=0)


def _at_ends(path: np.ndarray, frame: Frame) -> np.ndarray:
    """Return a path by months at the end of each period (period, …)."""
    return path[frame.months_per_period - 1 :: frame.months_per_period]


def _rates(block: Block, by_audience: ByAudience) -> model.Rates:
    """Return the hazards of the habit model, per year, and its two multipliers."""
    by, section = block.by_market(), block.frame.scenario.habits
    rates = {name: _amount(by, name) for name in PLAIN}
    pulls = [(_amount(by, "content.lift"), _share(by, "content.intensity"))]
    if section.training:
        effort = _share(by, "training.effort")
        pulls.append((_amount(by, "training.lift"), effort))
        rates["habit_formation"] = rates["habit_formation"] * levers.lifted(
            (_amount(by, "training.habit_lift"), effort)
        )
    return model.Rates(
        enforcement=_enforcement(by),
        unlicensed_word_of_mouth=by.number(section.unlicensed_word_of_mouth, "habits.unlicensed_word_of_mouth"),
        affordability=_affordability(block, by_audience),
        content=levers.lifted(*pulls),
        new_payer_churn=_churn(by, "new_payer_monthly_churn"),
        habitual_churn=_churn(by, "habitual_monthly_churn"),
        **rates,
    )


def _enforcement(by: Block) -> np.ndarray:
    if not isinstance(by.frame.scenario.habits.enforcement, EnforcementByEffort):
        return _amount(by, "enforcement")
    return levers.enforced(
        *(_amount(by, f"enforcement.{name}") for name in ("effort", "threshold", "saturation", "rate"))
    )


def _affordability(block: Block, by_audience: ByAudience) -> np.ndarray:
    by, path = block.by_market(), "affordability"
    price = by.cash(_quantity(by, f"{path}.monthly_price"), f"habits.{path}.monthly_price")
    share = by.number(_quantity(by, f"{path}.reference_share"), f"habits.{path}.reference_share")
    income = by_audience(block.number(block.frame.scenario.audience.monthly_income, "audience.monthly_income"))
    affordable = levers.affordability(price, share, income, _amount(by, f"{path}.elasticity"))
    return np.minimum(affordable, _amount(by, f"{path}.most"))


def _churn(by: Block, name: str) -> np.ndarray:
    return hazard_per_year(np.minimum(_share(by, name), MOST_CHURN))


def _amount(by: Block, path: str) -> np.ndarray:
    return by.amount(_quantity(by, path), f"habits.{path}")


def _share(by: Block, path: str) -> np.ndarray:
    return by.share(_quantity(by, path), f"habits.{path}")


def _quantity(by: Block, path: str) -> Any:
    """Return what the section on habits says under a dotted path."""
    return reduce(getattr, path.split("."), by.frame.scenario.habits)
