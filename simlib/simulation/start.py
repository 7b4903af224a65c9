"""Members from a history's last figure on: known where the horizon starts with it, else a path of its forecast a draw."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simlib.scenario.member_history import MemberHistory, ahead, known
from simlib.scenario.schema import Horizon

PATHS_KEPT = 16  # forecasts: those of a scenario's groups, under two or three seeds


class Start(NamedTuple):
    """Members at the start of the horizon and after each step that follows the forecast (1 + step, path).

    Paths stand in the order of their ends, so that a draw is told by the members with which the model goes on.
    """

    paths: np.ndarray

    @property
    def ends(self) -> np.ndarray:
        """Members with which the model goes on (path,), ascending."""
        return self.paths[-1]

    def drawn(self, uniform: np.ndarray) -> np.ndarray:
        """Return the members with which the model goes on at uniform draws (draw,)."""
        return self.ends[(uniform * len(self.ends)).astype(int)]

    def of(self, ends: np.ndarray) -> np.ndarray:
        """Return the paths (1 + step, draw) of draws by the members with which the model goes on."""
        return self.paths[:, np.minimum(np.searchsorted(self.ends, ends), len(self.ends) - 1)]


def start(history: MemberHistory, horizon: Horizon, seed: int) -> Start:
    """Return where members start, and which way they may take before the model goes on; `seed` is that of the paths.

    Between two ends of the history's periods members move in a straight line. What a history tells of later than its
    `until` is not looked at.
    """
    found = known(history)
    reach = ahead(found, history, horizon.start, horizon.step)
    points = np.array(reach.months) / found.step
    last = np.array([[found.members[-1]]])
    if reach.periods == 0:
        return Start(np.repeat(last, len(points), axis=0))
    paths = _forecast(found.members, found.months, found.step, reach.periods, seed)
    levels = np.concatenate([np.broadcast_to(last, (1, paths.shape[1])), paths])
    before = np.minimum(points.astype(int), len(paths) - 1)
    share = (points - before)[:, np.newaxis]
    taken = (1 - share) * levels[before] + share * levels[before + 1]
    return Start(taken[:, np.argsort(taken[-1], kind="stable")])


@lru_cache(maxsize=PATHS_KEPT)
def _forecast(members: tuple[float, ...], months: tuple[int, ...], step: int, periods: int, seed: int) -> np.ndarray:
    """Return the sample paths (period, path) of a history's forecast, the same array each time it is asked for."""
    import pandas as pd

    from simlib.forecast.ensemble import forecast
    from simlib.forecast.series import index_of

    paths = forecast(pd.Series(members, index_of(list(months), step)), periods, seed).paths
    paths.flags.writeable = False
    return paths
