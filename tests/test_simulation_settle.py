"""Deals against a royalty ledger kept the slow way: one draw, one month, one clause after the other."""

import json
from math import ceil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenarios_for_tests import EVERYTHING

from simlib.models.licensing import balances
from simlib.scenario.load import loads
from simlib.simulation.dues import Earnings
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.sampling import draw
from simlib.simulation.settle import settle, unit_fee

DRAWS, SEED, PERIODS, START = 5, 11, 14, "2017-11"
SETTING = EVERYTHING.partition("deals:")[0] + "platform:" + EVERYTHING.partition("\nplatform:")[2].partition("corr")[0]
MONTHS = {"month": 1, "quarter": 3}
CURRENCIES = ("USD", "TWD", "EUR")


def deal_of(*terms, by="viewing", **changed):
    """A deal with these clauses, otherwise plain."""
    viewing = {"by": "viewing", "reach": 0.1, "free_hour": 1, "paid_hour": 1}
    return {
        "licensor": "youku",
        "licensee": "station" if by == "viewing" else "netflix",
        "rights": {
            "media": ["free_tv"],
            "territories": ["TWN", "USA"],
            "start": "2018-02",
            "months": 6,
            "exclusive": True,
        },
        "exploitation": viewing if by == "viewing" else {"by": by},
        "terms": list(terms),
        "withholding_tax": 0,
        "gross_up": False,
        "payment_lag_months": 0,
        **changed,
    }


def flat_fee(amount, **schedule):
    dates = {month.replace("_", "-").strip("m"): share for month, share in schedule.items()}
    return {"clause": "flat_fee", "amount": amount, "schedule": dates}


def money(amount, currency="USD", **per):
    return {"amount": amount, "currency": currency, **per}


GUARANTEE = {"clause": "minimum_guarantee", "amount": money(900), "schedule": {"2018-02": 0.5, "2018-05": 0.5}}
HALF = {"clause": "revenue_share", "share": 0.5, "base": "net"}


def earnings_of(periods, seed=0):
    """What a licensee earned, by line, and the hours and subscriber-months behind it, (period, 1, draw) each."""
    random = np.random.default_rng(seed)
    lines = {name: random.gamma(2, 100, (periods, 1, DRAWS)) for name in ("content_marketing", "member_payment")}
    for line in lines.values():
        line[random.random(line.shape) < 0.2] = 0
    units = {name: random.gamma(2, 1000, (periods, 1, DRAWS)) for name in ("hour", "subscriber_month")}
    return Earnings(lines, {"bandwidth": random.gamma(2, 3, (periods, 1, DRAWS))}, units)


