import numpy as np
import pytest

from simlib.models.platform import COST_LINES, REVENUE_LINES, break_even_period, lines, profit, total

# iQIYI, RMB million, 2015, 2016, 2017: prospectus 424B4 of 2018-03-29, Key Components of Results of
# Operations (revenue by line) and Selected Consolidated Financial Data (costs)
IQIYI_REVENUE = {
    "member_payment": np.array([996.682, 3_762.183, 6_536.028]),  # membership services
    "content_marketing": np.array([3_399.935, 5_650.366, 8_158.924]),  # online advertising services
    "sublicensing": np.array([387.687, 500.952, 1_191.816]),  # content distribution
    "derivatives": np.array([534.280, 1_323.906, 1_491.582]),  # others
}
IQIYI_COST = {
    "content": np.array([6_041.764, 11_436.595, 17_386.563]),  # cost of revenues, bandwidth within it
    "marketing": np.array([1_204.464, 1_765.824, 2_674.990]),  # selling, general and administrative
}
IQIYI_TOTAL_REVENUE = np.array([5_318.584, 11_237.407, 17_378.350])


def test_the_lines_of_iqiyi_add_up_to_its_total_revenue():
    np.testing.assert_allclose(total(IQIYI_REVENUE), IQIYI_TOTAL_REVENUE, atol=1e-9)


def test_iqiyi_spent_more_on_what_it_sold_than_it_earned():
    content = {"content": IQIYI_COST["content"]}
    np.testing.assert_allclose(profit(IQIYI_REVENUE, content), IQIYI_TOTAL_REVENUE - content["content"], atol=1e-9)
    assert (profit(IQIYI_REVENUE, content) < 0).all()
    assert np.isnan(break_even_period(profit(IQIYI_REVENUE, IQIYI_COST)))


def test_the_business_models_and_costs_of_a_platform_have_their_lines():
    assert REVENUE_LINES == ("member_payment", "content_marketing", "data_marketing", "sublicensing", "derivatives")
    assert COST_LINES == ("content", "bandwidth", "marketing", "other")


def test_a_line_is_its_amount_times_what_it_moves_with():
    rng = np.random.default_rng(8)
    subscriber_months, hours = rng.uniform(1, 2, (2, 6, 3, 4))
    once = np.eye(6)[0][:, None, None]
    arpu, per_hour, launch = rng.uniform(8, 12, (3, 1)), 0.02, np.array([5.0, 6.0, 7.0, 8.0])
    amounts = {"member_payment": arpu, "bandwidth": per_hour, "other": launch}
    named = lines(amounts, {"other": once, "bandwidth": hours, "member_payment": subscriber_months})
    for where in np.ndindex(6, 3, 4):
        period, territory, draw = where
        assert named["member_payment"][where] == arpu[territory, 0] * subscriber_months[where]
        assert named["bandwidth"][where] == per_hour * hours[where]
        assert np.broadcast_to(named["other"], (6, 3, 4))[where] == (launch[draw] if period == 0 else 0)


def test_a_line_without_amount_or_driver_is_named():
    with pytest.raises(ValueError, match=r"missing for bandwidth, content$"):
        lines({"content": 1.0, "other": 1.0}, {"bandwidth": 2.0, "other": 1.0})


def test_profit_is_what_the_lines_leave():
    revenue, cost = {"a": np.array([3.0, 4.0]), "b": np.array([1.0, 1.0])}, {"c": np.array([5.0, 2.0])}
    np.testing.assert_array_equal(profit(revenue, cost), [-1, 3])
    np.testing.assert_array_equal(profit(revenue, {}), total(revenue))


def test_a_business_has_broken_even_only_when_it_never_again_owes():
    cases = {(-5, 3, 3): 2, (1, 1, 1): 0, (-5, 6, -2): np.nan, (-5, 6, -2, 1): 3, (-5, 5, 0): 1, (0, -1, 2): 2}
    for profits, period in cases.items():
        np.testing.assert_equal(float(break_even_period(np.array(profits, float))), float(period))


def test_break_even_is_the_first_close_after_which_every_balance_is_in_the_black():
    profits = np.random.default_rng(9).normal(0.1, 1, (20, 3, 50))
    balances = profits.cumsum(axis=0)
    for where in np.ndindex(3, 50):
        later = [period for period in range(20) if (balances[period:, *where] >= 0).all()]
        np.testing.assert_equal(break_even_period(profits)[where], later[0] if later else np.nan)
