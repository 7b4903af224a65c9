"""Statements of account against a ledger worked out by head, the whole simulation, and the laws of a ledger."""

from collections import defaultdict

import numpy as np
import pytest
from accounts_for_tests import BY_HEAD, RICH

from simlib.models.cash import npv
from simlib.models.licensing import balances
from simlib.scenario.deals import OUTSIDE
from simlib.scenario.load import load, loads
from simlib.simulation import engine
from simlib.simulation.balance import accounts
from simlib.simulation.dues import Earnings
from simlib.simulation.engine import simulate
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.markets import Earned, discount_rate
from simlib.simulation.statement import median_draw, statement

DRAWS = 70
KINDS = [(package, draw) for package in ("worldwide", "together") for draw in ("median", "mean")]


@pytest.fixture(scope="module")
def rich():
    return simulate(loads(RICH), draws=DRAWS)


@pytest.fixture(scope="module")
def told(rich):
    return {kind: statement(rich, *kind) for kind in KINDS}


def whole(outcome):
    """All draws as one block."""
    return Block(Frame(outcome.scenario, outcome.seed), 0, outcome.draws, outcome.inputs)


def cash(lines, periods):
    """What each party receives less what it pays (period,), the tax authority among them."""
    found = defaultdict(lambda: np.zeros(len(periods)))
    for line in (line for line in lines if line.period):
        at = periods.index(line.period)
        found[line.payee][at] += line.net
        found[line.payer][at] -= line.net + line.tax
        found["tax_authority"][at] += line.tax
    return found


# By head


def receipts_of_a_hundred(setting, name, deal):
    month = np.full((6, 1, setting.block.draws), 100.0)
    nobody = np.zeros((1, setting.block.draws))
    return Earned(Earnings({"content_marketing": month}, {}, {"hour": month}), month[:, 0], nobody, None)


@pytest.mark.parametrize("draw", ["median", "mean"])
def test_an_advance_of_a_hundred_is_recouped_from_half_of_eighty_a_month_and_what_is_left_is_taxed(monkeypatch, draw):
    monkeypatch.setattr(engine, "by_viewing", receipts_of_a_hundred)
    found = statement(simulate(loads(BY_HEAD)), "only", draw)
    paid = [line for line in found.lines if (line.payer, line.payee) == ("station", "owner")]
    rows = {
        word: [
            (*(line.earned[5:], line.period[5:]), line.gross, line.recouped, line.tax, line.net, line.recouped_so_far)
            for line in paid
            if line.clause == word and line.period
        ]
        for word in ("minimum_guarantee", "revenue_share")
    }
    assert rows["minimum_guarantee"] == [("01", "01", 75, 0, 7.5, 67.5, pytest.approx(np.nan, nan_ok=True))]
    assert rows["revenue_share"] == [
        ("01", "03", 40, 40, 0, 0, 40),
        ("02", "04", 40, 40, 0, 0, 80),
        ("03", "05", 40, 20, 2, 18, 100),
        ("04", "06", 40, 0, 4, 36, 100),
    ]
    shares = [line for line in paid if line.clause == "revenue_share"]
    assert [(line.base, line.rate, line.unrecouped) for line in shares[:4]] == [
        (80, 0.5, 60), (80, 0.5, 20), (80, 0.5, 0), (80, 0.5, 0),
    ]  # fmt: skip
    fees = [(line.period[5:], line.base, line.rate, line.deducted, line.net) for line in paid if line.deducted]
    assert fees == [(month, 100, 0.2, 20, 0) for month in ("01", "02", "03", "04", "05", "06")]
    later = {line.clause: line.gross for line in paid if not line.period}
    assert later == {"minimum_guarantee": 25, "revenue_share": 80}
    assert [line.note for line in paid if line.clause == "minimum_guarantee"] == ["kept if never earned"] * 2
    account = [(row.period[5:], row.opening, row.claimed, row.recouped, row.closing) for row in found.balances]
    assert account == [("01", 0, 100, 40, 60), ("02", 60, 0, 40, 20), ("03", 20, 0, 20, 0)]


# The same numbers as the simulation


