"""Each input against SciPy, and all of them together: the dangerous error sits in the joint distribution."""

from itertools import combinations

import numpy as np
import pytest
from scenarios_for_tests import EVERYTHING, FRAME, form
from scipy import stats

from simlib.scenario.load import loads
from simlib.simulation.evaluate import Block, Frame
from simlib.simulation.sampling import SHOCK_BLOCK, correlated, draw, quantiles, shocks, stratified, stream, walk

U = np.concatenate([[1e-12, 1e-6, 0.001], np.linspace(0.005, 0.995, 199), [0.999, 1 - 1e-6, 1 - 1e-12]])
Z90 = stats.norm.ppf(0.9)
ONE_IN_A_MILLION = 1e-6


def pert(low, mode, high):
    """PERT as SciPy's beta, from its definition: α = 1 + 4 (mode − low)/(high − low), mean (low + 4 mode + high)/6."""
    alpha = 1 + 4 * (mode - low) / (high - low)
    return stats.beta(alpha, 6 - alpha, low, high - low)


DISTRIBUTIONS = {
    "normal, moments": ({"normal": {"mean": -3, "sd": 2}}, stats.norm(-3, 2)),
    "normal, P10 and P90": ({"normal": {"p10": 1, "p90": 5}}, stats.norm(3, 2 / Z90)),
    "lognormal, P10 and P90": (
        {"lognormal": {"p10": "2%", "p90": "5%"}},
        stats.lognorm(np.log(2.5) / 2 / Z90, scale=np.sqrt(0.02 * 0.05)),
    ),
    "lognormal, moments": (
        {"lognormal": {"mean": 100, "sd": 40}},
        stats.lognorm(np.sqrt(np.log(1.16)), scale=100 / np.sqrt(1.16)),
    ),
    "triangular": ({"triangular": {"low": 1, "mode": 2, "high": 4}}, stats.triang(1 / 3, 1, 3)),
    "triangular, mode at the low end": ({"triangular": {"low": 1, "mode": 1, "high": 4}}, stats.triang(0, 1, 3)),
    "triangular, mode at the high end": ({"triangular": {"low": 1, "mode": 4, "high": 4}}, stats.triang(1, 1, 3)),
    "pert": ({"pert": {"low": "30%", "mode": "50%", "high": "75%"}}, pert(0.30, 0.50, 0.75)),
    "pert, mode at the low end": ({"pert": {"low": 0, "mode": 0, "high": 2}}, pert(0, 0, 2)),
    "beta": ({"beta": {"mean": "30%", "sd": "5%"}}, stats.beta(24.9, 58.1)),
    "uniform": ({"uniform": {"low": -2, "high": 0.04}}, stats.uniform(-2, 2.04)),
}


@pytest.mark.parametrize(("written", "truth"), DISTRIBUTIONS.values(), ids=DISTRIBUTIONS.keys())
def test_a_quantile_is_that_of_scipy(written, truth):
    np.testing.assert_allclose(quantiles(form(written), U), truth.ppf(U), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("written", "truth"), DISTRIBUTIONS.values(), ids=DISTRIBUTIONS.keys())
def test_draws_follow_their_distribution(written, truth):
    draws = quantiles(form(written), stratified(0, "a", 500))
    assert stats.kstest(draws, truth.cdf).statistic <= 1 / 500 + 1e-12  # one draw in each of 500 strata


def test_a_distribution_with_the_same_tenth_and_ninetieth_percentile_is_told_apart():
    draws = quantiles(form({"lognormal": {"p10": 1, "p90": 5}}), stratified(0, "a", 500))
    assert stats.kstest(draws, stats.norm(3, 2 / Z90).cdf).pvalue < ONE_IN_A_MILLION


def test_moments_given_are_moments_had():
    for written, mean, sd in (
        ({"lognormal": {"mean": 100, "sd": 40}}, 100, 40),
        ({"beta": {"mean": 0.3, "sd": 0.05}}, 0.3, 0.05),
        ({"pert": {"low": 1, "mode": 2, "high": 6}}, 15 / 6, None),
    ):
        draws = quantiles(form(written), (np.arange(100_000) + 0.5) / 100_000)
        assert draws.mean() == pytest.approx(mean, rel=1e-4)
        assert sd is None or draws.std() == pytest.approx(sd, rel=1e-3)


def test_percentiles_given_are_percentiles_had():
    for written in ({"normal": {"p10": -1, "p90": 5}}, {"lognormal": {"p10": 2, "p90": 50}}):
        low, high = quantiles(form(written), np.array([0.1, 0.9]))
        assert [low, high] == pytest.approx(list(next(iter(written.values())).values()), rel=1e-12)


