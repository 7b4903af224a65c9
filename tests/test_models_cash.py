"""Present values against closed forms and pyxirr, payback against a walk along the cash."""

import math
from itertools import pairwise

import numpy as np
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simlib.models.cash import discount_factors, irr, npv, payback

MONTH, QUARTER, YEAR = 1 / 12, 1 / 4, 1.0
whole_cash = st.integers(1, 12).flatmap(
    lambda periods: arrays(float, (periods, 3), elements=st.integers(-9, 9).map(float))
)


# Present value


def test_cash_is_discounted_from_the_middle_of_its_period():
    np.testing.assert_allclose(discount_factors(0.1, 3, QUARTER), 1.1 ** -np.array([0.125, 0.375, 0.625]))


def test_a_rate_by_draw_gives_factors_by_draw():
    factors = discount_factors([0.0, 0.1, 0.2], 5, MONTH)
    assert factors.shape == (5, 3)
    np.testing.assert_array_equal(factors[:, 0], 1)
    np.testing.assert_array_equal(factors[:, 2], discount_factors(0.2, 5, MONTH))


@pytest.mark.parametrize("step", [MONTH, QUARTER, YEAR])
def test_level_cash_is_worth_its_annuity(step):
    periods, v = 36, 1.08**-step
    annuity = math.sqrt(v) * (1 - v**periods) / (1 - v)
    np.testing.assert_allclose(npv(np.ones((periods, 2)), 0.08, step), annuity)


def test_value_hardly_depends_on_the_step_because_mid_period_cash_stands_for_even_cash():
    continuous = (1 - 1.1**-10) / math.log(1.1)
    errors = [abs(float(npv(np.full(round(10 / step), step), 0.1, step)) - continuous) for step in (YEAR, QUARTER)]
    assert errors[0] < 0.003
    np.testing.assert_allclose(errors[0] / errors[1], 16, rtol=0.01)  # an error of the order of step²


def test_npv_agrees_with_pyxirr_moved_by_half_a_period():
    cash, rates = np.random.default_rng(1).normal(0, 100, (24, 6)), np.linspace(-0.05, 0.4, 6)
    worth = npv(cash, rates, MONTH)
    for draw, rate in enumerate(rates):
        per_month = (1 + rate) ** MONTH - 1
        theirs = pyxirr.npv(per_month, cash[:, draw].tolist()) * (1 + per_month) ** -0.5
        np.testing.assert_allclose(worth[draw], theirs)


def test_present_value_of_a_sum_is_the_sum_of_present_values():
    one, other = np.random.default_rng(2).normal(0, 1, (2, 30, 8))
    together = npv(one + other, 0.12, QUARTER)
    np.testing.assert_allclose(together, npv(one, 0.12, QUARTER) + npv(other, 0.12, QUARTER))
    np.testing.assert_allclose(together, (discount_factors(0.12, 30, QUARTER) @ (one + other)))


def test_a_draw_has_the_same_bytes_alone_and_among_others():
    cash, rates = np.random.default_rng(3).normal(0, 1, (120, 64)), np.linspace(0.01, 0.3, 64)
    cash[0] = -abs(cash).sum(axis=0) / 2
    cash[1:] = abs(cash[1:])
    for one in (0, 17, 63):
        alone = np.asfortranarray(cash[:, one : one + 1])
        assert npv(cash, rates, MONTH)[one] == npv(alone, rates[one : one + 1], MONTH)[0]
        assert irr(cash, MONTH)[one] == irr(alone, MONTH)[0]


def test_a_rate_of_minus_one_hundred_percent_is_refused():
    with pytest.raises(ValueError, match=r"above −100 %; found -1"):
        npv([1.0], -1, YEAR)


# Internal rate of return


