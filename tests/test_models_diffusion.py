"""Bass diffusion against its published values, its differential equation, and a loop that counts pirates."""

import math

import numpy as np
import pytest

from simlib.models.diffusion import (
    adopting_share,
    adoption_density,
    bass_path,
    cumulated_effort,
    cumulative_adoption,
    effort,
    peak_time,
)
from simlib.models.subscribers import subscriber_path

P, Q = 0.03, 0.38  # the averages quoted since Sultan, Farley & Lehmann (1990)


def test_adoption_has_the_textbook_values():
    adopted = cumulative_adoption([1, 2, 3, 4, 5, 10, 15], P, Q)
    textbook = [0.035758, 0.085056, 0.150500, 0.233150, 0.331199, 0.812803, 0.971610]
    np.testing.assert_allclose(adopted, textbook, atol=5e-7)


def test_adoption_is_fastest_at_ln_q_over_p_divided_by_their_sum():
    assert float(peak_time(P, Q)) == pytest.approx(6.1926, abs=5e-5)
    beside = peak_time(P, Q) + np.array([-0.01, 0.01])
    assert np.all(adoption_density(beside, P, Q) < adoption_density(peak_time(P, Q), P, Q))


def test_adoption_that_is_not_driven_by_imitation_is_fastest_at_launch():
    assert float(peak_time(0.2, 0.1)) == 0
    assert float(peak_time(0.2, 0.0)) == 0


def test_density_is_the_slope_of_cumulative_adoption():
    time, h = np.linspace(0.1, 30, 50), 1e-5
    slope = (cumulative_adoption(time + h, P, Q) - cumulative_adoption(time - h, P, Q)) / (2 * h)
    np.testing.assert_allclose(adoption_density(time, P, Q), slope, rtol=1e-7, atol=1e-10)


def test_density_at_the_peak_is_the_square_of_the_sum_over_four_q():
    assert float(adoption_density(peak_time(P, Q), P, Q)) == pytest.approx((P + Q) ** 2 / (4 * Q), rel=1e-14)


def test_without_imitation_adoption_is_exponential():
    time = np.array([0.5, 1, 7])
    np.testing.assert_allclose(cumulative_adoption(time, P, 0), 1 - np.exp(-P * time), rtol=1e-14)
    np.testing.assert_allclose(adoption_density(time, P, 0), P * np.exp(-P * time), rtol=1e-14)


def test_nobody_has_adopted_before_launch_and_everybody_in_the_end():
    assert cumulative_adoption([-3, 0], P, Q).tolist() == [0, 0]
    assert float(adoption_density(-3, P, Q)) == 0
    assert float(cumulative_adoption(1e6, P, Q)) == 1


@pytest.mark.parametrize("innovation", [0, -0.01, math.nan, [0.03, 0]])
def test_without_innovators_the_closed_form_is_refused(innovation):
    for curve in (cumulative_adoption, adoption_density):
        with pytest.raises(ValueError, match=r"innovation must be above 0.*use bass_path"):
            curve(1, innovation, Q)


def test_imitation_that_puts_people_off_is_refused():
    with pytest.raises(ValueError, match=r"imitation must not be negative, found -0\.1"):
        cumulative_adoption(1, P, -0.1)


def test_halving_the_step_halves_the_distance_to_the_closed_form():
    exact = cumulative_adoption(10, P, Q)
    steps = [1 / 4, 1 / 12, 1 / 24, 1 / 48]
    error = [abs(bass_path(0, 1, P, Q, round(10 / step), step)[-1] - exact) for step in steps]
    assert error[0] < 0.04
    assert error[2] / error[1] == pytest.approx(1 / 2, abs=0.02)
    assert error[3] / error[2] == pytest.approx(1 / 2, abs=0.01)


def test_a_path_may_open_anywhere_on_the_curve():
    opening = 100 * cumulative_adoption(4, P, Q)
    path = bass_path(opening, 100, P, Q, periods=6 * 1000, step=1 / 1000)
    assert path[-1] == pytest.approx(100 * cumulative_adoption(10, P, Q), rel=1e-3)


def test_imitation_alone_follows_the_logistic_curve_from_a_positive_opening():
    years = np.arange(1, 11)
    logistic = 100 / (1 + (100 / 5 - 1) * np.exp(-0.5 * years))
    path = bass_path(5, 100, 0, 0.5, periods=10 * 2000, step=1 / 2000)[1999::2000]
    np.testing.assert_allclose(path, logistic, rtol=1e-3)


def test_imitation_alone_starts_nothing():
    assert bass_path(0, 100, 0, 0.5, periods=12, step=1 / 12).max() == 0


def test_a_path_never_falls_and_never_exceeds_the_potential_however_long_the_step():
    path = bass_path(1, 100, np.array([0.01, 0.5, 40]), np.array([0.4, 3, 90]), periods=30, step=1)
    assert path.shape == (30, 3)
    assert np.all(np.diff(path, axis=0) >= 0)
    assert path.max() <= 100


def test_a_potential_that_is_used_up_adds_nobody():
    assert bass_path(120, 100, P, Q, periods=3, step=1).tolist() == [120, 120, 120]


def test_every_territory_and_draw_has_its_own_path():
    potential, imitation = np.array([[50], [200]]), np.array([0.2, 0.4, 0.6])
    together = bass_path(0, potential, P, imitation, periods=8, step=1 / 4)
    assert together.shape == (8, 2, 3)
    alone = bass_path(0, 200, P, 0.6, periods=8, step=1 / 4)
    np.testing.assert_allclose(together[:, 1, 2], alone, rtol=1e-14)