def test_discrete_values_come_in_their_shares():
    written = form({"discrete": {"1": "20%", "0.5": "30%", "10%": "50%"}})
    truth = stats.rv_discrete(values=([0, 1, 2], [0.5, 0.3, 0.2]))
    inside = U[~np.isin(U, [0.5, 0.8])]  # at a jump itself either neighbour will do
    np.testing.assert_array_equal(quantiles(written, inside), np.array([0.1, 0.5, 1.0])[truth.ppf(inside).astype(int)])
    values, counts = np.unique(quantiles(written, stratified(4, "a", 1000)), return_counts=True)
    assert values.tolist() == [0.1, 0.5, 1.0]
    assert counts.tolist() == [500, 300, 200]


def test_a_value_that_never_happens_is_never_drawn():
    drawn = quantiles(form({"discrete": {"1": 0, "2": 1, "3": 0}}), np.array([0.0, 1e-15, 0.5, 1 - 1e-16]))
    assert drawn.tolist() == [2.0] * 4


def test_a_number_has_no_inverse_distribution_function():
    with pytest.raises(TypeError, match="float"):
        quantiles(0.5, U)


# One input


@pytest.mark.parametrize("draws", [2, 7, 1000, 100_003])
def test_every_stratum_is_hit_exactly_once(draws):
    strata = np.floor(stratified(0, "churn", draws) * draws).astype(int)
    assert np.array_equal(np.sort(strata), np.arange(draws))


def test_draws_lie_evenly_within_their_strata():
    within = np.mod(stratified(0, "churn", 5000) * 5000, 1)
    assert stats.kstest(within, "uniform").pvalue > 1e-4
    assert abs(stats.spearmanr(within, stratified(0, "churn", 5000)).statistic) < 5 / np.sqrt(5000)


def test_zero_is_a_seed():
    assert stratified(0, "churn", 50).tobytes() == stratified(0, "churn", 50).tobytes()
    assert stratified(0, "churn", 50).tobytes() != stratified(1, "churn", 50).tobytes()
    assert stream(0, "churn", 1).random() != stream(0, "churn", 2).random()


# All inputs together


def ranked(uniforms):
    """Ranks (input, draw) from 0."""
    return np.argsort(np.argsort(np.stack(list(uniforms)), axis=1), axis=1)


def spearmans(uniforms):
    """Spearman's correlation of every pair of inputs."""
    return np.corrcoef(ranked(uniforms))[np.triu_indices(len(uniforms), 1)]


def cell_statistics(uniforms, sides=8):
    """χ² of each pair's counts in sides × sides cells; margins are fixed, so (sides − 1)² degrees of freedom."""
    rows = ranked(uniforms)
    draws = rows.shape[1]
    cells = rows * sides // draws
    counts = [np.bincount(a * sides + b, minlength=sides**2) for a, b in combinations(cells, 2)]
    expected = draws / sides**2
    return np.array([((count - expected) ** 2).sum() / expected for count in counts]) * (draws - 1) / draws


def look_independent(uniforms):
    """Whether no pair, and not all pairs taken together, differ from chance by more than one in a million would."""
    pairs, freedom = len(uniforms) * (len(uniforms) - 1) / 2, 49
    scaled, cells = spearmans(uniforms) * np.sqrt(len(uniforms[0]) - 1), cell_statistics(uniforms)
    return bool(
        np.abs(scaled).max() < stats.norm.isf(ONE_IN_A_MILLION / pairs / 2)
        and abs(np.mean(scaled**2) - 1) < 5 * np.sqrt(2 / pairs)
        and cells.max() < stats.chi2.isf(ONE_IN_A_MILLION / pairs, freedom)
        and abs(cells.mean() - freedom) < 5 * np.sqrt(2 * freedom / pairs)
    )


NAMES = [f"deals.d{i}.terms.flat_fee.amount" for i in range(40)]
DRAWS = 2048


@pytest.mark.parametrize("seed", [0, 1, 2017])
def test_forty_inputs_are_pairwise_independent(seed):
    assert look_independent([stratified(seed, name, DRAWS) for name in NAMES])


def test_two_seeds_of_one_input_are_independent():
    assert look_independent([stratified(seed, "churn", DRAWS) for seed in range(40)])


def test_correlated_inputs_do_not_look_independent():
    plain = [stratified(0, name, DRAWS) for name in NAMES]
    common = stats.norm.ppf(stratified(0, "common", DRAWS))
    tied = [stats.norm.cdf(np.sqrt(0.5) * common + np.sqrt(0.5) * stats.norm.ppf(uniform)) for uniform in plain]
    assert not look_independent(tied)
    assert not look_independent([*plain[:-2], *tied[-2:]])


