"""Deal clauses against ledgers kept by hand, dollar by dollar, from the contract's words."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simlib.models.licensing import (
    Posting,
    above_yearly_guarantee,
    balances,
    bonus,
    capped,
    converted,
    cross_collateralised,
    delayed,
    flat_fee,
    floored,
    grossed_up,
    increments,
    licensor_share,
    overage,
    per_unit,
    proportional,
    recouped,
    recouped_expenses,
    shortfall,
    tiered,
    tiered_by_payment,
    withheld,
)

SHAPE = (4, 2, 3)
money = st.floats(0, 1e6, allow_subnormal=False)
shares = st.floats(0, 1, allow_subnormal=False)
receipts_by_draw = arrays(float, SHAPE, elements=money)
expenses_by_draw = arrays(float, SHAPE, elements=money)
one_per_draw = arrays(float, SHAPE[-1:], elements=money)
dollars = st.lists(st.integers(0, 60), min_size=1, max_size=8)


# Tiers, caps, floors, bonuses


def share_paid_dollar_by_dollar(receipts, rate_of_dollar):
    """Each dollar is paid on at the rate that holds when it comes in, the first being number 0."""
    payments, received = [], 0
    for amount in receipts:
        payments.append(sum(rate_of_dollar(number) for number in range(received, received + amount)))
        received += amount
    return payments


@given(dollars, st.integers(0, 100), st.integers(0, 100), st.tuples(shares, shares, shares))
def test_each_dollar_earns_the_rate_of_the_tier_it_falls_in(receipts, first, width, rates):
    second = first + width
    paid = increments(tiered([first, second], rates), receipts)
    by_hand = share_paid_dollar_by_dollar(
        receipts, lambda number: rates[0] if number < first else rates[1] if number < second else rates[2]
    )
    np.testing.assert_allclose(paid, by_hand, atol=1e-11)


def test_a_tier_may_begin_elsewhere_in_each_draw_and_territory():
    receipts = np.full((6, 2, 3), 10.0)
    thresholds = np.array([[5.0, 15.0, 35.0], [0.0, 60.0, 100.0]])
    paid = increments(tiered([thresholds], [0.1, 0.5]), receipts)
    for territory in range(2):
        for draw in range(3):
            threshold = thresholds[territory, draw]
            by_hand = share_paid_dollar_by_dollar([10] * 6, lambda number, t=threshold: 0.1 if number < t else 0.5)
            np.testing.assert_allclose(paid[:, territory, draw], by_hand)


def test_a_clause_pays_the_same_in_all_whether_accounted_by_month_or_by_year():
    monthly = np.random.default_rng(1).gamma(0.5, 100, (48, 2, 5))
    yearly = monthly.reshape(4, 12, 2, 5).sum(axis=1)
    clause = capped(tiered([500, 2000], [0.1, 0.2, 0.05]), 600)
    by_month = increments(clause, monthly).reshape(4, 12, 2, 5).sum(axis=1)
    np.testing.assert_allclose(by_month, increments(clause, yearly), atol=1e-9)


@given(receipts_by_draw, one_per_draw)
def test_payments_on_growing_receipts_are_never_negative(receipts, threshold):
    falling_rates = tiered([threshold, threshold + 1e5], [0.3, 0.2, 0.1])
    assert np.all(increments(falling_rates, receipts) >= 0)
    assert np.all(increments(capped(floored(falling_rates, threshold), 2e5), receipts) >= 0)


@given(receipts_by_draw, one_per_draw, shares)
def test_a_cap_is_the_most_and_a_floor_the_least_ever_paid(receipts, limit, rate):
    uncapped = increments(proportional(rate), receipts).sum(axis=0)
    most = increments(capped(proportional(rate), limit), receipts).sum(axis=0)
    least = increments(floored(proportional(rate), limit), receipts).sum(axis=0)
    np.testing.assert_allclose(most, np.minimum(uncapped, limit), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(least, np.maximum(uncapped, limit), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(most + least, uncapped + limit, rtol=1e-12, atol=1e-9)


def test_an_advance_against_royalties_is_a_floor_paid_at_once():
    share = np.array([30.0, 30.0, 30.0])
    advance_and_overage = np.array([50.0, 0, 0]) + overage(share, 50)
    np.testing.assert_allclose(increments(floored(proportional(1), 50), share), advance_and_overage)


def test_a_bonus_is_paid_once_in_the_period_that_reaches_the_threshold():
    hours = np.array([[40.0, 0.0, 100.0], [60.0, 99.0, 0.0], [60.0, 0.0, 0.0]])
    paid = increments(bonus(100, np.array([7.0, 8.0, 9.0])), hours)
    assert paid.tolist() == [[0, 0, 9], [7, 0, 0], [0, 0, 0]]


# Fees that need no receipts


def test_a_fee_is_paid_in_full_and_on_its_dates():
    fee = np.array([[80.0, 100.0, 120.0]])
    paid = flat_fee(fee[np.newaxis], [0.25, 0, 0.75])
    assert paid.shape == (3, 1, 3)
    assert paid[:, 0, 1].tolist() == [25, 0, 75]
    np.testing.assert_allclose(paid.sum(axis=0), fee)


def test_a_plain_row_of_fees_is_one_fee_per_draw_even_when_there_are_as_many_draws_as_periods():
    assert flat_fee([80.0, 100.0], [0.25, 0.75])[:, 0, :].tolist() == [[20, 25], [60, 75]]


def test_a_fee_per_subscriber_follows_subscribers_and_an_escalating_rate():
    subscribers = np.array([100.0, 200.0, 0.0]).reshape(3, 1, 1)
    rate = np.array([0.5, 1.0, 2.0]).reshape(3, 1, 1)
    assert per_unit(rate, subscribers).ravel().tolist() == [50, 200, 0]


# Recoupment


def royalty_department(receipts, expenses, cap):
    """Invoices are accepted up to the cap, filed, and paid oldest first from what comes in."""
    allowance, filed, recouped = cap, [], []
    for received, spent in zip(receipts, expenses, strict=True):
        accepted = min(spent, allowance)
        allowance -= accepted
        filed.append(accepted)
        paid = 0.0
        while filed and paid < received:
            part = min(filed[0], received - paid)
            paid += part
            filed[0] -= part
            if filed[0] == 0:
                filed.pop(0)
        recouped.append(paid)
    return recouped


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=1, max_size=9), st.integers(0, 200))
def test_expenses_are_recouped_as_a_royalty_department_would(periods, cap):
    receipts, expenses = zip(*periods, strict=True)
    assert recouped_expenses(receipts, expenses, cap).tolist() == royalty_department(receipts, expenses, cap)


def test_recoupment_is_kept_apart_for_each_territory_and_draw():
    rng = np.random.default_rng(2)
    receipts, expenses = rng.integers(0, 90, (2, *SHAPE)).astype(float)
    cap = rng.integers(50, 200, SHAPE[1:]).astype(float)
    together = recouped_expenses(receipts, expenses, cap)
    for cell in np.ndindex(SHAPE[1:]):
        by_hand = royalty_department(receipts[:, *cell], expenses[:, *cell], cap[cell])
        np.testing.assert_allclose(together[:, *cell], by_hand)


@given(receipts_by_draw, expenses_by_draw, one_per_draw)
def test_what_is_passed_on_is_the_highest_net_balance_so_far(receipts, expenses, cap):
    recouped = recouped_expenses(receipts, expenses, cap)
    balance = np.cumsum(receipts, axis=0) - np.minimum(np.cumsum(expenses, axis=0), cap)
    highest = np.maximum(np.maximum.accumulate(balance, axis=0), 0)
    np.testing.assert_allclose(np.cumsum(receipts - recouped, axis=0), highest, rtol=1e-9, atol=1e-6)


@given(receipts_by_draw, expenses_by_draw, one_per_draw)
def test_recoupment_exceeds_neither_receipts_nor_expenses_nor_cap(receipts, expenses, cap):
    recouped = recouped_expenses(receipts, expenses, cap)
    assert np.all(recouped >= 0)
    assert np.all(recouped <= receipts)
    allowed = np.minimum(np.cumsum(expenses, axis=0), cap)
    assert np.all(np.cumsum(recouped, axis=0) <= allowed * (1 + 1e-9) + 1e-6)


@given(receipts_by_draw, expenses_by_draw, one_per_draw)
def test_expenses_spent_before_any_receipts_are_recouped_as_far_as_either_goes(receipts, expenses, cap):
    spent_first = np.zeros_like(expenses)
    spent_first[0] = expenses.sum(axis=0)
    total = recouped_expenses(receipts, spent_first, cap).sum(axis=0)
    possible = np.minimum(receipts.sum(axis=0), np.minimum(spent_first[0], cap))
    np.testing.assert_allclose(total, possible, rtol=1e-9, atol=1e-6)


def test_no_licensor_is_asked_to_pay_back_what_late_expenses_would_have_taken():
    assert recouped_expenses([100, 0, 60], [0, 50, 0], np.inf).tolist() == [0, 0, 50]


# Guarantee and overage


def advance_account(shares_earned, guarantee):
    """The advance is a debt that each share works off; only what is left of a share is paid."""
    debt, paid = guarantee, []
    for earned in shares_earned:
        worked_off = min(earned, debt)
        debt -= worked_off
        paid.append(earned - worked_off)
    return paid


@given(dollars, st.integers(0, 300))
def test_overage_follows_the_advance_account(earned, guarantee):
    assert overage(earned, guarantee).tolist() == advance_account(earned, guarantee)


@given(receipts_by_draw, one_per_draw)
def test_licensor_gets_the_better_of_guarantee_and_share(share, guarantee):
    total = flat_fee(guarantee, [1, 0, 0, 0]) + overage(share, guarantee)
    np.testing.assert_allclose(total.sum(axis=0), np.maximum(guarantee, share.sum(axis=0)), rtol=1e-9, atol=1e-6)


@given(receipts_by_draw, one_per_draw)
def test_a_share_is_either_overage_or_pays_down_the_guarantee(share, guarantee):
    claims = np.zeros(SHAPE)
    claims[0] = guarantee
    paid_down = recouped(share, claims).sum(axis=0)
    np.testing.assert_allclose(
        overage(share, guarantee).sum(axis=0) + paid_down, share.sum(axis=0), rtol=1e-9, atol=1e-6
    )


@given(receipts_by_draw, arrays(float, (1, *SHAPE[1:]), elements=money))
def test_one_guarantee_for_all_territories_never_pays_more_than_one_for_each(share, guarantee):
    apart = cross_collateralised(overage(share, guarantee)).sum(axis=0)
    together = overage(cross_collateralised(share), cross_collateralised(guarantee)).sum(axis=0)
    assert np.all(together <= apart + 1e-6)


def test_a_loss_in_one_territory_is_recouped_from_another_when_cross_collateralised():
    share = np.array([[[10.0], [90.0]]])
    guarantee = np.array([[[50.0], [50.0]]])
    assert overage(share, guarantee).ravel().tolist() == [0, 40]
    assert overage(cross_collateralised(share), cross_collateralised(guarantee)).tolist() == [[[0]]]


def test_a_higher_distribution_fee_never_helps_the_licensor():
    gross = np.random.default_rng(3).gamma(1, 100, SHAPE)
    expenses = np.random.default_rng(4).gamma(1, 40, SHAPE)

    def licensor_receives(fee_share):
        fee = fee_share * gross
        net = gross - fee - recouped_expenses(gross - fee, expenses, 150)
        return overage(licensor_share(net, 0.6), 90).sum(axis=0)

    received = [licensor_receives(fee_share) for fee_share in (0, 0.1, 0.2, 0.35, 1)]
    assert all(np.all(lower <= higher) for higher, lower in pairwise(received))
    assert np.all(received[-1] == 0)


# Guarantees by contract year


def advances_file(receipts, claims, lapses):
    """A claim is filed when it is made, met oldest first, and thrown away when its year lapses."""
    filed, kept = [], []
    for period, (received, claim) in enumerate(zip(receipts, claims, strict=True)):
        filed.append(claim)
        taken = 0
        while filed and taken < received:
            part = min(filed[0], received - taken)
            taken, filed[0] = taken + part, filed[0] - part
            if filed[0] == 0:
                filed.pop(0)
        kept.append(taken)
        if period in lapses:
            filed = []
    return kept


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 90)), min_size=1, max_size=9), st.sets(st.integers(0, 8)))
def test_claims_are_met_oldest_first_until_they_lapse(periods, lapses):
    receipts, claims = zip(*periods, strict=True)
    assert recouped(receipts, claims, lapses).tolist() == advances_file(receipts, claims, lapses)


@given(share=receipts_by_draw, guarantee=one_per_draw)
def test_a_years_share_and_its_top_up_are_the_better_of_share_and_guarantee(share, guarantee):
    years = [0, 0, 1, 1]
    total = share + shortfall(share, guarantee[np.newaxis, np.newaxis], years)
    for year in (0, 1):
        here = np.array(years) == year
        np.testing.assert_allclose(total[here].sum(axis=0), np.maximum(share[here].sum(axis=0), guarantee), rtol=1e-12)
        above = above_yearly_guarantee(share, guarantee[np.newaxis, np.newaxis], years)[here].sum(axis=0)
        np.testing.assert_allclose(above, np.maximum(share[here].sum(axis=0) - guarantee, 0), rtol=1e-9, atol=1e-6)


@given(dollars, st.integers(1, 40), st.sampled_from([0.25, 0.5, 1.0]), shares)
def test_a_rate_that_holds_until_so_much_is_paid_changes_at_the_dollar_that_pays_it(receipts, paid, rate, later):
    by_payment = increments(tiered_by_payment([paid], [rate, later]), receipts)
    by_hand = share_paid_dollar_by_dollar(receipts, lambda number: rate if number * rate < paid else later)
    np.testing.assert_allclose(by_payment, by_hand, atol=1e-11)


def test_a_tier_that_never_pays_never_ends_by_payment():
    with np.errstate(all="raise"):
        assert tiered_by_payment([100], [0.0, 0.5])(np.array([1e9])).tolist() == [0]


# From what is owed to what arrives


@given(receipts_by_draw, st.integers(0, 8))
def test_a_delay_moves_payments_and_loses_none(payment, lag):
    paid, beyond = delayed(payment, lag)
    assert paid.shape == payment.shape
    assert beyond.shape == payment.shape[1:]
    longer = np.concatenate([np.zeros((lag, *SHAPE[1:])), payment])
    np.testing.assert_array_equal(paid, longer[: len(payment)])
    np.testing.assert_allclose(beyond, longer[len(payment) :].sum(axis=0))


@given(receipts_by_draw, st.floats(0, 0.9))
def test_withheld_tax_and_net_are_the_payment(payment, rate):
    net, tax = withheld(payment, rate)
    np.testing.assert_allclose(net + tax, payment)
    np.testing.assert_allclose(tax, rate * payment)


@given(receipts_by_draw, st.floats(0, 0.9))
def test_tax_withheld_from_a_grossed_up_payment_leaves_the_payment_agreed(payment, rate):
    net, tax = grossed_up(payment, rate)
    np.testing.assert_array_equal(net, payment)
    net_again, tax_again = withheld(net + tax, rate)
    np.testing.assert_allclose(net_again, payment)
    np.testing.assert_allclose(tax_again, tax, rtol=1e-9, atol=1e-9)


def test_converting_there_and_back_changes_nothing():
    yuan_per_dollar = np.array([6.0, 6.5, 7.0])
    dollars_paid = np.array([[1.0, 2.0, 3.0]])
    assert converted(dollars_paid, yuan_per_dollar).tolist() == [[6, 13, 21]]
    np.testing.assert_allclose(converted(converted(dollars_paid, yuan_per_dollar), 1 / yuan_per_dollar), dollars_paid)


# The ledger

parties = st.sampled_from(["owner", "platform", "sales agent", "tax authority"])
postings_drawn = st.lists(
    st.builds(Posting, parties, parties, st.just("clause"), arrays(float, (2, 2, 1), elements=money)), max_size=8
)


@given(postings_drawn)
def test_what_one_party_pays_another_receives(postings):
    cash = balances(postings)
    turnover = sum(posting.amount.sum() for posting in postings)
    np.testing.assert_allclose(sum(cash.values()), 0, atol=1e-14 * turnover + 1e-300)


@given(postings_drawn)
def test_a_balance_is_what_a_bookkeeper_adds_up(postings):
    cash = balances(postings)
    for party, balance in cash.items():
        for period, draw in np.ndindex(2, 1):
            by_hand = 0.0
            for payer, payee, _, amount in postings:
                for territory in range(2):
                    by_hand += amount[period, territory, draw] * ((payee == party) - (payer == party))
            np.testing.assert_allclose(balance[period, draw], by_hand, atol=1e-6)


def test_a_total_for_all_territories_is_counted_once_beside_amounts_by_territory():
    by_territory = Posting("platform", "owner", "revenue_share", np.ones((1, 3, 2)))
    in_total = Posting("platform", "owner", "flat_fee", np.full((1, 1, 2), 10.0))
    assert balances([by_territory, in_total])["owner"].tolist() == [[13, 13]]


def test_a_whole_deal_pays_as_its_contract_reads():
    """Gross receipts abroad; 30 % distribution fee; expenses recouped to 120; 60 % of net against a guarantee
    of 100 paid half and half; 10 % withheld from the overage, which arrives one period late."""
    rng = np.random.default_rng(5)
    gross, expenses = rng.gamma(1, 120, (6, 1, 20)), rng.gamma(1, 30, (6, 1, 20))
    fee = 0.3 * gross
    net = gross - fee - recouped_expenses(gross - fee, expenses, 120)
    overage_paid, still_due = delayed(overage(licensor_share(net, 0.6), 100), 1)
    to_owner, tax = withheld(overage_paid, 0.1)
    cash = balances(
        [
            Posting("audience", "distributor", "receipts", gross),
            Posting("distributor", "owner", "guarantee", flat_fee(100, [0.5, 0, 0, 0.5, 0, 0])),
            Posting("distributor", "owner", "overage", to_owner),
            Posting("distributor", "tax authority", "withholding", tax),
        ]
    )
    for draw in range(20):
        unrecouped_expenses, allowance, advance, due = 0.0, 120.0, 100.0, 0.0
        for period in range(6):
            owner, taxman = due * 0.9, due * 0.1
            if period in (0, 3):
                owner += 50
            accepted = min(expenses[period, 0, draw], allowance)
            allowance -= accepted
            unrecouped_expenses += accepted
            after_fee = gross[period, 0, draw] * 0.7
            recouped = min(after_fee, unrecouped_expenses)
            unrecouped_expenses -= recouped
            share = (after_fee - recouped) * 0.6
            due = max(share - advance, 0)
            advance = max(advance - share, 0)
            by_hand = {
                "audience": -gross[period, 0, draw],
                "owner": owner,
                "tax authority": taxman,
                "distributor": gross[period, 0, draw] - owner - taxman,
            }
            for party, amount in by_hand.items():
                np.testing.assert_allclose(cash[party][period, draw], amount, atol=1e-9)
        np.testing.assert_allclose(still_due[0, draw], due, atol=1e-9)


# Terms that no contract can have


@pytest.mark.parametrize(
    ("sentence", "clause"),
    [
        ("licensor's share must lie between 0 and 1; found 1.2", lambda: licensor_share([1.0], 1.2)),
        ("withholding tax must lie between 0 and 1", lambda: withheld([1.0], np.nan)),
        ("cannot be grossed up", lambda: grossed_up([1.0], 1.0)),
        ("minimum guarantee must not be negative or missing; found -5", lambda: overage([1.0], -5)),
        ("minimum guarantee must not be negative", lambda: overage([1.0], [5, -5])),
        ("thresholds must ascend; found 5.0 before 3.0", lambda: tiered([5, 3], [0.1, 0.2, 0.3])),
        ("1 thresholds part 2 rates; found 3", lambda: tiered([5], [0.1, 0.2, 0.3])),
        ("rate of a tier must not be negative", lambda: tiered([5], [0.1, -0.2])),
        ("cap must not be negative", lambda: capped(proportional(1), -1)),
        ("floor must not be negative", lambda: floored(proportional(1), -1)),
        ("threshold of a bonus must not be negative", lambda: bonus(-1, 1)),
        ("rate per unit must not be negative", lambda: per_unit(-1, [1.0])),
        ("shares that sum to at most 1; found 1.5", lambda: flat_fee(1, [0.75, 0.75])),
        ("one amount for all periods; found 2", lambda: flat_fee(np.ones((2, 1, 1)), [0.5, 0.5])),
        ("expenses must not be negative", lambda: recouped_expenses([1.0], [-1.0], 5)),
        ("every period of the horizon; found 2 and 1", lambda: recouped_expenses([1.0, 1.0], [1.0], 5)),
        ("every period of the horizon; found 2 and 1", lambda: recouped([1.0, 1.0], [1.0])),
        ("found a lag of -1 periods", lambda: delayed([1.0], -1)),
        ("exchange rate must be above 0; found 0", lambda: converted([1.0], 0)),
        ("needs (period, territory, draw); found 2 axes", lambda: cross_collateralised(np.ones((2, 2)))),
        ("fee: a posting is (period, territory, draw)", lambda: balances([Posting("a", "b", "fee", np.ones(2))])),
    ],
)
def test_an_impossible_term_is_refused_in_a_sentence(sentence, clause):
    with pytest.raises(ValueError) as refusal:
        clause()
    assert sentence in str(refusal.value)
