"""What parties that mind risk make of packages, what they would pay to know, and when a package goes wrong."""

from dataclasses import replace

import numpy as np
import pytest
from scenarios_for_tests import EVERYTHING, MEMBERSHIP

from simlib.decide.appetite import appetites, tail, tolerance
from simlib.decide.choices import RARE, at_fee, losing, options, worth_knowing
from simlib.decide.compare import agreement, packages, same_targets, targets
from simlib.decide.value import describe
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate

FLAGSHIP, DRAWS = "scenarios/day-and-night.yml", 400
FEE = "deals.netflix.terms.0.amount"
SECTION = "\nrisk: {tail: 10%, tolerance: {youku: 1 million USD, station: 50 thousand USD}}\n"


@pytest.fixture(scope="module")
def flagship():
    return simulate(load(FLAGSHIP), draws=DRAWS)


def sure(npv, tolerance):
    """The certainty equivalent by its definition, draw by draw."""
    return -tolerance * np.log(np.mean([np.exp(-one / tolerance) for one in npv]))


# Parties that mind risk


def test_each_package_is_worth_to_the_licensor_what_it_would_take_for_certain(flagship):
    for value in packages(flagship):
        found = value.appetite["licensor"].certainty_equivalent
        assert found.value == pytest.approx(sure(value.licensor_npv, 1.5e6))
        assert found.value < value.licensor["mean"]


def test_stations_bear_their_risks_each_alone(flagship):
    deals = flagship.scenario.packages["station_by_station"].deals
    each = [sure(flagship[f"deals.{deal}.licensee_npv"], 300_000) for deal in deals]
    assert len(each) == 5
    whole = sum(flagship[f"packages.station_by_station.npv.{flagship.scenario.deals[deal].licensee}"] for deal in deals)
    np.testing.assert_allclose(whole, flagship["packages.station_by_station.licensee_npv"], rtol=1e-9, atol=1e-3)
    found = appetites(flagship, "station_by_station")["licensee"].certainty_equivalent
    assert found.value == pytest.approx(sum(each))


def test_a_licensee_of_two_deals_bears_them_together():
    text = EVERYTHING.replace("licensee: open_platform", "licensee: station") + SECTION
    outcome = simulate(loads(text))
    both = outcome["deals.station.licensee_npv"] + outcome["deals.open_platform.licensee_npv"]
    found = appetites(outcome, "piecemeal")["licensee"]
    assert found.certainty_equivalent.value == pytest.approx(sure(both, 50_000))
    np.testing.assert_allclose(both, outcome["packages.piecemeal.licensee_npv"], atol=1e-6)


def test_the_worst_draws_are_those_of_the_share_that_the_scenario_names():
    outcome = simulate(loads(EVERYTHING + SECTION), draws=200)
    for value in packages(outcome):
        licensees = dict.fromkeys(
            outcome.scenario.deals[name].licensee for name in outcome.scenario.packages[value.name].deals
        )
        each = [outcome[f"packages.{value.name}.npv.{party}"] for party in licensees] if len(licensees) > 1 else None
        for side, npvs in (("licensor", [value.licensor_npv]), ("licensee", each or [value.licensee_npv])):
            alone = [np.mean(np.sort(npv)[:20]) for npv in npvs]  # each party bears its own
            assert value.appetite[side].cvar.value == pytest.approx(sum(alone))


def test_what_the_scenario_does_not_say_is_not_reported():
    silent = simulate(loads(EVERYTHING))
    assert (tail(silent), tolerance(silent, "youku")) == (None, None)
    assert {one for value in packages(silent) for side in value.appetite.values() for one in vars(side).values()} == {
        None
    }
    half = appetites(simulate(loads(EVERYTHING + SECTION)), "worldwide")
    assert half["licensor"].certainty_equivalent is not None
    assert half["licensee"].certainty_equivalent is None  # nobody says what Netflix tolerates
    assert half["licensee"].cvar is not None


# Regret and the worth of knowing


def test_regret_is_what_the_best_in_hindsight_or_signing_nothing_would_have_brought_more(flagship):
    found = packages(flagship)
    for value in found:
        slow = [
            max(0.0, *(other.licensor_npv[draw] for other in found)) - value.licensor_npv[draw] for draw in range(DRAWS)
        ]
        assert value.regret == pytest.approx(np.mean(slow))


def test_the_least_regret_is_what_the_licensor_would_pay_to_know_everything(flagship):
    worth = worth_knowing(flagship, agreement(flagship))["licensor"]
    assert worth.party == "youku"
    assert worth.everything.value == pytest.approx(min(value.regret for value in packages(flagship)))
    for found in worth.inputs.values():
        assert 0 <= found.value <= worth.everything.value


