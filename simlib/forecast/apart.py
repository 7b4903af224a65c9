"""Which forecasts can be told apart by what they scored: over all horizons, and at each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simlib.forecast.backtest import OURS, Backtest
from simlib.forecast.plain import BENCHMARKS
from simlib.forecast.scores import Array

RESAMPLED, SURE = 2000, 0.95  # block-bootstrap samples of a difference, and the share of them its interval holds
FEWEST_BLOCKS = 3  # of origins, each as long as the horizon, below which nothing can be told apart


def differences(test: Backtest, score: str = "crps") -> pd.DataFrame:
    """Return by how much each benchmark's mean score is above ours: method, difference, low, high, `told_apart`.

    The interval is of a circular block bootstrap over origins (Politis & Romano 1992), blocks as long as the horizon,
    because forecasts of the same periods miss together. They are told apart where it does not hold 0; of fewer than
    FEWEST_BLOCKS blocks there is no interval (NaN), and nothing is told apart.
    """
    wide = _wide(test, score)
    sums = wide.groupby(level="origin", sort=False).sum()
    counts = wide.groupby(level="origin", sort=False).size().to_numpy()
    drawn = _blocks(len(counts), test.horizon, np.random.default_rng([test.seed, RESAMPLED]))
    enough = len(counts) >= FEWEST_BLOCKS * test.horizon
    rows = []
    for method in BENCHMARKS:
        beyond = (sums[method] - sums[OURS]).to_numpy()
        sampled = beyond[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
        low, high = np.quantile(sampled, [(1 - SURE) / 2, (1 + SURE) / 2]) if enough else (np.nan, np.nan)
        rows.append((method, beyond.sum() / counts.sum(), low, high, bool(low > 0 or high < 0)))
    return pd.DataFrame(rows, columns=["method", "difference", "low", "high", "told_apart"])


def equality(test: Backtest, score: str = "crps") -> pd.DataFrame:
    """Return at each horizon how likely a difference as great is, were a benchmark as good: method, h, difference, p.

    Diebold & Mariano (1995) with the correction of Harvey, Leybourne & Newbold (1997). NaN where there are fewer than
    FEWEST_BLOCKS times the horizon of origins, or no difference.
    """
    wide, rows = _wide(test, score), []
    for method in BENCHMARKS:
        for h, pairs in wide.groupby(level="h"):
            theirs, ours = pairs[method].to_numpy(), pairs[OURS].to_numpy()
            p = _equal(theirs, ours, h) if len(pairs) >= FEWEST_BLOCKS * h and np.ptp(theirs - ours) > 0 else np.nan
            rows.append((method, h, float(np.mean(theirs - ours)), p))
    return pd.DataFrame(rows, columns=["method", "h", "difference", "p"])


def _equal(theirs: Array, ours: Array, h: int) -> float:
    from statsmodels.tsa.stattools import diebold_mariano_test

    nothing = np.zeros(len(ours))  # the scores are losses already, whatever was observed
    found = diebold_mariano_test(nothing, theirs, ours, criterion=lambda _, loss: loss, harvey_adj=True, horizon=h)
    return float(found.pvalue)


def _wide(test: Backtest, score: str) -> pd.DataFrame:
    return test.scored.pivot(index=["origin", "h"], columns="method", values=score)


def _blocks(number: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Return resampled positions (sample, position), in blocks that go round at the end."""
    starts = rng.integers(number, size=(RESAMPLED, -(-number // length)))
    return ((starts[:, :, None] + np.arange(length)) % number).reshape(RESAMPLED, -1)[:, :number]
