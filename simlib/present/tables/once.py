"""Tables that are kept with their outcome: pictures, sentences and files ask for the same ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from inspect import signature
from typing import Concatenate, ParamSpec

import pandas as pd

from simlib.simulation.outcome import Outcome

P = ParamSpec("P")
Table = Callable[Concatenate[Outcome, P], pd.DataFrame]


def once(table: Table[P]) -> Table[P]:
    """Return a table that is worked out when it is first asked for; each who asks has a copy to himself."""
    asked = signature(table)

    @wraps(table)
    def kept(outcome: Outcome, *given: P.args, **named: P.kwargs) -> pd.DataFrame:
        bound = asked.bind(outcome, *given, **named)
        bound.apply_defaults()
        known, key = _kept(outcome), (table, *[*bound.arguments.values()][1:])
        if key not in known:
            known[key] = table(outcome, *given, **named)
        return known[key].copy()

    return kept


@lru_cache(maxsize=2)
def _kept(outcome: Outcome) -> dict[tuple, pd.DataFrame]:
    """Return where an outcome's tables are kept, two outcomes' so that they can be compared."""
    return {}