@pytest.mark.parametrize("step", [MONTH, QUARTER, YEAR])
def test_irr_agrees_with_pyxirr_in_every_draw(step):
    rng = np.random.default_rng(4)
    cash = rng.gamma(1, 10, (30, 200))
    cash[1:-1][rng.random((28, 200)) < 0.2] = 0
    cash[:4] *= -8
    cash[:, ::7] *= -1  # money first, costs later
    found = irr(cash, step)
    theirs = [(1 + pyxirr.irr(draw.tolist())) ** (1 / step) - 1 for draw in cash.T]
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, theirs, rtol=1e-7, atol=1e-9)


def changes_of_sign(values):
    signs = [sign for sign in np.sign(values) if sign]
    return sum(one != other for one, other in pairwise(signs))


def positive_rates(draw):
    """Return the rates above zero that make cash worth nothing, as roots of its polynomial."""
    roots = np.roots(np.trim_zeros(draw, "b")[::-1])
    real = roots[np.abs(roots.imag) < 1e-7].real
    return [1 / root - 1 for root in real if 1e-6 < root < 1 - 1e-7]


@given(whole_cash)
def test_irr_makes_cash_worth_nothing_and_exists_only_where_one_of_two_rules_makes_it_the_only_one(cash):
    for draw, rate in zip(cash.T, irr(cash, YEAR), strict=True):
        by_descartes = changes_of_sign(draw) == 1
        by_norstrom = changes_of_sign(np.cumsum(draw)) == 1 and draw.sum() != 0
        if not (by_descartes or by_norstrom):
            assert math.isnan(rate)
        elif not math.isnan(rate):
            assert abs(npv(draw, rate, YEAR)) <= 1e-9 * npv(abs(draw), rate, YEAR)
        if by_norstrom and not by_descartes:
            assert rate > 0
            assert len(positive_rates(draw)) <= 1


def test_irr_is_given_where_a_fee_is_paid_in_two_parts_around_the_first_receipts():
    licence = [-50.0, 20.0, -30.0, 40.0, 40.0]  # three changes of sign, one of the cumulated cash
    np.testing.assert_allclose(irr(licence, YEAR), pyxirr.irr(licence), rtol=1e-9)


def test_irr_is_missing_where_two_rates_solve_the_equation():
    pump = [-1600.0, 10_000.0, -10_000.0]  # Lorie & Savage 1955: 25 % and 400 %
    np.testing.assert_allclose([npv(pump, 0.25, YEAR), npv(pump, 4.0, YEAR)], 0, atol=1e-9)
    assert math.isnan(irr(pump, YEAR))


def test_irr_is_missing_where_money_only_comes_in_or_only_goes_out_or_never_moves():
    assert np.isnan(irr([[5, -5, 0], [1, -1, 0]], YEAR)).all()


def test_irr_is_missing_beyond_the_rates_that_mean_anything():
    assert np.isnan(irr([[-1000, -1e-6], [1, 1]], YEAR)).all()


def test_irr_does_not_depend_on_the_currency_or_on_the_step_that_the_same_cash_is_told_in():
    yearly = np.array([[-100.0], [60.0], [70.0]])
    quarterly = np.zeros((12, 1))
    quarterly[::4] = yearly
    np.testing.assert_allclose(irr(quarterly, QUARTER), irr(yearly, YEAR), rtol=1e-10)
    np.testing.assert_allclose(irr(7 * yearly, YEAR), irr(yearly, YEAR), rtol=1e-10)


# Payback


def walk_to_payback(cash, step):
    """Walk along the cash in a straight line within each period; note where it last leaves the red."""
    balance, years = 0.0, 0.0
    for period, amount in enumerate(cash):
        if balance < 0 <= balance + amount:
            years = (period + balance / -amount) * step
        balance += amount
    return math.nan if balance < 0 else years


@given(whole_cash)
def test_payback_is_where_a_walk_along_the_cash_last_leaves_the_red(cash):
    np.testing.assert_allclose(payback(cash, QUARTER), [walk_to_payback(draw, QUARTER) for draw in cash.T])


def test_a_second_investment_postpones_payback():
    assert payback([[-10], [20], [-30], [40]], YEAR).tolist() == [3.5]
