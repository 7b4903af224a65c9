"""How near `subscriber_path` comes to the best recursion that one would write by hand for this one case.

Bass with churn, 40 quarters, one territory, 100,000 draws of p, q and churn. The rivals write in place into
buffers of their own, block by block. The runs take turns, so that what else the machine does falls on all.
"""

from statistics import median
from time import perf_counter

import numpy as np

from simlib.models.subscribers import subscriber_path

PERIODS, DRAWS, STEP = 40, 100_000, 0.25
POTENTIAL, OPENING = 100.0, 1.0
SIZES = (4_000, 8_000, 16_000, 32_000, DRAWS)
REPETITIONS = 41


def textbook(innovation, imitation, churn, out, size):
    """S ← S + (M − S) (1 − e^−hazard) − churn · S as the equation stands: eight passes over a block."""
    for start in range(0, DRAWS, size):
        p, q, c = (values[start : start + size] for values in (innovation, imitation, churn))
        alone, by_word, keep = p * -STEP, q * (-STEP / POTENTIAL), 1 - c
        before, hazard, room = np.full_like(p, OPENING), np.empty_like(p), np.empty_like(p)
        for closing in out[:, start : start + size]:
            np.multiply(before, by_word, hazard)
            np.add(hazard, alone, hazard)
            np.exp(hazard, hazard)
            np.subtract(1.0, hazard, hazard)
            np.subtract(POTENTIAL, before, room)
            np.multiply(hazard, room, hazard)
            np.multiply(before, keep, closing)
            np.add(closing, hazard, closing)
            before = closing


def remaining(innovation, imitation, churn, out, size):
    """R ← R (e^−hazard − churn) + churn · M with R = M − S, written out as S: seven passes, none to spare."""
    for start in range(0, DRAWS, size):
        p, q, c = (values[start : start + size] for values in (innovation, imitation, churn))
        crowd, by_word, returning = (p + q) * -STEP, q * (STEP / POTENTIAL), c * POTENTIAL
        room, hazard = np.full_like(p, POTENTIAL - OPENING), np.empty_like(p)
        for closing in out[:, start : start + size]:
            np.multiply(room, by_word, hazard)
            np.add(hazard, crowd, hazard)
            np.exp(hazard, hazard)
            np.subtract(hazard, c, hazard)
            np.multiply(room, hazard, room)
            np.add(room, returning, room)
            np.subtract(POTENTIAL, room, closing)


def main():
    draw = np.random.default_rng(0).uniform
    inputs = draw(0.005, 0.02, DRAWS), draw(0.1, 0.5, DRAWS), draw(0.03, 0.12, DRAWS)
    potential, out = np.full((PERIODS, 1, 1), POTENTIAL), np.empty((PERIODS, DRAWS))
    ours = out.reshape(PERIODS, 1, DRAWS)
    runs = {"simlib": lambda: subscriber_path(OPENING, potential, *inputs, STEP, out=ours)}
    for rival in (textbook, remaining):
        runs |= {f"{rival.__name__} {size}": lambda r=rival, s=size: r(*inputs, out, s) for size in SIZES}
    paths = {}
    for name, run in runs.items():
        run()
        paths[name] = out.copy()
    for name, path in paths.items():
        np.testing.assert_allclose(path, paths["simlib"], rtol=1e-12, err_msg=name)

    seconds = {name: [] for name in runs}
    for _ in range(REPETITIONS):
        for name, run in runs.items():
            begin = perf_counter()
            run()
            seconds[name].append(perf_counter() - begin)
    medians = {name: median(times) for name, times in seconds.items()}
    for name, value in sorted(medians.items(), key=lambda item: item[1]):
        print(f"{name:18} {value * 1e3:7.2f} ms")
    best = min(value for name, value in medians.items() if name != "simlib")
    print(f"speed of simlib ÷ speed of the best rival: {best / medians['simlib']:.2f}")


if __name__ == "__main__":
    main()