class Settled:
    """A deal settled by simlib, and what the slow ledger needs to check it."""

    def __init__(self, deal, step="month", periods=PERIODS, seed=0):
        text = f"{SETTING}\ndeals: {json.dumps({'a': deal})}\n"
        scenario = loads(text, {"horizon.step": step, "horizon.periods": periods})
        frame = Frame(scenario, SEED)
        self.deal, self.periods, self.length = deal, periods, MONTHS[step]
        self.block = Block(frame, 0, DRAWS, draw(scenario, frame.territories, DRAWS, SEED))
        self.earnings = earnings_of(periods, seed)
        self.result = settle({"a": scenario.deals["a"]}, {"a": self.earnings}, self.block)["a"]
        self.paid = {}
        for payer, payee, clause, amount in self.result.postings:
            assert amount.shape == (periods, 1, DRAWS)
            self.paid[payer, payee, clause] = self.paid.get((payer, payee, clause), 0) + amount[:, 0]

    def rates(self, which):
        """Units of each currency for one dollar, period by period, in one draw."""
        shape = (self.periods, 1, DRAWS)
        return {code: np.broadcast_to(self.block.rate(code), shape)[:, 0, which].tolist() for code in CURRENCIES}

    def period_of(self, month):
        """The period that holds a month; the horizon starts in November 2017."""
        return ((int(month[:4]) - 2017) * 12 + int(month[5:]) - 11) // self.length

    def slowly(self, which):
        """Postings {(payer, payee, clause): [amount of each period]} of one draw, and what falls due beyond, by hand."""
        deal, earned, fx = self.deal, self.earnings, self.rates(which)
        licensee, licensor = deal["licensee"], deal["licensor"]
        ledger, beyond, count = {}, 0.0, {}

        def post(payer, payee, clause, period, amount):
            ledger.setdefault((payer, payee, clause), [0.0] * self.periods)[period] += amount

        def known(written, name):
            return self.block.inputs[name][which] if isinstance(written, dict) else written

        def sum_of(written, name):
            if not isinstance(written, dict) or "amount" not in written:
                return known(written, name), "USD"
            times = 32 if written.get("per") == "episode" else 1
            return known(written["amount"], name) * times, written["currency"]

        def pay_licensor(clause, period, amount):
            tax = known(deal["withholding_tax"], "deals.a.withholding_tax")
            net = amount if deal["gross_up"] else amount * (1 - tax)
            post(licensee, licensor, clause, period, net)
            post(licensee, "tax_authority", clause, period, net / (1 - tax) - net)

        def pay_later(clause, period, amount):
            arrives = period + ceil(deal["payment_lag_months"] / self.length)
            if arrives < self.periods:
                pay_licensor(clause, arrives, amount)
                return 0.0
            return amount

        for line, amounts in earned.receipts.items():
            for period in range(self.periods):
                post("audience", licensee, line, period, amounts[period, 0, which])
        for line, amounts in earned.costs.items():
            for period in range(self.periods):
                post(licensee, "suppliers", line, period, amounts[period, 0, which])
        gross = [sum(line[period, 0, which] for line in earned.receipts.values()) for period in range(self.periods)]
        left, opens = list(gross), self.period_of(deal["rights"]["start"])
        guarantee = next((term for term in deal["terms"] if term["clause"] == "minimum_guarantee"), None)
        for term in deal["terms"]:
            word = term["clause"]
            count[word] = count.get(word, 0) + 1
            path = f"deals.a.terms.{word}" + (str(count[word]) if count[word] > 1 else "")
            if word == "distribution_fee":
                for period in range(self.periods):
                    left[period] -= min(gross[period] * known(term["share"], f"{path}.share"), left[period])
            elif word == "expenses":
                amount, currency = sum_of(term["amount"], f"{path}.amount")
                spent = amount / fx[currency][opens]
                post(licensee, "suppliers", "expenses", opens, spent)
                if term.get("cap") is not None:
                    cap, currency = sum_of(term["cap"], f"{path}.cap")
                    spent = min(spent, cap / fx[currency][opens])
                for period in range(opens, self.periods):
                    recouped = min(left[period], spent)
                    spent -= recouped
                    left[period] -= recouped
            elif word == "revenue_share":
                base, earned_so_far = (gross if term["base"] == "gross" else left), 0.0
                for period in range(self.periods):
                    share = base[period] * known(term["share"], f"{path}.share")
                    if guarantee:
                        advance, currency = sum_of(guarantee["amount"], "deals.a.terms.minimum_guarantee.amount")
                        rate = fx[currency][period]
                        before = max(earned_so_far - advance, 0)
                        earned_so_far += share * rate
                        share = (max(earned_so_far - advance, 0) - before) / rate
                    beyond += pay_later(word, period, share)
            elif word in ("flat_fee", "minimum_guarantee"):
                amount, currency = sum_of(term["amount"], f"{path}.amount")
                for month, share in term["schedule"].items():
                    period = self.period_of(month)
                    if period < self.periods:
                        pay_licensor(word, period, amount * share / fx[currency][period])
                    else:
                        beyond += amount * share / fx[currency][-1]
            else:
                units = earned.units["hour" if word == "per_hour" else "subscriber_month"]
                amount, currency = sum_of(term["amount"], f"{path}.amount")
                for period in range(self.periods):
                    owed = amount / fx[currency][period] * units[period, 0, which]
                    beyond += pay_later(word, period, owed)
        if "licensor_cost" in deal:
            amount, currency = sum_of(deal["licensor_cost"]["amount"], "deals.a.licensor_cost.amount")
            post(licensor, "suppliers", "licensor_cost", opens, amount / fx[currency][opens])
        return ledger, beyond

    def check(self):
        """Assert that both ledgers say the same, clause by clause, and that each sums to zero."""
        nothing = np.zeros((self.periods, DRAWS))
        for which in range(DRAWS):
            ledger, beyond = self.slowly(which)
            scale = 1e-12 * (1 + sum(sum(map(abs, row)) for row in ledger.values()))
            for key in self.paid.keys() | ledger.keys():
                found, expected = self.paid.get(key, nothing)[:, which], ledger.get(key, nothing[:, 0])
                np.testing.assert_allclose(found, expected, rtol=1e-11, atol=scale, err_msg=str(key))
            assert self.result.beyond[..., which].item() == pytest.approx(beyond, abs=scale)
        cash = balances(self.result.postings)
        moved = sum(np.abs(amounts).max() for amounts in cash.values())
        assert np.abs(sum(cash.values())).max() <= 1e-12 * moved


