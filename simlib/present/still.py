"""What no longer moves a value because it was set from outside, in sentences."""

from __future__ import annotations

from simlib.present import names
from simlib.scenario.held import LetBe
from simlib.scenario.load import Scenario


def sentences(scenario: Scenario) -> list[str]:
    """Return a sentence for each correlation that is left out and each lever that no longer pulls what was set."""
    return [_sentence(each, scenario) for each in scenario.origin.let_be]


def _sentence(found: LetBe, scenario: Scenario) -> str:
    inputs = [f"“{names.label(name, scenario.territories.groups)}”" for name in found.inputs]
    if found.section == "correlations":
        return f"The correlation of {' and '.join(inputs)} ({found.said}) is left out: one is certain now."
    return f"The lever “{found.said}” no longer pulls {inputs[0]}: it is certain now."
