import numpy as np
import pytest

from simlib.models.blocks import BLOCK, at, blocks, cut, thin


@pytest.mark.parametrize("shape", [(), (1,), (BLOCK + 1,), (3, 7), (190, 1_000), (2, 3 * BLOCK), (2, 3, 9_000), (0,)])
def test_blocks_cover_every_element_once_and_fit_the_cache(shape):
    visits = np.zeros(shape, int)
    for block in blocks(shape):
        assert visits[block].size <= BLOCK
        visits[(*block, ...)] += 1
    assert (visits == 1).all()


def test_thinning_changes_no_value():
    values = np.broadcast_to(np.arange(6.0).reshape(1, 2, 3), (4, 2, 3))
    for full in (values, values.copy()):
        np.testing.assert_array_equal(np.broadcast_to(thin(full, 3), full.shape), full)
        assert thin(full, 3).shape == (1, 2, 3)


def test_what_rises_and_falls_back_is_not_taken_for_constant():
    assert len(thin(np.array([1.0, 2.0, 1.0]), 1)) == 3


def test_a_cut_of_a_thin_array_is_the_same_part_of_the_whole():
    values = np.arange(24.0).reshape(2, 3, 4)
    block = (slice(1, 2), slice(1, 3))
    np.testing.assert_array_equal(cut(values, block), values[:, 1:2, 1:3])
    np.testing.assert_array_equal(cut(values[:1, :, :1], block), values[:1, 1:2, :1])
    np.testing.assert_array_equal(at(cut(values, block), 1), values[1, 1:2, 1:3])
