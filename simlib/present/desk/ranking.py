"""What of a scenario matters most: the fee on the table, and what moves the results that a decision turns on."""

from __future__ import annotations

from functools import lru_cache
from itertools import zip_longest

from simlib.present.desk.inputs import Input
from simlib.present.desk.movable import inputs
from simlib.present.findings import findings
from simlib.simulation.outcome import Outcome

FIRST = 8  # inputs that matter most


def first(outcome: Outcome, found: tuple[Input, ...]) -> tuple[Input, ...]:
    """Return what matters most: the fee on the table, then the inputs that move each target most, in turn."""
    ranked = [[row["input"].partition("[")[0] for row in own] for own in findings(outcome).drivers.values()]
    wanted, by_name = outcome.scenario.negotiation, {each.name: each for each in found if not each.choices}
    fees = [name for name in by_name if wanted and name.startswith(f"deals.{wanted.deal}.terms.flat_fee.amount")]
    in_turn = (name for names_ in zip_longest(*ranked) for name in names_)  # one target has fewer inputs than another
    most = dict.fromkeys([*fees, *in_turn])
    return tuple(by_name[name] for name in most if name in by_name)[:FIRST]


@lru_cache(maxsize=1)
def ranked(outcome: Outcome) -> tuple[str, ...]:
    """Return the paths of what matters most."""
    return tuple(found.path for found in first(outcome, inputs(outcome)))
