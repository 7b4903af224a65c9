"""The accounts of one deal: its clauses taken in order, what each is owed and what it leaves of the receipts."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np

from simlib.models import licensing
from simlib.models.licensing import CumulatedPayment
from simlib.scenario import clauses
from simlib.scenario.clauses import Clause, MinimumGuarantee, Renewal
from simlib.scenario.deals import MOST_GROSSED_UP, Deal, Treaty
from simlib.simulation.dues import Due, Earnings, Recoupment, production_cost, proportion, rate_of, tiers_of
from simlib.simulation.evaluate import Block

UNITS = {"per_subscriber": "subscriber_month", "per_hour": "hour"}
COUNTED = {"hours": "hour", "subscribers": "subscriber"}


class Accounts:
    """What a deal's clauses are owed; an advance is recouped halfway, so that several deals may share that account."""

    def __init__(self, name: str, deal: Deal, earnings: Earnings, block: Block):
        self.name, self.deal, self.earnings, self.block = name, deal, earnings, block
        self.path, frame = f"deals.{name}.terms", block.frame
        self.parts = frame.parts(name)
        self.lag = ceil(deal.payment_lag_months / frame.months_per_period)
        self.opening = frame.months_to(deal.rights.start) // frame.months_per_period
        first, *others = earnings.receipts.values() or [np.zeros((frame.periods, 1, block.draws))]
        self.gross = sum(others, start=first)
        self.left = self.gross
        self.spent: np.ndarray | None = None
        self.dues: list[Due] = []
        self.shares: list[int] = []  # places among the dues of the shares that an advance is recouped from
        self.ahead = clauses.named(deal.terms)

    def until_recoupment(self) -> Recoupment:
        """Work out the clauses as far as they go before an advance is recouped; return what it is recouped from."""
        guarantee = self.deal.clause("minimum_guarantee")
        for name, term in self.ahead:
            self._work_out(name, term)
            if term is guarantee and term.is_off_the_top:
                return self._recoupment(guarantee, self._by_account(self.left))
        return self._recoupment(guarantee, self._share()) if guarantee else Recoupment(self.gross, None)

    def finish(self, kept: np.ndarray | None) -> None:
        """Take what an advance recouped, in its own currency, and work out the clauses that waited for it."""
        guarantee = self.deal.clause("minimum_guarantee")
        if kept is not None:
            kept = kept / self.sum_of(guarantee.amount, f"{self.path}.minimum_guarantee.amount")[1]
        if guarantee and guarantee.is_off_the_top:
            self._take("recoupment", self._by_part(kept, self.left), self.left)
            for name, term in self.ahead:
                self._work_out(name, term)
        elif kept is not None:
            part = proportion(kept, self._share())
            for place in self.shares:
                self.dues[place] = self.dues[place]._replace(recouped=self.dues[place].owed * part)

    @property
    def tax(self) -> np.ndarray:
        """The rate of withholding tax (1, 1 or part, 1 or draw)."""
        path, given = f"deals.{self.name}.withholding_tax", self.deal.withholding_tax
        if isinstance(given, Treaty):
            statutory = self.block.share(given.statutory, f"{path}.statutory")
            rate = np.minimum(statutory, self.block.share(given.treaty, f"{path}.treaty"))
        else:
            rate = self.block.share(given, path)
        rate = np.minimum(rate, MOST_GROSSED_UP) if self.deal.gross_up else rate
        return rate[:, [part[0] for part in self.parts]] if rate.shape[1] > 1 else rate

    def _work_out(self, name: str, term: Clause) -> None:
        """Add what a clause is owed, or take what the licensee keeps under it."""
        path = f"{self.path}.{name}"
        match term.clause:
            case "distribution_fee":
                base = self._within(term, self.gross)
                self._take(term.clause, np.minimum(self._part_of(term, path, base), self.left), base)
            case "expenses":
                self._expenses(term, path)
            case "revenue_share":
                base = self._within(term, self.gross if term.base == "gross" else self.left)
                owed = self._bounded(term, path, self._part_of(term, path, base))
                self.shares.append(len(self.dues))
                self.dues.append(Due(term.clause, owed, base, lag=self.lag))
            case "per_subscriber" | "per_hour":
                unit = UNITS[term.clause]
                base = self._within(term, self.earnings.units[unit])
                owed = licensing.per_unit(self.block.cash(term.amount, f"{path}.amount"), base)
                self.dues.append(Due(term.clause, self._bounded(term, path, owed), base, unit, lag=self.lag))
            case "flat_fee":
                amount, rate = self.sum_of(term.amount, f"{path}.amount")
                self._pay(term.clause, self.scheduled(amount, term.schedule), rate)
            case "minimum_guarantee":
                if not term.is_topped_up:
                    self._advance(term, path)
            case "cost_plus":
                self._cost_plus(term, path)
            case "bonus":
                self._bonus(term, path)
            case "renewal":
                for word, fee in clauses.named(self.deal.terms):
                    if fee.clause == "flat_fee":
                        amount, rate = self.sum_of(fee.amount, f"{self.path}.{word}.amount")
                        self._pay(term.clause, self.renewed(term, amount), rate)

    # Parts of the territories, and accounts over them

    def _within(self, term: Clause, base: np.ndarray) -> np.ndarray:
        """Return a base in the territories of a clause, 0 in the others."""
        if term.territories is None:
            return base
        inside = np.isin([part[0] for part in self.parts], self.block.frame.index(term.territories))
        return base * inside[:, np.newaxis]

    def _by_account(self, base: np.ndarray) -> np.ndarray:
        """Return a base by account: the sum over the parts, or each territory where they are kept apart."""
        pooled = not self.deal.accounts_by_territory and base.shape[1] > 1
        return licensing.cross_collateralised(base) if pooled else base

    def _by_part(self, payment: np.ndarray, base: np.ndarray) -> np.ndarray:
        """Return an account's payment by part, in proportion to the period's base."""
        if payment.shape[1] == base.shape[1]:
            return payment
        return payment * proportion(base, base.sum(axis=1, keepdims=True))

    def sum_of(self, value: Any, path: str, term: Clause | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return a sum (1, 1 or part, draw) in its own currency, and units of that for one of the scenario's.

        A sum by territory is what the territories of a part pay together, those of the clause alone where it names some.
        """
        amount, rate = self.block.money(value, path)
        if amount.shape[1] > 1:
            amount = np.stack([amount[:, part].sum(axis=1) for part in self.parts], axis=1)
            amount = amount if term is None else self._within(term, amount)
        return np.broadcast_to(amount[:1], (1, amount.shape[1], self.block.draws)), rate

    # Shares of what comes in

    def _share(self) -> np.ndarray:
        """Return the licensor's shares that an advance is recouped from, by account."""
        return sum(self._by_account(self.dues[place].owed) for place in self.shares)

    def _take(self, clause: str, amount: np.ndarray, base: np.ndarray) -> None:
        """Take from the receipts what stays with the licensee."""
        self.dues.append(Due(clause, amount, base, is_kept=True))
        self.left = np.maximum(self.left - amount, 0)

    def _part_of(self, term: Clause, path: str, base: np.ndarray) -> np.ndarray:
        """Return a clause's share of a base, the same throughout or in tiers, by part."""
        if term.tiers is None:
            return licensing.licensor_share(base, self.block.share(term.share, f"{path}.share"))
        rate, tiers = rate_of(self.block, term), tiers_of(self.block, term.tiers, f"{path}.tiers")
        return self._by_part(licensing.increments(tiers, self._by_account(base) * rate) / rate, base)

    def _bounded(self, term: Clause, path: str, owed: np.ndarray) -> np.ndarray:
        """Return what is owed between a clause's cap and floor, once the floor is advanced to each account."""
        if term.cap is None and term.floor is None:
            return owed
        bounded: CumulatedPayment = licensing.proportional(1)
        for bound, wrap in (("cap", licensing.capped), ("floor", licensing.floored)):
            if (given := getattr(term, bound)) is not None:
                amount, rate = self.sum_of(given, f"{path}.{bound}", term)
                bounded = wrap(bounded, self._by_account(amount)[0])
        account = self._by_account(owed)
        within = np.zeros(account.shape)
        within[self.opening :] = licensing.increments(bounded, (account * rate)[self.opening :])
        if term.floor is None:
            return self._by_part(within / rate, owed)
        advance = np.zeros(account.shape)
        advance[self.opening] = (self._by_account(amount) / rate)[0 if rate.shape[0] == 1 else self.opening]
        self.dues.append(Due(term.clause, advance))
        return np.maximum(within / rate - advance, 0)

    def _expenses(self, term: Clause, path: str) -> None:
        spent = self.at_opening(term.amount, f"{path}.amount", term)
        self.spent = spent if self.spent is None else self.spent + spent
        cap = (
            np.inf if term.cap is None else self._by_account(self.at_opening(term.cap, f"{path}.cap", term)).sum(axis=0)
        )
        base = self._within(term, self.left)
        recouped = licensing.recouped_expenses(self._by_account(base), self._by_account(spent), cap)
        self._take(term.clause, self._by_part(recouped, base), base)

    def _bonus(self, term: Clause, path: str) -> None:
        amount, rate = self.sum_of(term.amount, f"{path}.amount")
        threshold = self.sum_of(term.threshold, f"{path}.threshold")[0]
        base = self.gross * rate if term.on == "receipts" else self.earnings.units[COUNTED[term.on]]
        base = base.sum(axis=1, keepdims=True)
        owed = np.zeros(base.shape)
        owed[self.opening :] = licensing.increments(licensing.bonus(threshold, amount), base[self.opening :])
        owed = owed / rate
        unit = COUNTED.get(term.on, "money")
        self.dues.append(Due(term.clause, owed, base / rate if unit == "money" else base, unit, lag=self.lag))

    # Sums of money and their dates

    def scheduled(self, amount: np.ndarray, schedule: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
        """Return a sum paid by dates, in its own currency: (period, part, draw), and after the horizon (part, draw)."""
        shares, later = self.block.frame.dated(
            (self.deal.month_of(moment), share) for moment, share in schedule.items()
        )
        return licensing.flat_fee(amount, shares), later * amount[0]

    def at_opening(self, value: Any, path: str, term: Clause | None = None) -> np.ndarray:
        """Return a sum in the scenario's currency in the period in which the window opens, nothing in the others."""
        amount, rate = self.sum_of(value, path, term)
        at_once = np.zeros(self.block.frame.periods)
        at_once[self.opening] = 1
        return licensing.converted(licensing.flat_fee(amount, at_once), 1 / rate)

    def renewed(self, term: Renewal, amount: np.ndarray) -> tuple[np.ndarray, float]:
        """Return a flat fee's escalated sum in its own currency, due when the new window begins if it does."""
        frame, path = self.block.frame, f"{self.path}.renewal.escalation"
        begins = frame.months_to(self.deal.rights.start) + self.deal.rights.term_months
        at_once = np.zeros(frame.periods)
        at_once[begins // frame.months_per_period] = 1
        factor = 1 + np.maximum(self.block.number(term.escalation, path), -1)
        return licensing.flat_fee(amount * factor * self.earnings.renewed, at_once), 0.0

    def _pay(self, clause: str, sums: tuple[np.ndarray, np.ndarray | float], rate: np.ndarray) -> None:
        """Add a sum in its own currency, paid by date and not by what is earned."""
        paid, later = sums
        self.dues.append(Due(clause, licensing.converted(paid, 1 / rate), later=later / rate[-1]))

    def _cost_plus(self, term: Clause, path: str) -> None:
        cost, later = production_cost(self.block, self.name)
        factor = 1 + np.maximum(self.block.number(term.markup, f"{path}.markup"), -1)
        owed, later = cost * factor, later * factor[-1]
        if term.cap is not None:
            cap, rate = self.sum_of(term.cap, f"{path}.cap")
            left = np.maximum(cap[0] - (owed * rate).sum(axis=0), 0) / rate[-1]
            owed = licensing.increments(licensing.capped(licensing.proportional(1), cap), owed * rate) / rate
            later = np.minimum(later, left)
        self.dues.append(Due(term.clause, owed, cost, later=later))

    # Guarantees

    def _years(self, guarantee: MinimumGuarantee) -> np.ndarray:
        """Return the contract year of each period, −1 outside the window; one year where the term is guaranteed."""
        frame, months = self.block.frame, self.deal.rights.term_months
        first = frame.months.ravel() - frame.months_to(self.deal.rights.start)
        ages = np.minimum(first + frame.months_per_period, months) - 1  # of the last month in the window
        years = ages // 12 if guarantee.is_yearly else np.zeros_like(ages)
        return np.where((ages >= 0) & (first < months), years, -1)

    def _begins(self, guarantee: MinimumGuarantee) -> tuple[np.ndarray, int]:
        """Return the periods in which a guarantee's years begin, and how many of its years begin after the horizon."""
        years = self._years(guarantee)
        begins = np.flatnonzero(np.diff(years, prepend=-1) * (years >= 0))
        every = ceil(self.deal.rights.term_months / 12) if guarantee.is_yearly else 1
        return begins, every - len(begins)

    def _advance(self, term: MinimumGuarantee, path: str) -> None:
        amount, rate = self.sum_of(term.amount, f"{path}.amount")
        if not term.is_yearly:
            self._pay(term.clause, self.scheduled(amount, term.schedule), rate)
            return
        begins, after = self._begins(term)
        paid = np.zeros((self.block.frame.periods, *amount.shape[1:]))
        paid[begins] = amount
        self._pay(term.clause, (paid, after * amount[0]), rate)

    def _recoupment(self, guarantee: MinimumGuarantee, base: np.ndarray) -> Recoupment:
        """Return what a guarantee recoups from a base by account, in the guarantee's currency."""
        path, years = f"{self.path}.minimum_guarantee", self._years(guarantee)
        amount, rate = self.sum_of(guarantee.amount, f"{path}.amount")
        amount, base = self._by_account(amount), base * rate
        if guarantee.is_topped_up:
            topped_up = licensing.shortfall(base, amount, years)
            self.dues.append(Due(guarantee.clause, topped_up / rate, base / rate, lag=self.lag))
            if not guarantee.carried_over:
                return Recoupment(base, None)
            later = np.concatenate([np.zeros_like(topped_up[:1]), topped_up[:-1]])  # of the years before
            return Recoupment(licensing.above_yearly_guarantee(base, amount, years), later)
        if guarantee.recouped_share is not None:
            amount = amount * self.block.amount(guarantee.recouped_share, f"{path}.recouped_share")[:1]
        claims = np.zeros((len(base), *amount.shape[1:]))
        begins = self._begins(guarantee)[0] if guarantee.is_yearly else [0]
        claims[begins] = amount
        lapsing = guarantee.is_yearly and not guarantee.carried_over
        ends = np.flatnonzero((years >= 0) & (np.append(years[1:], -1) != years)) if lapsing else ()
        return Recoupment(base, claims, frozenset(map(int, ends)))
