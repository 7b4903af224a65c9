"""One scenario through the models, block by block; the numbers do not depend on the size of a block.

Sums over territories and over draws are taken one term after the other, in the same order whatever the blocks, so that a
result is the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np

from simlib.models.cash import irr, npv, payback
from simlib.models.licensing import balances
from simlib.scenario.deals import OUTSIDE, Deal
from simlib.scenario.histories import series
from simlib.scenario.load import Scenario
from simlib.simulation import books as accounts
from simlib.simulation.dues import Earnings
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.habits import Ratios
from simlib.simulation.markets import Earned, Setting, by_viewing, discount_rate, over_periods
from simlib.simulation.members import Members, members
from simlib.simulation.outcome import Outcome
from simlib.simulation.overflow import kept_finite
from simlib.simulation.packages import Signed, handed_out, sign
from simlib.simulation.record import PACK, Gathered, Record
from simlib.simulation.sampling import drawn, uniforms
from simlib.simulation.settle import Settlement, fee_on_the_table, settle, unit_fee
from simlib.workers.crew import each, number_at_work

Piece = tuple[int, int, Mapping[str, np.ndarray]]  # first and last draw, and the inputs between, or their uniform draws

PATH_DRAWS = 16_384  # draws whose paths are kept for fans; outputs keep every draw
PATH_ELEMENTS = 50_000_000  # series × periods × draws of all paths kept: 400 MB; reached by many markets alone
BLOCK_ELEMENTS = 206_000  # territories × draws of a block: a pack of 201 territories, 1.6 MB for one array of them
LEDGER_ELEMENTS = 8_000_000  # deals × periods × draws of a block: some ten times as many are held at once
PIECES_EACH = 4  # at least, for each at work, so that all have something to do to the end
MARKET_ELEMENTS = 2_000_000  # markets × months × draws of a block: some ten times as many are held at once


def simulate(
    scenario: Scenario,
    draws: int | None = None,
    seed: int | None = None,
    block: int | None = None,
    progress: Callable[[int], None] | None = None,
    inputs: Mapping[str, np.ndarray] | None = None,
) -> Outcome:
    """Return the outcome of a scenario.

    `draws` and `seed` stand in for the scenario's own; `block` is how many draws are worked on at once, which changes the
    memory needed and nothing else; `progress` is called with the number of draws done. `inputs` stand in for what would
    be drawn: every uncertain input by name, (draw,), as many as `draws`; the seed then governs only the shocks of random
    walks. Raises ValueError for fewer than two draws, and for inputs that are not the scenario's; ScenarioError where
    results grow beyond all numbers; CrewError where workers cannot work.

    >>> from simlib.scenario.load import load
    >>> outcome = simulate(load("scenarios/day-and-night.yml"), draws=64)
    >>> outcome.draws, len(outcome.territories)
    (64, 201)
    """
    draws = scenario.simulation.draws if draws is None else draws
    seed = scenario.simulation.seed if seed is None else seed
    if draws < 2:
        raise ValueError(f"at least 2 draws are needed; found {draws}")
    frame = Frame(scenario, seed)
    if inputs is None:
        whole = Gathered(draws, path_draws(frame, draws), uniforms(scenario, frame.uncertain, draws, seed))
        work = partial(_drawn_and_worked_out, frame, whole.kept, block)
    else:
        whole = Gathered(draws, path_draws(frame, draws), _given(inputs, frame, draws))
        work = partial(_worked_out, frame, whole.kept, block)
    for record in each(work, _pieces(frame, whole.inputs, draws)):
        whole.take(record)
        if progress:
            progress(record.last)
    return Outcome(
        scenario=scenario,
        seed=seed,
        draws=draws,
        periods=frame.labels,
        territories=frame.territories,
        inputs=whole.inputs,
        outputs=whole.outputs,
        paths=whole.paths,
        by_territory=whole.by_territory,
        standing=whole.standing,
        flows=whole.flows,
    )


def _given(inputs: Mapping[str, np.ndarray], frame: Frame, draws: int) -> dict[str, np.ndarray]:
    """Return inputs given from outside in the scenario's own order, checked."""
    names = list(frame.uncertain)
    if inputs.keys() != set(names):
        raise ValueError(f"inputs lack or should not have: {', '.join(sorted(inputs.keys() ^ set(names)))}")
    for name, values in inputs.items():
        if np.shape(values) != (draws,):
            raise ValueError(f"{name}: {draws} draws in one row are needed; found an array of shape {np.shape(values)}")
    return {name: np.asarray(inputs[name], dtype=float) for name in names}


