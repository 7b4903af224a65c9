"""Bass's model by three estimators, each by its own name: they answer differently on one history.

On the video recorders of the United States the potential is 67,981 by the density, 67,660 by increments and 62,665 by
Bass's own regression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from simlib.forecast.posterior import Array, Fit, FitError, Prior, refuse_vague
from simlib.forecast.priors import parameter, starting
from simlib.forecast.search import LeastSquares
from simlib.models.diffusion import adoption_density, cumulative_adoption

FARTHEST_POTENTIAL = 1000  # potential ÷ those who have adopted: its ceiling has left no trace
FEWEST = 5  # periods, for three numbers and the size of the errors

Curve = Callable[[Array, Array, Array, Array, Array, float], Array]


def fit_bass_nls(adopters: ArrayLike) -> Fit:
    """Fit Bass to adopters per period by least squares on increments: y(t) = m [F(t) − F(t − 1)].

    `adopters`: (period,), from the launch on. Rates are per period, the potential in the unit of `adopters`.
    Srinivasan & Mason (1986); to be preferred to `fit_bass_density` where a period is long.
    Raises FitError where the history does not tell the three numbers apart, as before growth has slowed.

    >>> fit = fit_bass_nls([106, 319, 492, 635, 737, 890, 1397, 1523, 1294, 1240, 1425, 1260, 1236])
    >>> print(round(fit["innovation"], 5), round(fit["imitation"], 5), round(fit["potential"], 1))
    0.0136 0.3267 16497.0
    """
    return fit_problem(problem("bass-increments", adopters), "bass-increments")


def fit_bass_density(adopters: ArrayLike) -> Fit:
    """Fit Bass to adopters per period by least squares on the density: y(t) = m f(t), t = 1, 2, …

    As `fit_bass_nls`, but taking the rate at a period's end for what happened during the period; the answer
    differs (video recorders: p .0066 here, .0088 there). Cowpertwait & Metcalfe (2009), section 3.3.4.

    >>> fit = fit_bass_density([840, 1470, 2110, 4000, 7590, 10950, 10530, 9470, 7790, 5890])
    >>> print(round(fit["innovation"], 5), round(fit["imitation"], 3), round(fit["potential"]))
    0.00659 0.638 67981
    """
    return fit_problem(problem("bass-density", adopters), "bass-density")


def fit_bass_regression(adopters: ArrayLike) -> Fit:
    """Fit Bass to adopters per period by his own regression: y = a + b Y + c Y², Y being who had adopted before.

    As `fit_bass_nls`, but linear: a = pm, b = q − p, c = −q/m. Bass (1969), section "Regression analysis"; the errors are
    taken for independent of Y, which holds the errors of all periods before.

    >>> fit = fit_bass_regression([840, 1470, 2110, 4000, 7590, 10950, 10530, 9470, 7790, 5890])
    >>> print(round(fit["innovation"], 4), round(fit["imitation"], 3), round(fit["potential"]))
    0.0216 0.681 62665
    """
    return fit_problem(problem("bass-regression", adopters), "bass-regression")


def problem(
    estimator: str,
    adopters: ArrayLike,
    periods: ArrayLike | None = None,
    step: float = 1.0,
    priors: Mapping[str, Prior] | None = None,
) -> LeastSquares:
    """Return what is to be fitted: adopters per period, each period counted from the launch, of `step` years.

    Raises FitError for what is no history of adopters.
    """
    observed = np.asarray(adopters, float)
    if observed.ndim != 1 or len(observed) < FEWEST or not (np.all(observed >= 0) and np.any(observed > 0)):
        raise FitError(f"adopters are at least five counts, not all of them 0; found {observed.tolist()}")
    number = np.arange(1.0, len(observed) + 1) if periods is None else np.asarray(periods, float)
    time, before = (step * number)[:, np.newaxis], (observed.cumsum() - observed)[:, np.newaxis]
    curve = CURVES[estimator]
    parameters = tuple(
        parameter(name, unit, (priors or {}).get(name))
        for name, unit in (("innovation", "per year"), ("imitation", "per year"), ("potential", ""))
    )
    last = time[-1, 0]
    start = starting(parameters, (0.25 / last, 4 / last, 1.5 * observed.sum()))  # a curve two thirds done
    return LeastSquares(
        parameters, lambda values: curve(time, before, *values, step), observed, np.ones(len(observed)), start
    )


def fit_problem(problem: LeastSquares, estimator: str, remarks: Sequence[str] = ()) -> Fit:
    """Return the fit of a history of adopters; raise FitError where it does not tell Bass's numbers."""
    try:
        fit = problem.fit(estimator, remarks)
    except FitError as error:
        raise FitError(f"these adopters do not tell Bass's three numbers apart: {error}") from None
    if not fit["potential"] < FARTHEST_POTENTIAL * problem.observed.sum():
        raise FitError("these adopters do not tell the potential: their growth has not begun to slow down")
    return refuse_vague(fit)


def _increments(time: Array, before: Array, p: Array, q: Array, m: Array, step: float) -> Array:
    return m * (cumulative_adoption(time, p, q) - cumulative_adoption(time - step, p, q))


def _density(time: Array, before: Array, p: Array, q: Array, m: Array, step: float) -> Array:
    return m * adoption_density(time, p, q) * step


def _regression(time: Array, before: Array, p: Array, q: Array, m: Array, step: float) -> Array:
    return (p * m + (q - p) * before - q / m * before**2) * step


CURVES: dict[str, Curve] = {"bass-density": _density, "bass-increments": _increments, "bass-regression": _regression}
