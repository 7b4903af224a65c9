"""Floors, ceilings and bargains against sums done by hand and Nash's product maximised numerically."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from simlib.decide.negotiate import ceiling_fee, floor_fee, zone


def test_two_draws_done_by_hand():
    """Licensor: 30 and 50 elsewhere, 10 and 10 here before the fee, 0.5 and 1 kept of a unit of fee.
    Means: 40 − 10 = 30 needed, 0.75 kept, so 40. By draw: 20 / 0.5 = 40 and 40 / 1 = 40.
    Licensee: 40 and 120 gained, a unit costs 0.8: 80 / 0.8 = 100; by draw 50 and 150."""
    floor = floor_fee([30, 50], [10, 10], [0.5, 1.0])
    ceiling = ceiling_fee([40, 120], 0.8)
    assert (floor.fee, floor.per_draw.tolist()) == (40, [40, 40])
    assert (ceiling.fee, ceiling.per_draw.tolist()) == (pytest.approx(100), pytest.approx([50, 150]))
    agreed = zone(floor, ceiling, 0.5)
    assert agreed.exists
    assert agreed.nash_fee == pytest.approx(70)
    assert agreed.probability == 1
    # both licensor's draws need 40, so its mean does too; ceilings of 50 and 150 have a standard error of 50
    assert agreed.floor_error == 0
    assert agreed.ceiling_error == pytest.approx(50)


def test_the_fee_of_the_mean_is_not_the_mean_of_the_fees():
    ceiling = ceiling_fee([10, 90], [0.5, 1.5])
    assert ceiling.fee == 50
    assert ceiling.per_draw.mean() == 40


def test_at_its_reservation_fee_each_side_is_indifferent_on_average():
    rng = np.random.default_rng(1)
    elsewhere, here, kept = rng.normal(90, 20, 500), rng.normal(30, 20, 500), rng.uniform(0.5, 1, 500)
    gain, cost = rng.normal(150, 60, 500), rng.uniform(0.7, 1.1, 500)
    floor, ceiling = floor_fee(elsewhere, here, kept), ceiling_fee(gain, cost)
    assert np.mean(here + floor.fee * kept) == pytest.approx(np.mean(elsewhere))
    assert np.mean(gain - ceiling.fee * cost) == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(here + floor.per_draw * kept, elsewhere)
    np.testing.assert_allclose(gain - ceiling.per_draw * cost, 0, atol=1e-9)


@pytest.mark.parametrize("power", [0.1, 0.5, 0.8])
def test_the_bargain_maximises_nashs_product_of_gains(power):
    rng = np.random.default_rng(2)
    elsewhere, here, kept = rng.normal(90, 20, 400), rng.normal(60, 20, 400), rng.uniform(0.5, 0.7, 400)
    gain, cost = rng.normal(150, 60, 400), rng.uniform(0.9, 1.3, 400)
    agreed = zone(floor_fee(elsewhere, here, kept), ceiling_fee(gain, cost), power)

    def loss(fee):
        licensor_gains = np.mean(here + fee * kept - elsewhere)
        licensee_gains = np.mean(gain - fee * cost)
        return -(power * math.log(licensor_gains) + (1 - power) * math.log(licensee_gains))

    best = minimize_scalar(loss, bounds=(agreed.floor + 1e-6, agreed.ceiling - 1e-6), method="bounded")
    assert agreed.nash_fee == pytest.approx(best.x, rel=1e-4)


@given(st.floats(-50, 50), st.floats(0, 100), st.floats(0, 1), st.floats(0.1, 2), st.floats(0.1, 2))
def test_equal_power_meets_in_the_middle_and_more_power_moves_the_fee_up(floor, width, power, kept, cost):
    low = floor_fee([floor * kept] * 2, 0, kept)
    high = ceiling_fee([(floor + width + 1e-6) * cost] * 2, cost)
    agreed, equal, strong = (zone(low, high, share) for share in (power, 0.5, min(power + 0.1, 1)))
    assert equal.nash_fee == pytest.approx((low.fee + high.fee) / 2, abs=1e-9)
    assert low.fee <= agreed.nash_fee + 1e-9
    assert agreed.nash_fee <= strong.nash_fee + 1e-9
    assert strong.nash_fee <= high.fee + 1e-9


def test_no_zone_is_an_answer():
    none = zone(floor_fee([100, 120, 80], 0, 1), ceiling_fee([60, 90, 90], 1), 0.5)
    assert not none.exists
    assert math.isnan(none.nash_fee)
    assert (none.floor, none.ceiling) == (100, 80)
    assert none.probability == pytest.approx(1 / 3)


def test_the_probability_of_a_zone_compares_each_draws_own_floor_and_ceiling():
    agreed = zone(floor_fee([100, 120, 80], 0, 1), ceiling_fee([130, 125, 90], 1), 0.5)
    assert (agreed.floor, agreed.ceiling) == (100, 115)
    assert agreed.probability == 1


def test_a_licensor_better_off_without_any_fee_has_a_floor_below_zero():
    assert floor_fee([10, 10], [25, 35], 1).fee == -20


def test_errors_are_the_spread_that_fresh_draws_would_show():
    """Gain and cost are correlated, as both are where a unit of fee is discounted at an uncertain rate."""
    rng, draws, repeats = np.random.default_rng(3), 400, 2000
    common = rng.normal(0, 1, (repeats, draws))
    gain = 100 + 20 * common + rng.normal(0, 10, common.shape)
    cost = 0.8 + 0.1 * common
    fits = [ceiling_fee(*pair) for pair in zip(gain, np.maximum(cost, 0.01), strict=True)]
    spread = np.std([fit.fee for fit in fits])
    claimed = np.mean([fit.error for fit in fits])
    assert claimed == pytest.approx(spread, rel=4 / math.sqrt(2 * repeats))


@pytest.mark.parametrize(
    ("sentence", "bargain"),
    [
        ("worth more than 0 in every draw; found 0.0", lambda: floor_fee([1, 2], 0, [1, 0])),
        ("1 of 2 draws have a present value missing or infinite", lambda: ceiling_fee([1, np.nan], 1)),
        ("between 0 and 1; found 1.5", lambda: zone(floor_fee([1, 2], 0, 1), ceiling_fee([3, 4], 1), 1.5)),
        ("the same draws; found 3 and 2", lambda: zone(floor_fee([1, 2, 3], 0, 1), ceiling_fee([3, 4], 1), 0.5)),
    ],
)
def test_an_impossible_bargain_is_refused_in_a_sentence(sentence, bargain):
    with pytest.raises(ValueError, match=sentence):
        bargain()
