"""Members of a platform, with and without each title, and the accounts of the whole of it, for one block of draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from simlib.models import subscribers as model
from simlib.scenario.deals import Deal
from simlib.simulation.books import Books
from simlib.simulation.business import Business
from simlib.simulation.gain import Gain
from simlib.simulation.growth import Platform
from simlib.simulation.markets import Earned, Setting, over_periods


class Members(NamedTuple):
    """A platform's members without the title: in all and who joined (period, draw), at the start, at the end by territory.

    `staying` (period, draw) is the share of those who join at the start that is left at the end of each period, on average
    over the members at the start.
    """

    total: np.ndarray
    gross_adds: np.ndarray
    opening: np.ndarray  # (draw,)
    at_end: np.ndarray  # (territory, draw)
    staying: np.ndarray
    books: Books | None  # where the scenario draws up the whole platform's

    @property
    def churned(self) -> np.ndarray:
        """Who left in each period (period, draw)."""
        return model.openings(self.opening, self.total) + self.gross_adds - self.total


def members(setting: Setting, deals: Mapping[str, Deal]) -> tuple[Members, dict[str, Earned]]:
    """Return a platform's members, and what each deal adds: with the title less without, on the same draws."""
    total, earned = _with_and_without(setting, {name: (deal, 0.0) for name, deal in deals.items()})
    renewed = {name: setting.renewed(name, deal, earned[name].hours) for name, deal in deals.items()}
    longer = {name: (deals[name], wants) for name, wants in renewed.items() if np.any(wants)}
    return total, earned | _with_and_without(setting, longer)[1] if longer else earned


def _with_and_without(
    setting: Setting, deals: Mapping[str, tuple[Deal, np.ndarray | float]]
) -> tuple[Members, dict[str, Earned]]:
    """Return members without the titles, and what each deal adds in its window, the longer one in the draws that renew."""
    platform, frame = Platform(setting), setting.block.frame
    total, adds = np.zeros((2, frame.periods, setting.block.draws))
    at_end = np.empty((len(frame.territories), setting.block.draws))
    gains, everywhere = {name: Gain(platform, name, *deal) for name, deal in deals.items()}, platform.churn.everywhere
    everywhere = None if platform.followed.any() else everywhere
    drawn_up = frame.scenario.platform and frame.scenario.platform.accounts
    business = Business(setting) if drawn_up else None
    for group in platform.groups():
        for place, territory in enumerate(range(group.territories.start, group.territories.stop)):
            total += group.closing[:, place]
            if everywhere is None:
                adds += group.path.gross_adds[:, place]
            if business:
                business.add(
                    territory, group.drivers.opening[place], group.closing[:, place], group.path.gross_adds[:, place]
                )
        at_end[group.territories] = group.closing[-1]
        for gain in gains.values():
            gain.add(group)
    opening = over_periods(platform.opening)
    adds = adds if everywhere is None else model.gross_adds(opening, total, everywhere)
    found = Members(total, adds, opening, at_end, platform.staying(), business.books() if business else None)
    return found, {name: gain.earned() for name, gain in gains.items()}
