"""The core of every fit: a linear model shows what must come out, exactly; two parameters that act as one are named."""

import numpy as np
import pytest
from scipy import stats

from simlib.forecast.bass import fit_bass_nls, problem
from simlib.forecast.cohort import fit_sbg
from simlib.forecast.cohort import problem as cohort
from simlib.forecast.intervals import between, bootstrap, profile
from simlib.forecast.posterior import LOG, PLAIN, Fit, FitError, Parameter, Prior, refuse_vague, untold
from simlib.forecast.priors import beta_shapes, logit_moments, read_prior
from simlib.forecast.search import LeastSquares
from simlib.scenario.faults import ScenarioError

DRYERS = [106, 319, 492, 635, 737, 890, 1397, 1523, 1294, 1240, 1425, 1260, 1236]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
TIME = np.linspace(0, 1, 25)
SEEN = 3 + 2 * TIME + 0.3 * np.random.default_rng(5).standard_normal(25)


def prior(mean, sd):
    return Prior(mean, sd, "as said")


def line(*priors, seen=SEEN):
    """Level and slope of a straight line, on the scale on which they are written."""
    names = zip(("level", "slope"), priors or (None, None), strict=True)
    parameters = tuple(Parameter(name, "", PLAIN, each) for name, each in names)
    return LeastSquares(
        parameters, lambda v: v[0] + v[1] * TIME[:, np.newaxis], seen, np.ones(25), np.array([1.0, 1.0])
    )


def test_without_priors_a_line_is_that_of_ordinary_least_squares():
    ours, theirs = line().fit("line"), stats.linregress(TIME, SEEN)
    assert ours.values == pytest.approx((theirs.intercept, theirs.slope), rel=1e-9)
    assert ours.standard_errors == pytest.approx((theirs.intercept_stderr, theirs.stderr), rel=1e-6)
    assert ours.freedom == pytest.approx(23)


def test_with_priors_a_line_is_the_conjugate_posterior_and_its_errors_cost_what_the_history_told():
    """Normal prior, normal errors of known size: precision adds. The size is MacKay's fixed point."""
    fit = line(prior(0.0, 0.5), prior(0.0, 1.0)).fit("line")
    design, held = np.stack([np.ones(25), TIME], axis=1), np.diag([1 / 0.25, 1.0])
    told = design.T @ design / fit.residual_sd**2
    assert fit.spread == pytest.approx(np.linalg.inv(told + held), rel=1e-6)
    assert fit.scores == pytest.approx(fit.spread @ (design.T @ SEEN) / fit.residual_sd**2, rel=1e-6)
    left = 25 - np.trace(np.linalg.solve(told + held, told))
    assert fit.freedom == pytest.approx(left, rel=1e-6)
    assert fit.residual_sd**2 == pytest.approx(np.sum((SEEN - design @ fit.scores) ** 2) / left, rel=1e-6)


def test_the_profile_of_a_line_is_students_interval():
    problem_ = line()
    fit, theirs = problem_.fit("line"), stats.linregress(TIME, SEEN)
    reach = stats.t.ppf(0.9, 23) * theirs.stderr
    assert profile(problem_, fit, 0.8)[1] == pytest.approx((theirs.slope - reach, theirs.slope + reach), rel=1e-4)


def test_the_profile_of_counts_ends_where_the_likelihood_ratio_says():
    shapes = cohort("sbg", REGULAR)
    fit = fit_sbg(REGULAR)
    for at, ends in enumerate(profile(shapes, fit, 0.8)):
        for end in ends:
            held = fit.scores.copy()
            held[at] = np.log(end)
            lost = shapes.loss(shapes.mode(held, held=(at,))) - shapes.loss(fit.scores)
            assert 2 * lost == pytest.approx(stats.chi2.ppf(0.8, 1), rel=1e-3)


@pytest.mark.parametrize("priors", [(), (prior(2.8, 0.1), prior(1.5, 0.3))])
def test_refits_of_a_line_spread_as_its_posterior_does(priors):
    """Moving the priors with the errors makes it so (Bardsley et al. 2014); the size of the errors is refitted too."""
    problem_ = line(*priors)
    fit, refits = problem_.fit("line"), 600
    found = bootstrap(problem_, fit, refits, np.random.default_rng(8))
    assert (len(found.scores), found.failed) == (refits, 0)
    error = np.sqrt(np.diag(fit.spread) / refits)
    assert np.all(np.abs(found.scores.mean(axis=0) - fit.scores) < 4 * error)
    spread = np.diag(np.cov(found.scores.T)) / np.diag(fit.spread)
    assert np.all(np.abs(spread - 1) < 4 * np.sqrt(2 / refits) + 0.02)


def test_intervals_by_curvature_profile_and_refits_agree_where_there_is_much_to_see():
    counts = 100 * np.array(REGULAR)
    shapes, fit = cohort("sbg", counts), fit_sbg(counts)
    by_refits = between(fit, bootstrap(shapes, fit, 60, np.random.default_rng(3)), 0.8)
    width = np.diff(fit.interval(0.8))
    assert np.abs(profile(shapes, fit, 0.8) - fit.interval(0.8)).max() < 0.03 * width.max()
    error = 4 * np.sqrt(0.1 * 0.9 / 60) / stats.norm.pdf(stats.norm.ppf(0.9)) / (2 * stats.norm.ppf(0.9))
    assert np.all(np.abs(by_refits - fit.interval(0.8)) < (error + 0.03) * width)


