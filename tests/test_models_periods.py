import numpy as np
import pytest

from simlib.models.periods import growth_factor, hazard_per_year, months_in, per_step

MONTH, QUARTER, YEAR = 1 / 12, 1 / 4, 1.0
CHURN = np.array([0.0, 1e-6, 0.03, 0.5, 0.999])


def test_a_year_has_twelve_months():
    assert [months_in(step) for step in (MONTH, QUARTER, YEAR)] == [1, 3, 12]


def test_a_monthly_probability_stepped_by_month_is_itself():
    np.testing.assert_allclose(per_step(CHURN, MONTH), CHURN, rtol=1e-9)


@pytest.mark.parametrize(("step", "months"), [(QUARTER, 3), (YEAR, 12)])
def test_surviving_a_step_is_surviving_each_of_its_months(step, months):
    surviving = np.ones_like(CHURN)
    for _ in range(months):
        surviving = surviving - CHURN * surviving
    np.testing.assert_allclose(per_step(CHURN, step), 1 - surviving, rtol=1e-9)


def test_certainty_stays_certain():
    assert per_step(1.0, QUARTER) == 1


@pytest.mark.parametrize("step", [MONTH, QUARTER, YEAR])
def test_the_hazard_of_a_monthly_probability_leaves_as_many_alive_after_any_step(step):
    np.testing.assert_allclose(1 - np.exp(-hazard_per_year(CHURN) * step), per_step(CHURN, step), rtol=1e-9)


def test_a_small_monthly_probability_is_a_twelfth_of_its_hazard():
    np.testing.assert_allclose(hazard_per_year(1e-9), 12e-9, rtol=1e-8)


def test_four_quarters_of_growth_make_a_year_of_it():
    growth = np.array([-0.2, 0.0, 0.303])
    np.testing.assert_allclose(growth_factor(growth, QUARTER) ** 4, 1 + growth)
    np.testing.assert_allclose(growth_factor(growth, 2.0), (1 + growth) ** 2)
