"""Contracts in YAML, from the audience's hours to the ledger, each against a slow loop written from its words."""

import json
from functools import cached_property
from math import ceil

import numpy as np
import pytest
from scenarios_for_tests import EVERYTHING

from simlib.decide.compare import agreement
from simlib.decide.negotiate import floor_fee
from simlib.models.licensing import balances
from simlib.scenario.load import loads
from simlib.simulation.engine import simulate
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.markets import Setting, by_viewing, over_territories
from simlib.simulation.members import members
from simlib.simulation.packages import sign
from simlib.simulation.sampling import draw
from simlib.simulation.settle import settle

DRAWS, SEED, PERIODS = 4, 5, 30
SETTING = EVERYTHING.partition("deals:")[0] + "platform:" + EVERYTHING.partition("\nplatform:")[2].partition("corr")[0]
SETTING = SETTING.replace("periods: 14", f"periods: {PERIODS}").replace("default: 8%}", "default: 10%}")
PRODUCTION = {"cost": "900 thousand EUR", "schedule": {"2017-11": 0.3, "2018-01": 0.5, "2018-06": 0.2}}
PLACES = ("USA", "TWN", "DEU")


def deal_of(*terms, by="viewing", start="2018-01", months=24, territories=PLACES, **changed):
    viewing = {
        "by": "viewing", "reach": "20%", "free_hour": "0.5 USD per hour", "paid_hour": "1.5 USD per hour",
    }  # fmt: skip
    return {
        "licensor": "youku",
        "licensee": "station" if by == "viewing" else "netflix",
        "rights": {
            "media": ["SVOD"], "territories": list(territories), "start": start, "months": months, "exclusive": False,
        },
        "exploitation": viewing if by == "viewing" else {"by": by},
        "terms": list(terms),
        "withholding_tax": 0,
        "gross_up": False,
        "payment_lag_months": 0,
        **changed,
    }  # fmt: skip


def share(share, base="gross", **more):
    return {"clause": "revenue_share", "base": base, **({"share": share} if share is not None else {}), **more}


def package_of(*deals, **more):
    return {"label": "All", "deals": list(deals), **more}


class Contract:
    """Deals and a package of them, settled, and what the deals took in territory by territory."""

    def __init__(self, deals, package=None, step="month", production=None):
        self.deals, self.step = deals, step
        text = SETTING if production is None else SETTING.replace(
            "\ndeals:", ""
        ).replace("  decay: {", f"  production: {json.dumps(production)}\n  decay: {{")  # fmt: skip
        packages = {"all": package or package_of(*deals)}
        self.text = f"{text}\ndeals: {json.dumps(deals)}\npackages: {json.dumps(packages)}\n"
        length = {"month": 1, "quarter": 3}[step]
        self.length, self.periods = length, PERIODS // length
        scenario = loads(self.text, {"horizon.step": step, "horizon.periods": self.periods})
        self.frame = Frame(scenario, SEED)
        self.block = Block(self.frame, 0, DRAWS, draw(scenario, self.frame.territories, DRAWS, SEED))
        setting = Setting(self.block)
        viewed = {n: by_viewing(setting, n, d) for n, d in scenario.deals.items() if d.exploitation.by == "viewing"}
        joined = {n: d for n, d in scenario.deals.items() if d.exploitation.by == "membership"}
        self.earned = viewed | (members(setting, joined)[1] if joined else {})
        earnings = {name: earned.earnings for name, earned in self.earned.items()}
        settled = {name: settle({name: deal}, earnings, self.block)[name] for name, deal in scenario.deals.items()}
        self.signed = sign("all", settled, earnings, self.block)
        cash = balances(self.signed.postings())
        moved = max(np.abs(amounts).max() for amounts in cash.values())
        assert np.abs(sum(cash.values())).max() <= 1e-9 * moved  # in each period and draw

    def paid(self, clause, payee="youku", deal=None):
        """What somebody is paid under a clause (period, draw)."""
        postings = self.signed.postings() if deal is None else self.signed.settlements[deal].postings
        found = [over_territories(p.amount) for p in postings if (p.clause, p.payee) == (clause, payee)]
        return sum(found, start=np.zeros((self.periods, DRAWS)))

    @cached_property
    def receipts(self):
        """Gross receipts of each deal (period, territory, draw) in the order of its territories' codes."""
        return {name: self._by_territory(name) for name in self.deals}

    def _by_territory(self, name):
        apart = self.deals[name] | {"terms": [share("0%")], "accounts_by_territory": True, "withholding_tax": 0}
        renewals = [term for term in self.deals[name]["terms"] if term["clause"] == "renewal"]
        fee = {"clause": "flat_fee", "amount": 0, "schedule": {"opening": 1}}
        apart["terms"] += [fee, *renewals] if renewals else []
        twin = Contract({name: apart}, step=self.step) if self.deals[name] != apart else self
        return sum(twin.earned[name].earnings.receipts.values())

    def rate(self, currency):
        return np.broadcast_to(self.block.rate(currency), (self.periods, 1, DRAWS))[:, 0]

    def places(self, name):
        """Codes along the territory axis of a deal's receipts."""
        inside = self.frame.index(self.frame.scenario.deals[name].rights.territories)
        return [self.frame.territories[place] for place in inside]


