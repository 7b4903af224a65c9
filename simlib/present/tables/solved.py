"""Questions asked backwards and their answers, as tidy tables."""

from __future__ import annotations

import pandas as pd

from simlib.present import names, solved, words
from simlib.simulation.outcome import Outcome


def break_even(outcome: Outcome) -> pd.DataFrame:
    """Return the roots of each question: question, title, term, value, error, slope; one row without where there is none.

    `until` is the other end of a stretch over which the answer holds.
    """
    rows = []
    for answer in solved.solved(outcome):
        told = {
            "question": answer.name,
            "asked": solved.asked(outcome.scenario, answer),
            "found": answer.solution.found,
        }
        unit = {"unit": solved.unit_of(outcome.scenario, answer), "draws": answer.draws}
        rows += [{**told, **unit, **vars(root)} for root in answer.solution.roots] or [{**told, **unit}]
    return pd.DataFrame(
        rows, columns=["question", "asked", "found", "unit", "draws", "value", "error", "slope", "until"]
    )


def curves(outcome: Outcome) -> pd.DataFrame:
    """Return what was seen of each question: term, and the target there with its Monte Carlo error, in order of the term."""
    scenario, rows = outcome.scenario, []
    for answer in solved.solved(outcome):
        shared = {
            "question": answer.name,
            "title": solved.title(answer),
            "term_name": names.label(answer.term, scenario.territories.groups),
            "unit": solved.unit_of(scenario, answer),
            "target_unit": words.apart(answer.unit),
        }
        rows += [{**shared, **point._asdict()} for point in answer.solution.curve]
    columns = ["question", "title", "term_name", "unit", "target_unit", "term", "target", "error"]
    return pd.DataFrame(rows, columns=columns)