DEALS = {
    "flat fee, paid in three parts": deal_of(flat_fee(1000, m2017_11=0.2, m2018_02=0.5, m2018_08=0.3)),
    "flat fee, a part of it beyond the horizon": deal_of(flat_fee(1000, m2018_02=0.5, m2019_06=0.3, m2025_01=0.2)),
    "flat fee per episode in another currency": deal_of(
        flat_fee(money({"uniform": {"low": 800, "high": 1200}}, "TWD", per="episode"), m2018_02=0.4, m2019_06=0.6)
    ),
    "two flat fees": deal_of(
        flat_fee({"uniform": {"low": 1, "high": 2}}, m2018_02=1),
        flat_fee({"uniform": {"low": 5, "high": 9}}, m2018_03=1),
    ),
    "share of gross": deal_of(
        {"clause": "revenue_share", "share": {"uniform": {"low": 0.4, "high": 0.6}}, "base": "gross"}
    ),
    "share of net after a fee": deal_of({"clause": "distribution_fee", "share": 0.3}, HALF),
    "share of gross although a fee is taken": deal_of(
        {"clause": "distribution_fee", "share": 0.3}, HALF | {"base": "gross"}
    ),
    "share of net after expenses": deal_of({"clause": "expenses", "amount": 700}, HALF),
    "share of net after capped expenses": deal_of(
        {"clause": "expenses", "amount": 700, "cap": money(400, "EUR")}, HALF
    ),
    "a share before the fee, which it does not bear": deal_of(HALF, {"clause": "distribution_fee", "share": 0.3}),
    "expenses before the fee": deal_of(
        {"clause": "expenses", "amount": 700}, {"clause": "distribution_fee", "share": 0.6}, HALF
    ),
    "guarantee never earned": deal_of(GUARANTEE | {"amount": 1e6}, HALF),
    "guarantee with overage": deal_of(GUARANTEE, HALF),
    "guarantee in another currency": deal_of(GUARANTEE | {"amount": money(30_000, "TWD")}, HALF),
    "a fee for each hour": deal_of({"clause": "per_hour", "amount": money(0.02, "EUR", per="hour")}),
    "a fee for each member and month": deal_of(
        {"clause": "per_subscriber", "amount": money({"uniform": {"low": 0.1, "high": 0.2}}, per="subscriber_month")},
        by="membership",
    ),
    "tax borne by the licensor": deal_of(flat_fee(1000, m2018_02=1), withholding_tax=0.2),
    "tax borne by the licensee": deal_of(flat_fee(1000, m2018_02=1), withholding_tax=0.2, gross_up=True),
    "uncertain tax": deal_of(HALF, withholding_tax={"discrete": {"0": 0.4, "0.1": 0.6}}),
    "shares paid three months later": deal_of(HALF, payment_lag_months=3),
    "shares paid four months later": deal_of(HALF, payment_lag_months=4),
    "shares paid after the end": deal_of(HALF, payment_lag_months=100),
    "what it costs the licensor": deal_of(
        HALF, licensor_cost={"amount": money({"uniform": {"low": 5, "high": 9}}, "EUR")}
    ),
    "everything at once": deal_of(
        {"clause": "distribution_fee", "share": 0.3},
        {"clause": "expenses", "amount": {"uniform": {"low": 300, "high": 600}}, "cap": 400},
        GUARANTEE | {"amount": money({"uniform": {"low": 500, "high": 900}}, "TWD", per="episode")},
        HALF,
        {"clause": "per_hour", "amount": 0.01},
        flat_fee(money(30, "EUR"), m2018_02=0.5, m2019_09=0.5),
        withholding_tax=0.15,
        payment_lag_months=2,
        licensor_cost={"amount": 30},
    ),
}
DEALS["everything at once"]["terms"][4]["amount"] = money(0.01, per="hour")


@pytest.mark.parametrize("step", MONTHS)
@pytest.mark.parametrize("deal", DEALS.values(), ids=DEALS.keys())
def test_a_deal_is_settled_as_its_clauses_say(deal, step):
    Settled(deal, step).check()