@pytest.mark.parametrize("package", ["worldwide", "together"])
def test_one_draw_signed_alone_is_that_draw_of_all_to_the_last_bit(rich, package):
    block, alone = whole(rich), min(median_draw(rich, package), DRAWS - 2)
    one = Block(block.frame, alone, alone + 2, {name: v[alone : alone + 2] for name, v in rich.inputs.items()})
    for ours, theirs in zip(
        engine.signed(package, one).postings(), engine.signed(package, block).postings(), strict=True
    ):
        assert ours[:3] == theirs[:3]
        ours, theirs = (np.broadcast_to(p.amount, (*p.amount.shape[:2], n)) for p, n in ((ours, 2), (theirs, DRAWS)))
        assert np.array_equal(ours[..., 0], theirs[..., alone])


@pytest.mark.parametrize("package", ["worldwide", "together"])
def test_the_mean_statement_pays_what_the_flows_of_the_simulation_pay(rich, told, package):
    paid, flows = defaultdict(float), defaultdict(float)
    for line in (line for line in told[package, "mean"].lines if line.period):
        key = (line.deal, line.clause.rstrip("23"))
        paid[*key, line.payer, line.payee, line.period] += line.net
        paid[*key, line.payer, "tax_authority", line.period] += line.tax
    for flow in rich.flows_of(package):
        for period, amount in zip(rich.periods, flow.mean, strict=True):
            flows[flow.deal, flow.clause, flow.payer, flow.payee, period] += amount
    moved = max(map(abs, flows.values()))
    for key in paid.keys() | flows.keys():
        assert paid[key] == pytest.approx(flows[key], rel=1e-12, abs=1e-12 * moved), key


@pytest.mark.parametrize("package", ["worldwide", "together"])
def test_the_licensors_cash_in_the_median_statement_is_worth_the_median_npv(rich, told, package):
    found, block = told[package, "median"], whole(rich)
    rate = discount_rate(block, "youku")[found.draw]
    worth = rich[f"packages.{package}.licensor_npv"]
    assert npv(cash(found.lines, rich.periods)["youku"], rate, block.frame.step) == pytest.approx(worth[found.draw])
    nearest = np.sort(np.abs(worth - np.median(worth)))[0]
    assert abs(worth[found.draw] - np.median(worth)) == nearest


@pytest.mark.parametrize("package", ["worldwide", "together"])
def test_what_falls_due_after_the_horizon_is_what_the_simulation_counts(rich, told, package):
    beyond = rich[f"packages.{package}.beyond_horizon"]
    assert (beyond > 0).all()
    for draw, expected in (("median", beyond[told[package, "median"].draw]), ("mean", beyond.mean())):
        late = [line for line in told[package, draw].lines if not line.period]
        assert sum(line.gross - line.recouped for line in late) == pytest.approx(expected)


# The laws of a ledger


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_parties_sum_to_zero_in_every_period(rich, told, kind):
    found = cash(told[kind].lines, rich.periods)
    moved = max(np.abs(own).max() for own in found.values())
    assert np.abs(sum(found.values())).max() <= 1e-12 * moved
    assert {"youku", *OUTSIDE} <= found.keys()