def check(found, slowly, *rows, tolerance=1e-9):
    """Assert that what was paid (period, draw) is what a loop over the periods of one draw says, draw by draw."""
    for which in range(found.shape[1]):
        expected = slowly(*(row[..., which] for row in rows))
        np.testing.assert_allclose(
            found[:, which], expected, rtol=tolerance, atol=tolerance * (1 + np.abs(found).max())
        )
    assert np.abs(found).max() > 0


# "10 % of all proceeds excluding the UK, but not until financier A has recouped one million, then up to a cap, after which
# the 10 % becomes 13 %"; the place left out is Taiwan here.


@pytest.mark.parametrize(("all_of_it", "elsewhere"), [("100%", 1.0), ("60%", 0.6)])
def test_ten_per_cent_outside_one_country_after_a_financier_recouped_until_a_cap_makes_it_thirteen(
    all_of_it, elsewhere
):
    recoups, cap, parts = 1e6, 4e4, 4000
    contract = Contract(
        {"world": deal_of(share("100%"))},
        package_of(
            "world",
            waterfall={
                "financier": {"party": "financier_a", "share": all_of_it, "base": "net", "until": "1 million USD"},
                "director": {
                    "party": "director",
                    "base": "gross",
                    "territories": {"include": ["world"], "exclude": ["TWN"]},
                    "after": "financier",
                    "tiers": [{"share": "10%", "until_paid": cap}, {"share": "13%"}],
                },
            },
        ),
    )
    outside = [place for place, code in enumerate(contract.places("world")) if code != "TWN"]
    receipts = contract.receipts["world"]

    def slowly(by_territory):
        paid, recouped, received = [], 0.0, 0.0
        for period in by_territory:
            directors = 0.0
            for _ in range(parts):  # the period's money in equal parts, one after the other
                if recouped >= recoups * (1 - 1e-12):
                    due = (0.10 if received < cap else 0.13) * period[outside].sum() / parts
                    directors += due
                    received += due
                recouped += min(elsewhere * period.sum() / parts, recoups - recouped)
            paid.append(directors)
        return paid

    found = contract.paid("director", "director")
    assert (found.sum(axis=0) > cap).any()
    assert contract.paid("financier", "financier_a").sum(axis=0).max() <= recoups + 1
    check(found, slowly, receipts, tolerance=3 / parts)


# "Distributor takes 30 % of gross, then recoups expenses up to a cap, then 120 % of the advance, then the rest is shared
# 50/50"


DISTRIBUTED = (
    {"clause": "distribution_fee", "share": "30%"},
    {"clause": "expenses", "amount": {"amount": 9e4, "currency": "USD"}, "cap": 7e4},
    {
        "clause": "minimum_guarantee", "amount": {"amount": 2e5, "currency": "USD"}, "schedule": {"opening": 1},
        "recouped_from": "receipts", "recouped_share": "120%",
    },
    share("50%", "net"),
)  # fmt: skip


def half_of_the_rest(gross, expenses=7e4, advance=2e5):
    """What the licensor is paid on top of the advance."""
    paid, expenses_due, advance_due = [], expenses, 1.2 * advance
    for received in gross:
        left = received - 0.3 * received
        taken = min(left, expenses_due)
        left, expenses_due = left - taken, expenses_due - taken
        taken = min(left, advance_due)
        left, advance_due = left - taken, advance_due - taken
        paid.append(left / 2)
    return paid


@pytest.mark.parametrize("step", ["month", "quarter"])
def test_a_distributor_recoups_fee_expenses_and_a_premium_on_the_advance_before_halves(step):
    contract = Contract({"world": deal_of(*DISTRIBUTED)}, step=step)
    check(contract.paid("revenue_share"), lambda by: half_of_the_rest(by.sum(axis=1)), contract.receipts["world"])
    assert contract.paid("minimum_guarantee").sum(axis=0).tolist() == pytest.approx([2e5] * DRAWS)


