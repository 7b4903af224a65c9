"""What it would be worth to know more before choosing: of everything, and of one input at a time.

Options are rows of draws, (option, draw), on the same draws; inputs are (draw,). Nothing here assumes that inputs are
independent: where they are correlated, to know one is to know something of its companions, and the figure says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.polynomial.legendre import legvander
from numpy.typing import ArrayLike
from scipy.special import ndtri

from simlib.decide.risk import Estimate, options_of
from simlib.decide.value import draws_of, standard_error

KNOTS = 9  # of the spline, evenly spread over an input's normal scores
FEW = 12  # values of an input, each of which then has a mean of its own
REPEATS = 200  # of the regression's coefficients, for the error
GRID = 1000  # draws at which the repeats are looked at


def evpi(options: ArrayLike) -> Estimate:
    """What perfect information would be worth: E[max over options] − max over options of E (Raiffa & Schlaifer 1961).

    >>> evpi([[0, 10], [4, 4]])
    Estimate(value=2.0, error=2.0)
    """
    options = options_of(options)
    gained = options.max(axis=0) - options[options.mean(axis=1).argmax()]
    return Estimate(float(gained.mean()), standard_error(gained))


def evppi(inputs: Mapping[str, ArrayLike], options: ArrayLike) -> dict[str, Estimate]:
    """What it would be worth to know one input before choosing, E[max E(option | input)] − max E(option), for each input.

    Strong, Oakley & Brennan 2014 (Medical Decision Making 34, 311–326): what each option is worth more than the best is
    regressed on the input, and the fitted means stand for E(option | input). The regression is a natural cubic spline of
    the input's normal scores, as wiggly as BIC (Schwarz 1978) allows, so that chance alone is not taken for knowledge;
    a discrete input gives each of its values a mean. The error, as theirs, is the spread over
    coefficients drawn from the regression's own distribution. One option leaves nothing to choose: 0.

    >>> x = np.arange(1000.0) - 499.5
    >>> {name: round(worth.value) for name, worth in evppi({"x": x}, [x, 0 * x]).items()}
    {'x': 125}
    """
    options = options_of(options)
    best = options.mean(axis=1).argmax()
    rivals = np.delete(options, best, axis=0) - options[best]
    most, worth = evpi(options).value, {}
    for name, given in inputs.items():
        values = draws_of(given)
        if values.size != options.shape[1]:
            raise ValueError(f"{name}: {options.shape[1]} draws, as the options have, are needed; found {values.size}")
        worth[name] = _worth(values, rivals, most) if len(rivals) else Estimate(0.0, 0.0)
    return worth


def _worth(values: np.ndarray, rivals: np.ndarray, most: float) -> Estimate:
    """The mean of the best fitted gain over the option that is best on average, and its error."""
    order, basis = np.argsort(values, kind="stable"), _basis(values)
    draws, terms = basis.shape
    coefficients = rivals[:, order] @ basis / draws
    kept = _terms(coefficients, rivals.var(axis=1), draws)
    fitted = np.where(np.arange(terms) < kept, coefficients, 0)
    left = rivals[:, order] - fitted @ basis.T
    gained = np.maximum((fitted @ basis.T).max(axis=0), 0).mean()
    noise = np.random.default_rng(0).multivariate_normal(
        np.zeros(len(rivals)), left @ left.T / draws**2, (REPEATS, terms), method="eigh"
    )
    repeated = fitted + np.where(np.arange(terms) < np.maximum(kept, 2), noise.transpose(0, 2, 1), 0)
    looked_at = basis[np.linspace(0, draws - 1, min(draws, GRID)).astype(int)].T
    spread = np.maximum((repeated @ looked_at).max(axis=1), 0).mean(axis=1).std()
    return Estimate(float(min(gained, most)), float(spread))


def _terms(coefficients: np.ndarray, variance: np.ndarray, draws: int) -> np.ndarray:
    """How many terms, the constant among them, each regression keeps by Schwarz's criterion: (rival, 1)."""
    explained = np.cumsum(coefficients[:, 1:] ** 2, axis=1)
    total = np.maximum(variance, np.finfo(float).tiny)[:, np.newaxis]
    left = np.maximum(1 - np.concatenate([np.zeros_like(total), explained], axis=1) / total, 1e-12)
    criterion = draws * np.log(left) + np.arange(left.shape[1]) * math.log(draws)
    return 1 + criterion.argmin(axis=1)[:, np.newaxis]


def _basis(values: np.ndarray) -> np.ndarray:
    """Terms of the regression at the draws in ascending order (draw, term): orthonormal, the constant first."""
    distinct, counts = np.unique(values, return_counts=True)
    if distinct.size > FEW:
        return _spline(values.size)
    classes = np.linspace(-1, 1, distinct.size) if distinct.size > 1 else np.zeros(1)
    return _orthonormal(np.repeat(legvander(classes, distinct.size - 1), counts, axis=0))


@lru_cache(maxsize=2)
def _spline(draws: int) -> np.ndarray:
    """The same for any input without equal values: natural cubic splines of its normal scores."""
    from scipy.interpolate import CubicSpline  # a fifth of a second, for those alone who ask what knowing is worth

    scores = ndtri((np.arange(draws) + 0.5) / draws)
    knots = np.linspace(scores[0], scores[-1], KNOTS)
    shapes = legvander(np.linspace(-1, 1, KNOTS), KNOTS - 1)
    return _orthonormal(CubicSpline(knots, shapes, bc_type="natural")(scores))


def _orthonormal(columns: np.ndarray) -> np.ndarray:
    orthogonal, triangle = np.linalg.qr(columns)
    return orthogonal * np.sign(np.diag(triangle)) * math.sqrt(len(columns))
