"""Two scenarios on the same draws: nothing differs from itself, a fee by its closed form, and pairs beat strangers."""

import math

import numpy as np
import pytest
from scenarios_for_tests import EVERYTHING

from simlib.decide.difference import compare, compared, difference
from simlib.scenario.load import loads
from simlib.simulation.engine import simulate
from simlib.simulation.outcome import Output

FEE = "deals.netflix.terms.flat_fee.amount"
TEXT = EVERYTHING.partition("\ncorrelations:")[0]
DRAWS = {"simulation.draws": 400}


def scenario(**changes):
    return loads(TEXT, {**DRAWS, **changes})


def by_name(comparison):
    return {found.name: found for found in comparison.differences}


def output(*values):
    return Output(np.array(values), "USD", "NPV")


def test_a_scenario_does_not_differ_from_itself():
    comparison = compare(scenario(), scenario())
    assert comparison.changes == ()
    assert comparison.differences
    for found in comparison.differences:
        assert (found.mean, found.error, found.p10, found.p90, found.higher) == (0, 0, 0, 0, 0)


def test_a_fee_a_tenth_higher_is_worth_a_tenth_of_its_present_value():
    """NPV is linear in the fee: draw by draw the licensor gains a tenth of fee × present value of one unit."""
    low, high = (scenario(**{FEE: f"{fee} USD per episode"}) for fee in (20_000, 22_000))
    comparison = compare(low, high)
    gain = 2_000 * 32 * comparison.one["negotiation.licensor_pv_per_fee"]
    found = by_name(comparison)["packages.worldwide.licensor_npv"]
    assert found.mean == pytest.approx(gain.mean(), rel=1e-9)
    assert found.error == pytest.approx(gain.std(ddof=1) / math.sqrt(gain.size), rel=1e-9)
    assert (found.p10, found.p90) == pytest.approx(np.quantile(gain, (0.1, 0.9)), rel=1e-9)
    assert found.higher == 1


def test_common_draws_tell_a_difference_far_better_than_draws_of_their_own():
    one, other = scenario(), scenario(**{"title.completion": "60%"})
    paired = by_name(compare(one, other))["deals.netflix.hours"]
    apart = simulate(other, seed=99)["deals.netflix.hours"] - simulate(one)["deals.netflix.hours"]
    assert paired.error < apart.std(ddof=1) / math.sqrt(apart.size) / 3
    assert paired.worth > 9
    assert paired.correlation > 0.9


def test_what_common_draws_are_worth_is_the_ratio_of_variances():
    found = difference("npv", output(1.0, 2.0, 4.0, 9.0), output(2.0, 4.0, 5.0, 11.0))
    own = np.var([1, 2, 4, 9], ddof=1) + np.var([2, 4, 5, 11], ddof=1)
    assert found.worth == pytest.approx(own / np.var([1, 2, 1, 2], ddof=1))
    assert found.correlation == pytest.approx(np.corrcoef([1, 2, 4, 9], [2, 4, 5, 11])[0, 1])


def test_only_draws_in_which_both_have_a_number_are_compared():
    found = difference("payback", output(1.0, np.nan, 3.0), output(2.0, 4.0, np.nan))
    assert (found.draws, found.mean) == (1, 1.0)


def test_both_are_drawn_as_the_first_says_unless_told_otherwise():
    other = scenario(**{"simulation.draws": 100, "simulation.seed": 9})
    comparison = compare(scenario(), other)
    assert (comparison.one.draws, comparison.one.seed) == (comparison.other.draws, comparison.other.seed) == (400, 5)
    comparison = compare(scenario(), other, draws=50, seed=3)
    assert (comparison.one.draws, comparison.one.seed) == (comparison.other.draws, comparison.other.seed) == (50, 3)


def test_outcomes_of_other_draws_are_refused():
    with pytest.raises(ValueError, match="draws and seed must be the same"):
        compared(simulate(scenario(), draws=10), simulate(scenario(), draws=20))


def test_the_clearest_difference_comes_first():
    found = compare(scenario(), scenario(**{"title.completion": "60%"})).differences
    clear = [one.stands_out for one in found]
    assert clear == sorted(clear, reverse=True)


def test_money_of_two_currencies_is_not_compared():
    euros = loads(TEXT.replace("\ncurrency: USD", "\ncurrency: EUR").replace("  EUR:", "  USD:"), DRAWS)
    found = by_name(compare(scenario(), euros))
    assert "members" in found
    assert not [name for name in found if name.endswith("_npv")]


def test_results_that_one_lacks_are_named():
    other, fee = (line for line in TEXT.splitlines(keepends=True) if line.startswith(("  piecemeal:", "negotiation:")))
    alone = loads(TEXT.replace(other, "").replace(fee, ""), DRAWS)
    comparison = compare(scenario(), alone)
    assert "packages.piecemeal.licensor_npv" in comparison.only_one
    assert comparison.only_other == ()
