"""The lines of a platform's accounts as arrays: money for each unit of what drives them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simlib.scenario.platform import OfPrice, OfRevenue, driver, lines
from simlib.simulation.evaluate import Block, Columns


@dataclass(frozen=True, eq=False)
class Line:
    """A line of the platform's accounts: money per unit and the unit that drives it, or a share of revenue."""

    side: str
    name: str
    amount: Columns
    unit: str | None


def platform_lines(block: Block) -> tuple[Line, ...]:
    """Return every line of the platform, in the order of the schema."""
    found = []
    for side, name, value in lines(block.frame.scenario.platform):
        path = f"platform.{side}.{name}"
        match value:
            case OfRevenue():
                amount = block.columns(value.of_revenue, f"{path}.of_revenue")
            case OfPrice():
                share, of = block.columns(value.of_price, f"{path}.of_price")
                price = block.columns(block.frame.scenario.subscribers.price, "subscribers.price")
                amount = Columns(np.clip(share, 0, 1), of).times(price)
            case _:
                amount = block.columns(value, path)
        found.append(Line(side, name, amount, driver(value)))
    return tuple(found)