def test_the_share_that_adopts_in_two_steps_of_one_rate_is_that_of_one_step_twice_as_long():
    half, whole = (float(adopting_share(40, 100, P, Q, step)) for step in (1 / 24, 1 / 12))
    assert 1 - (1 - half) ** 2 == pytest.approx(whole, rel=1e-14)


@pytest.mark.parametrize("buying_share", [0, 0.14, 0.5, 1])
def test_buyers_and_pirates_together_follow_bass_whatever_share_of_the_influenced_buys(buying_share):
    """Givon, Mahajan & Muller (1995): pirates spread the word as buyers do.

    Innovators buy; of those whom word of mouth wins, a share buys and the others copy.
    """
    potential, step, periods = 1000.0, 1 / 12, 240
    buyers = pirates = 0.0
    together = []
    for _ in range(periods):
        undecided = potential - buyers - pirates
        word_of_mouth = Q * (buyers + pirates) / potential
        leaving = undecided * (1 - math.exp(-(P + word_of_mouth) * step))
        buyers += leaving * (P + buying_share * word_of_mouth) / (P + word_of_mouth)
        pirates += leaving * (1 - buying_share) * word_of_mouth / (P + word_of_mouth)
        together.append(buyers + pirates)
    np.testing.assert_allclose(bass_path(0, potential, P, Q, periods, step), together, rtol=1e-12)


def launched(years, step, annual_price=0.0, annual_spend=0.0, price_coefficient=-1.2, marketing_coefficient=0.6):
    """Return cumulated effort under prices and spend on marketing that change by a constant share a year."""
    starts = np.arange(round(years / step)) * step
    price, spend = 9.99 * (1 + annual_price) ** starts, 3e6 * (1 + annual_spend) ** starts
    return cumulated_effort(price, price_coefficient, spend, marketing_coefficient, step)


def test_where_neither_price_nor_marketing_changes_generalised_bass_is_bass():
    cumulated = launched(15, 1 / 12)
    years = np.arange(1, 181) / 12
    np.testing.assert_allclose(cumulated, years, rtol=1e-13)
    np.testing.assert_allclose(effort(cumulated, 1 / 12), 1, rtol=1e-11)
    np.testing.assert_allclose(cumulative_adoption(cumulated, P, Q), cumulative_adoption(years, P, Q), rtol=1e-12)


@pytest.mark.parametrize(("annual_price", "annual_spend"), [(-0.1, 0.2), (0.15, 0.0), (0.0, -0.3)])
def test_constant_percentage_changes_leave_basss_shape_with_p_and_q_scaled(annual_price, annual_spend):
    # Bass, Krishnan & Jain (1994), section 4: why the Bass model fits without decision variables
    scale = 1 - 1.2 * math.log1p(annual_price) + 0.6 * max(0, math.log1p(annual_spend))
    step = 1 / 48
    cumulated = launched(15, step, annual_price, annual_spend)
    np.testing.assert_allclose(effort(cumulated, step)[1:], scale, rtol=1e-9)
    years = np.arange(1, 15 / step) * step  # from the end of the first period on, which has no change
    adopted = cumulative_adoption(cumulated[1:] - cumulated[0], P, Q)
    np.testing.assert_allclose(adopted, cumulative_adoption(years, P * scale, Q * scale), rtol=1e-9)


def test_spend_on_marketing_that_falls_slows_nobody():
    np.testing.assert_allclose(launched(5, 0.25, annual_spend=-0.4), launched(5, 0.25), rtol=1e-13)


def test_the_stepped_model_follows_generalised_bass_to_the_order_of_the_step():
    def apart(step):
        starts = np.arange(round(12 / step)) * step
        price = 10 * np.exp(0.1 * np.sin(starts))  # slow enough that effort never falls below zero
        cumulated = cumulated_effort(price, -2.0, 1e6 * (1 + starts), 0.3, step)
        lift = effort(cumulated, step)
        path = subscriber_path(0.0, np.ones(len(starts)), P, Q, 0.0, step, lift)
        return abs(path - cumulative_adoption(cumulated, P, Q)).max()

    assert apart(1 / 12) / apart(1 / 24) == pytest.approx(2, abs=0.1)
    assert apart(1 / 48) < 0.005


@pytest.mark.parametrize("step", [1 / 12, 1 / 4, 1])
def test_effort_that_a_rise_in_price_takes_away_is_made_up_before_anybody_joins(step):
    price = np.where(np.arange(round(8 / step)) * step < 4, 10.0, 15.0)
    lost = 1.5 * math.log(1.5)  # years
    done = effort(cumulated_effort(price, -1.5, 1.0 + 0 * price, 0, step), step)
    assert done.min() == pytest.approx(max(0, 1 - lost / step), abs=1e-12)
    assert done.sum() * step == pytest.approx(8 - lost, rel=1e-12)  # the same in every step
    idle = (done < 1e-9).sum() * step
    assert lost - step <= idle <= lost


def test_a_price_of_nothing_has_no_relative_change():
    with pytest.raises(ValueError, match=r"price must be above 0, found 0"):
        cumulated_effort([10.0, 0.0], -1, [1.0, 1.0], 0, 1)