def test_the_same_with_each_territory_an_account_of_its_own():
    alone = {
        "USA": {"expenses": 4e4, "cap": 3e4, "advance": 1e5},
        "DEU": {"expenses": 2e4, "cap": 2e4, "advance": 6e4},
        "TWN": {"expenses": 3e4, "cap": 2e4, "advance": 4e4},
    }

    def by_territory(key):
        return {"amount": {"by_territory": {code: terms[key] for code, terms in alone.items()}}, "currency": "USD"}

    fee, expenses, advance, halves = DISTRIBUTED
    expenses = expenses | {"amount": by_territory("expenses"), "cap": by_territory("cap")}
    advance = advance | {"amount": by_territory("advance")}
    contract = Contract({"world": deal_of(fee, expenses, advance, halves, accounts_by_territory=True)})

    def slowly(by):
        each = [
            half_of_the_rest(by[:, place], alone[code]["cap"], alone[code]["advance"])
            for place, code in enumerate(contract.places("world"))
        ]
        return np.sum(each, axis=0)

    check(contract.paid("revenue_share"), slowly, contract.receipts["world"])
    pooled = Contract({"world": deal_of(fee, expenses, advance, halves)})
    check(pooled.paid("revenue_share"), lambda by: half_of_the_rest(by.sum(axis=1)), pooled.receipts["world"])
    assert (pooled.paid("revenue_share").sum(axis=0) <= contract.paid("revenue_share").sum(axis=0) + 1e-6).all()


def test_the_same_cross_collateralised_over_two_deals():
    contract = Contract(
        {"west": deal_of(*DISTRIBUTED, territories=["USA", "DEU"]), "east": deal_of(*DISTRIBUTED, territories=["TWN"])},
        package_of("west", "east", cross_collateralised=[["west", "east"]]),
    )

    def slowly(west, east):
        paid, expenses_due, advance_due = [], {"west": 7e4, "east": 7e4}, 1.2 * (2e5 + 2e5)
        for received in zip(west.sum(axis=1), east.sum(axis=1), strict=True):
            left = 0.0
            for name, gross in zip(("west", "east"), received, strict=True):
                taken = min(0.7 * gross, expenses_due[name])
                expenses_due[name] -= taken
                left += 0.7 * gross - taken
            taken = min(left, advance_due)
            advance_due -= taken
            paid.append((left - taken) / 2)
        return paid

    check(contract.paid("revenue_share"), slowly, contract.receipts["west"], contract.receipts["east"])


def test_guarantees_recouped_from_shares_in_one_account_over_deals_pay_the_overage_of_the_sum():
    terms = [
        {"clause": "minimum_guarantee", "amount": {"amount": guarantee, "currency": "TWD"}, "schedule": {"opening": 1}}
        for guarantee in (3e6, 9e6)
    ]
    contract = Contract(
        {
            "west": deal_of(terms[0], share("40%"), territories=["USA"]),
            "east": deal_of(terms[1], share("60%"), territories=["TWN", "DEU"]),
        },
        package_of("west", "east", cross_collateralised=[["west", "east"]]),
    )

    def slowly(west, east, rate):
        paid, unrecouped = [], 12e6
        for usa, others, twd in zip(west.sum(axis=1), east.sum(axis=1), rate, strict=True):
            earned = (0.4 * usa + 0.6 * others) * twd
            taken = min(earned, unrecouped)
            unrecouped -= taken
            paid.append((earned - taken) / twd)
        return paid

    check(
        contract.paid("revenue_share"),
        slowly,
        contract.receipts["west"],
        contract.receipts["east"],
        contract.rate("TWD"),
    )


# "Licence fee at 60–70 % of production cost with the owner keeping other territories" against "cost plus 10–30 % for all
# rights"


