"""Habits of 200 markets × 120 months × 10,000 draws beside a careful loop over periods written by hand, in one run.

python benchmarks/bench_habits.py          with and without the count of those who paid within half a year
python benchmarks/bench_habits.py profile  where the time goes

Both give every state's path, and take the draws in chunks, turn by turn, so that what else the machine does falls on
both; a chunk is as large as a block of the simulation, so that memory is bounded by it. Seconds are the processor's.
"""

from __future__ import annotations

import cProfile
import resource
import sys
from collections.abc import Iterator
from time import process_time

import numpy as np

from simlib.models.habits import Audience, Rates, habit_path, habit_path_and_recent_payers
from simlib.simulation.engine import MARKET_ELEMENTS

MARKETS, PERIODS, DRAWS, STEP, WINDOW = 200, 120, 10_000, 1 / 12, 6
CHUNK = MARKET_ELEMENTS // (MARKETS * PERIODS)
BLOCK = 8_000  # markets × draws that the loop by hand works on at once; of 4 to 32 thousand the fastest with the count


def inputs(draws: int, seed: int) -> tuple[Audience, np.ndarray, Rates, np.ndarray]:
    """Return an opening, the share of recent stoppers, rates that vary as a scenario's do, and growth."""
    draw = np.random.default_rng(seed).uniform
    here, each = (MARKETS, draws), (draws,)
    opening = Audience(*(draw(low, 2 * low, here) for low in (0.3, 0.2, 0.03, 0.04, 0.03)))
    rates = Rates(
        enforcement=draw(0.05, 0.2, (MARKETS, 1)),
        innovation=draw(0.01, 0.06, each),
        imitation=draw(0.2, 0.6, each),
        unlicensed_word_of_mouth=draw(-0.02, 0.04, each),
        affordability=draw(0.5, 1.5, here),
        content=1 + draw(0.1, 0.6, each) * np.linspace(0.2, 0.4, PERIODS)[:, None, None],
        habit_formation=draw(0.5, 2, each),
        new_payer_churn=draw(0.4, 1, each),
        habitual_churn=draw(0.1, 0.2, each),
        win_back=draw(0.3, 0.6, each),
        free_relapse=draw(0.01, 0.08, each),
        lapsed_relapse=draw(0.02, 0.2, each),
    )
    growth = np.broadcast_to(draw(1, 1.005, here), (PERIODS, *here))
    return opening, draw(0, 1, each), rates, growth


def chunks() -> Iterator[tuple[Audience, np.ndarray, Rates, np.ndarray]]:
    """Yield the inputs of each chunk of draws."""
    for first in range(0, DRAWS, CHUNK):
        yield inputs(min(CHUNK, DRAWS - first), first)


def by_simlib(
    opening: Audience, lately: np.ndarray, rates: Rates, growth: np.ndarray, counting: bool
) -> tuple[np.ndarray, ...]:
    """Return the paths of a chunk: the five states, and those who paid within half a year."""
    if not counting:
        return tuple(habit_path(opening, rates, growth, STEP))
    audience, paid = habit_path_and_recent_payers(opening, lately, rates, growth, STEP, WINDOW * STEP)
    return *audience, paid


