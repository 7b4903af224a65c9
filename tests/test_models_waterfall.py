"""Waterfalls against money handed out one small part after the other."""

from functools import partial

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


def in_one_period(money, *positions):
    """What each position is paid when so much comes in at once, evenly over the period."""
    one = np.array([True])
    paid, left = distributed(np.full((1, 1, 1), money), [position(streams=one) for position in positions])
    return [payment.item() for payment in paid], left.item()


def test_a_position_in_tiers_is_full_where_its_tiers_say():
    """Worked out by head: the financier has nothing of the first 100, half of the next 80, and then its 40."""
    financier = partial(Position, tiered([100], [0, 0.5]), on_gross=False, until=40)
    director = partial(Position, proportional(0.1), on_gross=False)
    paid, _ = in_one_period(200.0, financier, director)
    assert paid == pytest.approx([40, 0.1 * (100 + 40 + 20)])
    bank = partial(Position, tiered([100, 500], [0, 0.1, 0.9]), on_gross=False, until=60)
    assert in_one_period(1000.0, bank)[0] == pytest.approx([60])
    falling = partial(Position, tiered([100], [0.5, 0.1]), on_gross=False, until=55)
    rest = partial(Position, proportional(1), on_gross=True, after=0)
    assert in_one_period(400.0, falling, rest)[0] == pytest.approx([55, 250])


def test_what_waits_for_a_position_in_arrears_begins_when_it_has_all():
    one = np.array([True])
    bank = Position(proportional(0.9), one, on_gross=False, until=50)
    author = Position(proportional(0.5), one, on_gross=True, until=40)
    last = Position(proportional(0.1), one, on_gross=True, after=1)
    paid, _ = distributed(np.array([50.0, 100.0]).reshape(2, 1, 1), [bank, author, last])
    assert [payment.ravel().tolist() for payment in paid] == [
        pytest.approx([45, 5]), pytest.approx([5, 35]), pytest.approx([0, 6]),
    ]  # fmt: skip
