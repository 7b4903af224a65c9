import numpy as np
import pytest

from simlib.models.platform import (
    COST_LINES,
    REVENUE_LINES,
    amortised,
    break_even,
    hours_viewed,
    lines,
    members_needed,
    of_a_year,
    profit,
    tax_on_profit,
    total,
)

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
    assert np.isnan(break_even(profit(IQIYI_REVENUE, IQIYI_COST), 1.0))


def test_the_business_models_and_costs_of_a_platform_have_their_lines():
    models = ("member_payment", "content_marketing", "data_marketing", "sublicensing", "derivatives", "disc_rental")
    assert models == REVENUE_LINES
    assert COST_LINES == ("content", "bandwidth", "marketing", "sales_tax", "other")


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


# Content: paid for when it is bought, a cost as it is viewed


def survival(age, scale, tail):
    """Share of what was released `age` years ago that is not yet viewed."""
    return (1 + age / scale) ** -tail


def amortised_piece_by_piece(spend, opening, opening_age, scale, tail, step, pieces=2000):
    """The cost of every period, each period's spend cut into pieces bought one after the other."""
    cost = []
    for period in range(len(spend)):
        begins, ends = period * step, (period + 1) * step
        gone = survival(opening_age + begins, scale, tail) - survival(opening_age + ends, scale, tail)
        own = opening * gone / survival(opening_age, scale, tail)
        for earlier in range(period + 1):
            for piece in range(pieces):
                bought = (earlier + (piece + 0.5) / pieces) * step
                left = [survival(max(at - bought, 0), scale, tail) for at in (begins, ends)]
                own += spend[earlier] / pieces * (left[0] - left[1])
        cost.append(own)
    return cost


@pytest.mark.parametrize("tail", [0.7, 1.0, 2.5])
def test_content_becomes_a_cost_as_each_piece_of_it_is_viewed(tail):
    spend, opening = [100.0, 160.0, 90.0, 200.0, 210.0], 70.0
    cost, _ = amortised(np.array(spend), opening, 0.4, 0.3, tail, 0.25)
    np.testing.assert_allclose(cost, amortised_piece_by_piece(spend, opening, 0.4, 0.3, tail, 0.25), rtol=1e-6)


def test_what_was_paid_for_and_not_yet_viewed_is_the_balance():
    rng = np.random.default_rng(12)
    spend, opening = rng.uniform(0, 9, (30, 50)), rng.uniform(0, 20, 50)
    cost, closing = amortised(spend, opening, 0.7, rng.uniform(0.1, 0.5, 50), rng.uniform(0.5, 2, 50), 0.25)
    before = np.concatenate([opening[np.newaxis], closing[:-1]])
    np.testing.assert_allclose(before + spend - cost, closing, rtol=1e-12)
    assert (cost > 0).all()
    assert (closing > 0).all()


def test_content_costs_the_same_in_a_year_whether_it_is_counted_by_month_or_by_quarter():
    by_month = amortised(np.repeat([10.0, 20.0, 15.0], 12), 50.0, 0.5, 0.3, 1.1, 1 / 12)
    by_quarter = amortised(3 * np.repeat([10.0, 20.0, 15.0], 4), 50.0, 0.5, 0.3, 1.1, 0.25)
    np.testing.assert_allclose(of_a_year(by_month[0], 1 / 12)[::12], of_a_year(by_quarter[0], 0.25)[::4], rtol=1e-12)
    np.testing.assert_allclose(by_month[1][11::12], by_quarter[1][3::4], rtol=1e-12)


def test_a_platform_that_buys_the_same_every_year_ends_by_charging_what_it_pays():
    cost, _ = amortised(np.full(400, 7.0), 0.0, 0.0, 0.3, 2.5, 0.25)
    assert (np.diff(cost) > 0).all()
    assert cost[-1] == pytest.approx(7, rel=1e-4)


