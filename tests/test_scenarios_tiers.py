"""One story as a prime-time, super or online series: what each costs, who pays for it, how far it may go wrong."""

from pathlib import Path

import numpy as np
import pytest

from simlib.data import read
from simlib.decide.appetite import appetites
from simlib.scenario.load import load
from simlib.scenario.quantity import span
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1] / "scenarios"
TIERS = ("prime_time", "super", "online")
DRAWS = 3000


@pytest.fixture(scope="module")
def tiers():
    return simulate(load(ROOT / "drama-tiers.yml"), draws=DRAWS)


def paid(outcome, package, payer, payee):
    """Mean cash by clause that one party pays another under a package."""
    flows = outcome.flows_of(package)
    return {flow.clause: flow.mean.sum() for flow in flows if (flow.payer, flow.payee) == (payer, payee)}


def cost(outcome, package):
    return paid(outcome, package, "studio", "suppliers")["production_cost"]


def received(outcome, package):
    """What each licensee pays the studio under a package."""
    licensees = {outcome.scenario.deals[deal].licensee for deal in outcome.scenario.packages[package].deals}
    return {licensee: sum(paid(outcome, package, licensee, "studio").values()) for licensee in licensees}


def fact(deal, metric, licensee=""):
    rows = (row for row in read("licence_deals") if row["deal"].startswith(deal) and row["metric"] == metric)
    return next(float(row["value"]) for row in rows if licensee in row["licensee"])