@st.composite
def deals(draw_from):
    """Any deal by viewing."""

    def number(low, high):
        plain = st.floats(low, high)
        return draw_from(plain | plain.map(lambda x: {"uniform": {"low": x, "high": x + 0.1 * (high - low)}}))

    def sum_of(high):
        return money(number(0, high), draw_from(st.sampled_from(CURRENCIES)))

    def schedule():
        months = draw_from(
            st.sets(st.sampled_from(["2017-11", "2018-02", "2018-09", "2018-12", "2019-01"]), min_size=1)
        )
        return {month: 1 / len(months) for month in sorted(months)}

    builders = {
        "distribution_fee": lambda: {"share": number(0, 0.45)},
        "expenses": lambda: {"amount": sum_of(2000), "cap": draw_from(st.sampled_from([None, sum_of(1000)]))},
        "revenue_share": lambda: {"share": number(0.01, 0.45), "base": draw_from(st.sampled_from(["gross", "net"]))},
        "minimum_guarantee": lambda: {"amount": sum_of(1500), "schedule": schedule()},
        "flat_fee": lambda: {"amount": sum_of(1500), "schedule": schedule()},
        "per_hour": lambda: {"amount": sum_of(0.1) | {"per": "hour"}},
    }
    words = draw_from(st.lists(st.sampled_from(list(builders)), min_size=1, unique=True))
    if "minimum_guarantee" in words and "revenue_share" not in words:
        words.append("revenue_share")
    return deal_of(
        *({"clause": word} | builders[word]() for word in words),
        withholding_tax=number(0, 0.5),
        gross_up=draw_from(st.booleans()),
        payment_lag_months=draw_from(st.integers(0, 7)),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(deals(), st.sampled_from(list(MONTHS)), st.integers(1, 15), st.integers(0, 3))
def test_any_deal_is_settled_as_its_clauses_say(deal, step, periods, seed):
    Settled(deal, step, max(periods, 4), seed).check()


def test_the_licensor_never_pays_the_licensee():
    for deal in DEALS.values():
        settled = Settled(deal)
        received = [amount for (_, payee, _), amount in settled.paid.items() if payee == "youku"]
        assert min(amount.min() for amount in received) >= 0


def test_what_is_paid_and_what_falls_due_later_are_all_that_is_owed():
    owed = Settled(DEALS["share of gross"] | {"payment_lag_months": 0}).paid["station", "youku", "revenue_share"]
    for lag in (1, 5, 13, 14, 99):
        settled = Settled(DEALS["share of gross"] | {"payment_lag_months": lag})
        paid = settled.paid["station", "youku", "revenue_share"]
        np.testing.assert_allclose(paid.sum(axis=0) + settled.result.beyond.ravel(), owed.sum(axis=0), rtol=1e-12)
        assert (paid[:lag] == 0).all()


def test_a_grossed_up_licensor_has_the_fee_in_full_and_the_state_its_share_of_what_is_paid():
    settled = Settled(DEALS["tax borne by the licensee"])
    net, tax = (settled.paid["station", "youku", "flat_fee"], settled.paid["station", "tax_authority", "flat_fee"])
    assert net.sum(axis=0).tolist() == [1000] * DRAWS
    np.testing.assert_allclose(tax, 0.2 * (net + tax), rtol=1e-12)


def test_the_licensor_gets_the_better_of_guarantee_and_share():
    for amount in (0, 100, 900, 5000, 1e6):
        guaranteed = Settled(deal_of(GUARANTEE | {"amount": amount}, HALF))
        shared = Settled(deal_of(HALF)).paid["station", "youku", "revenue_share"].sum(axis=0)
        total = sum(
            guaranteed.paid["station", "youku", word].sum(axis=0) for word in ("minimum_guarantee", "revenue_share")
        )
        np.testing.assert_allclose(total, np.maximum(shared, amount), rtol=1e-12)


@pytest.mark.parametrize("changed", [{}, {"withholding_tax": 0.2}, {"withholding_tax": 0.2, "gross_up": True}])
def test_a_unit_of_fee_is_a_flat_fee_of_one(changed):
    for schedule in ({"m2018_02": 1}, {"m2017_11": 0.3, "m2018_05": 0.3, "m2024_01": 0.4}):
        settled = Settled(deal_of(flat_fee(1, **schedule), **changed))
        deal = settled.block.frame.scenario.deals["a"]
        received, paid = unit_fee("a", deal, settled.earnings, settled.block)
        licensor = settled.paid["station", "youku", "flat_fee"]
        np.testing.assert_array_equal(received, licensor)
        tax = settled.paid.get(("station", "tax_authority", "flat_fee"), 0)
        np.testing.assert_array_equal(paid, licensor + tax)
