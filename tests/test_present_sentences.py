"""Every number of every sentence, worked out again from the outcome's raw arrays and found in its own clause."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simlib.data import territories
from simlib.present import captions, decision, names, page, tables, words
from simlib.present.batch.picture import is_drawable, picture, scale_of
from simlib.present.change import turning_point, what_would_change
from simlib.present.figures import figures
from simlib.present.summary import summary
from simlib.scenario.load import load
from simlib.simulation.engine import simulate

FLAGSHIP = Path(__file__).parents[1] / "scenarios" / "day-and-night.yml"
NETFLIX, STATIONS = "Netflix, worldwide", "Station by station, with guarantees"
SOLD, PIECES, SHARE = "netflix_worldwide", "station_by_station", "revenue_share"
EPISODES = 32
LAST = "November 2022"  # 62 months from October 2017


@pytest.fixture(scope="module")
def outcome():
    return simulate(load(FLAGSHIP), draws=1000)


@pytest.fixture(scope="module")
def without_fee():
    return simulate(load(FLAGSHIP, {"negotiation": None}), draws=500)


def planted(outcome, **draws):
    """The same outcome with other draws; `a__b` stands for `a.b`."""
    outputs = {name.replace("__", "."): np.broadcast_to(values, outcome.draws) for name, values in draws.items()}
    return replace(
        outcome,
        outputs=dict(outcome.outputs)
        | {name: replace(outcome.outputs[name], values=values) for name, values in outputs.items()},
    )


def planted_gap(outcome, gap):
    """A licensee that can pay as much more than the floor as `gap` says; all fees are paid at once, without tax."""
    return planted(
        outcome,
        negotiation__licensor_npv_without_fee=0.0,
        negotiation__licensor_pv_per_fee=1.0,
        negotiation__licensee_pv_per_fee=1.0,
        negotiation__licensee_npv_without_fee=outcome[f"packages.{PIECES}.licensor_npv"] + gap,
    )


def error(values):
    return values.std(ddof=1) / np.sqrt(values.size)


def usd(value, values=None):
    return words.money(value, "USD", None if values is None else error(values))


def mean_usd(values):
    return usd(values.mean(), values)


def spread(values):
    ends = words.span(*np.quantile(values, (0.1, 0.9)), "USD")
    return f"{mean_usd(values)} on average (P10 to P90: {ends})"


def often(draws):
    return words.chance(np.mean(draws))


def worth(outcome, package, side="licensor"):
    return outcome[f"packages.{package}.{side}_npv"]


def sides(outcome):
    """Each side's present value without the fee and of one unit of it, and the licensor's alternative."""
    got = [
        outcome[f"negotiation.{side}_{what}"]
        for side in ("licensor", "licensee")
        for what in ("npv_without_fee", "pv_per_fee")
    ]
    return *got, worth(outcome, PIECES)


def reservation(needed, per_fee):
    """A fee that solves the equation of means, in words with the error of a ratio, and as a number."""
    fee = needed.mean() / per_fee.mean()
    return usd(fee, (needed - fee * per_fee) / per_fee.mean()), fee


def fees(outcome):
    """Floor and ceiling in words, and the ask halfway."""
    own, per_own, gain, per_gain, instead = sides(outcome)
    (floor, low), (ceiling, high) = reservation(instead - own, per_own), reservation(gain, per_gain)
    return floor, ceiling, (low + high) / 2


def missed(outcome):
    """Floor and ceiling to three digits, so that rounding cannot put one on the wrong side of the other."""
    own, per_own, gain, per_gain, instead = sides(outcome)
    both = (instead - own).mean() / per_own.mean(), gain.mean() / per_gain.mean()
    return (words.money(fee, "USD", digits=3) for fee in both)


def explained(drawn, target):
    """Share of variance between √n classes of the input's rank, less what chance gives m classes of n draws."""
    count, classes = target.size, int(np.sqrt(target.size))
    group = np.arange(count) * classes // count
    ranked = target[np.argsort(drawn, kind="stable")]
    within = sum(ranked[group == own].var() * np.sum(group == own) for own in range(classes)) / count
    return 1 - within / target.var() * (count - 1) / (count - classes)


