"""What moves a platform's members is told on the same draws, so that what does nothing adds nobody."""

import numpy as np
from scenarios_for_tests import CONSTANT, MEMBERSHIP

from simlib.decide.causes import causes
from simlib.scenario.load import loads
from simlib.simulation.engine import simulate

QUIET = "  shocks: {quiet: {start: 2018-01, months: 4, adds: 1, churn: 1}}\n"
WALKS = """
fx:
  EUR: {random_walk: {start: 0.9, annual_volatility: 30%}}
  TWD: {random_walk: {start: 30, annual_volatility: 30%}}
correlations: [[fx.EUR, fx.TWD, 0.8], [audience.video_share, subscribers.potential.share, 0.5]]
"""


def test_a_shock_without_effect_adds_nobody_where_members_hang_on_exchange_rates_that_move_together():
    text = MEMBERSHIP.replace(CONSTANT, CONSTANT + QUIET).replace(
        "monthly_price: 9,", "monthly_price: 280 TWD per month,"
    )
    outcome = simulate(loads(text + WALKS))
    found = {cause.name: cause.members for cause in causes(outcome)}
    np.testing.assert_array_equal(found["quiet"], 0)
    assert np.abs(found["seasonality"]).max() > 1000