@pytest.mark.parametrize("markup", [-0.35, 0.2])
def test_a_licence_at_part_of_the_cost_or_at_cost_plus_is_paid_as_the_cost_falls_due(markup):
    contract = Contract(
        {
            "network": deal_of({"clause": "cost_plus", "markup": markup}, territories=["USA"], withholding_tax=0.1),
            "others": deal_of(share("50%"), territories=["TWN"]),
        },
        package_of("network", "others", cost_shares={"youku": 1}),
        production=PRODUCTION,
    )

    def slowly(rate):
        by_period = {0: 0.3, 2: 0.5, 7: 0.2}
        return [9e5 * by_period.get(period, 0) / eur for period, eur in enumerate(rate)]

    check(contract.paid("production_cost", "suppliers"), slowly, contract.rate("EUR"))
    check(contract.paid("cost_plus"), lambda eur: 0.9 * (1 + markup) * np.array(slowly(eur)), contract.rate("EUR"))
    check(contract.paid("revenue_share"), lambda by: by.sum(axis=1) / 2, contract.receipts["others"])


# Tiers, caps, floors


def test_tiers_in_another_currency_pay_each_dollar_at_the_rate_of_the_tier_it_falls_in():
    tiers = [{"share": "20%", "up_to": "5 million TWD"}, {"share": "0%", "up_to": "8 million TWD"}, {"share": "45%"}]
    contract = Contract({"world": deal_of(share(None, tiers=tiers))})

    def slowly(by, rate):
        paid, so_far = [], 0.0
        for received, twd in zip(by.sum(axis=1), rate, strict=True):
            left, period = received * twd, 0.0
            for end, part in ((5e6, 0.2), (8e6, 0.0), (np.inf, 0.45)):
                inside = min(left, max(end - so_far, 0))
                period += part * inside
                so_far, left = so_far + inside, left - inside
            paid.append(period / twd)
        return paid

    check(contract.paid("revenue_share"), slowly, contract.receipts["world"], contract.rate("TWD"))


def test_a_share_between_a_floor_and_a_cap():
    bounds = {"floor": "90 thousand EUR", "cap": "160 thousand EUR"}
    contract = Contract({"world": deal_of(share("30%", **bounds), payment_lag_months=2)})

    def slowly(by, rate):
        paid, earned, so_far = [0.0] * (PERIODS + 2), 0.0, 9e4
        paid[2] += 9e4 / rate[2]  # in advance, when the window opens, and not two months later as what is earned
        for period, (received, eur) in enumerate(zip(by.sum(axis=1), rate, strict=True)):
            earned += 0.3 * received * eur
            due = min(max(earned, 9e4), 1.6e5)
            paid[period + 2] += (due - so_far) / eur
            so_far = due
        return paid[:PERIODS]

    check(contract.paid("revenue_share"), slowly, contract.receipts["world"], contract.rate("EUR"))


# Guarantees by contract year and as a shortfall


YEARLY = {"clause": "minimum_guarantee", "amount": "40 thousand EUR", "every": "contract_year"}


@pytest.mark.parametrize("step", ["month", "quarter"])
@pytest.mark.parametrize("carried", [True, False])
def test_a_yearly_advance_is_recouped_within_its_year_or_later(carried, step):
    contract = Contract({"world": deal_of(YEARLY | {"carried_over": carried}, share("8%"), months=33)}, step=step)
    year, opens = 12 // contract.length, contract.frame.months_to("2018-01") // contract.length

    def slowly(by, rate):
        paid, unrecouped = [], 0.0
        for period, (received, eur) in enumerate(zip(by.sum(axis=1), rate, strict=True)):
            if period >= opens and (period - opens) % year == 0:
                unrecouped = 4e4 + (unrecouped if carried else 0.0)
            earned = 0.08 * received * eur
            taken = min(earned, unrecouped)
            unrecouped -= taken
            paid.append((earned - taken) / eur)
        return paid

    check(contract.paid("revenue_share"), slowly, contract.receipts["world"], contract.rate("EUR"))
    begins = [period for period in range(opens, contract.periods) if (period - opens) % year == 0]
    expected = np.zeros((contract.periods, DRAWS))
    expected[begins] = 4e4 / contract.rate("EUR")[begins]
    np.testing.assert_allclose(contract.paid("minimum_guarantee"), expected)
    after = ceil(33 / 12) - len(begins)
    np.testing.assert_allclose(contract.signed.beyond, after * 4e4 / contract.rate("EUR")[-1])