def first_driver(outcome, target):
    """The input that explains most, as people call it, and its share."""
    shares = {name: explained(drawn, target) for name, drawn in outcome.inputs.items()}
    top = max(shares, key=shares.get)
    return names.label(top, outcome.scenario.territories.groups), words.percent(shares[top])


def test_the_decision_names_the_fee_between_floor_and_ceiling_and_the_ask_by_episode(outcome):
    floor, ceiling, ask = fees(outcome)
    assert decision.decision(outcome)[0] == (
        f"Sign {NETFLIX}: on average a fee from {floor} up to {ceiling} leaves Youku and Netflix better off, "
        f"so ask for about {usd(ask)}, {usd(ask / EPISODES)} an episode."
    )


def test_the_decision_says_how_sure_the_ask_is_for_each_side_and_for_both(outcome):
    own, per_own, gain, per_gain, instead = sides(outcome)
    ask = fees(outcome)[2]
    beats, none = own + ask * per_own > instead, gain / per_gain < (instead - own) / per_own
    assert abs(np.mean(beats) - np.mean(~none)) > 0.05  # so that neither can stand for the other
    assert decision.decision(outcome)[1] == (
        f"At that fee it is worth {spread(own + ask * per_own)} to Youku, more than {STATIONS} in {often(beats)} of "
        f"draws; Netflix loses money on it in {often(gain < ask * per_gain)}, and with hindsight no fee suits both in "
        f"{often(none)}."
    )


def test_the_decision_says_what_the_fee_assumed_makes_of_the_package(outcome):
    low, high = np.quantile(outcome["negotiation.fee"], (0.1, 0.9)) / EPISODES
    best = np.argmax([worth(outcome, name) for name in (SOLD, PIECES, SHARE)], axis=0) == 0
    fee = words.span(low, high, "USD")
    assert decision.decision(outcome)[3] == (
        "The fee itself was never disclosed and is an assumption: "
        f"at {fee} an episode (P10 to P90) {NETFLIX} is the best package in {often(best)} of draws."
    )


@pytest.mark.parametrize("gap", [-1e5, -1e9])
def test_where_no_fee_suits_both_the_decision_says_who_misses_what(outcome, gap):
    short = planted_gap(outcome, gap)
    floor, ceiling = missed(short)
    most = f"cannot give more than {ceiling}" if gap > -1e9 else "would lose even if it paid nothing"
    said = decision.decision(short)
    best = np.argmax([worth(short, name) for name in (SOLD, PIECES, SHARE)], axis=0) == 0
    assert said[:2] == [
        f"Do not sign {NETFLIX}: no fee suits both, for Youku needs {floor} to match {STATIONS}, and Netflix {most}.",
        f"Sign {STATIONS} instead, which brings Youku {spread(worth(short, PIECES))}.",
    ]
    assert said[-1].endswith(
        f"{NETFLIX} would be the best package in {often(best)} of draws, but Netflix cannot pay that."
    )


def test_a_drama_that_nobody_watches_is_not_worth_a_fee():
    flop = simulate(load(FLAGSHIP, {"title.appeal": 0, "correlations": []}), draws=100)
    floor, _ = missed(flop)
    assert decision.decision(flop)[0] == (
        f"Do not sign {NETFLIX}: no fee suits both, for Youku needs {floor} to match {STATIONS}, "
        "and Netflix would lose even if it paid nothing."
    )


def test_shares_of_correlated_numbers_are_said_to_pass_the_whole_and_those_of_independent_ones_are_not(outcome):
    scenario = outcome.scenario
    pair = tables.tornado(outcome).input.iloc[0], "title.completion", 0.5
    for correlations, said in (((), False), ((pair,), True)):
        other = replace(outcome, scenario=scenario.model_copy(update={"correlations": correlations}))
        assert ("may pass 100 %" in captions.tornado(other)) is said


def test_packages_are_said_to_be_worth_this_at_the_terms_assumed_only_where_there_is_an_ask(outcome, without_fee):
    assert "at the terms assumed, not at the ask" in page.packages(outcome)
    assert "the ask" not in page.packages(without_fee)


