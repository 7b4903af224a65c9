"""Waterfalls against money handed out one small part after the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlib.models.licensing import proportional, tiered
from simlib.models.waterfall import Position, distributed

PARTS = 500  # of each period's money
STREAMS, DRAWS = 2, 2


@st.composite
def waterfalls(draw_from):
    """Positions in an order: who, of which streams, of all or of what is left, until when, after whom."""
    positions = []
    for place in range(draw_from(st.integers(1, 4))):
        ended = [above for above, position in enumerate(positions) if np.isfinite(position["until"])]
        positions.append(
            {
                "share": draw_from(st.sampled_from([0.1, 0.3, 0.5, 1.0])),
                "streams": draw_from(st.sampled_from([(True, True), (True, False), (False, True)])),
                "on_gross": draw_from(st.booleans()),
                "until": draw_from(st.sampled_from([np.inf, 40.0, 150.0, 700.0])),
                "after": draw_from(st.sampled_from([None, *ended])) if place else None,
            }
        )
    return positions


proceeds_by_draw = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).gamma(0.7, 100, (6, STREAMS, DRAWS))
)


def handed_out_bit_by_bit(proceeds, positions):
    """Each position's payments (period, place) of one draw; `proceeds` (period, stream)."""
    paid, arrears = np.zeros((len(proceeds), len(positions))), np.zeros(len(positions))
    for period, received in enumerate(proceeds):
        for _ in range(PARTS):
            left = received / PARTS
            for place, position in enumerate(positions):
                streams, after = list(position["streams"]), position["after"]
                available, room = left[streams].sum(), position["until"] - paid[:, place].sum()
                waits = after is not None and paid[:, after].sum() < positions[after]["until"] * (1 - 1e-9)
                base = 0.0 if waits else (received / PARTS if position["on_gross"] else left)[streams].sum()
                owed = position["share"] * base + arrears[place]
                payment = min(owed, available, room)
                arrears[place] = owed - payment if room > payment else 0.0
                paid[period, place] += payment
                if available > 0:
                    left = np.where(streams, left * (1 - payment / available), left)
    return paid


@settings(max_examples=30, deadline=None)
@given(waterfalls(), proceeds_by_draw)
def test_any_waterfall_hands_out_what_comes_in_bit_by_bit(positions, proceeds):
    given_positions = [
        Position(
            proportional(p["share"]), np.array(p["streams"]), p["on_gross"], until=p["until"], after=p["after"]
        )
        for p in positions
    ]  # fmt: skip
    paid, left = distributed(proceeds, given_positions)
    for draw in range(DRAWS):
        slowly = handed_out_bit_by_bit(proceeds[:, :, draw], positions)
        found = np.stack([payment[:, 0, draw] for payment in paid], axis=1)
        np.testing.assert_allclose(found, slowly, atol=6 * proceeds[:, :, draw].sum(axis=1).max() / PARTS)
    total = left.sum(axis=1) + sum(payment[:, 0] for payment in paid)
    np.testing.assert_allclose(total, proceeds.sum(axis=1), rtol=1e-9, atol=1e-9)
    assert left.min() >= 0
    assert min(payment.min() for payment in paid) >= 0
    for payment, position in zip(paid, positions, strict=True):
        assert payment.sum(axis=0).max() <= position["until"] * (1 + 1e-9)


@given(proceeds_by_draw, st.floats(0, 2000))
def test_all_after_the_first_has_recouped_is_a_tier_that_begins_at_its_sum(proceeds, amount):
    both = np.array([True, True])
    first = Position(proportional(1), both, on_gross=False, until=amount)
    second = Position(proportional(0.3), both, on_gross=True, after=0)
    paid, _ = distributed(proceeds, [first, second])
    total = proceeds.sum(axis=1, keepdims=True).cumsum(axis=0)
    np.testing.assert_allclose(paid[1].cumsum(axis=0), tiered([amount], [0, 0.3])(total), rtol=1e-9, atol=1e-6)


def test_a_waterfall_accounted_by_month_or_by_year_pays_the_same_in_all_when_money_comes_evenly():
    monthly = np.repeat(np.random.default_rng(3).gamma(1, 100, (3, STREAMS, DRAWS)), 12, axis=0)
    yearly = monthly.reshape(3, 12, STREAMS, DRAWS).sum(axis=1)
    both = np.array([True, True])
    positions = [
        Position(proportional(0.6), both, on_gross=False, until=900),
        Position(proportional(0.5), both, on_gross=False, until=700, after=0),
        Position(tiered([500], [0.1, 0.2]), np.array([True, False]), on_gross=True, after=1),
    ]
    for by_month, by_year in zip(*(distributed(rows, positions)[0] for rows in (monthly, yearly)), strict=True):
        np.testing.assert_allclose(by_month.reshape(3, 12, 1, DRAWS).sum(axis=1), by_year, rtol=1e-9, atol=1e-9)


def test_an_end_may_differ_from_draw_to_draw_and_be_in_another_currency():
    until, rate = np.array([[[30.0, 90.0]]]), np.array([[[2.0, 1.0]], [[2.0, 3.0]]])
    position = Position(proportional(1), np.array([True]), on_gross=False, until=until, rate=rate)
    (paid,), left = distributed(np.full((2, 1, 2), 25.0), [position])
    assert paid[:, 0].tolist() == [[15, 25], [0, (90 - 25) / 3]]
    np.testing.assert_allclose(left[:, 0], [[10, 0], [25, 25 - 65 / 3]])


def test_a_position_cannot_wait_for_one_below_it():
    with pytest.raises(ValueError, match="position 0 waits for position 1, which does not stand above it"):
        distributed(np.ones((1, 1, 1)), [Position(proportional(1), np.array([True]), True, after=1)])
