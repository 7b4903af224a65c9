"""Cutting arrays (period, territory, draw) into blocks that stay in the cache, without copying them."""

from math import prod

import numpy as np

# Elements of a block: few enough for a recursion's buffers to stay in the L2 cache, many enough to make what
# NumPy costs per call small; see benchmarks/bench_recursion.py.
BLOCK = 16_000
NEGLIGIBLE = 1e-100  # the least divisor, so that nothing shared among nobody is nothing


def blocks(shape, most=BLOCK):
    """Yield tuples of slices that cover `shape`, each of at most so many elements, whole rows where they fit.

    >>> [[(axis.start, axis.stop) for axis in block] for block in blocks((2, 20_000))][:2]
    [[(0, 1), (0, 16000)], [(0, 1), (16000, 32000)]]
    """
    if not shape:
        yield ()
        return
    length = max(1, most // max(1, prod(shape[1:])))
    for start in range(0, shape[0], length):
        for inner in blocks(shape[1:], most):
            yield slice(start, start + length), *inner


def thin(values, ndim):
    """Return a view of `values` with `ndim` axes, of length one along each on which it is seen not to vary.

    >>> thin(np.broadcast_to([1.0, 2.0], (40, 3, 2)), 3).shape, thin(5, 3).shape, thin([[7], [7]], 2).shape
    ((1, 1, 2), (1, 1, 1), (1, 1))
    """
    array = np.asarray(values, float)
    array = array[(None,) * (ndim - array.ndim)]
    array = array[tuple(slice(1) if stride == 0 else slice(None) for stride in array.strides)]
    unchanging = len(array) > 1 and np.array_equal(array[0], array[-1]) and (array == array[0]).all()
    return array[:1] if unchanging else array


def cut(array, block):
    """Return the view of a thin `array` that belongs to `block`, all periods.

    >>> cut(np.ones((1, 1, 50)), (slice(0, 1), slice(10, 20))).shape
    (1, 1, 10)
    """
    trailing = zip(block, array.shape[1:], strict=True)
    return array[:, *(piece if length > 1 else slice(None) for piece, length in trailing)]


def at(array, period):
    """Return what a thin `array` holds in `period`; a lone number without axes, which NumPy handles fastest.

    >>> at(np.array([[3.0], [4.0]]), 1), at(np.array([[3.0, 5.0]]), 1)
    (array(4.), array([3., 5.]))
    """
    held = array[period if len(array) > 1 else 0]
    return held if held.size > 1 else held.reshape(())
