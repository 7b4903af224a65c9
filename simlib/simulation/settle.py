"""Deals → postings between parties, for one block of draws; amounts are (period, 1, draw) in the scenario's currency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import NamedTuple

import numpy as np

from simlib.models import licensing
from simlib.models.licensing import Posting
from simlib.scenario.deals import Clause, Deal
from simlib.scenario.quantity import span
from simlib.simulation.evaluate import Block

AUDIENCE, SUPPLIERS, TAX = "audience", "suppliers", "tax_authority"


class Earnings(NamedTuple):
    """What a licensee makes of a title, each (period, 1, draw): receipts and costs by line, and the units of fees."""

    receipts: Mapping[str, np.ndarray]
    costs: Mapping[str, np.ndarray]
    units: Mapping[str, np.ndarray]  # hour, subscriber_month


class Settlement(NamedTuple):
    """The postings of a deal, and what falls due after the horizon, (draw,), which no posting holds."""

    postings: tuple[Posting, ...]
    beyond: np.ndarray


def settle(name: str, deal: Deal, earnings: Earnings, block: Block) -> Settlement:
    """Return who pays whom under a deal."""
    accounts = _Accounts(name, deal, earnings, block)
    postings = [Posting(AUDIENCE, deal.licensee, line, amount) for line, amount in earnings.receipts.items()]
    postings += [Posting(deal.licensee, SUPPLIERS, line, amount) for line, amount in earnings.costs.items()]
    beyond = np.zeros(block.draws)
    for clause, payment, later in accounts.payments():
        net, tax = accounts.taxed(payment)
        postings.append(Posting(deal.licensee, deal.licensor, clause, net))
        if span(deal.withholding_tax)[1] > 0:
            postings.append(Posting(deal.licensee, TAX, clause, tax))
        beyond = beyond + later.sum(axis=0)
    if accounts.spent is not None:
        postings.append(Posting(deal.licensee, SUPPLIERS, "expenses", accounts.spent))
    if deal.licensor_cost:
        cost = accounts.at_opening(deal.licensor_cost.amount, f"deals.{name}.licensor_cost.amount")
        postings.append(Posting(deal.licensor, SUPPLIERS, "licensor_cost", cost))
    return Settlement(tuple(postings), beyond)


def fee_assumed(name: str, deal: Deal, clause: Clause, block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Return what a flat fee brings the licensor and costs the licensee, each (period, draw)."""
    accounts = _Accounts(name, deal, Earnings({}, {}, {}), block)
    amount, rate = block.money(clause.amount, f"deals.{name}.terms.flat_fee.amount")
    paid, _ = accounts.scheduled(amount, clause.schedule)
    return accounts.both_sides(licensing.converted(paid, 1 / rate))


def unit_fee(name: str, deal: Deal, clause: Clause, block: Block) -> tuple[np.ndarray, np.ndarray]:
    """Return what a flat fee of 1 in the scenario's currency, on the same dates, would bring and cost."""
    accounts = _Accounts(name, deal, Earnings({}, {}, {}), block)
    paid, _ = accounts.scheduled(np.ones((1, 1, block.draws)), clause.schedule)
    return accounts.both_sides(paid)


class _Accounts:
    """The clauses of one deal, taken in order: what each pays, and what it leaves of the receipts."""

    def __init__(self, name: str, deal: Deal, earnings: Earnings, block: Block):
        self.name, self.deal, self.earnings, self.block = name, deal, earnings, block
        self.shape = (block.frame.periods, 1, block.draws)
        self.lag = ceil(deal.payment_lag_months / block.frame.months_per_period)
        self.gross = sum(earnings.receipts.values(), start=np.zeros(self.shape))
        self.left = self.gross
        self.spent: np.ndarray | None = None

    def payments(self) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """Yield each clause that pays the licensor: its word, payments in the horizon, what falls due after it."""
        for path, term in self._terms():
            match term.clause:
                case "distribution_fee":
                    fee = licensing.distribution_fee(self.gross, self.block.share(term.share, f"{path}.share"))
                    self.left = self.left - np.minimum(fee, self.left)
                case "expenses":
                    self._recoup(term, path)
                case "revenue_share":
                    yield "revenue_share", *licensing.delayed(self._share(term, path), self.lag)
                case "flat_fee" | "minimum_guarantee":
                    amount, rate = self.block.money(term.amount, f"{path}.amount")
                    paid, beyond = self.scheduled(amount, term.schedule)
                    yield term.clause, licensing.converted(paid, 1 / rate), beyond / rate[-1]
                case "per_subscriber" | "per_hour":
                    unit = {"per_subscriber": "subscriber_month", "per_hour": "hour"}[term.clause]
                    price = self.block.cash(term.amount, f"{path}.amount")
                    owed = licensing.per_unit(price, self.earnings.units[unit])
                    yield term.clause, *licensing.delayed(owed, self.lag)

    def scheduled(self, amount: np.ndarray, schedule: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
        """Return a sum paid by dates, in its own currency: within the horizon, and after it."""
        frame = self.block.frame
        shares = np.zeros(frame.periods)
        for month, share in schedule.items():
            period = frame.months_to(month) // frame.months_per_period
            if period < frame.periods:
                shares[period] += share
        amount = np.broadcast_to(amount, (1, 1, self.block.draws))
        return licensing.flat_fee(amount, shares), amount[0] * max(1 - shares.sum(), 0)

    def taxed(self, payment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return a payment as net to the licensor and tax to the authority."""
        rate = self.block.share(self.deal.withholding_tax, f"deals.{self.name}.withholding_tax")
        split = licensing.grossed_up if self.deal.gross_up else licensing.withheld
        return split(np.broadcast_to(payment, self.shape), rate)

    def both_sides(self, payment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what a payment brings the licensor and costs the licensee (period, draw)."""
        net, tax = self.taxed(payment)
        return net[:, 0], net[:, 0] + tax[:, 0]

    def at_opening(self, value: object, path: str) -> np.ndarray:
        """Return a sum of money in the period in which the window opens, nothing in the others."""
        frame = self.block.frame
        opening = np.zeros(self.shape)
        opening[frame.months_to(self.deal.rights.start) // frame.months_per_period] = 1
        return opening * self.block.cash(value, path)

    def _terms(self) -> Iterator[tuple[str, Clause]]:
        seen: dict[str, int] = {}
        for term in self.deal.terms:
            seen[term.clause] = seen.get(term.clause, 0) + 1
            suffix = "" if seen[term.clause] == 1 else str(seen[term.clause])
            yield f"deals.{self.name}.terms.{term.clause}{suffix}", term

    def _recoup(self, term: Clause, path: str) -> None:
        self.spent = self.at_opening(term.amount, f"{path}.amount")
        cap = np.inf if term.cap is None else self.at_opening(term.cap, f"{path}.cap").sum(axis=0)
        self.left = self.left - licensing.recouped_expenses(self.left, self.spent, cap)

    def _share(self, term: Clause, path: str) -> np.ndarray:
        """Return the licensor's share, or what of it lies above the guarantee, kept in the guarantee's currency."""
        base = self.gross if term.base == "gross" else self.left
        share = licensing.licensor_share(base, self.block.share(term.share, f"{path}.share"))
        for own_path, other in self._terms():
            if other.clause == "minimum_guarantee":
                guarantee, rate = self.block.money(other.amount, f"{own_path}.amount")
                above = licensing.overage(licensing.converted(share, rate), guarantee)
                return licensing.converted(above, 1 / rate)
        return share
