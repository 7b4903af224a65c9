"""What each package brings its licensor, line by line: the lines sum to its cash, and less the wait to its present value."""

import re

import numpy as np
import pytest
from accounts_for_tests import BY_HEAD, RICH
from matplotlib.patches import Rectangle

from simlib.present import charts, tables, worth
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate

SEVERAL = (
    "buy-coproduce-original",
    "day-and-night",
    "drama-tiers",
    "empresses-in-the-palace",
    "station-network-export",
)
FEE = """
  platform:
    licensor: owner
    licensee: platform
    rights: {media: [SVOD], territories: [TWN], start: 2018-01, months: 6, exclusive: true}
    exploitation: {by: viewing, reach: 10%, free_hour: 1 USD per hour, paid_hour: 1 USD per hour}
    terms: [{clause: flat_fee, amount: 200 USD, schedule: {opening: 100%}}]
    withholding_tax: 10%
    gross_up: false
    payment_lag_months: 0
    licensor_cost: {amount: 30 USD}
packages:
  sold: {label: Sold, deals: [platform]}
"""
BY_HAND = BY_HEAD.replace(
    "\npackages: {only: {label: Only, deals: [station]}}\n", FEE + "  only: {label: Only, deals: [station]}\n"
)


@pytest.fixture(scope="module")
def rich():
    return simulate(loads(RICH), draws=60)


def lines(outcome, package):
    """The lines of a package that are not zero, its sums left out."""
    own = tables.worth(outcome)
    own = own[(own.package == package) & own.kind.isin(["income", "cost", "tax"]) & (own.amount != 0)]
    return dict(zip(own.line, own.amount, strict=True))


def licensors_cash(outcome):
    """What the licensor of each package receives less what it pays, from the ledger."""
    cash = tables.cash(outcome)
    return cash[cash.role == "licensor"].groupby("package").cash.sum()


def check_sums(outcome):
    table, ledger = tables.worth(outcome), licensors_cash(outcome)
    assert len(table.package.unique()) == len(outcome.scenario.packages) > 1
    for package, own in table.groupby("package"):
        by_kind = own.groupby("kind").amount.sum()
        apart = own[own.kind.isin(["income", "cost", "tax"])].amount
        scale = 1e-9 * apart.abs().max()
        assert apart.sum() == pytest.approx(ledger[package], abs=scale)
        assert by_kind["cash"] == pytest.approx(ledger[package], abs=scale)
        assert by_kind["cash"] + by_kind["time"] == pytest.approx(
            outcome[f"packages.{package}.licensor_npv"].mean(), abs=scale
        )


def test_lines_sum_to_the_ledgers_cash_and_to_the_present_value(rich):
    check_sums(rich)


@pytest.mark.parametrize("name", SEVERAL)
def test_lines_sum_in_every_scenario_of_several_packages(name):
    check_sums(simulate(load(f"scenarios/{name}.yml"), draws=60))


def test_where_waiting_costs_nothing_nothing_is_discounted():
    rates = re.search(r"^discount_rates: .*$", RICH, re.MULTILINE)[0]
    table = tables.worth(simulate(loads(RICH.replace(rates, "discount_rates: {default: 0%}")), draws=60))
    assert table[table.kind == "time"].amount.to_numpy() == pytest.approx(0, abs=1e-9 * table.amount.abs().max())


def test_a_fee_is_told_before_the_tax_that_its_payer_withholds():
    assert lines(simulate(loads(BY_HAND), draws=2), "sold") == pytest.approx(
        {"Licence fees": 200, "Delivery": -30, "Withholding tax": -20}
    )


def test_a_tax_that_the_licensee_bears_is_no_line_of_the_licensors():
    borne = BY_HAND.replace("gross_up: false\n    payment_lag_months: 0", "gross_up: true\n    payment_lag_months: 0")
    assert lines(simulate(loads(borne), draws=2), "sold") == pytest.approx({"Licence fees": 200, "Delivery": -30})


def test_a_share_is_an_overage_where_there_is_a_guarantee_and_a_share_where_there_is_none():
    told = lines(simulate(loads(BY_HAND), draws=2), "only")
    assert [*told] == ["Guarantees, overages", "Withholding tax"]
    guarantee = re.search(r"\n      - \{clause: minimum_guarantee.*", BY_HAND)[0]
    assert [*lines(simulate(loads(BY_HAND.replace(guarantee, "")), draws=2), "only")] == [
        "Shares of receipts",
        "Withholding tax",
    ]


def test_what_shares_in_the_proceeds_is_paid_on_and_a_licensor_bears_its_own_part_of_production(rich):
    told = lines(rich, "together")
    assert told["Production"] == pytest.approx(-90_000 * 0.9 * 0.55)  # a tenth falls due after the horizon
    assert told["Paid on to others"] < 0


def test_packages_that_bring_and_cost_nothing_are_told_without_a_largest():
    nothing = BY_HAND.replace("amount: 200 USD", "amount: 0 USD").replace("licensor_cost: {amount: 30 USD}", "")
    nothing = re.sub(r"\n      - \{clause: minimum_guarantee.*", "", nothing)
    nothing = nothing.replace("share: 50%, base: net", "share: 0%, base: net")
    told = worth.seen(simulate(loads(nothing), draws=2))
    assert told.startswith("Means over the draws")


def test_one_package_alone_has_no_lines():
    one = simulate(loads(BY_HEAD), draws=2)
    assert tables.worth(one).empty
    assert worth.seen(one) == worth.title(one) == ""
    assert worth.lines(one) is None


def test_the_words_name_the_largest_and_the_table_holds_every_line(rich):
    table = tables.worth(rich)
    brought = table[table.kind == "income"].groupby("label").amount.sum()
    assert worth.seen(rich).startswith(f"{brought.idxmax()} brings most")
    shown = str(worth.lines(rich))
    assert all(f'scope="row">{line}<' in shown for line in table.line)
    assert "Loses in" in shown


@pytest.mark.parametrize("width", [charts.WIDE, charts.NARROW])
def test_every_bar_begins_where_the_one_above_ends_and_the_last_is_the_present_value(rich, width):
    table = tables.worth(rich)
    figure = charts.worth(table, width=width)
    for panel, (_, own) in zip(figure.panels, table[table.kind != "cash"].groupby("package", sort=False), strict=True):
        ends = np.concatenate([[0], own.amount[:-1].cumsum()])
        drawn = [artist for artist in figure.artists if artist.get_clip_box() is panel.bbox]
        bars = [(bar.get_x(), bar.get_width()) for bar in drawn if isinstance(bar, Rectangle)]
        assert [sum(bar) for bar in bars] == pytest.approx(list(ends[1:]), abs=1e-6)
        dot = drawn[-1]
        assert dot.get_xdata()[0] == pytest.approx(own.amount.iloc[-1]) == pytest.approx(ends[-1])