@pytest.mark.parametrize("package", ["worldwide", "together"])
def test_parties_sum_to_zero_in_every_period_of_every_draw(rich, package):
    found = balances(engine.signed(package, whole(rich)).postings())
    moved = max(np.abs(own).max() for own in found.values())
    assert np.abs(sum(found.values())).max() <= 1e-12 * moved


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_gross_less_what_is_recouped_and_taxed_is_net_and_a_tax_grossed_up_is_on_top(rich, told, kind):
    seen = set()
    for line in (line for line in told[kind].lines if line.period):
        grossed_up = bool(line.deal) and rich.scenario.deals[line.deal].gross_up
        borne = 0 if grossed_up else line.tax
        scale = 1e-12 * (line.gross + line.deducted)
        assert line.gross - line.recouped - borne == pytest.approx(line.net, rel=1e-12, abs=scale)
        assert min(line.gross, line.recouped, line.tax, line.net) >= 0 or {line.payer, line.payee} & {*OUTSIDE}
        assert line.deducted == 0 or line.gross == line.net == line.tax == 0
        seen.add((line.clause, grossed_up, line.tax > 0, line.recouped > 0))
    if kind == ("together", "mean"):
        assert ("revenue_share", True, True, True) in seen
        assert ("revenue_share", False, True, True) in seen


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_an_account_is_recouped_up_to_its_claims_and_closes_where_the_next_period_opens(told, kind):
    books = defaultdict(list)
    for row in told[kind].balances:
        books[row.deals].append(row)
    assert set(books) == (
        set() if kind[0] == "worldwide" else {("station", "hong_kong"), ("yearly",), ("off_the_top",)}
    )
    for rows in books.values():
        claimed = np.cumsum([row.claimed for row in rows])
        assert (np.cumsum([row.recouped for row in rows]) <= claimed * (1 + 1e-12)).all()
        for row, previous in zip(rows, [None, *rows], strict=False):
            assert row.opening == (previous.closing if previous else 0)
            moved = row.opening + row.claimed - row.recouped - row.lapsed
            assert row.closing == pytest.approx(moved, abs=1e-9 * claimed[-1])
    assert (sum(row.lapsed for row in books["yearly",]) > 0) == (kind[0] == "together")


@pytest.mark.parametrize("draw", ["median", "mean"])
def test_what_the_clauses_recoup_is_what_leaves_the_account(rich, told, draw):
    """Off the top it is taken from receipts, by year and territory from shares; both in dollars, the scenario's currency."""
    found = told["together", draw]
    for deal, of in (("off_the_top", "deducted"), ("yearly", "recouped")):
        lines = [
            line
            for line in found.lines
            if line.deal == deal and (line.clause == "recoupment" or line.clause.startswith("revenue_share"))
        ]
        taken = sum(row.recouped for row in found.balances if row.deals == (deal,))
        assert sum(getattr(line, of) for line in lines) == pytest.approx(taken)
        assert taken > 0


def test_an_account_of_two_deals_is_recouped_from_both_in_its_own_currency(rich, told):
    """Recoupment in dollars at each month's rate is what leaves the account in New Taiwan dollars."""
    found, block = told["together", "median"], whole(rich)
    rate = np.broadcast_to(block.rate("TWD")[:, 0], (len(rich.periods), DRAWS))[:, found.draw]
    shares = [line for line in found.lines if line.deal in ("station", "hong_kong") and line.recouped]
    assert {line.deal for line in shares} == {"station", "hong_kong"}
    by_period = defaultdict(float)
    for line in shares:
        if line.earned:
            by_period[line.earned] += line.recouped * rate[rich.periods.index(line.earned)]
    kept = {row.period: row.recouped for row in found.balances if row.deals == ("station", "hong_kong")}
    for period, amount in by_period.items():
        assert kept[period] == pytest.approx(amount)
    assert {row.currency for row in found.balances if row.deals == ("station", "hong_kong")} == {"TWD"}


def test_a_mean_balance_is_the_mean_of_the_balances(rich, told):
    block = whole(rich)
    (pool, *_) = accounts("together", engine.signed("together", block), block)
    by_period = {row.period: row.closing for row in told["together", "mean"].balances if row.deals == pool.deals}
    for period, closing in by_period.items():
        assert closing == pytest.approx(pool.closing()[rich.periods.index(period)].mean(), rel=1e-9, abs=1e-6)


def test_a_rate_is_the_share_that_the_contract_names():
    found = statement(simulate(load("scenarios/day-and-night.yml"), draws=64), "station_by_station", "mean")
    plain = [
        line for line in found.lines if line.rate == line.rate and line.deal != "taiwan"
    ]  # whose share is in tiers
    rates = {(line.clause, round(line.rate, 12)) for line in plain}
    assert rates == {("distribution_fee", 0.3), ("revenue_share", 0.5)}


@pytest.mark.parametrize(
    ("package", "draw", "said"),
    [("nothing", "median", "no package 'nothing'; there are worldwide"), ("together", "p90", "found 'p90'")],
)
def test_what_cannot_be_stated_is_said(rich, package, draw, said):
    with pytest.raises(ValueError, match=said):
        statement(rich, package, draw)