def test_where_no_other_package_is_worth_anything_the_floor_is_that_of_signing_nothing(outcome):
    alone = planted(outcome, **{f"packages__{name}__licensor_npv": -1.0 for name in (PIECES, SHARE)})
    own, per_own, gain, per_gain, _ = sides(alone)
    (floor, low), (ceiling, high) = reservation(-own, per_own), reservation(gain, per_gain)
    at_the_ask = own + (low + high) / 2 * per_own
    said = decision.decision(alone)
    assert f"on average a fee from {floor} up to {ceiling} leaves" in said[0]
    assert f"to Youku, more than signing nothing in {often(at_the_ask > 0)} of draws;" in said[1]
    assert captions.zone(alone).startswith("Youku could sign nothing, so that is its floor; lines")


def test_without_a_fee_the_decision_names_the_best_package_and_how_often_it_wins_and_loses(without_fee):
    own, others = worth(without_fee, SOLD), [worth(without_fee, name) for name in (PIECES, SHARE)]
    assert others[0].mean() > others[1].mean()
    assert decision.decision(without_fee)[:2] == [
        f"Sign {NETFLIX}: it brings Youku {spread(own)}, against {usd(others[0].mean())} from {STATIONS}.",
        f"It is the best in {often(own > np.max(others, axis=0))} of draws and loses money in {often(own < 0)} of draws; "
        f"whoever takes it loses money in {often(worth(without_fee, SOLD, 'licensee') < 0)}.",
    ]
    sunk = planted(without_fee, **{f"packages__{name}__licensor_npv": -1e6 for name in (SOLD, PIECES, SHARE)})
    none = f"Sign none of the packages: even {NETFLIX} brings Youku {usd(-1e6)} in every draw."
    assert decision.decision(sunk)[0] == none


@pytest.mark.parametrize(
    ("turn", "slope", "said"),
    [
        (0.5, 1e6, "below 0.5, as in {below} of draws, no fee suits both on average"),
        (3.0, -1e6, "above 3, as in {above} of draws, no fee suits both on average"),
        (3.0, 1e6, "above 3, as in {above} of draws, a fee suits both on average"),
        (0.5, -1e6, "below 0.5, as in {below} of draws, a fee suits both on average"),
    ],
)
def test_the_answer_turns_where_it_was_made_to_turn(outcome, turn, slope, said):
    hit = outcome.inputs["title.hit"]
    made = planted_gap(outcome, slope * (hit - turn))
    label, share = first_driver(made, made["negotiation.licensee_npv_without_fee"])
    told, ends = what_would_change(made), said.format(below=often(hit < turn), above=often(hit > turn))
    assert label == "Title: hit"
    assert told.startswith(f"What would change it: “{label}” (")
    assert told.endswith(f") explains {share} of the spread in what Netflix can pay; {ends}.")


def test_between_two_packages_the_answer_turns_where_they_are_worth_the_same(without_fee):
    hit, second = without_fee.inputs["title.hit"], worth(without_fee, PIECES)
    made = planted(without_fee, **{f"packages__{SOLD}__licensor_npv": second + 1e6 * (hit - 0.5)})
    _, share = first_driver(made, worth(made, SOLD))
    assert what_would_change(made).endswith(
        f") explains {share} of the spread in what {NETFLIX} is worth; "
        f"below 0.5, as in {often(hit < 0.5)} of draws, {STATIONS} is the better choice."
    )


def test_where_nothing_turns_the_answer_the_first_driver_says_how_far_it_moves_the_ceiling(outcome):
    hit = outcome.inputs["title.hit"]
    made = planted_gap(outcome, 1e6 * hit)
    pays, edges = made["negotiation.licensee_npv_without_fee"], np.quantile(hit, (0.05, 0.15, 0.85, 0.95))
    near = [pays[(hit >= low) & (hit <= high)].mean() for low, high in (edges[:2], edges[2:])]
    at = [words.count(value, digits=2) for value in np.quantile(hit, (0.1, 0.9))]
    assert what_would_change(made).endswith(
        f"what Netflix can pay, on average {usd(near[0])} where it is near {at[0]} and {usd(near[1])} where it is near "
        f"{at[1]}."
    )


def test_the_zone_says_what_the_ask_leaves_the_licensee_and_how_the_other_buyers_fare(outcome):
    _, _, gain, per_gain, _ = sides(outcome)
    buyers = worth(outcome, PIECES, "licensee")
    assert captions.zone(outcome) == (
        f"Youku could sign {STATIONS} instead, so that is its floor (worth {mean_usd(buyers)} to its buyers on average, "
        f"who lose in {often(buyers < 0)} of draws); lines run from P10 to P90. "
        f"At the ask the deal is worth {mean_usd(gain - fees(outcome)[2] * per_gain)} to Netflix on average."
    )


