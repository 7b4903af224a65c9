"""How good forecasts are, and how fast, beside statsforecast where it is installed (`pip install -e '.[yardstick]'`).

Members and constants were chosen on the regions and on made-up histories of other seeds; Netflix's total is the test.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from simlib.forecast import plain, scores
from simlib.forecast.ensemble import SEASONS, Forecaster, Told
from simlib.forecast.members import MEMBERS
from simlib.forecast.series import history

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from histories_for_tests import KINDS, panel

REGIONS = ("UCAN", "EMEA", "LATAM", "APAC")
YARDSTICKS = ("RandomWalkWithDrift", "AutoETS", "AutoARIMA", "AutoTheta")
AHEAD = {1: 4, 4: 8, 12: 12}  # periods, by the periods in a year
SEED = 2024  # of made-up histories
Method = Callable[[pd.Series], Callable[[int, int], np.ndarray]]  # history → origin, horizon → quantiles


def season_of(series: pd.Series) -> int:
    """Return the periods in a year."""
    return SEASONS[series.index.freqstr[0]]


def ours(series: pd.Series) -> Callable[[int, int], np.ndarray]:
    """Return simlib's forecasts of a history."""
    made = Forecaster(series)
    return lambda origin, horizon: made.forecast(origin, horizon).quantiles


def drift(series: pd.Series) -> Callable[[int, int], np.ndarray]:
    """Return drift's."""
    return lambda origin, horizon: plain.drift(series.to_numpy()[:origin], season_of(series), horizon)


def yardstick(name: str) -> Method:
    """Return those of one of statsforecast's models, whose intervals are a normal's."""
    from statsforecast import models

    def told(series: pd.Series) -> Callable[[int, int], np.ndarray]:
        def quantiles(origin: int, horizon: int) -> np.ndarray:
            known = series.to_numpy(float)[:origin]
            model = getattr(models, name)
            made = model() if name.startswith("Random") else model(season_length=season_of(series))
            found = made.forecast(known, horizon, level=[80])
            mean, high = (np.asarray(found[part], float)[:, None] for part in ("mean", "hi-80"))
            return mean + (high - mean) / norm.ppf(0.9) * norm.ppf(scores.LEVELS)

        return quantiles

    return told


def scored(series: pd.Series, method: Method, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the quantiles and what was seen, from every origin on."""
    values, horizon, made = series.to_numpy(float), AHEAD[season_of(series)], method(series)
    found = [made(origin, horizon)[: len(values) - origin] for origin in range(first, len(values))]
    seen = [values[origin : origin + horizon] for origin in range(first, len(values))]
    return np.concatenate(found), np.concatenate(seen)


def line(name: str, found: np.ndarray, seen: np.ndarray, base: float) -> str:
    """Return the scores of one history as a line."""
    crps = scores.crps(found, seen).mean()
    held = [100 * scores.covered(found, seen, share).mean() for share in (0.8, 0.95)]
    twice = 2 * scores.pinball(found, seen).mean()
    told = f"CRPS {crps:6.2f} ({twice:.2f} of 19 quantiles), {crps / base:.2f} of drift's"
    return f"  {name:22}{told}; holds {held[0]:.0f}, {held[1]:.0f} %"


def many(label: str, histories: dict[str, pd.Series]) -> None:
    """Print the geometric mean of CRPS over drift's, and coverage, over histories."""
    ratios, held = [], []
    for series in histories.values():
        first = max(8, int(0.4 * len(series)))
        if first >= len(series):
            continue
        found, seen = scored(series, ours, first)
        base = scores.crps(scored(series, drift, first)[0], seen).mean()
        ratios.append(scores.crps(found, seen).mean() / base)
        held.append([scores.covered(found, seen, share).mean() for share in (0.8, 0.95)])
    mean, (in_80, in_95) = np.exp(np.log(ratios).mean()), 100 * np.mean(held, axis=0)
    print(f"  {label:22}{len(ratios):3} histories: {mean:.2f} of drift's; holds {in_80:.0f}, {in_95:.0f} %")


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Return the shortest time that some work takes."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    """Print the scores on Netflix's total, on its regions and on made-up histories, then the time of one forecast."""
    warnings.simplefilter("ignore")
    total = history("netflix", "paid_memberships", region="total")
    first = int((total.index <= pd.Period("2014Q4")).sum())
    try:
        methods = {"simlib": ours, "drift": drift} | {name: yardstick(name) for name in YARDSTICKS}
    except ModuleNotFoundError:
        methods = {"simlib": ours, "drift": drift}
        print("statsforecast is not installed: pip install -e '.[yardstick]'")
    print("Netflix's paid memberships, million, origins from 2014Q4, 1 to 8 quarters ahead")
    base = scores.crps(*scored(total, drift, first)).mean()
    for name, method in methods.items():
        print(line(name, *scored(total, method, first), base))
    print("Geometric means")
    many("Netflix's regions", {region: history("netflix", "paid_memberships", region=region) for region in REGIONS})
    made_up = panel(SEED, 3)
    for kind in KINDS:
        many(kind, {name: series for name, series in made_up.items() if name.startswith(kind)})
    many("all made-up histories", made_up)
    raw = seconds(lambda: Told(total.to_numpy(), 4, 0, MEMBERS).pooled(len(total), 8, 1000))
    whole = seconds(lambda: Forecaster(total).forecast(len(total), 8))
    print(f"One forecast of {len(total)} quarters: {raw:.3f} s before the spread is put right, {whole:.3f} s with it")
    if "AutoARIMA" in methods:
        theirs = seconds(lambda: methods["AutoARIMA"](total)(len(total), 8))
        print(f"AutoARIMA {theirs:.3f} s: ratios {raw / theirs:.1f} and {whole / theirs:.1f}")


if __name__ == "__main__":
    main()