def test_the_licensee_would_pay_to_know_everything_what_it_loses_at_the_ask(flagship):
    """Signing gains on average, so that knowing saves exactly the losses, E max(−NPV, 0), at the engine's NPV."""
    found = agreement(flagship)
    signed = simulate(load(FLAGSHIP, {FEE: f"{found.zone.nash_fee:.17g} USD"}), draws=DRAWS)
    npv = signed["deals.netflix.licensee_npv"]
    np.testing.assert_allclose(at_fee(flagship, found.zone.nash_fee)["licensee"], npv, rtol=1e-9, atol=1e-3)
    worth = worth_knowing(flagship, found)["licensee"]
    assert worth.party == "netflix"
    assert worth.everything.value == pytest.approx(np.maximum(-npv, 0).mean())
    assert max(worth.inputs, key=lambda name: worth.inputs[name].value) == "title.hit"


def test_the_fee_that_the_ask_replaces_is_not_worth_knowing_to_the_licensee(flagship):
    worth = worth_knowing(flagship, agreement(flagship))["licensee"].inputs["deals.netflix.terms.flat_fee.amount"]
    assert worth.value <= 2 * worth.error + 1e-9


def test_a_package_alone_is_weighed_against_signing_nothing():
    alone = simulate(loads(MEMBERSHIP))
    rows = options(alone, None)
    assert list(rows) == ["licensor"]
    assert rows["licensor"].shape == (2, alone.draws)
    assert not rows["licensor"][1].any()


def test_without_packages_nobody_chooses():
    outcome = simulate(loads(MEMBERSHIP.partition("\ntitle:")[0]))
    assert worth_knowing(outcome, None) == {}


# When it goes wrong


def held(outcome, ranges):
    """Which draws lie in a box."""
    within = [(outcome.inputs[name] >= low) & (outcome.inputs[name] <= high) for name, (low, high) in ranges.items()]
    return np.all(within, axis=0)


def test_the_box_holds_the_losses_of_the_side_that_loses_more_often_at_the_ask(flagship):
    found = agreement(flagship)
    seen = losing(flagship, found.package, found)
    npvs = at_fee(flagship, found.zone.nash_fee)
    assert seen.side == max(npvs, key=lambda side: np.mean(npvs[side] < 0)) == "licensee"
    lost, inside = npvs["licensee"] < 0, held(flagship, seen.box.ranges)
    assert (seen.at_ask, seen.loses, seen.share) == (True, True, lost.mean())
    assert seen.box.coverage == pytest.approx(np.sum(lost & inside) / lost.sum())
    assert seen.box.density == pytest.approx(np.mean(lost[inside]))
    assert seen.box.density > 1.3 * lost.mean()
    assert "title.hit" in seen.box.ranges


def test_a_package_that_is_not_on_the_table_is_looked_at_at_the_terms_assumed(flagship):
    seen = losing(flagship, "revenue_share", agreement(flagship))
    assert (seen.at_ask, seen.side) == (False, "licensor")
    assert seen.share == np.mean(flagship["packages.revenue_share.licensor_npv"] < 0)


def test_where_hardly_any_draw_loses_the_worst_tenth_is_looked_at():
    outcome = simulate(load(FLAGSHIP, {"deals.video_platform.licensor_cost.amount": "1 USD"}), draws=DRAWS)
    assert describe(outcome["packages.revenue_share.licensor_npv"])["p05"] > 0
    seen = losing(outcome, "revenue_share", None)
    assert not seen.loses
    assert RARE < seen.share == pytest.approx(0.1, abs=0.01)


def test_nothing_goes_wrong_where_nothing_is_uncertain(flagship):
    assert losing(replace(flagship, inputs={}), "revenue_share", None) is None


# Targets on other draws


def test_targets_of_other_draws_keep_the_alternative_of_the_first(flagship):
    np.testing.assert_array_equal(same_targets(flagship)(flagship)["floor"], targets(flagship)["floor"])
    cheap = {
        "deals.video_platform.licensor_cost.amount": 0,
        "deals.video_platform.exploitation.paid_hour": "5 USD per hour",
    }
    other = simulate(load(FLAGSHIP, cheap), draws=DRAWS)
    assert (agreement(flagship).alternative, agreement(other).alternative) == ("station_by_station", "revenue_share")
    kept = same_targets(flagship)(other)["floor"]
    needed = other["packages.station_by_station.licensor_npv"] - other["negotiation.licensor_npv_without_fee"]
    np.testing.assert_allclose(kept, needed / other["negotiation.licensor_pv_per_fee"])
