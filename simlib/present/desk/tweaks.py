"""What the strategist has changed: settings of inputs in the order in which they were made, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simlib.present.desk.inputs import Input, Setting
from simlib.scenario.load import Scenario


class Tweaks:
    """Settings that differ from the scenario, each move of one lever undone in one step."""

    def __init__(self) -> None:
        self.settings: dict[Input, Setting] = {}
        self._past: list[dict[Input, Setting]] = []
        self._moving: tuple[Input, str] | None = None

    def set(self, found: Input, setting: Setting, lever: str) -> None:
        """Set an input; what one lever says without another between is one move."""
        if self._moving != (found, lever):
            self._past.append(dict(self.settings))
        self._moving = (found, lever)
        self.settings[found] = setting
        if setting == found.as_it_is:
            del self.settings[found]

    def at(self, found: Input) -> Setting:
        """Return where an input is set."""
        return self.settings.get(found, found.as_it_is)

    def undo(self) -> None:
        """Take the last move back; nothing where there is none."""
        if self._past:
            self.settings = self._past.pop()
        self._moving = None

    def reset(self, *which: Input) -> None:
        """Put inputs back to what the scenario says; all where none is named."""
        kept = {found: setting for found, setting in self.settings.items() if which and found not in which}
        if kept != self.settings:
            self._past.append(dict(self.settings))
        self.settings, self._moving = kept, None

    @property
    def can_undo(self) -> bool:
        """Whether there is a move to take back."""
        return bool(self._past)


def overrides(scenario: Scenario, settings: Mapping[Input, Setting]) -> dict[str, Any]:
    """Return settings as values to set by dotted path; a number that became certain leaves the pairs that name it."""
    values = {found.path: found.value(setting) for found, setting in settings.items()}
    pairs = list(scenario.origin.tree.value["correlations"].plain()) if scenario.correlations else []
    kept = [pair for pair in pairs if pair not in unpaired(scenario, settings)]
    return values | ({"correlations": kept} if kept != pairs else {})


def unpaired(scenario: Scenario, settings: Mapping[Input, Setting]) -> list[list[Any]]:
    """Return the correlations that name a number which became certain, for nothing is drawn there any more."""
    certain = {found.name for found, setting in settings.items() if found.is_drawn and setting.width == 0}
    pairs = scenario.origin.tree.value["correlations"].plain() if scenario.correlations else []
    return [pair for pair in pairs if certain & _named(pair[:2])]


def _named(paths: Iterable[str]) -> set[str]:
    return {path.partition("[")[0] for path in paths}
