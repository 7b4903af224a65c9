import numpy as np
import pytest

from simlib.data import read
from simlib.models.habits import Audience, Rates, habit_path
from simlib.models.levers import affordability, enforced, lifted

NOTHING_MOVES = Rates(*np.zeros(4), 1.0, 1.0, *np.zeros(6))
SITES = {"UK, 1 site blocked": 1.0, "UK, 19 sites blocked": 19.0, "UK, 53 sites blocked": 53.0}


def british(entity):
    """The rise of legal viewing that was measured, lowest and highest."""
    figures = [float(row["value"]) for row in read("churn_and_habits") if row["entity"] == entity]
    return min(figures), max(figures)


def test_one_site_blocked_moves_nobody_and_fifty_three_no_more_than_nineteen():
    # a year after the courts' orders; the rate at full effect is the one that raises legal viewing by a tenth of itself
    opening = Audience(unlicensed=30.0, free=60.0, new_payer=4.0, habitual=6.0, lapsed=0.0)
    full = -np.log(1 - 0.1 * (100 - opening.unlicensed) / opening.unlicensed)
    rate = enforced(np.array([*SITES.values()]), threshold=1.0, saturation=19.0, rate=full)
    unlicensed = habit_path(opening, NOTHING_MOVES._replace(enforcement=rate), np.ones((12, 1)), 1 / 12).unlicensed[-1]
    rises = (100 - unlicensed) / (100 - opening.unlicensed) - 1
    for entity, rise in zip(SITES, rises, strict=True):
        low, high = british(entity)
        assert low <= rise <= high, entity
    in_proportion = rises[1] * SITES["UK, 53 sites blocked"] / SITES["UK, 19 sites blocked"]
    assert in_proportion > 2 * british("UK, 53 sites blocked")[1]  # a law without a threshold is far off


def test_effort_between_threshold_and_saturation_counts_in_proportion():
    effort = np.array([0.0, 4.0, 5.0, 7.5, 10.0, 1e6])
    np.testing.assert_allclose(enforced(effort, 5.0, 10.0, 0.4), [0, 0, 0, 0.2, 0.4, 0.4])
    np.testing.assert_allclose(enforced(effort, 5.0, 5.0, 0.4), [0, 0, 0, 0.4, 0.4, 0.4])


def test_a_price_at_its_reference_share_of_income_is_neutral_and_elasticity_is_a_slope_in_logs():
    assert affordability(15.0, 0.005, 3_000.0, 1.7) == 1
    dearer = affordability(np.array([15.0, 16.5]), 0.005, 3_000.0, 1.7)
    assert np.diff(np.log(dearer)) / np.log(1.1) == pytest.approx(-1.7)
    assert affordability(15.0, 0.005, 6_000.0, 1.7) > 1


def test_titles_and_training_lift_in_proportion_and_add_up():
    np.testing.assert_allclose(lifted((0.4, np.array([0.0, 0.5, 1.0]))), [1, 1.2, 1.4])
    np.testing.assert_allclose(lifted((0.4, 0.5), (0.2, np.array([0.0, 1.0]))), [1.2, 1.4])