@pytest.mark.parametrize("carried", [True, False])
def test_a_yearly_shortfall_tops_up_and_is_recouped_from_what_later_years_bring_above_their_guarantee(carried):
    guarantee = YEARLY | {"amount": "200 thousand USD", "due": "shortfall", "carried_over": carried}
    rising = deal_of(guarantee, share("8%"), start="2017-11", months=24)
    rising["exploitation"] |= {"free_hour": {"steps": {"2017-11": 0.1, "2018-11": 9.0}}, "paid_hour": 0}
    rising["exploitation"]["free_hour"] = {
        "amount": rising["exploitation"]["free_hour"],
        "currency": "USD",
        "per": "hour",
    }
    rising["exploitation"]["paid_hour"] = "0 USD per hour"
    contract = Contract({"world": rising})

    def both(by):
        shares, top_ups, carry, year = [], [], 0.0, 0.0
        for period, received in enumerate(by.sum(axis=1)):
            earned = 0.08 * received
            above = max(year + earned - 2e5, 0) - max(year - 2e5, 0)
            year += earned
            taken = min(above, carry) if carried else 0.0
            carry -= taken
            ends = period in (11, 23)
            top_up = max(2e5 - year, 0) if ends else 0.0
            if ends:
                carry, year = carry + top_up, 0.0
            shares.append(earned - taken)
            top_ups.append(top_up)
        return shares, top_ups

    check(contract.paid("revenue_share"), lambda by: both(by)[0], contract.receipts["world"])
    check(contract.paid("minimum_guarantee"), lambda by: both(by)[1], contract.receipts["world"])


def test_a_shortfall_on_the_term_makes_the_total_the_better_of_guarantee_and_share():
    guarantee = {"clause": "minimum_guarantee", "amount": "150 thousand USD", "due": "shortfall"}
    contract = Contract({"world": deal_of(guarantee, share("10%"))})
    shares = 0.1 * contract.receipts["world"].sum(axis=(0, 1))
    total = (contract.paid("revenue_share") + contract.paid("minimum_guarantee")).sum(axis=0)
    np.testing.assert_allclose(total, np.maximum(shares, 1.5e5))
    assert (contract.paid("minimum_guarantee")[:25] == 0).all()  # the window's last month is the 26th


# Bonuses, renewals, events


def test_bonuses_are_paid_once_when_hours_or_receipts_reach_them():
    contract = Contract(
        {
            "world": deal_of(
                share("10%"),
                {"clause": "bonus", "on": "hours", "threshold": "1 million", "amount": "5 thousand EUR"},
                {"clause": "bonus", "on": "receipts", "threshold": "20 million TWD", "amount": "1 million TWD"},
            )
        }
    )
    hours = contract.earned["world"].hours

    def slowly(by, hours, eur, twd):
        paid, seen, received = [], 0.0, 0.0
        for period in range(PERIODS):
            before, banked = seen, received
            seen, received = seen + hours[period], received + by[period].sum() * twd[period]
            due = 5e3 / eur[period] if before < 1e6 <= seen else 0.0
            paid.append(due + (1e6 / twd[period] if banked < 2e7 <= received else 0.0))
        return paid

    check(contract.paid("bonus"), slowly, contract.receipts["world"], hours, contract.rate("EUR"), contract.rate("TWD"))


def test_a_bonus_on_subscribers_is_paid_when_the_title_has_added_so_many():
    fee = {"clause": "flat_fee", "amount": 1000, "schedule": {"opening": 1}}
    bonus = {"clause": "bonus", "on": "subscribers", "threshold": 60, "amount": 7}
    contract = Contract({"world": deal_of(fee, bonus, by="membership")})
    gained = contract.earned["world"].members_gained
    reached = [next((period for period in range(PERIODS) if row[period] >= 60), None) for row in gained.T]
    paid = contract.paid("bonus")
    assert [period for period in reached if period is not None]
    for which, period in enumerate(reached):
        assert paid[:, which].nonzero()[0].tolist() == ([] if period is None else [period])
        assert paid[:, which].sum() == (0 if period is None else 7)


@pytest.mark.parametrize("by", ["viewing", "membership"])
def test_a_licensee_renews_in_the_draws_in_which_the_last_months_were_good(by):
    fees = [
        {"clause": "flat_fee", "amount": "10 thousand EUR", "schedule": {"opening": 1}},
        {"clause": "flat_fee", "amount": "2 thousand USD", "schedule": {"end": 1}},
    ]
    plain = Contract({"world": deal_of(*fees, by=by, months=10)})
    longer = Contract({"world": deal_of(*fees, by=by, months=16)})
    last = plain.earned["world"].hours[9:12].sum(axis=0)
    threshold = float(np.median(last))
    renewal = {"clause": "renewal", "months": 6, "escalation": "25%", "look_back_months": 3, "hours": threshold}
    contract = Contract({"world": deal_of(*fees, renewal, by=by, months=10)})
    renews = last >= threshold
    assert 0 < renews.sum() < DRAWS
    expected = np.zeros((PERIODS, DRAWS))
    expected[12] = 1.25 * (10e3 / contract.rate("EUR")[12] + 2e3) * renews
    np.testing.assert_allclose(contract.paid("renewal"), expected)
    for line, amount in contract.earned["world"].earnings.receipts.items():
        short, long = (other.earned["world"].earnings.receipts[line] for other in (plain, longer))
        np.testing.assert_allclose(amount, np.where(renews, long, short), rtol=1e-12)