def _pieces(frame: Frame, inputs: Mapping[str, np.ndarray], draws: int) -> Iterator[Piece]:
    """Yield the draws in pieces of whole packs: about a block's worth, or less where all at work would not have enough."""
    several = number_at_work()
    fair = draws // (PIECES_EACH * several) if several > 1 else draws
    packs = max(min(block_size(frame), fair) // PACK, 1)
    for first, last in runs(0, draws, packs * PACK):
        yield first, last, {name: values[first:last] for name, values in inputs.items()}


def _drawn_and_worked_out(frame: Frame, kept: int, size: int | None, piece: Piece) -> Record:
    """Return what the uniform draws of a piece have come to, the inputs' values among it."""
    first, last, uniform = piece
    inputs = drawn(frame.uncertain, uniform, frame.starts)
    record = _worked_out(frame, kept, size, (first, last, inputs))
    record.inputs = inputs
    return record


def _worked_out(frame: Frame, kept: int, size: int | None, piece: Piece) -> Record:
    """Return what the draws of a piece have come to."""
    record = Record(*piece[:2], kept)
    for block in blocks(Block(frame, *piece), size):
        with kept_finite(frame.scenario):
            _run(block, record)
    return record


def blocks(whole: Block, size: int | None = None) -> Iterator[Block]:
    """Yield a block's draws in blocks of a size that fits the cache."""
    for first, last in runs(whole.first, whole.last, size or block_size(whole.frame)):
        inside = slice(first - whole.first, last - whole.first)
        yield Block(whole.frame, first, last, {name: values[inside] for name, values in whole.inputs.items()})


def runs(first: int, last: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the draws from the first up to the last in runs of a size.

    Two draws are the least, and one left over joins those before it: NumPy adds up a lone column in another order.

    >>> list(runs(0, 9, 4)), list(runs(0, 7, 3))
    ([(0, 4), (4, 9)], [(0, 3), (3, 7)])
    """
    size = max(size, 2)
    for start in range(first, last - 1, size):
        yield start, last if last - start - size < 2 else start + size


def block_size(frame: Frame) -> int:
    """Return how many draws fit a block, between 64 and 16,384."""
    scenario = frame.scenario
    markets = len(scenario.habits.markets) if scenario.habits else 0
    most = min(
        BLOCK_ELEMENTS // len(frame.territories),
        LEDGER_ELEMENTS // (max(len(scenario.deals), 1) * frame.periods),
        MARKET_ELEMENTS // (max(markets, 1) * frame.periods * frame.months_per_period),
    )
    return int(np.clip(most, 64, PATH_DRAWS))


def path_draws(frame: Frame, draws: int) -> int:
    """Return of how many draws the paths are kept: 64 at least, or all where there are fewer."""
    room = PATH_ELEMENTS // (max(len(series(frame.scenario)), 1) * frame.periods)
    return min(draws, PATH_DRAWS, max(room, 64))


def _run(block: Block, record: Record) -> None:
    """Take one block of draws through the models."""
    scenario, setting = block.frame.scenario, Setting(block)
    if scenario.habits:
        _keep_habits(block, setting.ratios, record)
    earned = {}
    if scenario.subscribers:
        total, earned = members(setting, _exploited("membership", scenario.deals))
        _keep_members(block, total, record)
        if total.books:
            _keep_books(block, total.books, record)
    earned |= _viewed(setting, scenario.deals)
    earnings = {name: own.earnings for name, own in earned.items()}
    settlements: dict[str, Settlement] = {}
    for name, deal in scenario.deals.items():
        settlements |= settle({name: deal}, earnings, block)
        _keep_deal(block, name, deal, earned[name], settlements[name], record)
    wanted = scenario.negotiation
    for name in scenario.packages:
        cash = _keep_package(block, name, settlements, earnings, record)
        if wanted and wanted.package == name:
            _keep_negotiation(block, earnings[wanted.deal], cash, record)


def _exploited(by: str, deals: Mapping[str, Deal]) -> dict[str, Deal]:
    return {name: deal for name, deal in deals.items() if deal.exploitation.by == by}


def _viewed(setting: Setting, deals: Mapping[str, Deal]) -> dict[str, Earned]:
    return {name: by_viewing(setting, name, deal) for name, deal in _exploited("viewing", deals).items()}


def signed(name: str, block: Block) -> Signed:
    """Return one package signed in some draws, no other deals worked out; the numbers are those of a whole simulation."""
    setting, scenario = Setting(block), block.frame.scenario
    deals = {deal: scenario.deals[deal] for deal in scenario.packages[name].deals}
    joined = _exploited("membership", deals)
    earned = (members(setting, joined)[1] if joined else {}) | _viewed(setting, deals)
    earnings = {deal: own.earnings for deal, own in earned.items()}
    settled = {deal: settle({deal: terms}, earnings, block)[deal] for deal, terms in deals.items()}
    return sign(name, settled, earnings, block)


def _keep_habits(block: Block, found: Ratios, record: Record) -> None:
    for name, label, market, unit, _, path in found.named():
        record.path(block, name, path, unit, f"{label}, {market}")
        record.output(block, name, path[-1], unit, f"{label} at the end, {market}")
    for index, market in enumerate(found.markets):
        for state, shares in zip(found.states._fields, found.states, strict=True):
            record.standing(block, market, state, shares[:, index])


def _keep_members(block: Block, found: Members, record: Record) -> None:
    platform = block.frame.scenario.subscribers.platform
    for name, values, unit, label, is_flow in (
        ("members", found.total, "members", f"{platform}'s members", False),
        ("gross_adds", found.gross_adds, "members", f"members who join {platform}", True),
        ("churned", found.churned, "members", f"members who leave {platform}", True),
        ("retention", found.staying, "share", "share left of those who join at the start", False),
    ):
        record.path(block, name, values, unit, label, is_flow)
    record.output(block, "members", found.total[-1], "members", f"{platform}'s members at the end")
    record.territory(block, "members", found.at_end, "members", f"{platform}'s members at the end")


def _keep_books(block: Block, books: accounts.Books, record: Record) -> None:
    for found in accounts.series(books):
        record.path(block, found.name, found.values, block.frame.scenario.currency, found.label, found.is_flow)
    for found in accounts.results(books, block):
        record.output(block, *found)


def _keep_deal(block: Block, name: str, deal: Deal, earned: Earned, settlement: Settlement, record: Record) -> None:
    step, currency = block.frame.step, block.frame.scenario.currency
    cash = balances(settlement.postings)[deal.licensee]
    worth = npv(cash, discount_rate(block, deal.licensee), step)
    record.output(block, f"deals.{name}.licensee_npv", worth, currency, f"NPV of {deal.licensee}")
    record.output(block, f"deals.{name}.licensee_irr", irr(cash, step), "share", f"IRR of {deal.licensee}, a year")
    record.output(block, f"deals.{name}.licensee_payback", payback(cash, step), "years", f"payback of {deal.licensee}")
    record.output(block, f"deals.{name}.beyond_horizon", settlement.beyond, currency, "due after the horizon")
    record.output(block, f"deals.{name}.hours", over_periods(earned.hours), "hours", "hours viewed in the window")
    record.territory(
        block, f"deals.{name}.contribution", earned.by_territory, currency, "what the title adds before fees"
    )
    if earned.members_gained is not None:
        gained = earned.members_gained
        record.path(block, f"deals.{name}.members_gained", gained, "members", "members the title adds")
        record.output(
            block, f"deals.{name}.members_gained", gained.max(axis=0), "members", "members the title adds, at most"
        )
    if deal.clause("renewal"):
        renewed = np.broadcast_to(earned.earnings.renewed, (block.draws,))
        record.output(block, f"deals.{name}.renewed", renewed, "share", f"{deal.licensee} renews")
    record.flows(block, name, settlement.postings)


def _keep_package(
    block: Block, name: str, settled: dict[str, Settlement], earnings: dict[str, Earnings], record: Record
) -> dict[str, np.ndarray]:
    """Keep what a package is worth to each party; return the cash of each (period, draw)."""
    scenario, step = block.frame.scenario, block.frame.step
    package, signed = scenario.packages[name], sign(name, settled, earnings, block)
    cash = balances(signed.postings())
    licensor = scenario.deals[package.deals[0]].licensor
    licensees = dict.fromkeys(scenario.deals[deal].licensee for deal in package.deals)
    path, theirs = f"packages.{name}", sum(cash[party] for party in licensees)
    each = {party: npv(cash[party], discount_rate(block, party), step) for party in licensees}
    own = npv(cash[licensor], discount_rate(block, licensor), step)
    record.output(block, f"{path}.licensor_npv", own, scenario.currency, f"NPV of {licensor}")
    record.output(block, f"{path}.licensee_npv", sum(each.values()), scenario.currency, "NPV of the licensees")
    for party, worth in each.items() if len(each) > 1 else ():  # each bears its own risk
        record.output(block, f"{path}.npv.{party}", worth, scenario.currency, f"NPV of {party}")
    for side, flow, party in (("licensor", cash[licensor], licensor), ("licensee", theirs, "the licensees")):
        record.output(block, f"{path}.{side}_irr", irr(flow, step), "share", f"IRR of {party}, a year")
    for party in (other for other in cash if other not in {licensor, *licensees, *OUTSIDE}):
        worth = npv(cash[party], discount_rate(block, party), step)
        record.output(block, f"{path}.npv.{party}", worth, scenario.currency, f"NPV of {party}")
        record.output(block, f"{path}.irr.{party}", irr(cash[party], step), "share", f"IRR of {party}, a year")
    record.output(block, f"{path}.beyond_horizon", signed.beyond, scenario.currency, "due after the horizon")
    cumulated = np.cumsum(cash[licensor], axis=0)
    record.path(block, f"{path}.licensor_cash", cumulated, scenario.currency, f"cumulated cash of {licensor}")
    record.flows(block, "", signed.together, name)
    for deal in (deal for pool in package.cross_collateralised for deal in pool):
        record.flows(block, deal, signed.settlements[deal].postings, name)
    return cash


def _keep_negotiation(block: Block, earnings: Earnings, cash: dict[str, np.ndarray], record: Record) -> None:
    """Keep what floor and ceiling are made of: each side's NPV but for the fee, and its worth per unit of fee."""
    scenario, step = block.frame.scenario, block.frame.step
    wanted, currency = scenario.negotiation, scenario.currency
    deal = scenario.deals[wanted.deal]
    amount = block.cash(deal.clause("flat_fee").amount, f"deals.{wanted.deal}.terms.flat_fee.amount")[0, 0]
    power = block.share(wanted.bargaining_power, "negotiation.bargaining_power")[0, 0]
    for name, values, unit, label in (
        ("fee", amount, currency, "licence fee assumed"),
        ("bargaining_power", power, "share", "licensor's share of the gain"),
    ):
        record.output(block, f"negotiation.{name}", np.broadcast_to(values, (block.draws,)), unit, label)
    (received, paid), (one_received, one_paid) = (
        fee(wanted.deal, deal, earnings, block) for fee in (fee_on_the_table, unit_fee)
    )
    received, one_received = (_kept(block, cash) for cash in (received, one_received))
    for side, party, fee, per_fee in (
        ("licensor", deal.licensor, -received, one_received),
        ("licensee", deal.licensee, paid, one_paid),
    ):
        rate = discount_rate(block, party)
        without, worth = npv(cash[party], rate, step) + npv(fee, rate, step), npv(per_fee, rate, step)
        record.output(
            block, f"negotiation.{side}_npv_without_fee", without, currency, f"NPV of {party} but for the fee"
        )
        record.output(block, f"negotiation.{side}_pv_per_fee", worth, "share", f"present value to {party} of 1 of fee")


def _kept(block: Block, received: np.ndarray) -> np.ndarray:
    """Return what the licensor keeps (period, draw) of a fee when others share in the package's proceeds."""
    wanted, packages = block.frame.scenario.negotiation, block.frame.scenario.packages
    if not packages[wanted.package].waterfall:
        return received
    nothing = np.zeros((block.frame.periods, 1, block.draws))
    proceeds = dict.fromkeys(packages[wanted.package].deals, nothing) | {wanted.deal: received[:, np.newaxis]}
    return handed_out(wanted.package, proceeds, block)[1][:, 0]
