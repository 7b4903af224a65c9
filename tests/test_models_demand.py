import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma, lomax

from simlib.models.demand import shares_by_period, two_stage_share, viewed_share, word_of_mouth

AGES = np.array([0.0, 0.02, 0.25, 1.0, 3.0, 40.0])


@pytest.mark.parametrize("tail", [0.3, 1.0, 2.5])
def test_viewing_within_an_age_is_pareto_of_the_second_kind(tail):
    np.testing.assert_allclose(viewed_share(AGES, 0.2, tail), lomax.cdf(AGES, tail, scale=0.2), atol=1e-15)


def test_with_an_ever_lighter_tail_viewing_decays_exponentially():
    decayed = 1 - np.exp(-AGES / 0.5)
    errors = [abs(viewed_share(AGES, 0.5 * tail, tail) - decayed).max() for tail in (1e3, 1e4)]
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.01)
    assert errors[1] < 1e-4


def test_in_the_far_tail_doubling_the_age_leaves_two_to_the_minus_tail_of_what_was_to_come():
    left = 1 - viewed_share(np.array([1e6, 2e6]), 0.2, 0.7)
    assert left[1] / left[0] == pytest.approx(2**-0.7, rel=1e-6)


@pytest.mark.parametrize("share", [lambda age: viewed_share(age, 0.3, 0.8), lambda age: two_stage_share(age, 3.0, 8.0)])
def test_nothing_is_viewed_before_release_and_never_less_with_age(share):
    assert not share(np.array([-2.0, -1e-9, 0.0])).any()
    viewed = share(np.linspace(0, 30, 1_000))
    assert (np.diff(viewed) >= 0).all()
    assert viewed[-1] <= 1
    assert share(1e9) == pytest.approx(1, abs=1e-6)


def test_two_equal_stages_are_a_gamma_of_shape_two():
    np.testing.assert_allclose(two_stage_share(AGES, 2.0, 2.0), gamma.cdf(AGES, 2, scale=0.5), atol=1e-14)


@pytest.mark.parametrize(("decide", "act"), [(1.0, 6.0), (6.0, 1.0), (2.0, 2.0 + 1e-9), (0.1, 90.0)])
def test_two_stages_are_the_sum_of_two_exponential_waits(decide, act):
    for age in AGES[:-1]:
        summed, _ = quad(lambda s, a=age: decide * np.exp(-decide * s) * (1 - np.exp(-act * (a - s))), 0, age)
        assert two_stage_share(age, decide, act) == pytest.approx(summed, abs=1e-9)


def test_to_act_at_once_leaves_one_exponential_wait():
    np.testing.assert_allclose(two_stage_share(AGES, 1.5, 1e9), 1 - np.exp(-1.5 * AGES), atol=1e-8)


def test_a_title_that_must_be_decided_upon_starts_slowly():
    early, late = shares_by_period(two_stage_share(np.array([0.0, 0.05, 0.1]), 4.0, 4.0))
    assert late > 2 * early
    early, late = shares_by_period(viewed_share(np.array([0.0, 0.05, 0.1]), 0.2, 1.0))
    assert late < early


def test_the_periods_of_a_window_add_up_to_its_end_less_its_start():
    edges = np.linspace(-0.5, 2, 31)[:, None, None]
    scale, tail = np.array([[0.1], [0.4]]), np.array([0.5, 1.0, 2.0])
    shares = shares_by_period(viewed_share(edges, scale, tail))
    assert shares.shape == (30, 2, 3)
    assert not shares[:6].any()
    np.testing.assert_allclose(shares.sum(axis=0), viewed_share(2.0, scale, tail) - viewed_share(-0.5, scale, tail))


def test_a_title_of_median_success_is_spoken_of_as_usual_and_without_elasticity_every_title_is():
    assert word_of_mouth(1.0, np.array([0.0, 0.7, 3.0])).tolist() == [1, 1, 1]
    assert word_of_mouth(np.array([0.0, 0.2, 5.0]), 0.0).tolist() == [1, 1, 1]


def test_one_per_cent_more_of_a_hit_moves_a_neighbouring_line_by_its_elasticity():
    hit, elasticity, little = np.array([0.3, 1.0, 4.0]), np.array([[0.4], [1.3]]), 1e-6
    moved = word_of_mouth(hit * (1 + little), elasticity) / word_of_mouth(hit, elasticity) - 1
    np.testing.assert_allclose(moved / little, np.broadcast_to(elasticity, (2, 3)), rtol=1e-5)