def test_a_schedule_by_event_is_paid_when_the_event_happens():
    fee = {
        "clause": "flat_fee",
        "amount": 1000,
        "schedule": {"signing": 0.2, "delivery": 0.3, "opening": 0.4, "end": 0.1},
    }
    contract = Contract({"world": deal_of(fee, events={"signing": "2017-11", "delivery": "2017-12"}, months=12)})
    assert contract.paid("flat_fee")[:, 0].nonzero()[0].tolist() == [0, 1, 2, 13]
    assert contract.paid("flat_fee")[[0, 1, 2, 13], 0].tolist() == [200, 300, 400, 100]


# Territories apart


def test_a_clause_holds_in_its_territories():
    contract = Contract(
        {
            "world": deal_of(
                {"clause": "distribution_fee", "share": "20%", "territories": ["TWN", "DEU"]},
                share("10%", "net", territories=["USA", "TWN"]),
                share("30%", "gross", territories={"include": ["world"], "exclude": ["USA", "TWN"]}),
                {"clause": "per_hour", "amount": "0.01 USD per hour", "territories": ["USA"]},
            )
        }
    )
    place = {code: index for index, code in enumerate(contract.places("world"))}

    def slowly(by):
        usa, twn, deu = (by[:, place[code]] for code in ("USA", "TWN", "DEU"))
        return 0.1 * (usa + 0.8 * twn) + 0.3 * deu

    check(contract.paid("revenue_share"), slowly, contract.receipts["world"])
    usa = Contract({"usa": deal_of({"clause": "per_hour", "amount": "0.01 USD per hour"}, territories=["USA"])})
    np.testing.assert_allclose(contract.paid("per_hour"), usa.paid("per_hour"), rtol=1e-12)


@pytest.mark.parametrize("gross_up", [False, True])
def test_each_territory_pays_its_own_fee_and_withholds_its_own_tax(gross_up):
    fee = {
        "clause": "flat_fee", "schedule": {"opening": 1},
        "amount": {"amount": {"by_territory": {"USA": 100, "default": 40}}, "currency": "USD"},
    }  # fmt: skip
    tax = {"by_territory": {"TWN": "20%", "USA": 0, "default": "10%"}}
    guarantee = {
        "clause": "minimum_guarantee", "schedule": {"2018-02": 1},
        "amount": {"amount": {"by_territory": {"USA": 1e5, "default": 3e4}}, "currency": "USD"},
    }  # fmt: skip
    contract = Contract({"world": deal_of(fee, guarantee, share("50%"), withholding_tax=tax, gross_up=gross_up)})
    rates = {"USA": 0.0, "TWN": 0.2, "DEU": 0.1}
    fees, advances = {"USA": 100, "TWN": 40, "DEU": 40}, {"USA": 1e5, "TWN": 3e4, "DEU": 3e4}
    place = {code: index for index, code in enumerate(contract.places("world"))}

    def net(code):
        return 1.0 if gross_up else 1 - rates[code]

    def tax_on(code):
        return rates[code] / (1 - rates[code]) if gross_up else rates[code]

    assert contract.paid("flat_fee")[2] == pytest.approx(sum(fees[code] * net(code) for code in PLACES))
    assert contract.paid("flat_fee", "tax_authority")[2] == pytest.approx(sum(fees[c] * tax_on(c) for c in PLACES))
    assert contract.paid("minimum_guarantee")[3] == pytest.approx(sum(advances[c] * net(c) for c in PLACES))

    def slowly(by):
        paid, unrecouped = [], 1.6e5
        for received in by / 2:
            taken = min(received.sum(), unrecouped)
            unrecouped -= taken
            part = 1 - taken / received.sum() if received.sum() else 0
            paid.append(sum(received[place[code]] * part * net(code) for code in PLACES))
        return paid

    check(contract.paid("revenue_share"), slowly, contract.receipts["world"])


