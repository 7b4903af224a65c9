"""Something that can be moved, a number, a distribution or a choice: where it can stand, and what the file then says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from simlib.scenario.moved import Bounds, centre, moved
from simlib.scenario.overrides import flow
from simlib.scenario.quantity import spell_money
from simlib.scenario.terms import MONEY

ORIGIN = {"value", "source", "note"}  # the keys of a value with its origin


class Setting(NamedTuple):
    """Where an input is set: its centre (or the word chosen), and how many times as wide as in the file it is."""

    to: Any
    width: float = 1.0


@dataclass(frozen=True, eq=False)
class Input:
    """Something that can be moved: where it stands, what it says there, and what may stand there."""

    path: str  # of the value that is written anew, as `--set` takes it
    name: str  # under which it is drawn
    section: str
    label: str
    meaning: str
    unit: str
    source: str
    note: str
    place: str
    written: Any  # the number or distribution itself
    whole: Any  # with its money and its origin
    is_drawn: bool
    choices: tuple[Any, ...]
    allows: Callable[[Any], bool]

    @cached_property
    def as_it_is(self) -> Setting:
        """The setting that changes nothing."""
        return Setting(self.written if self.choices else centre(self.written))

    @cached_property
    def bounds(self) -> Bounds:
        """What the schema allows a number to lie between."""
        low = next((low for low in (0.0, -1.0) if not self.allows(self._rewritten(self.whole, low - 0.01))), -math.inf)
        high = 1.0 if not self.allows(self._rewritten(self.whole, 1.01)) and centre(self.written) <= 1 else math.inf
        return Bounds(low, high)

    @cached_property
    def is_whole(self) -> bool:
        """Whether the schema allows whole numbers alone, rather than that the file happens to say one."""
        if not isinstance(self.written, int):
            return False
        return not any(self.allows(self._rewritten(self.whole, self.written + half)) for half in (-0.5, 0.5))

    @cached_property
    def is_noted(self) -> bool:
        """Whether the language lets a note stand beside the value."""
        return not self.choices and self.allows(
            {"value": self._rewritten(self.whole, self.written), "note": "as it is"}
        )

    def value(self, setting: Setting) -> Any:
        """Return what the scenario says where the input is set so: without its source, for that said something else."""
        if self.choices:
            return setting.to
        value = self._rewritten(self.whole, moved(self.written, *setting, self.bounds))
        return {"value": value, "note": f"set by hand; was {flow(self.written)}"} if self.is_noted else value

    def setting(self, given: Any) -> Setting | None:
        """Return the setting that a value set by path comes to; None where a lever cannot say it."""
        if self.choices:
            return Setting(given) if given in self.choices else None
        try:
            setting = Setting(centre(given), 0.0 if self.is_drawn else 1.0)
        except (ValueError, TypeError, AttributeError):
            return None
        same = isinstance(given, int | float | str) and _unit(given) in ({}, _unit(self.whole))
        return setting if same and self.allowed(setting) else None

    def allowed(self, setting: Setting) -> bool:
        """Tell whether the schema has no objection; what other values have to say, a check of the whole scenario tells."""
        return self.allows(self.value(setting))

    def _rewritten(self, whole: Any, inner: Any) -> Any:
        if isinstance(whole, dict) and "value" in whole and whole.keys() <= ORIGIN:
            return self._rewritten(whole["value"], inner)
        if isinstance(whole, dict) and is_money(whole):
            return {**whole, "amount": self._rewritten(whole["amount"], inner)}
        return inner


def _unit(written: Any) -> dict[str, Any]:
    """Return the currency of money, and what it is paid per; nothing for a plain number."""
    while isinstance(written, dict) and "value" in written:
        written = written["value"]
    spelled = spell_money(written)
    return {key: spelled[key] for key in MONEY - {"amount"} if key in spelled} if isinstance(spelled, dict) else {}


def is_money(whole: Mapping[str, Any]) -> bool:
    """Tell whether a mapping is an amount of money and what it is paid per, and no more."""
    return {"amount", "currency"} <= whole.keys() <= MONEY
