"""How a report comes about: which scenario, with which values, from which files; no absolute path, no name of a user."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from zlib import compress, decompress

from simlib.present.key import digest, plain
from simlib.present.layout import layout
from simlib.present.outside import outside
from simlib.scenario.load import Scenario

RESOLVED_HEAD = "# The scenario as it was simulated: its bases merged, its overrides set.\n"


def about(title: str, command: str, given: Mapping[str, Any], *scenarios: Scenario) -> dict[str, Any]:
    """Return what is known of a report before it is made; draws, seed and overrides are those of the last scenario."""
    last, names = scenarios[-1], layout({file for scenario in scenarios for file in scenario.origin.files})
    read = {names[file]: digest(content) for scenario in scenarios for file, content in scenario.origin.files.items()}
    return {
        "scenario": title,
        "seed": last.simulation.seed,
        "draws": last.simulation.draws,
        "overrides": [override._asdict() for override in last.origin.overrides],
        "outside": [told for scenario in scenarios for told in outside(scenario)],
        "given": dict(given),
        "command": command,
        "has_sweep": any(scenario.sweep is not None for scenario in scenarios),
        "sha256": read,
    }


def resolved(said: Mapping[str, Any]) -> str:
    """Return all that a scenario says as one YAML file that needs no other."""
    import yaml

    return RESOLVED_HEAD + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)


class Resolved(Mapping[str, str]):
    """Scenarios by the name of a file, each as one YAML file that needs no other.

    The text is written when it is asked for: until then a scenario is kept as small as it can be, for thousands wait in a
    batch.
    """

    def __init__(self, scenarios: Mapping[str, Scenario]):
        self._packed = {name: compress(json.dumps(plain(scenario)).encode()) for name, scenario in scenarios.items()}

    def __getitem__(self, name: str) -> str:
        return resolved(json.loads(decompress(self._packed[name])))

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)
