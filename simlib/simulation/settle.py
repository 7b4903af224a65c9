"""Deals → postings between parties, for one block of draws, in the scenario's currency.

Amounts are (period, part, draw): a part is some of a deal's territories that a clause, a tax or a waterfall tells from the
others; a sum that is paid for all of them has one part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from simlib.models import licensing
from simlib.models.licensing import Posting
from simlib.scenario.deals import AUDIENCE, SUPPLIERS, TAX, Deal
from simlib.simulation.accounts import Accounts
from simlib.simulation.dues import Due, Earnings, Recoupment, recoup_together
from simlib.simulation.evaluate import Block


class Settlement(NamedTuple):
    """A deal settled: its postings, what falls due after the horizon (draw,), which no posting holds, and its dues.

    `proceeds` are what the licensor receives, (period, part, draw) or (period, 1, draw); `tax` is the rate withheld
    (1, 1 or part, 1 or draw); `advance` is what a guarantee is recouped from, `recouped` what of its claims is (period,
    account, draw), both in the guarantee's currency.
    """

    postings: tuple[Posting, ...]
    beyond: np.ndarray
    proceeds: np.ndarray
    dues: tuple[Due, ...]
    tax: np.ndarray
    advance: Recoupment
    recouped: np.ndarray | None


def settle(deals: Mapping[str, Deal], earnings: Mapping[str, Earnings], block: Block) -> dict[str, Settlement]:
    """Return who pays whom under some deals; guarantees of several are recouped from one account."""
    accounts = {name: Accounts(name, deal, earnings[name], block) for name, deal in deals.items()}
    asked = {name: own.until_recoupment() for name, own in accounts.items()}
    recouped = recoup_together(asked)
    for name, kept in recouped.items():
        accounts[name].finish(kept)
    return {name: _settled(own, asked[name], recouped[name]) for name, own in accounts.items()}


def _settled(accounts: Accounts, advance: Recoupment, recouped: np.ndarray | None) -> Settlement:
    deal, earnings, block = accounts.deal, accounts.earnings, accounts.block
    postings = [Posting(AUDIENCE, deal.licensee, line, amount) for line, amount in earnings.receipts.items()]
    postings += [Posting(deal.licensee, SUPPLIERS, line, amount) for line, amount in earnings.costs.items()]
    beyond, proceeds, tax = np.zeros(block.draws), [], accounts.tax
    for due in accounts.dues:
        if due.is_kept:
            continue
        paid, later = due.paid()
        net, withheld = taxed(deal, paid, tax)
        proceeds.append(net)
        postings.append(Posting(deal.licensee, deal.licensor, due.clause, net))
        if deal.highest_tax > 0:
            postings.append(Posting(deal.licensee, TAX, due.clause, withheld))
        beyond = beyond + later.sum(axis=0)
    if accounts.spent is not None:
        postings.append(Posting(deal.licensee, SUPPLIERS, "expenses", accounts.spent))
    if deal.licensor_cost:
        cost = accounts.at_opening(deal.licensor_cost.amount, f"deals.{accounts.name}.licensor_cost.amount")
        postings.append(Posting(deal.licensor, SUPPLIERS, "licensor_cost", cost))
    received = added(proceeds) if proceeds else np.zeros((block.frame.periods, 1, block.draws))
    return Settlement(tuple(postings), beyond, received, tuple(accounts.dues), tax, advance, recouped)


def added(amounts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the sum of amounts by part, or of their totals where one of them is for all parts.

    >>> added([np.ones((1, 2, 1)), np.ones((1, 1, 1))]).tolist()
    [[[3.0]]]
    """
    if len({amount.shape[1] for amount in amounts}) > 1:
        amounts = [amount.sum(axis=1, keepdims=True) for amount in amounts]
    return sum(amounts[1:], start=amounts[0])


def taxed(deal: Deal, payment: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a payment as net to the licensor and tax to the authority."""
    if payment.shape[1] < rate.shape[1]:
        raise ValueError("a payment for all territories bears one rate of tax; found one for each of several")
    return (licensing.grossed_up if deal.gross_up else licensing.withheld)(payment, rate)


def fee_on_the_table(name: str, deal: Deal, earnings: Earnings, block: Block) -> tuple[np.ndarray, ...]:
    """Return what a deal's first flat fee, and its renewal, bring the licensor and cost the licensee, (period, draw)."""
    accounts = Accounts(name, deal, earnings, block)
    return _both_sides(accounts, *accounts.sum_of(deal.clause("flat_fee").amount, f"{accounts.path}.flat_fee.amount"))


def unit_fee(name: str, deal: Deal, earnings: Earnings, block: Block) -> tuple[np.ndarray, ...]:
    """Return what a flat fee of 1 in the scenario's currency, on the same dates, would bring and cost."""
    return _both_sides(Accounts(name, deal, earnings, block), np.ones((1, 1, block.draws)), np.ones((1, 1, 1)))


def _both_sides(accounts: Accounts, amount: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    deal = accounts.deal
    paid = accounts.scheduled(amount, deal.clause("flat_fee").schedule)[0]
    if renewal := deal.clause("renewal"):
        paid = paid + accounts.renewed(renewal, amount)[0]
    net, tax = taxed(deal, licensing.converted(paid, 1 / rate), accounts.tax)
    return net.sum(axis=1), (net + tax).sum(axis=1)
