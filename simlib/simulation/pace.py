"""What the calendar, shocks, prices and marketing do to joining and leaving, for one block of draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from simlib.models.diffusion import cumulated_effort, effort
from simlib.models.subscribers import joining_lift
from simlib.simulation.evaluate import Block

NO_EFFECT = np.ones((1, 1, 1))
SECTION = "subscribers"


def lift(block: Block) -> np.ndarray:
    """Return what multiplies the hazard of joining (1 or period, 1 or territory, 1 or draw)."""
    section, price = block.frame.scenario.subscribers, _price(block)
    calendar, effect = _calendar(block, section.seasonality, "adds"), section.price_effect
    if effect and len(price) > 1:
        elasticity = block.amount(effect.adds_elasticity, f"{SECTION}.price_effect.adds_elasticity")[:1]
        calendar = joining_lift(calendar, price, price[:1], elasticity, 0.0)
    return calendar * _effort(block, price)


def months_of_churn(block: Block) -> np.ndarray:
    """Return how many months' worth of leaving each step holds (1 or period, 1 or territory, 1 or draw).

    A rise in price multiplies one month's hazard, whatever the length of a step.
    """
    section, price = block.frame.scenario.subscribers, _price(block)
    months = block.frame.months_per_period * _calendar(block, section.churn_seasonality, "churn")
    if section.price_effect is None or len(price) == 1:
        return months
    elasticity = block.amount(section.price_effect.churn_elasticity, f"{SECTION}.price_effect.churn_elasticity")[:1]
    risen = np.concatenate([np.ones_like(price[:1]), np.maximum(price[1:] / price[:-1], 1)])
    return months + (risen**elasticity - 1)


def _price(block: Block) -> np.ndarray:
    """Return the price in its own currency (1 or period, …); 1 where there is none."""
    price = block.frame.scenario.subscribers.price
    return NO_EFFECT if price is None else block.money(price, f"{SECTION}.price")[0]


def _effort(block: Block, price: np.ndarray) -> np.ndarray:
    """Return what changes of price and of marketing multiply the hazard of joining with."""
    section, frame = block.frame.scenario.subscribers, block.frame
    spend, by_price, by_marketing = NO_EFFECT, np.zeros((1, 1, 1)), np.zeros((1, 1, 1))
    if section.price_effect:
        coefficient = section.price_effect.change_coefficient
        by_price = np.minimum(block.number(coefficient, f"{SECTION}.price_effect.change_coefficient"), 0)[:1]
    if section.marketing:
        spend = block.money(section.marketing.spend, f"{SECTION}.marketing.spend")[0]
        coefficient = section.marketing.change_coefficient
        by_marketing = block.amount(coefficient, f"{SECTION}.marketing.change_coefficient")[:1]
    if len(price) == len(spend) == 1 or not (by_price.any() or by_marketing.any()):
        return NO_EFFECT
    moves = [np.broadcast_to(values, (frame.periods, *values.shape[1:])) for values in (price, spend)]
    return effort(cumulated_effort(moves[0], by_price, moves[1], by_marketing, frame.step), frame.step)


def _calendar(block: Block, season: Mapping[str, float] | None, side: str) -> np.ndarray:
    """Return the factor of season and shocks on joining or leaving: the mean over the months of each step."""
    frame, factors = block.frame, _shocks(block, side)
    if not season and not factors:
        return NO_EFFECT
    by_month = np.array([(season or {}).get(str(month), 1.0) for month in range(1, 13)])
    first, total = int(frame.scenario.horizon.start[5:]) - 1, 0.0
    for month in (frame.months + ahead for ahead in range(frame.months_per_period)):
        factor = by_month[(first + month) % 12]
        for begins, ends, size in factors:
            factor = factor * np.where((begins <= month) & (month < ends), size, 1.0)
        total = total + factor
    return total / frame.months_per_period


def _shocks(block: Block, side: str) -> list[tuple[int, int, np.ndarray]]:
    """Return the shocks to joining or leaving: first month, month after the last, factor."""
    found = []
    for name, shock in block.frame.scenario.subscribers.shocks.items():
        if (value := getattr(shock, side)) is not None:
            begins = block.frame.months_to(shock.start)
            size = block.amount(value, f"{SECTION}.shocks.{name}.{side}")[:1]
            found.append((begins, begins + shock.months, size))
    return found