def alone(tier, folder):
    """Write the scenario with one of its tiers."""
    head, rest = (ROOT / "drama-tiers.yml").read_text(encoding="utf-8").split("\nextends: ")
    body = rest.partition("\n")[2].partition("\ncorrelations:")[0]
    bases = f"extends: [{ROOT / 'bases' / 'paying-habits.yml'}, {ROOT / 'bases' / f'tier-{tier}.yml'}]"
    path = folder / f"{tier}.yml"
    path.write_text(f"{head}\n{bases}\n{body}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("base", "name"), [("prime-time", "prime_time"), ("super", "super"), ("online", "online")])
def test_a_scenario_that_extends_a_tier_has_its_title_its_deals_and_its_package(base, name, tmp_path):
    scenario = load(alone(base, tmp_path))
    assert [*scenario.title.made_as] == [*scenario.packages] == [name]
    assert scenario.title.made_as[name].tier == name
    assert {deal.made_as for deal in scenario.deals.values()} == {name}
    assert [*scenario.packages[name].deals] == [*scenario.deals]


def test_the_online_series_alone_is_worth_what_it_is_beside_the_other_two(tiers, tmp_path):
    """Common random numbers: what else could be made of the story moves none of its draws."""
    online = simulate(load(alone("online", tmp_path)), draws=DRAWS)
    for output in ("packages.online.licensor_npv", "packages.online.licensee_npv", "deals.shared_viewing.hours"):
        np.testing.assert_array_equal(online[output], tiers[output])


def test_an_online_series_costs_a_seventh_of_a_prime_time_one_and_an_episode_of_a_super_series_costs_most(tiers):
    assert 0.1 < cost(tiers, "online") / cost(tiers, "prime_time") < 0.2
    per_episode = {tier: cost(tiers, tier) / tiers.scenario.title.made_as[tier].episodes for tier in TIERS}
    assert sorted(per_episode, key=per_episode.get) == ["online", "prime_time", "super"]


def test_what_an_episode_costs_has_the_known_costs_of_its_tier_in_its_range(tiers):
    costs = {tier: span(tiers.scenario.title.made_as[tier].production.cost) for tier in TIERS}
    for tier, deal, metric in (
        ("prime_time", "Ode to Joy 2", "production_cost_per_episode"),
        ("super", "Candle in the Tomb", "production_cost_per_episode_low"),
        ("super", "Candle in the Tomb", "production_cost_per_episode_high"),
    ):
        low, high = costs[tier]
        assert low < 1e6 * fact(deal, metric) < high
    low, high = costs["online"]
    assert low < 1e6 * fact("Go Princess Go", "production_cost") / 36 < high


def test_an_episode_sells_for_less_than_the_dearest_drama_of_the_time(tiers):
    """Liang Sheng: 4.8 million CNY an episode on television, 10 million online, all but 1 draw in 1,000."""
    fees = {
        name: span(deal.clause("flat_fee").amount)[1]
        for name, deal in tiers.scenario.deals.items()
        if deal.clause("flat_fee")
    }
    on_television, online = (1e6 * fact("Liang Sheng", "fee_per_episode", licensee) for licensee in ("Hunan", "PPTV"))
    assert max(fees[deal] for deal in ("first_channel", "second_channel", "channel_after")) < on_television
    assert max(fees[deal] for deal in ("video_licence", "premiere_online")) < online


def test_two_channels_pay_for_a_prime_time_series_one_platform_for_a_super_and_by_viewing_for_an_online_one(tiers):
    prime_time, big, online = (received(tiers, tier) for tier in TIERS)
    assert len(prime_time) == 3
    assert 0.5 < 1 - prime_time["youku"] / sum(prime_time.values()) < 0.7
    assert len(big) == 2
    assert big["youku"] / sum(big.values()) > 0.8
    assert [*online] == ["youku"]
    assert [*paid(tiers, "online", "youku", "studio")] == ["per_hour"]


def test_television_comes_with_the_platform_half_a_year_after_it_or_never(tiers):
    deals = tiers.scenario.deals
    shown = {tier: [deals[name].rights for name in tiers.scenario.packages[tier].deals] for tier in TIERS}
    starts = {
        tier: {medium: right.start for right in rights for medium in right.media} for tier, rights in shown.items()
    }
    assert starts["prime_time"]["free_tv"] == starts["prime_time"]["SVOD"]
    assert (starts["super"]["SVOD"], starts["super"]["free_tv"]) == ("2019-01", "2019-07")
    assert "free_tv" not in starts["online"]


def test_a_prime_time_series_is_sold_before_it_is_seen_and_an_online_series_lives_on_its_hits(tiers):
    hit = tiers.inputs["title.hit"]
    error = 1 / np.sqrt(DRAWS)
    assert abs(np.corrcoef(hit, tiers["packages.prime_time.licensor_npv"])[0, 1]) < 3 * error
    own = tiers.inputs["title.made_as.online.hit"]
    assert np.corrcoef(np.log(own), tiers["packages.online.licensor_npv"])[0, 1] > 0.4
    worth = np.sort(tiers["packages.online.licensor_npv"])
    assert worth[: DRAWS // 2].max() < 0 < worth.mean()  # most lose, a few pay for them
    assert worth[-DRAWS // 10 :].sum() > worth.sum()


def test_the_cheaper_way_has_the_wider_result_for_what_it_costs_and_loses_most_often(tiers):
    worth = {tier: tiers[f"packages.{tier}.licensor_npv"] for tier in TIERS}
    spread = {tier: worth[tier].std() / cost(tiers, tier) for tier in TIERS}
    assert spread["online"] > 3 * spread["prime_time"] > 3 * spread["super"]
    loses = {tier: np.mean(worth[tier] < 0) for tier in TIERS}
    assert loses["super"] + 0.1 < loses["prime_time"] < loses["online"] - 0.1
    assert 0.5 < loses["online"] < 0.65


def test_what_two_channels_and_a_platform_pay_leaves_the_studio_a_margin_of_the_trade(tiers):
    """Between a tenth and a third of receipts, before interest and what the studio itself costs."""
    for tier in ("prime_time", "super"):
        proceeds = sum(received(tiers, tier).values())
        assert 0.1 < 1 - cost(tiers, tier) / proceeds < 0.33, tier


def test_a_studio_that_minds_risk_makes_the_super_series(tiers):
    sure = {tier: appetites(tiers, tier)["licensor"].certainty_equivalent for tier in TIERS}
    others = [sure[tier] for tier in ("prime_time", "online")]
    assert all(sure["super"].value - 3 * (sure["super"].error + other.error) > other.value for other in others)
    worst = {tier: appetites(tiers, tier)["licensor"].cvar.value for tier in TIERS}
    assert worst["prime_time"] < worst["online"] < worst["super"] < 0


def test_advertising_and_derivatives_of_a_hit_grow_by_more_than_its_viewing(tiers):
    """The same draws without word of mouth: hours are the same, receipts lower where the online series is a hit."""
    silent = {f"title.made_as.online.word_of_mouth.{line}": 0 for line in ("derivatives", "content_marketing")}
    without = simulate(load(ROOT / "drama-tiers.yml", overrides=silent), draws=DRAWS)
    np.testing.assert_array_equal(without["deals.shared_viewing.hours"], tiers["deals.shared_viewing.hours"])
    gained = tiers["deals.shared_viewing.licensee_npv"] - without["deals.shared_viewing.licensee_npv"]
    hit = tiers.inputs["title.hit"] * tiers.inputs["title.made_as.online.hit"]
    assert (gained[hit > 1] > 0).all()
    assert (gained[hit < 1] < 0).all()
