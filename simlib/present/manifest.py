"""How a report comes about: which scenario, with which values, from which files; no absolute path, no name of a user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


def resolved(scenario: Scenario) -> str:
    """Return a scenario as one YAML file that needs no other."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml's is three times as fast
    return RESOLVED_HEAD + yaml.dump(plain(scenario), Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