def test_of_a_countrys_rate_and_its_treatys_the_lower_one_is_withheld():
    fee = {"clause": "flat_fee", "amount": 1000, "schedule": {"opening": 1}}
    for statutory, treaty, tax in (("20%", "10%", 100), ("5%", "10%", 50)):
        contract = Contract({"world": deal_of(fee, withholding_tax={"statutory": statutory, "treaty": treaty})})
        assert contract.paid("flat_fee", "tax_authority").sum(axis=0) == pytest.approx(tax)


def test_telling_territories_apart_that_nothing_treats_differently_changes_no_payment():
    terms = [*DISTRIBUTED, {"clause": "per_hour", "amount": "0.01 USD per hour", "cap": "30 thousand EUR"}]
    whole = Contract({"world": deal_of(*terms)})
    parted = Contract(
        {"world": deal_of(*terms)},
        package_of("world", waterfall={
            "nobody": {"party": "nobody", "share": 0, "base": "gross", "deals": ["world"]},
        }),
    )  # fmt: skip
    apart = Contract({"world": deal_of(*terms, share("0%", territories=["USA"]))})
    for other in (parted, apart):
        for clause in ("revenue_share", "per_hour", "minimum_guarantee"):
            np.testing.assert_allclose(other.paid(clause), whole.paid(clause), rtol=1e-9, atol=1e-9)


# Packages


def test_a_co_producer_recoups_its_part_of_the_cost_with_a_premium_before_halves_and_after_the_agents_commission():
    contract = Contract(
        {"world": deal_of(share("100%"))},
        package_of(
            "world",
            cost_shares={"youku": "60%", "platform": "40%"},
            waterfall={
                "commission": {"party": "agent", "share": "15%", "base": "gross"},
                "recoupment": {"party": "platform", "share": "80%", "base": "net", "until_cost": "110%"},
                "halves": {"party": "platform", "share": "50%", "base": "net", "after": "recoupment"},
            },
        ),
        production=PRODUCTION,
    )

    def both(by, rate):
        cost = sum(9e5 * part / rate[period] for period, part in ((0, 0.3), (2, 0.5), (7, 0.2)))
        recouped, halves, due, parts = [], [], 1.1 * 0.4 * cost, 4000
        for received in by.sum(axis=1):
            taken = shared = 0.0
            for _ in range(parts):
                left = 0.85 * received / parts
                own = min(0.8 * left, due)
                shared += (left - own) / 2 if due <= 0 else 0.0
                taken, due = taken + own, due - own
            recouped.append(taken)
            halves.append(shared)
        return recouped, halves

    rows = contract.receipts["world"], contract.rate("EUR")
    check(contract.paid("commission", "agent"), lambda by: 0.15 * by.sum(axis=1), rows[0])
    check(contract.paid("recoupment", "platform"), lambda *rows: both(*rows)[0], *rows)
    check(contract.paid("halves", "platform"), lambda *rows: both(*rows)[1], *rows, tolerance=3 / 4000)
    cost = contract.paid("production_cost", "suppliers")
    shares = {p.payer: over_territories(p.amount) for p in contract.signed.together if p.clause == "production_cost"}
    np.testing.assert_allclose(shares["platform"], 0.4 * cost)


def test_a_position_on_gross_that_finds_too_little_left_waits_for_the_rest():
    contract = Contract(
        {"world": deal_of(share("100%"))},
        package_of("world", waterfall={
            "bank": {"party": "bank", "share": "100%", "base": "net", "until": "300 thousand EUR"},
            "author": {"party": "author", "share": "20%", "base": "gross"},
        }),
    )  # fmt: skip

    def slowly(by, rate):
        paid, due, owed = [], 3e5, 0.0
        for received, eur in zip(by.sum(axis=1), rate, strict=True):
            bank = min(received * eur, due)
            due -= bank
            owed += 0.2 * received
            author = min(owed, received - bank / eur)
            owed -= author
            paid.append(author)
        return paid

    check(contract.paid("author", "author"), slowly, contract.receipts["world"], contract.rate("EUR"))