def test_sobol_sequences_scrambled_apart_by_name_do_not_look_independent():
    digits = (stats.qmc.Sobol(1, scramble=False).random(DRAWS).ravel() * 2**30).astype(int)
    shifts = [stream(0, name).integers(2**30) for name in NAMES]
    scrambled = [(digits ^ shift) / 2**30 for shift in shifts]
    by_itself = [stats.kstest(one, "uniform").statistic for one in scrambled]
    assert max(by_itself) < 2 / DRAWS  # perfect
    assert np.abs(spearmans(scrambled)).max() > 0.5
    assert not look_independent(scrambled)


def test_a_dependence_without_correlation_does_not_look_independent():
    plain = [stratified(0, name, DRAWS) for name in NAMES]
    folded = np.abs(plain[0] - 0.5)
    assert abs(stats.spearmanr(plain[0], folded).statistic) < 5 / np.sqrt(DRAWS)
    assert not look_independent([*plain[:-1], folded])


# Correlations


def sampled(*names, draws=4000, seed=7):
    return {name: stratified(seed, name, draws) for name in names}


def assert_spearman(one, two, asked):
    """Within four standard errors (Bonett & Wright 2000: Fisher's z has variance (1 + ρ²/2)/(n − 3))."""
    found = stats.spearmanr(one, two).statistic
    error = np.sqrt((1 + asked**2 / 2) / (len(one) - 3))
    assert abs(np.arctanh(found) - np.arctanh(asked)) < 4 * error, (found, asked)


@pytest.mark.parametrize("asked", [-0.95, -0.6, -0.2, 0, 0.3, 0.6, 0.9, 0.99])
def test_a_pair_has_the_rank_correlation_asked_for(asked):
    ordered = correlated(sampled("a", "b"), [("a", "b", asked)])
    assert_spearman(ordered["a"], ordered["b"], asked)


def test_it_is_the_correlation_of_ranks_that_is_asked_for_not_of_normal_scores():
    ordered = correlated(sampled("a", "b", draws=200_000), [("a", "b", 0.6)])
    assert_spearman(ordered["a"], ordered["b"], 0.6)
    scores = np.corrcoef(stats.norm.ppf(ordered["a"]), stats.norm.ppf(ordered["b"]))[0, 1]
    assert scores == pytest.approx(2 * np.sin(np.pi * 0.6 / 6), abs=0.005)  # 0.618


def test_three_inputs_have_the_three_correlations_asked_for():
    pairs = [("c", "a", 0.5), ("a", "b", -0.6), ("b", "c", -0.4)]
    ordered = correlated(sampled("a", "b", "c", "d"), pairs)
    for one, two, asked in pairs:
        assert_spearman(ordered[one], ordered[two], asked)
    for name in "abc":
        assert_spearman(ordered[name], ordered["d"], 0)


def test_a_pair_that_nobody_names_stays_uncorrelated_beside_a_common_companion():
    ordered = correlated(sampled("a", "b", "c"), [("a", "b", 0.6), ("b", "c", 0.6)])
    assert_spearman(ordered["a"], ordered["c"], 0)


def test_correlation_keeps_each_inputs_own_values_and_touches_no_other():
    plain = sampled("a", "b", "c", "d", draws=999)
    ordered = correlated(plain, [("b", "c", 0.8)])
    assert list(ordered) == list(plain)
    for name in plain:
        assert np.sort(ordered[name]).tobytes() == np.sort(plain[name]).tobytes()
        strata = np.floor(ordered[name] * 999).astype(int)
        assert np.array_equal(np.sort(strata), np.arange(999))
    assert ordered["a"].tobytes() == plain["a"].tobytes()
    assert ordered["d"].tobytes() == plain["d"].tobytes()
    assert ordered["c"].tobytes() != plain["c"].tobytes()


def test_correlation_with_a_third_leaves_the_joint_distribution_of_the_rest():
    ordered = correlated({name: stratified(0, name, DRAWS) for name in NAMES}, [(NAMES[0], NAMES[1], 0.6)])
    assert look_independent([ordered[name] for name in NAMES[1:]])


# A scenario's inputs


def drawn(text=EVERYTHING, changes=None, draws=200, seed=5):
    scenario = loads(text, changes)
    return draw(scenario, ("TWN", "HKG", "USA", "DEU", "BRA"), draws, seed)


def moved(before, after):
    """Names of the inputs of both whose draws are not the same to the last bit."""
    return {name for name in before.keys() & after.keys() if before[name].tobytes() != after[name].tobytes()}


