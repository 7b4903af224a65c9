"""What the strategist has changed: settings of inputs in the order in which they were made, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simlib.present.desk.inputs import Input, Setting


class Tweaks:
    """Settings that differ from the scenario and values given by path; each move of one lever is undone in one step."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given, self.settings = dict(given), {}
        self._past: list[tuple[dict[str, Any], dict[Input, Setting]]] = []
        self._moving: tuple[Input, str] | None = None

    def set(self, found: Input, setting: Setting, lever: str) -> None:
        """Set an input; what one lever says without another between is one move."""
        if self._moving != (found, lever):
            self._keep()
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
            self.given, self.settings = self._past.pop()
        self._moving = None

    def reset(self, found: Input) -> None:
        """Put an input back to what the scenario says."""
        self._keep()
        self.settings.pop(found, None)

    def reset_all(self) -> None:
        """Put everything back to what the scenario says."""
        self._keep()
        self.given, self.settings = {}, {}

    def give_up(self, good: Mapping[Input, Setting]) -> None:
        """Return to settings that the scenario could hold, as if the last move had not been made."""
        self.settings, self._moving = dict(good), None
        if self._past:
            self._past.pop()

    def overrides(self) -> dict[str, Any]:
        """Return what is changed as values to set by dotted path."""
        return {**self.given, **{found.path: found.value(setting) for found, setting in self.settings.items()}}

    @property
    def can_undo(self) -> bool:
        """Whether there is a move to take back."""
        return bool(self._past)

    def __len__(self) -> int:
        return len(self.given) + len(self.settings)

    def _keep(self) -> None:
        self._past.append((dict(self.given), dict(self.settings)))
        self._moving = None