def by_hand(
    opening: Audience, lately: np.ndarray, rates: Rates, growth: np.ndarray, counting: bool
) -> tuple[np.ndarray, ...]:
    """Return the same by a loop over periods that writes into buffers of its own, market by market in blocks."""
    markets, draws = opening.free.shape
    rows = max(1, BLOCK // draws)
    paths = tuple(np.empty((PERIODS, markets, draws)) for _ in range(6 if counting else 5))
    gone = lambda *hazards: 1 - np.exp(-STEP * sum(hazards))  # noqa: E731
    new, old = rates.habit_formation + rates.new_payer_churn, rates.habitual_churn
    lapsed = rates.win_back + rates.lapsed_relapse
    forms, gives_up = (gone(new) / new * rate for rate in (rates.habit_formation, rates.new_payer_churn))
    returns, unlicensed_again = (gone(lapsed) / lapsed * rate for rate in (rates.win_back, rates.lapsed_relapse))
    stays_new, stays_old, stays_lapsed = (np.exp(-STEP * hazard) for hazard in (new, old, lapsed))
    cancels = 1 - stays_old
    for top in range(0, markets, rows):
        here = slice(top, min(top + rows, markets))
        u, f, p, h, left = (state[here].copy() for state in opening)
        turns_free, afford, grown = gone(rates.enforcement[here]), rates.affordability[here], growth[0, here]
        size = u + f + p + h + left
        pay, total, chance, a, b, c, d = (np.empty_like(u) for _ in range(7))
        begins, relapses, stays = (np.empty_like(u) for _ in range(3))
        cohorts = [(u.copy(), f.copy(), left * (1 - lately * k / WINDOW)) for k in range(WINDOW - 1, 0, -1)]
        for period in range(PERIODS):
            # newcomers
            np.subtract(grown, 1, a)
            np.multiply(size, a, a)
            np.add(u, f, b)
            np.divide(a, b, a)
            np.multiply(u, a, c)
            np.multiply(f, a, d)
            u += c
            f += d
            size *= grown
            # the hazard of paying, and what leaves the free
            np.add(p, h, pay)
            np.multiply(pay, rates.imitation, pay)
            np.multiply(u, rates.unlicensed_word_of_mouth, a)
            np.add(pay, a, pay)
            np.divide(pay, size, pay)
            np.add(pay, rates.innovation, pay)
            np.maximum(pay, 0, out=pay)
            np.multiply(pay, afford, pay)
            np.multiply(pay, rates.content[period], pay)
            np.add(pay, rates.free_relapse, total)
            np.multiply(total, -STEP, stays)
            np.exp(stays, stays)
            np.subtract(1, stays, chance)
            np.divide(chance, total, chance)
            np.multiply(chance, pay, begins)
            np.multiply(chance, rates.free_relapse, relapses)
            if counting:
                for cohort in cohorts:
                    cohort[0].__iadd__(c)
                    cohort[1].__iadd__(d)
                cohorts.append((u.copy(), f.copy(), left.copy()))
                for unlicensed, free, gave_up in cohorts:
                    np.multiply(unlicensed, turns_free, a)
                    np.multiply(free, relapses, b)
                    unlicensed -= a
                    unlicensed += b
                    np.multiply(gave_up, unlicensed_again, b)
                    unlicensed += b
                    free *= stays
                    free += a
                    gave_up *= stays_lapsed
            # everybody moves
            np.multiply(u, turns_free, a)
            np.multiply(f, relapses, b)
            u -= a
            u += b
            np.multiply(left, unlicensed_again, b)
            u += b
            np.multiply(f, begins, b)
            f *= stays
            f += a
            np.multiply(p, forms, a)
            np.multiply(p, gives_up, c)
            p *= stays_new
            p += b
            np.multiply(left, returns, b)
            p += b
            np.multiply(h, cancels, b)
            h *= stays_old
            h += a
            left *= stays_lapsed
            left += c
            left += b
            for path, state in zip(paths, (u, f, p, h, left), strict=False):
                path[period, here] = state
            if counting:
                unlicensed, free, gave_up = cohorts.pop(0)
                np.add(unlicensed, free, a)
                np.add(a, gave_up, a)
                np.subtract(size, a, paths[-1][period, here])
    return paths


def compared(counting: bool) -> None:
    """Print both times and their ratio."""
    seconds = {by_hand: 0.0, by_simlib: 0.0}
    for given in chunks():
        found = {}
        for way in seconds:
            begin = process_time()
            found[way] = way(*given, counting)
            seconds[way] += process_time() - begin
        for one, other in zip(found[by_simlib], found[by_hand], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9)
    hand, ours = seconds.values()
    what = "with who paid within half a year" if counting else "five states alone"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what}: by hand {hand:.1f} s, simlib {ours:.1f} s, {ours / hand:.2f} times; peak memory so far {peak:.0f} MB"
    )


def main() -> None:
    """Compare both, or profile one chunk."""
    if "profile" in sys.argv[1:]:
        given = next(chunks())
        for counting in (False, True):
            cProfile.runctx(
                "by_simlib(*given, counting)", globals(), {"given": given, "counting": counting}, sort="tottime"
            )
        return
    for counting in (False, True):
        compared(counting)


if __name__ == "__main__":
    main()