def test_the_hills_say_how_often_the_best_package_wins_and_loses(outcome):
    own, others = worth(outcome, SOLD), [worth(outcome, name) for name in (PIECES, SHARE)]
    assert captions.packages(outcome).startswith(
        f"At the terms assumed {NETFLIX} is the best package for Youku in {often(own > np.max(others, axis=0))} of draws "
        f"and loses Youku money in {often(own < 0)} of draws. "
    )


def test_the_fan_says_the_members_known_before_and_their_median_at_the_end(outcome):
    end = outcome.paths["members"].values[-1]  # paid memberships of Netflix on 30 September 2017: 104.02 million
    assert captions.members(outcome).startswith(
        f"Netflix goes from {words.count(104.02e6)} members to a median of {words.count(np.median(end))} at the end of "
        f"{LAST} (P10 to P90: {words.span(*np.quantile(end, (0.1, 0.9)))}); "
    )


def test_the_market_where_paying_grows_most_is_named_with_both_medians(outcome):
    ratios = {name.partition(".")[2]: path.values for name, path in outcome.paths.items() if "paying_ratio" in name}
    first, last = ({name: np.median(values[at]) for name, values in ratios.items()} for at in (0, -1))
    most = max(ratios, key=lambda name: last[name] - first[name])
    assert captions.payers(outcome) == (
        f"The paying share grows most {names.market(most)}, from {words.percent(first[most])} to "
        f"{words.percent(last[most])} by the end of {LAST}."
    )


def net(outcome, party):
    """What a party receives under the worldwide licence less what it pays (period,)."""
    own = [flow for flow in outcome.flows if flow.deal == "netflix"]
    return sum(flow.mean * ((flow.payee == party) - (flow.payer == party)) for flow in own)


def test_each_side_keeps_what_it_receives_less_what_it_pays(outcome):
    receipts = -net(outcome, "audience").sum()
    kept = [
        f"{names.name(party)} keeps {usd(total)} ({words.percent(total / receipts)})"
        for party in ("youku", "netflix")
        if (total := net(outcome, party).sum()) > 0
    ]
    assert len(kept) == 2
    assert captions.waterfall(outcome).startswith(
        f"{NETFLIX}: of {usd(receipts)} that comes in because of the title, {kept[0]} and {kept[1]}. "
    )


def test_the_licensee_is_out_of_pocket_at_the_end_of_its_worst_year(outcome):
    years = np.array([int(period[:4]) for period in outcome.periods])
    total = {year: net(outcome, "netflix")[years <= year].sum() for year in range(2017, 2023)}
    worst = min(total, key=total.get)
    assert total[worst] < 0
    assert captions.yearly(outcome) == (
        f"Cash in less cash out, means over the draws: Youku {usd(net(outcome, 'youku').sum())} in all; "
        f"Netflix {usd(total[2022])} in all, at the lowest {usd(total[worst])} by the end of {worst}."
    )


def test_the_first_territory_the_ten_named_and_the_first_region_add_what_is_said(outcome):
    added = outcome.by_territory["deals.netflix.contribution"].values
    ranked = np.argsort(-added)
    regions = {}
    for code, value in zip(outcome.territories, added, strict=True):
        region = territories()[code].region
        regions[region] = regions.get(region, 0) + value
    top = max(regions, key=regions.get)
    assert captions.places(outcome) == (
        f"{names.name(outcome.territories[ranked[0]])} adds most, {usd(added[ranked[0]])}; the 10 named together "
        f"{words.percent(added[ranked[:10]].sum() / added.sum())}; {names.name(top)} "
        f"{words.percent(regions[top] / added.sum())}. Present value before fees and fixed sums."
    )


def test_the_bars_say_how_much_the_first_input_explains_of_each_side(outcome):
    own, per_own, gain, per_gain, instead = sides(outcome)
    label, share = first_driver(outcome, gain / per_gain)
    other, rest = first_driver(outcome, (instead - own) / per_own)
    assert captions.tornado(outcome).startswith(
        f"{share} of the spread in what Netflix can pay comes from “{label}”; "
        f"{rest} of the spread in what Youku must get comes from “{other}”. "
    )


