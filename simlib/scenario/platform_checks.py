"""Faults in the accounts of the whole platform: lines that nothing would use, years that are not whole."""

from __future__ import annotations

from simlib.scenario.faults import Faults, Say
from simlib.scenario.fields import MONTHS
from simlib.scenario.platform import OWN, driver, lines
from simlib.scenario.schema import Sections


def accounts(sections: Sections, say: Say) -> Faults:
    """Accounts need a whole year; lines that are the whole platform's need accounts."""
    platform, horizon = sections.platform, sections.horizon
    if platform is None:
        return
    for side, name, value in lines(platform) if platform.accounts is None else ():
        if (unit := driver(value)) in OWN:
            said = (
                f"per {unit} is the whole platform's, which no title moves; add platform.accounts, or write a plain sum"
            )
            yield say(("platform", side, name), said)
    if platform.accounts is None:
        return
    if horizon.periods * MONTHS[horizon.step] < 12:
        yield say(("platform", "accounts"), "needs a horizon of a year or more, for it tells the profit of a year")