def test_changing_an_input_moves_no_other():
    before, churn = drawn(), "subscribers.innovation"
    for changed in ({"beta": {"mean": "3%", "sd": "0.5%"}}, {"pert": {"low": "1%", "mode": "3%", "high": "9%"}}):
        assert moved(before, drawn(changes={churn: changed})) == {churn}


def test_removing_or_adding_an_input_moves_no_other():
    before = drawn()
    fixed = drawn(changes={"subscribers.innovation": "2%", "title.decay.tail": 1})
    assert before.keys() - fixed.keys() == {"subscribers.innovation", "title.decay.tail"}
    assert moved(before, fixed) == set()
    spread = drawn(changes={"habits.win_back": {"uniform": {"low": 0.3, "high": 0.5}}})
    assert spread.keys() - before.keys() == {"habits.win_back"}
    assert moved(before, spread) == set()


def test_another_territory_moves_nothing_in_those_before():
    before, scenario = drawn(), loads(EVERYTHING)
    after = draw(scenario, ("ARG", "TWN", "HKG", "USA", "DEU", "BRA"), 200, 5)
    assert after.keys() - before.keys() == {"title.appeal.default[ARG]", "deals.station.exploitation.reach[ARG]"}
    assert moved(before, after) == set()


def test_changing_a_form_keeps_the_uniform_draws():
    price = "platform.costs.content.amount"
    name = "platform.costs.content"
    uniforms = stratified(5, name, 200)
    as_pert = drawn(changes={price: {"pert": {"low": 1, "mode": 2, "high": 4}}})[name]
    np.testing.assert_allclose(pert(1, 2, 4).cdf(as_pert), uniforms, atol=1e-9)
    as_normal = drawn(changes={price: {"normal": {"mean": 100, "sd": 3}}})[name]
    np.testing.assert_allclose(stats.norm(100, 3).cdf(as_normal), uniforms, atol=1e-9)


def test_saying_where_a_number_comes_from_moves_nothing():
    before = drawn()
    wrapped = {"value": {"pert": {"low": 0.03, "mode": 0.06, "high": 0.1}}, "source": "Bass 1969"}
    assert moved(before, drawn(changes={"subscribers.innovation": wrapped})) == set()
    twice = {"value": wrapped, "note": "checked"}
    assert moved(before, drawn(changes={"subscribers.innovation": twice})) == set()


def test_another_clause_before_it_moves_no_fee():
    more = EVERYTHING.replace(
        "    terms:\n      - clause: flat_fee",
        "    terms:\n      - {clause: per_subscriber, amount: 0 USD per subscriber_month}\n      - clause: flat_fee",
    )
    assert more != EVERYTHING
    assert drawn().keys() == drawn(more).keys()
    assert moved(drawn(), drawn(more)) == set()


def test_a_distribution_that_says_so_is_drawn_anew_in_each_territory():
    inputs = drawn(draws=DRAWS)
    reach = [inputs[f"deals.station.exploitation.reach[{code}]"] for code in ("TWN", "HKG", "USA", "DEU", "BRA")]
    for one, two in combinations(reach, 2):
        assert_spearman(one, two, 0)
    assert "deals.station.exploitation.reach" not in inputs


def test_inputs_of_a_scenario_are_independent_or_correlated_as_asked():
    inputs = drawn(draws=DRAWS)
    assert_spearman(inputs["title.hit"], inputs["title.completion"], 0.5)
    assert_spearman(inputs["title.hit"], inputs["deals.netflix.terms.flat_fee.amount"], 0.3)
    tied = {"title.hit", "title.completion", "deals.netflix.terms.flat_fee.amount", "deals.netflix.withholding_tax"}
    assert look_independent([values for name, values in inputs.items() if name not in tied])


def test_one_territorys_own_draw_can_be_correlated():
    one, two = "deals.station.exploitation.reach[TWN]", "title.decay.tail"
    inputs = drawn(f'{EVERYTHING}  - ["{one}", {two}, -0.5]\n', draws=DRAWS)
    assert_spearman(inputs[one], inputs[two], -0.5)
    assert_spearman(inputs["deals.station.exploitation.reach[HKG]"], inputs[two], 0)


# Shocks over time

WALK = {"random_walk": {"start": 30, "annual_volatility": 0.25}}
PERIODS, MONTH = 37, 1 / 12


def walked(name="fx.TWD", seed=3, periods=PERIODS, step=MONTH, first=0, last=20 * SHOCK_BLOCK):
    return walk(form(WALK), shocks(seed, name, periods, first, last), step)


