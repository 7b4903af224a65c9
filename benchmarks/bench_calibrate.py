"""What a calibration on 50 quarters costs on one core: seconds of processor time, whole and by part."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from simlib.forecast import membership
from simlib.forecast.calibrate import LEVEL, calibrate
from simlib.forecast.intervals import bootstrap, profile
from simlib.forecast.joint import joint
from simlib.forecast.priors import read_prior
from simlib.forecast.series import find_history

QUARTERS = 50
PRIORS = {
    "monthly_churn": read_prior("monthly_churn", "{lognormal: {p10: 2%, p90: 4.5%}}"),
    "potential": read_prior("potential", "{lognormal: {p10: 100, p90: 1000}}"),
    "innovation": read_prior("innovation", "{lognormal: {p10: 0.003, p90: 0.1}}"),
}


def seconds(work: Callable[[], object], runs: int) -> float:
    """Return the median processor time of some work."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return median(times)


def main(runs: int = 5) -> None:
    """Print the time of a whole calibration and of its parts, and of twenty refits."""
    history = find_history("netflix:paid_memberships:region=total").iloc[:QUARTERS]
    history.attrs["label"] = f"Netflix, {QUARTERS} quarters"
    problem = membership.problem(history.to_numpy(), 0.25, PRIORS)
    fit = membership.fit_problem(problem)
    parts = {
        "whole": lambda: calibrate(history, "subscribers", PRIORS),
        "mode and curvature": lambda: membership.fit_problem(problem),
        "posterior": lambda: joint(problem, fit, LEVEL, np.random.default_rng(0)),
        "profile": lambda: profile(problem, fit, LEVEL),
        "20 refits": lambda: bootstrap(problem, fit, 20, np.random.default_rng(0)),
    }
    for name, work in parts.items():
        print(f"{name}: {seconds(work, runs):.2f} s")


if __name__ == "__main__":
    main()