def test_what_falls_due_after_the_horizon_is_its_mean(outcome):
    late = planted(
        outcome, packages__netflix_worldwide__beyond_horizon=np.where(np.arange(outcome.draws) % 4, 0.0, 4e5)
    )
    assert captions.left_out(late) == f" {usd(1e5)} fall due after the horizon and are left out."


def test_where_nothing_is_packaged_members_payers_and_deals_are_told(outcome):
    end, start = outcome["members"], outcome.paths["members"].values[0].mean()
    assert decision._members(outcome) == [
        f"Netflix has {words.count(end.mean(), error(end))} members at the end of {LAST} (P10 to P90: "
        f"{words.span(*np.quantile(end, (0.1, 0.9)))}), after {words.count(start)} at the end of the first month."
    ]
    ratios = {name.partition(".")[2]: outcome[name] for name in outcome.outputs if "paying_ratio" in name}
    ends = [pick(ratios, key=lambda name: ratios[name].mean()) for pick in (max, min)]
    told = [
        f"{words.percent(ratios[name].mean())} of the audience pays {names.market(name)} (P10 to P90: "
        f"{words.between(*np.quantile(ratios[name], (0.1, 0.9)), 'share', '')})"
        for name in ends
    ]
    assert decision._payers(outcome) == [f"At the end of {LAST}, {told[0]} and {told[1]}."]
    assert decision._deals(outcome)[1] == (
        f"The deal “Taiwan” brings Taiwan Broadcaster {spread(outcome['deals.taiwan.licensee_npv'])}."
    )


def test_the_index_says_floor_before_ceiling_or_how_often_the_best_package_is_the_best(outcome, without_fee):
    own, per_own, gain, per_gain, instead = sides(outcome)
    floor, ceiling = (instead - own).mean() / per_own.mean(), gain.mean() / per_gain.mean()
    told = figures(summary(outcome))
    assert told["picture"]["says"] == f"floor {usd(floor)}, ceiling {usd(ceiling)}"
    assert told["numbers"]["Both gain from"] == words.span(floor, ceiling, "USD")
    best = np.argmax([worth(without_fee, name) for name in (SOLD, PIECES, SHARE)], axis=0) == 0
    assert figures(summary(without_fee))["numbers"]["Best package in"] == f"{words.chance(best.mean())} of draws"


def test_the_index_says_that_no_fee_suits_both_and_draws_the_gap(outcome):
    gap = planted_gap(outcome, -1e5)
    told = figures(json.loads(json.dumps(summary(gap))))
    zone = summary(gap)["negotiation"]
    assert (zone["exists"], zone["nash_fee"]) == (False, None)
    floor, ceiling = (words.money(zone[fee], "USD") for fee in ("floor", "ceiling"))
    assert told["numbers"] | {"Best package in": ""} == {
        "Fee": "none suits both",
        "Floor": floor,
        "Ceiling": ceiling,
        "Best package in": "",
    }
    assert is_drawable(told["picture"])
    assert f"floor {floor}" in picture(told["picture"], scale_of([told["picture"]]))


def test_the_side_on_which_the_answer_turns_is_that_of_the_zone_even_where_the_worth_of_a_fee_varies(outcome):
    """The ceiling is a ratio of means: the mean of each draw's own ratio may have another sign."""
    hit = outcome.inputs["title.hit"]
    per_fee = np.where(hit > np.median(hit), 1.0, 0.05)
    gain = np.where(hit > np.median(hit), 100_000.0, -20_000.0)
    nothing = {"packages__station_by_station__licensor_npv": -1.0, "packages__revenue_share__licensor_npv": -1.0}
    odd = planted(
        outcome,
        negotiation__licensor_npv_without_fee=0.0,
        negotiation__licensor_pv_per_fee=1.0,
        negotiation__licensee_npv_without_fee=gain,
        negotiation__licensee_pv_per_fee=per_fee,
        **nothing,
    )
    assert (gain / per_fee).mean() < 0 < gain.mean()
    value, below, opens = turning_point(odd, "title.hit")
    assert value == pytest.approx(np.median(hit), rel=0.3)
    assert below == pytest.approx(0.5, abs=0.06)
    assert not opens  # a fee suits both on average, and none does below