def test_a_walk_starts_at_one_and_has_mean_one_in_every_period():
    factor = walked()
    assert factor.shape == (PERIODS, 20 * SHOCK_BLOCK)
    assert (factor[0] == 1).all()
    error = np.sqrt(np.expm1(0.25**2 * np.arange(1, PERIODS) / 12) / factor.shape[1])
    assert (np.abs(factor[1:].mean(axis=1) - 1) < 4.5 * error).all()


@pytest.mark.parametrize("step", [MONTH, 1 / 4, 1.0])
def test_a_walk_has_the_volatility_asked_for_whatever_the_step(step):
    logs = np.log(walked(step=step, periods=1 + round(3 / step))[-1])
    error = 0.25 * np.sqrt(3) / np.sqrt(2 * len(logs))
    assert abs(logs.std() - 0.25 * np.sqrt(3)) < 4.5 * error  # after three years
    assert abs(logs.mean() + 3 * 0.25**2 / 2) < 4.5 * 0.25 * np.sqrt(3 / len(logs))


def test_moves_of_a_walk_are_normal_and_independent_over_time_draws_blocks_and_names():
    moves = np.diff(np.log(walked()), axis=0)
    scaled = (moves + 0.25**2 / 24) / (0.25 / np.sqrt(12))
    assert stats.kstest(scaled.ravel()[::7], "norm").pvalue > 1e-4
    bound = stats.norm.isf(ONE_IN_A_MILLION / 700) / np.sqrt(moves.shape[1])
    over_time = np.corrcoef(moves)[np.triu_indices(len(moves), 1)]
    assert np.abs(over_time).max() < bound
    blocks = moves.reshape(len(moves), -1, SHOCK_BLOCK).transpose(1, 0, 2).reshape(20, -1)
    assert np.abs(np.corrcoef(blocks)[np.triu_indices(20, 1)]).max() < 6 / np.sqrt(blocks.shape[1])
    for other in (walked(name="fx.EUR"), walked(seed=4)):
        theirs = np.diff(np.log(other), axis=0)
        assert abs(np.corrcoef(moves.ravel(), theirs.ravel())[0, 1]) < 6 / np.sqrt(moves.size)


@pytest.mark.parametrize(
    ("first", "last"), [(0, 1), (0, 1024), (1023, 1025), (1000, 1007), (1024, 2048), (500, 3333), (4999, 5000)]
)
def test_a_walk_is_the_same_whatever_block_asks_for_it(first, last):
    assert walked(first=first, last=last).tobytes() == walked(last=5000)[:, first:last].tobytes()


def test_a_longer_horizon_keeps_the_way_already_walked():
    assert walked(periods=60)[:PERIODS].tobytes() == walked().tobytes()


def test_more_draws_keep_the_walks_of_those_before():
    assert walked(last=300).tobytes() == walked(last=20_000)[:, :300].tobytes()


def test_a_pair_of_correlations_added_last_moves_no_input_of_the_pairs_above():
    uniforms = {name: stratified(3, name, 500) for name in ("market", "zeal", "appeal", "churn")}
    one = correlated(uniforms, [("market", "zeal", 0.6)])
    other = correlated(uniforms, [("market", "zeal", 0.6), ("appeal", "market", 0.4), ("appeal", "churn", -0.3)])
    assert all(np.array_equal(one[name], other[name]) for name in ("market", "zeal"))
    assert not np.array_equal(one["churn"], other["churn"])


def test_two_rates_of_exchange_move_together_as_asked_and_the_first_as_it_would_alone():
    rates = "fx: {TWD: {random_walk: {start: 30, annual_volatility: 10%}}, "
    rates += "EUR: {random_walk: {start: 0.8, annual_volatility: 8%}}}\n"
    alone, together = (
        Block(Frame(loads(FRAME + rates + pairs), 3), 0, 4096, {})
        for pairs in ("", "correlations: [[fx.TWD, fx.EUR, 0.6]]\n")
    )
    moves = {name: np.diff(np.log(together.rate(name)[:, 0]), axis=0) for name in ("TWD", "EUR")}
    for period in range(moves["TWD"].shape[0]):
        assert_spearman(moves["TWD"][period], moves["EUR"][period], 0.6)
    assert_spearman(moves["TWD"][0], moves["EUR"][1], 0)
    np.testing.assert_array_equal(together.rate("TWD"), alone.rate("TWD"))
    volatility = np.diff(np.log(together.rate("EUR")[:, 0]), axis=0).std() * np.sqrt(12)
    assert volatility == pytest.approx(0.08, rel=0.02)
