"""The lines of a platform's accounts as arrays: money for each unit of what drives them."""

from __future__ import annotations

from dataclasses import dataclass

from simlib.scenario.platform import OF_REVENUE, driver, lines
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
        unit, path = driver(value), f"platform.{side}.{name}"
        if unit == OF_REVENUE:
            value, path = value.of_revenue, f"{path}.of_revenue"
        found.append(Line(side, name, block.columns(value, path), unit))
    return tuple(found)
