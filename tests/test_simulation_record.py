"""Sums over draws are the same to the last bit whoever adds up what."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlib.simulation.engine import runs
from simlib.simulation.record import PACK, Gathered, Record, Sums

DRAWS = 3 * PACK + 200
VALUES = np.random.default_rng(0).lognormal(0, 20, (2, DRAWS))  # so far apart that the order of a sum shows


def by_hand(values):
    """The draws of a pack one after the other, then the packs one after the other."""
    total = 0.0
    for first in range(0, len(values), PACK):
        pack = 0.0
        for value in values[first : first + PACK].tolist():
            pack += value
        total += pack
    return total


EXPECTED = [by_hand(row) for row in VALUES]


def test_the_order_of_these_values_shows_in_their_sum():
    assert len({float(np.sum(VALUES[0])), float(np.cumsum(VALUES[0])[-1]), EXPECTED[0]}) == 3


@given(st.lists(st.integers(1, DRAWS - 1), max_size=12))
def test_blocks_of_any_size_give_the_sum_by_pack(cuts):
    sums = Sums(0, DRAWS)
    for first, last in pairwise([0, *sorted(set(cuts)), DRAWS]):
        sums.add("paid", first, VALUES[:, first:last])
    assert sums.total("paid").tolist() == EXPECTED


@pytest.mark.parametrize("packs", [1, 2, 5])
@pytest.mark.parametrize("draws", [DRAWS, PACK, PACK + 1, 2 * PACK + 1])
def test_pieces_of_whole_packs_give_the_sum_by_pack(draws, packs):
    whole = Gathered(draws, kept=0, inputs={})
    for first, last in runs(0, draws, packs * PACK):
        record = Record(first, last, kept=0)
        record.sums.add(("territory", "members"), first, VALUES[:, first:last])
        whole.take(record)
    assert whole.sums["territory", "members"].tolist() == [by_hand(row[:draws]) for row in VALUES]
