"""What a question asked backwards costs, counted in simulations and as a ratio of times in one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from simlib.decide.questions import answers
from simlib.scenario.load import asking, load
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1]
FEE, SHARE = "deals.netflix.terms.flat_fee.amount", "deals.video_platform.terms.revenue_share.share"
NETFLIX = "packages.netflix_worldwide.licensee_npv"
QUESTIONS = {
    "a fee, the mean": {"term": FEE, "for": NETFLIX, "between": ["1 thousand", "90 thousand"]},
    "a fee, P25": {"term": FEE, "for": NETFLIX, "at": "p25", "between": ["1 thousand", "90 thousand"]},
    "a share": {"term": SHARE, "for": "packages.revenue_share.licensor_npv", "between": ["10%", "95%"]},
    "a factor on everything": {"term": "title.hit", "for": NETFLIX, "between": [0.1, 4]},
}


def seconds(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(draws: int = 1000, runs: int = 3) -> None:
    """Print for each question its simulations, and its time beside that of one simulation."""
    flagship = load(ROOT / "scenarios" / "day-and-night.yml")
    simulate(flagship, draws=64)
    for name, question in QUESTIONS.items():
        scenario = asking(flagship, {"question": {"equals": 0, **question}})
        one = partial(simulate, flagship, draws=draws)
        whole = partial(answers, scenario, scenario.solve, draws)
        found, ratio = whole()[0].solution, median(seconds(whole) / seconds(one) for _ in range(runs))
        print(
            f"{name}: {found.simulations} simulations, {ratio:.1f} times one of {draws:,} draws; roots: {found.found}"
        )


if __name__ == "__main__":
    main()
