"""Tables that are worked out once for each outcome, whoever asks: pictures, sentences and files ask for the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec

import pandas as pd

from simlib.simulation.outcome import Outcome

P = ParamSpec("P")
Table = Callable[Concatenate[Outcome, P], pd.DataFrame]


def once(table: Table[P]) -> Table[P]:
    """Return a table that is kept with its outcome; whoever changes what was returned changes nobody else's."""

    @wraps(table)
    def kept(outcome: Outcome, *given: P.args, **named: P.kwargs) -> pd.DataFrame:
        known, asked = _kept(outcome), (table, given, *sorted(named.items()))
        if asked not in known:
            known[asked] = table(outcome, *given, **named)
        return known[asked].copy(deep=False)  # pandas copies what is written to

    return kept


@lru_cache(maxsize=2)
def _kept(outcome: Outcome) -> dict[tuple, pd.DataFrame]:
    """Return where an outcome's tables are kept, two outcomes' so that they can be compared."""
    return {}
