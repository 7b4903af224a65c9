"""What the calendar, shocks, prices and marketing do to joining and leaving, for one block of draws.

Each is worked out once for the territories that share it, so that memory does not grow with territories × periods.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from simlib.models.diffusion import cumulated_effort, effort
from simlib.models.subscribers import joining_lift
from simlib.scenario.members import Shock
from simlib.scenario.quantity import Money, plain
from simlib.simulation.evaluate import Block, Columns, aligned

SECTION = "subscribers"


def lift(block: Block) -> Columns:
    """Return what multiplies the hazard of joining (1 or period, column, 1 or draw)."""
    section = block.frame.scenario.subscribers
    used = _shocks(block, "adds")
    if section.price_effect:
        used |= _columns(block, "price_effect", "reference", "adds_elasticity", "change_coefficient")
    if section.marketing:
        used |= _columns(block, "marketing", "change_coefficient")
        used["marketing.spend"] = _money(block, section.marketing.spend, f"{SECTION}.marketing.spend")
    if section.price:
        used["price"] = _money(block, section.price, f"{SECTION}.price")
    found, of = _together(block, used)
    factor = _calendar(block, section.seasonality, "adds", found)
    if section.price_effect:
        elasticity = np.maximum(found["price_effect.adds_elasticity"], 0)
        factor = joining_lift(factor, found["price"], found["price_effect.reference"], elasticity, 0.0)
    return _as_columns(factor * _effort(block, found), of)


def months_of_churn(block: Block) -> Columns:
    """Return how many months' worth of leaving each step holds (1 or period, column, 1 or draw).

    A rise in price multiplies one month's hazard, whatever the length of a step.
    """
    section = block.frame.scenario.subscribers
    used = _shocks(block, "churn")
    if section.price_effect:
        used |= _columns(block, "price_effect", "reference", "churn_elasticity")
        used["price"] = _money(block, section.price, f"{SECTION}.price")
    found, of = _together(block, used)
    months = block.frame.months_per_period * _calendar(block, section.churn_seasonality, "churn", found)
    if section.price_effect:
        price = _from_before(block, found["price"], found["price_effect.reference"])
        risen = np.maximum(price[1:] / price[:-1], 1)
        months = months + (risen ** np.maximum(found["price_effect.churn_elasticity"], 0) - 1)
    return _as_columns(months, of)


def _columns(block: Block, part: str, *fields: str) -> dict[str, Columns]:
    """Return fields of a part of the section, by part and field."""
    section = getattr(block.frame.scenario.subscribers, part)
    return {f"{part}.{field}": block.columns(getattr(section, field), f"{SECTION}.{part}.{field}") for field in fields}


def _money(block: Block, value: Any, name: str) -> Columns:
    """Return an amount in its own currency, whatever that is worth: a change of an exchange rate changes no price."""
    value = plain(value)
    return block.columns(value.amount if isinstance(value, Money) else value, name)


def _shocks(block: Block, side: str) -> dict[str, Columns]:
    """Return the factors of the shocks to joining or leaving, by name."""
    shocks = block.frame.scenario.subscribers.shocks
    given = {
        f"shocks.{name}.{side}": value for name, shock in shocks.items() if (value := getattr(shock, side)) is not None
    }
    return {name: block.columns(value, f"{SECTION}.{name}") for name, value in given.items()}


def _together(block: Block, used: Mapping[str, Columns]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return quantities by the columns that any of them tells apart, and the column of each territory."""
    if not used:
        return {}, np.zeros(len(block.frame.territories), dtype=int)
    found, of = aligned(*used.values())
    return dict(zip(used, found, strict=True)), of


def _as_columns(values: np.ndarray, of: np.ndarray) -> Columns:
    """Return values as columns; where nothing tells territories apart there is one."""
    return Columns(values, np.zeros_like(of) if values.shape[1] == 1 else of)


def _effort(block: Block, found: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return what changes of price and of marketing multiply the hazard of joining with."""
    frame, none = block.frame, np.ones((1, 1, 1))
    by_price = np.minimum(found.get("price_effect.change_coefficient", 0 * none), 0)
    by_marketing = np.maximum(found.get("marketing.change_coefficient", 0 * none), 0)
    price = (found["price"], found["price_effect.reference"]) if by_price.any() else (none, none)
    spend = found.get("marketing.spend", none) if by_marketing.any() else none
    price, spend = (_from_before(block, *values) for values in (price, (spend, spend[:1])))
    still = _changes_nothing(price, by_price) & _changes_nothing(spend, by_marketing)
    if still.all():
        return none
    cumulated = cumulated_effort(price, by_price, spend, by_marketing, frame.step)
    moved = effort(cumulated[1:] - frame.step, frame.step)  # nobody joins in the step before the start
    return np.where(still, 1.0, moved)  # to the last bit, as in a block in which no draw moves


def _changes_nothing(values: np.ndarray, coefficient: np.ndarray) -> np.ndarray:
    """Tell in which columns and draws (1, column, 1 or draw) values (period, …) move nobody."""
    return (np.ptp(values, axis=0) == 0) | (coefficient[:1] == 0)


def _from_before(block: Block, values: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return values (1 or period, …) in every period, and before the first what was there before the start."""
    shape = np.broadcast_shapes(values.shape[1:], before.shape[1:])
    return np.concatenate(
        [np.broadcast_to(before[:1], (1, *shape)), np.broadcast_to(values, (block.frame.periods, *shape))]
    )


def _calendar(
    block: Block, season: Mapping[str, float] | None, side: str, found: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return the factor of season and shocks on joining or leaving: the mean over the months of each step."""
    frame, shocks = block.frame, block.frame.scenario.subscribers.shocks
    sizes = {name: size for name in shocks if (size := found.get(f"shocks.{name}.{side}")) is not None}
    if not season and not sizes:
        return np.ones((1, 1, 1))
    by_month = np.array([(season or {}).get(str(month), 1.0) for month in range(1, 13)])
    first, total = int(frame.scenario.horizon.start[5:]) - 1, 0.0
    for month in (frame.months + ahead for ahead in range(frame.months_per_period)):
        factor = by_month[(first + month) % 12]
        for name, size in sizes.items():
            factor = factor * np.where(_lasts(block, shocks[name], month), np.maximum(size[:1], 0), 1.0)
        total = total + factor
    return total / frame.months_per_period


def _lasts(block: Block, shock: Shock, month: np.ndarray) -> np.ndarray:
    """Tell whether a shock lasts in months of the horizon."""
    begins = block.frame.months_to(shock.start)
    return (begins <= month) & (month < begins + shock.months)