def test_hours_are_those_of_members_and_of_other_viewers():
    np.testing.assert_allclose(hours_viewed(np.array([90.0, 20.0]), 30.0, 4.0, 11.0, 1 / 12), [570.0, 330.0])


# Tax


def test_tax_with_losses_carried_forward_is_that_of_a_loop_over_what_is_left_to_make_up_for():
    rng = np.random.default_rng(5)
    profits, rates = rng.normal(0.5, 3, (12, 200)), rng.uniform(0.1, 0.4, (12, 200))
    found = tax_on_profit(profits, rates)
    for draw in range(200):
        loss = 0.0
        for period in range(12):
            taxed = max(profits[period, draw] - loss, 0)
            loss = max(loss - profits[period, draw], 0)
            assert found[period, draw] == pytest.approx(rates[period, draw] * taxed, abs=1e-12)


def test_tax_never_pays_back_and_is_its_share_of_profits_without_a_loss():
    rng = np.random.default_rng(6)
    gains = rng.uniform(0, 3, (8, 50))
    np.testing.assert_allclose(tax_on_profit(gains, 0.3), 0.3 * gains, atol=1e-12)
    assert (tax_on_profit(gains - 2, 0.3) >= 0).all()
    np.testing.assert_array_equal(tax_on_profit(-gains, 0.3), 0)


def test_a_year_of_quarters_pays_the_tax_of_the_year_once_losses_are_made_up_for():
    quarters = np.array([-2.0, 1.0, 4.0, 3.0])
    assert tax_on_profit(quarters, 0.25).sum() == pytest.approx(tax_on_profit(quarters.sum()[np.newaxis], 0.25)[0])


# Break-even


def profitable_year(path, end):
    return sum(path[end - 4 : end]) >= 0


def test_break_even_is_the_first_close_after_which_no_year_has_a_loss():
    """The date lies between the close before, whose year has a loss, and that one."""
    profits = np.random.default_rng(9).normal(0.1, 1, (20, 300)) + np.linspace(-0.8, 0.8, 20)[:, None]
    found = break_even(profits, 0.25)
    seen = {"never": 0, "at once": 0, "later": 0}
    for draw in range(300):
        good = [all(profitable_year(profits[:, draw], end) for end in range(first, 21)) for first in range(4, 21)]
        if not any(good):
            assert np.isnan(found[draw])
            seen["never"] += 1
        elif good[0]:
            assert found[draw] == 1
            seen["at once"] += 1
        else:
            first = 4 + good.index(True)
            assert (first - 1) / 4 < found[draw] <= first / 4
            seen["later"] += 1
    assert min(seen.values()) > 0


def test_a_steady_climb_breaks_even_where_its_line_crosses_zero():
    """A profit of a (t − 3) a year: that of the year before t is a (t − 3.5), and 0 at t = 3.5."""
    edges = np.arange(41) / 4
    profits = np.diff(edges**2 / 2 - 3 * edges)
    assert break_even(profits, 0.25) == pytest.approx(3.5, abs=1e-12)


def test_a_year_is_the_sum_of_its_periods():
    np.testing.assert_array_equal(of_a_year(np.arange(6.0), 0.25), [6, 10, 14])
    np.testing.assert_array_equal(of_a_year(np.arange(3.0), 1.0), [0, 1, 2])
    with pytest.raises(ValueError, match="a year has 12 periods; found 3"):
        of_a_year(np.arange(3.0), 1 / 12)


def test_with_the_members_needed_the_profit_is_zero():
    rng = np.random.default_rng(4)
    members, margin, rest = rng.uniform(1, 9, (3, 200))
    profit = members * margin - 3 * rest
    needed = members_needed(members, profit, margin)
    np.testing.assert_allclose(needed * margin - 3 * rest, 0, atol=1e-12)
    assert np.isnan(members_needed(5.0, -1.0, -0.1))
    assert members_needed(5.0, 100.0, 2.0) == 0
