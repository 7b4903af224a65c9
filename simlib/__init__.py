"""What a licence for a drama is worth, to whom, and which terms to sign."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
_FACE = {
    "load": "simlib.scenario.load",
    "Scenario": "simlib.scenario.load",
    "ScenarioError": "simlib.scenario.faults",
    "simulate": "simlib.simulation.engine",
    "Outcome": "simlib.simulation.outcome",
    "packages": "simlib.decide.compare",
    "agreement": "simlib.decide.compare",
}
__all__ = ["Outcome", "Scenario", "ScenarioError", "agreement", "load", "packages", "simulate"]


def __getattr__(name: str) -> Any:
    """Import a name of the face when it is first asked for, so that the command line starts fast."""
    if name not in _FACE:
        raise AttributeError(f"simlib has no {name}; it has {', '.join(_FACE)}")
    return getattr(import_module(_FACE[name]), name)