def test_a_bootstrap_with_one_seed_is_one_bootstrap():
    shapes, fit = problem("bass-increments", DRYERS), fit_bass_nls(DRYERS)
    one, two, other = (bootstrap(shapes, fit, 5, np.random.default_rng(seed)).scores for seed in (7, 7, 8))
    np.testing.assert_array_equal(one, two)
    assert np.all(one != other)


def test_two_parameters_of_which_only_the_product_is_seen_are_named_together():
    seen = 6 + 0.1 * np.random.default_rng(2).standard_normal(40)
    parameters = tuple(Parameter(name, "", LOG, prior(np.log(2), 0.5)) for name in ("audience", "share"))
    fit = LeastSquares(parameters, lambda v: np.ones((40, 1)) * v[0] * v[1], seen, np.ones(40), np.zeros(2)).fit("two")
    (found,) = untold(fit)
    assert found.names == ("audience", "share")
    assert found.left > 0.999
    assert found.low["audience"] * found.low["share"] == pytest.approx(6, rel=0.02)
    assert found.high["audience"] * found.high["share"] == pytest.approx(6, rel=0.02)
    assert abs(np.log(found.high["audience"] / found.low["audience"])) == pytest.approx(2 * 0.5 / np.sqrt(2), rel=0.01)


def test_a_parameter_that_is_not_in_the_history_at_all_is_named_alone_and_keeps_its_prior():
    parameters = (Parameter("level", "", PLAIN), Parameter("absent", "", LOG, prior(1.0, 0.4)))
    fit = LeastSquares(parameters, lambda v: np.ones((25, 1)) * v[0], SEEN, np.ones(25), np.array([1.0, 1.0])).fit(
        "one"
    )
    assert [found.names for found in untold(fit)] == [("absent",)]
    assert fit.scores[1] == pytest.approx(1.0)
    assert fit.spread[1, 1] == pytest.approx(0.16)


def test_next_to_nothing_is_measured_by_what_was_thought_before():
    """One history as wide as 1 about both: it narrows a prior of 2 to less than half, and one of 0.2 not at all."""
    parameters = (Parameter("open", "", PLAIN, prior(0.0, 2.0)), Parameter("known", "", PLAIN, prior(0.0, 0.2)))
    fit = Fit("both", parameters, np.zeros(2), np.eye(2))
    (found,) = untold(fit)
    assert found.names == ("known",)
    assert found.left == pytest.approx(1 / np.sqrt(1 + 0.2**2))


def test_a_history_that_tells_every_parameter_leaves_nothing_to_be_named():
    assert untold(fit_bass_nls(DRYERS)) == []
    assert untold(fit_sbg(REGULAR)) == []


def test_a_parameter_of_which_neither_history_nor_prior_says_anything_is_refused():
    parameters = (Parameter("level", "", PLAIN), Parameter("absent", "", LOG, prior(1.0, 3.1)))
    fit = LeastSquares(parameters, lambda v: np.ones((25, 1)) * v[0], SEEN, np.ones(25), np.array([1.0, 1.0])).fit(
        "one"
    )
    with pytest.raises(FitError, match="says next to nothing about absent"):
        refuse_vague(fit)


def test_a_search_that_does_not_end_gives_no_parameters():
    def runs_away(values):
        return -np.exp(-values[0]) * np.ones((25, 1))

    for parameters in ((Parameter("rate", "", PLAIN),), (Parameter("rate", "", LOG),)):
        with pytest.raises(FitError):
            refuse_vague(LeastSquares(parameters, runs_away, np.zeros(25), np.ones(25), np.ones(1)).fit("none"))


@pytest.mark.parametrize(("alpha", "beta"), [(2.0, 2.0), (3.0, 40.0), (0.5, 9.0), (250.0, 4000.0)])
def test_the_log_odds_of_a_beta_come_back_as_the_beta(alpha, beta):
    """SciPy's own moments of log-odds, by quadrature of the beta."""
    truth = stats.beta(alpha, beta)
    mean = truth.expect(lambda share: np.log(share) - np.log1p(-share))
    sd = np.sqrt(truth.expect(lambda share: (np.log(share) - np.log1p(-share) - mean) ** 2))
    assert logit_moments(alpha, beta) == pytest.approx((mean, sd), rel=1e-5)
    assert beta_shapes(*logit_moments(alpha, beta)) == pytest.approx((alpha, beta), rel=1e-6)


def test_a_prior_is_written_as_any_quantity_of_a_scenario_is_with_its_source():
    scale, found = read_prior("churn", '{value: {lognormal: {p10: 2%, p90: 5%}}, source: "results, 2010-10-20"}')
    assert scale is LOG
    assert np.exp(found.mean + stats.norm.ppf([0.1, 0.9]) * found.sd) == pytest.approx((0.02, 0.05))
    assert (found.said, found.source) == ("{lognormal: {p10: 2%, p90: 5%}}", "results, 2010-10-20")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("3%", "must be a lognormal or a beta"),
        ("{pert: {low: 1%, mode: 2%, high: 4%}}", "must be a lognormal or a beta"),
        ("{lognormal: {p10: 5%, p90: 2%}}", "p10 must be below p90; found p10 = 0.05, p90 = 0.02"),
        ("{lognormall: {p10: 2%, p90: 5%}}", "is not a quantity"),
        ("{lognormal: {p10: 2%}}", "takes p10 and p90, or mean and sd; found p10"),
        ("[", "--prior churn"),
    ],
)
def test_what_is_no_prior_is_answered_with_what_is(written, said):
    with pytest.raises(ScenarioError) as caught:
        read_prior("churn", written)
    assert said in str(caught.value)
