"""What the strategist has changed: settings of inputs in the order in which they were made, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simlib.present.desk.inputs import Input, Setting


class Tweaks:
    """Settings that differ from the scenario and values given by path; each move of one lever is undone in one step."""

    def __init__(self, given: Mapping[str, Any], inputs: Iterable[Input] = ()) -> None:
        self.settings = {found: found.setting(given[found.path]) for found in inputs if found.path in given}
        self.settings = {found: setting for found, setting in self.settings.items() if setting is not None}
        self.given = {path: value for path, value in given.items() if path not in {one.path for one in self.settings}}
        self._past: list[tuple[dict[str, Any], dict[Input, Setting]]] = []
        self.hold()
        self._moving: tuple[Input, str] | None = None

    def set(self, found: Input, setting: Setting, lever: str) -> None:
        """Set an input; what one lever says without another between is one move."""
        if self._moving != (found, lever):
            self._keep()
        self._moving = (found, lever)
        self.given.pop(found.path, None)  # which the lever's own value takes the place of
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

    def hold(self) -> None:
        """Remember that the scenario can be so."""
        self._good = (dict(self.given), dict(self.settings), list(self._past))

    def give_up(self) -> None:
        """Return to what the scenario could hold last, as if no move had been made since."""
        given, settings, past = self._good
        self.given, self.settings, self._past, self._moving = dict(given), dict(settings), list(past), None

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