def test_the_floor_of_a_fee_of_which_an_agent_has_a_share_leaves_the_licensor_as_well_off_as_without_it():
    fee = {"clause": "flat_fee", "amount": "90 thousand USD", "schedule": {"2017-11": 0.5, "2018-03": 0.5}}
    renewal = {"clause": "renewal", "months": 6, "escalation": "25%", "look_back_months": 3, "hours": 60000}
    deals = {
        "netflix": deal_of(fee, renewal, by="membership", months=12, withholding_tax="10%"),
        "others": deal_of(share("50%")),
    }
    packages = {
        "wide": package_of("netflix", waterfall={"commission": {"party": "agent", "share": "12%", "base": "gross"}}),
        "local": package_of("others"),
    }
    text = f"{SETTING}\ndeals: {json.dumps(deals)}\npackages: {json.dumps(packages)}\n"
    text += "negotiation: {package: wide, deal: netflix, bargaining_power: 50%}\n"
    outcome = simulate(loads(text), draws=64)
    assert 0 < outcome["deals.netflix.renewed"].mean() < 1
    floor = floor_fee(
        outcome["packages.local.licensor_npv"],
        outcome["negotiation.licensor_npv_without_fee"],
        outcome["negotiation.licensor_pv_per_fee"],
    ).fee
    at_floor = simulate(loads(text, {"deals.netflix.terms.0.amount": f"{floor:.6f} USD"}), draws=64)
    worth = (at_floor[f"packages.{name}.licensor_npv"].mean() for name in packages)
    assert next(worth) == pytest.approx(next(worth), rel=1e-6)
    assert outcome["packages.wide.npv.agent"].mean() > 0


def test_a_window_that_opens_within_a_period_is_guaranteed_to_its_last_month():
    guarantee = {"clause": "minimum_guarantee", "amount": "90 million USD", "due": "shortfall"}
    contract = Contract(
        {"world": deal_of(guarantee, share("10%"), months=12)}, step="quarter"
    )  # the third month of four
    total = (contract.paid("revenue_share") + contract.paid("minimum_guarantee")).sum(axis=0)
    np.testing.assert_allclose(total, 90e6, rtol=1e-12)


def test_sums_by_territory_are_those_of_the_clauses_own_territories():
    each = {"amount": {"by_territory": {"USA": 3000, "default": 100}}, "currency": "USD"}
    contract = Contract(
        {
            "world": deal_of(
                {"clause": "expenses", "amount": each, "territories": ["USA"]},
                share("40%", cap=each, territories=["USA"]),
            )
        }
    )
    assert contract.paid("expenses", "suppliers").sum(axis=0) == pytest.approx([3000] * DRAWS)
    assert contract.paid("revenue_share").sum(axis=0) == pytest.approx([3000] * DRAWS)


def test_what_fell_short_is_recouped_from_a_renewed_window_too():
    fee = {"clause": "flat_fee", "amount": 1, "schedule": {"opening": 1}}
    renewal = {"clause": "renewal", "months": 6, "escalation": 0, "look_back_months": 3, "hours": 0}
    guarantee = YEARLY | {"amount": "90 million USD", "due": "shortfall", "carried_over": True}
    contract = Contract({"world": deal_of(fee, renewal, guarantee, share("10%"), months=12)})
    assert contract.receipts["world"][14:20].sum() > 0
    assert np.abs(contract.paid("revenue_share")[14:]).max() == 0


def test_a_licensees_other_deals_raise_its_ceiling_only_by_what_it_would_not_have_anyway():
    fee = {"clause": "flat_fee", "amount": "90 thousand USD", "schedule": {"2018-01": 1}}
    deals = {"film": deal_of(fee, territories=["USA"]), "series": deal_of(share("50%"), territories=["TWN"])}
    packages = {"both": package_of("film", "series"), "series": package_of("series")}
    text = f"{SETTING}\ndeals: {json.dumps(deals)}\npackages: {json.dumps(packages)}\n"
    text += "negotiation: {package: both, deal: film, bargaining_power: 50%}\n"
    outcome = simulate(loads(text), draws=64)
    alone = outcome["deals.film.licensee_npv"].mean() + 90e3 * outcome["negotiation.licensee_pv_per_fee"].mean()
    ceiling = agreement(outcome).ceiling.fee * outcome["negotiation.licensee_pv_per_fee"].mean()
    assert ceiling == pytest.approx(alone, rel=1e-9)
    assert agreement(outcome).floor.fee == pytest.approx(0, abs=1e-6 * alone)  # the film costs the licensor nothing


def test_a_plain_number_and_a_sum_in_the_scenarios_currency_are_one_account():
    tiers = [{"share": "20%", "up_to": 1e5}, {"share": "10%"}]
    said = [Contract({"world": deal_of(share(None, tiers=tiers, cap=cap))}) for cap in ("25 thousand USD", 25e3)]
    np.testing.assert_array_equal(*(contract.paid("revenue_share") for contract in said))
    assert said[0].paid("revenue_share").sum(axis=0) == pytest.approx([25e3] * DRAWS)
