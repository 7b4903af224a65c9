"""From a history to quantities: every fault of a history is told, and the joint distribution comes back exactly."""

import textwrap

import numpy as np
import pytest
from pydantic import TypeAdapter

from simlib.forecast.calibrate import MODELS, calibrate, increments
from simlib.forecast.posterior import FitError, Parameter
from simlib.forecast.priors import parameter, read_prior
from simlib.forecast.series import find_history, missing
from simlib.forecast.written import Audience, base, quantity, spearman
from simlib.scenario.dated import GAPS_STAY
from simlib.scenario.load import load
from simlib.scenario.quantity import Quantity
from simlib.simulation.sampling import draw, quantiles

CHURN = "{lognormal: {p10: 2%, p90: 4.5%}}"
PRIORS = {
    "monthly_churn": read_prior("monthly_churn", CHURN),
    "potential": read_prior("potential", "{lognormal: {p10: 50, p90: 600}}"),
    "innovation": read_prior("innovation", "{lognormal: {p10: 0.003, p90: 0.1}}"),
}
SCENARIO = """
    name: drawn
    extends: fitted.yml
    currency: USD
    horizon: {start: 2016-10, periods: 4, step: quarter}
    simulation: {draws: 20000, seed: 3}
    territories: {include: [USA, CAN]}
    audience: {internet_users: 240 million, video_share: 80%, annual_growth: 0%, monthly_income: 4000}
    subscribers:
      platform: netflix
      opening: {all: {territories: [USA, CAN], members: 50 million}}
"""


@pytest.fixture
def csv_file(tmp_path):
    def write(*rows, header="period,members"):
        path = tmp_path / "history.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return str(path)

    return write


def netflix(region="total", until="2016Q3"):
    return find_history(f"netflix:paid_memberships:region={region}", until=until)


def quarters(*values, start=2010):
    return [f"{start + at // 4}Q{at % 4 + 1},{value}" for at, value in enumerate(values)]


def faults_of(path, model, priors=PRIORS, **more):
    """What is answered, without the path, a line for each."""
    given = {name: prior for name, prior in priors.items() if name in MODELS[model].parameters}
    with pytest.raises(ValueError) as caught:
        calibrate(find_history(path, order=GAPS_STAY, **more), model, given)
    return [line.removeprefix(path) for line in str(caught.value).splitlines()]


# The table of what may be wrong with a history: what is answered, by model.

GROWING = (3, 5, 8, 13, 20, 30, 42, 55, 66, 75)
GOOD = quarters(*GROWING)
WRONG = {
    "a duplicate": ([*GOOD[:4], GOOD[3], *GOOD[4:]], "subscribers", [":6: found 2010Q4 again after 2010Q4; next"]),
    "dates unsorted": ([*GOOD[:3], GOOD[4], GOOD[3], *GOOD[5:]], "subscribers", [":6: found 2010Q4 after 2011Q1"]),
    "text in a number": ([*GOOD[:3], "2010Q4,13 m", *GOOD[4:]], "subscribers", [":5: found '13 m' for a number"]),
    "thousands with commas": ([*GOOD[:3], "2010Q4,1,300", *GOOD[4:]], "subscribers", [":5: has more cells"]),
    "no number": ([*GOOD[:3], "2010Q4,NaN", *GOOD[4:]], "subscribers", [":5: found 'NaN' for a number"]),
    "infinity": ([*GOOD[:3], "2010Q4,inf", *GOOD[4:]], "subscribers", [":5: found 'inf' for a number"]),
    "one point": (GOOD[:1], "subscribers", [":2: 2010Q1 is the last of 1; closing members are at least 5"]),
    "one point of adopters": (GOOD[:1], "bass-increments", [":2: 2010Q1 is the last of 1; adopters per period are at"]),
    "one point of a cohort": (GOOD[:1], "sbg", [":2: 2010Q1 is the last of 1; survivors of one cohort are at least 3"]),
    "all zeros": (quarters(*[0] * 8), "subscribers", [":9: 2011Q4 is 0 as all before; closing members are not all 0"]),
    "no adopters at all": (quarters(*[0] * 8), "bass-density", [":9: 2011Q4 is 0 as all before; adopters per period"]),
    "no customers at all": (quarters(*[0] * 8), "sbg", [":9: 2011Q4 is 0 as all before; survivors of one cohort"]),
    "members negative": ([*GOOD[:3], "2010Q4,-13", *GOOD[4:]], "subscribers", [":5: 2010Q4 must not be negative; found"]),
    "adopters negative": ([*GOOD[:3], "2010Q4,-1", *GOOD[4:]], "bass-increments", [":5: 2010Q4 must not be negative"]),
    "members none": (["2009Q4,0", *GOOD], "subscribers", [":2: 2009Q4 has no members; begin with the first"]),
    "members always the same": (quarters(*[7] * 8), "subscribers", [":9: 2011Q4 is 7 as all before; members who never"]),
    "survivors rising": (quarters(100, 60, 70, 40), "sbg", [":4: 2010Q3 rises to 70; survivors of one cohort never do"]),
    "nobody leaving": (quarters(100, 100, 100), "bdw", [":4: 2010Q3 is 100 as at the start; nobody has left"]),
    "a gap in a cohort": (["2010Q1,100", "2010Q3,60", "2010Q4,50"], "sbg", [":3: 2010Q3 comes after 2010Q1; survivors of"]),
    "a gap in a regression": (
        [*GOOD[:4], *GOOD[5:]],
        "bass-regression",
        [":6: 2011Q2 comes after 2010Q4; adopters per period need every period"],
    ),
    "all at once": (
        ["2010Q1,-3", "2010Q2,x", "2010Q2,5", "nineteen,5"],
        "subscribers",
        [":3: found 'x'", ":4: found 2010Q2 again", ":5: found 'nineteen' for a period"],
    ),
    "several figures at once": (
        quarters(-3, 0, -1, 5, 6),
        "subscribers",
        [":2: 2010Q1 must not be negative", ":3: 2010Q2 has no members", ":4: 2010Q3 must not be negative"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "model", "answers"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_history_is_answered_with_file_and_line_every_fault_at_once(csv_file, rows, model, answers):
    found = faults_of(csv_file(*rows), model)
    assert len(found) == len(answers)
    assert [line[: len(answer)] for line, answer in zip(found, answers, strict=True)] == answers


def test_what_is_no_file_of_a_history_is_said(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "latin.csv").write_bytes("period,members\n2010,5\n2011,6é\n".encode("latin-1"))
    (tmp_path / "twice.csv").write_text("period,members,members\n2010,5,6\n")
    for name, said in {
        "empty.csv": ":1: the file is empty; a history needs a header and its periods",
        "latin.csv": ":3: cannot be read as CSV: is not UTF-8; save it as UTF-8",
        "twice.csv": ":1: has several columns 'members'; give each a name of its own",
        "nowhere.csv": ": cannot be read as CSV: is not a file; a history is a table of periods and their figures",
    }.items():
        assert faults_of(str(tmp_path / name), "subscribers") == [said]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("netflix:members", "netflix:members: netflix has no metric 'members'; there is "),
        ("netflix:paid_memberships", "netflix:paid_memberships: netflix paid_memberships has several regions"),
        ("netflix:paid_memberships:region=UK", "has no region 'UK'"),
        ("netflix:paid_memberships:area=UK", "has no column 'area' to choose by"),
    ],
)
def test_a_reference_history_that_is_not_there_is_answered_with_what_is(name, said):
    with pytest.raises(ValueError, match=said):
        find_history(name)


def test_a_total_so_far_that_falls_is_refused_with_its_line(csv_file):
    rising = quarters(*np.cumsum([106, 319, 492, 635, 737, 890]))
    assert increments(find_history(csv_file(*rising))).tolist() == [106, 319, 492, 635, 737, 890]
    falling = csv_file(*rising[:3], "2010Q4,800", *rising[4:])
    with pytest.raises(ValueError, match=r"history.csv:5: 2010Q4 a total so far cannot fall; found 800"):
        increments(find_history(falling))
    with pytest.raises(ValueError, match=r"history.csv:5: 2011Q1 comes after 2010Q3; totals so far need every period"):
        increments(find_history(csv_file(*rising[:3], *rising[4:]), order=GAPS_STAY))


def test_a_gap_is_handled_and_reported_never_filled_silently(csv_file):
    whole, holed = GOOD, [*GOOD[:4], *GOOD[6:]]
    for model, said in (
        ("subscribers", "what was gained over a gap is one increment of several periods"),
        ("bass-increments", "those periods are passed over"),
    ):
        given = {name: prior for name, prior in PRIORS.items() if name in MODELS[model].parameters}
        assert calibrate(find_history(csv_file(*whole)), model, given).fit.remarks == ()
        found = calibrate(find_history(csv_file(*holed), order=GAPS_STAY), model, given)
        assert found.fit.remarks == (f"There is no figure for 2011Q1 to 2011Q2: {said}.",)


def test_bass_passes_over_periods_that_are_missing():
    """Increments are a function of time since launch alone, so that the others tell the same numbers."""
    dryers = find_history("adoption:adopters:product=clothes dryers, US")
    holed = dryers.drop(dryers.index[[3, 7]])
    holed.attrs = dryers.attrs
    whole, part = (calibrate(series, "bass-increments").fit for series in (dryers, holed))
    assert np.abs((whole.scores - part.scores) / np.sqrt(np.diag(part.spread))).max() < 1


def test_gaps_and_doubtful_figures_of_a_reference_history_are_reported():
    assert missing(netflix("US")) == ["2012Q2 to 2012Q3", "2013Q1 to 2014Q3", "2015Q1 to 2015Q4"]
    remarks = calibrate(netflix("US"), "subscribers", PRIORS).fit.remarks
    assert "There is no figure for 2012Q2 to 2012Q3, 2013Q1 to 2014Q3, 2015Q1 to 2015Q4" in remarks[0]
    remarks = calibrate(netflix(), "subscribers", PRIORS).fit.remarks
    assert remarks == ("Of 21 figures 3 are unverified: 2012Q2, 2012Q3, 2012Q4.",)


def test_a_history_that_knows_too_little_gives_no_parameters_and_says_what_it_lacks():
    few = {"monthly_churn": PRIORS["monthly_churn"], "potential": PRIORS["potential"]}
    with pytest.raises(FitError, match="next to nothing about innovation; say what was thought of it as a prior"):
        calibrate(netflix(), "subscribers", few)


def test_a_prior_of_what_the_model_does_not_have_is_answered_with_what_it_has():
    with pytest.raises(
        ValueError, match="--prior monthly_chrun: is no parameter of this model; did you mean monthly_churn"
    ):
        calibrate(netflix(), "subscribers", {**PRIORS, "monthly_chrun": PRIORS["monthly_churn"]})


def test_periods_set_the_step_and_rates_are_per_year_whatever_it_is(csv_file):
    """Dryers by the year, said to be quarters: the rates are four times as fast."""
    dryers = find_history("adoption:adopters:product=clothes dryers, US")
    file = csv_file(*quarters(*dryers))
    yearly, quarterly = (calibrate(series, "bass-increments").fit for series in (dryers, find_history(file)))
    assert quarterly.values == pytest.approx(yearly.values * [4, 4, 1], rel=1e-6)


# What is written.


def test_a_rank_correlation_is_that_of_normals_drawn():
    spread = np.array([[1.0, -0.9], [-0.9, 2.0]])
    drawn = np.random.default_rng(1).multivariate_normal([0, 0], spread, 200_000)
    ranks = np.corrcoef(np.argsort(np.argsort(drawn, axis=0), axis=0).T)[0, 1]
    assert spearman(spread)[0, 1] == pytest.approx(ranks, abs=4 / np.sqrt(200_000))


@pytest.mark.parametrize(
    "written", [CHURN, "{beta: {mean: 30%, sd: 5%}}", "{normal: {p10: -1, p90: 3}}", "{lognormal: {mean: 3, sd: 2}}"]
)
def test_a_prior_that_nothing_changes_is_written_as_it_was(written):
    uniform = np.linspace(0.001, 0.999, 99)
    scale, prior = read_prior("a", written)
    text = quantity(parameter("a", "", (scale, prior)), prior.mean, prior.sd)
    one, two = (TypeAdapter(Quantity).validate_python(_mapping(each)) for each in (written, text))
    np.testing.assert_allclose(quantiles(one, uniform), quantiles(two, uniform), rtol=1e-6)


def _mapping(text):
    from simlib.scenario.source import parse

    return parse(f"a: {text}", "a").plain()["a"]


def drawn_again(tmp_path, fits, audiences):
    """The draws of a scenario that extends the base of some fits."""
    (tmp_path / "fitted.yml").write_text(base(fits, audiences, 1e6, "simlib calibrate …", None), encoding="utf-8")
    (tmp_path / "drawn.yml").write_text(textwrap.dedent(SCENARIO), encoding="utf-8")
    scenario = load(tmp_path / "drawn.yml")
    return scenario, draw(scenario, ["USA", "CAN"], scenario.simulation.draws, scenario.simulation.seed)


def holds(draws, found, shift, place=""):
    """Draws have the posterior's means and covariance of logarithms, within four Monte Carlo standard errors."""
    paths = ["innovation", "imitation", "potential.share", "monthly_churn"]
    logs = np.log([draws[f"subscribers.{path}{place}"] for path in paths])
    number, spread = logs.shape[1], found.joint.spread
    centre = found.joint.scores + np.array([0, 0, shift, 0])
    assert np.all(np.abs(logs.mean(axis=1) - centre) < 4 * np.sqrt(np.diag(spread) / number))
    error = np.sqrt((spread**2 + np.outer(np.diag(spread), np.diag(spread))) / number)
    assert np.all(np.abs(np.cov(logs) - spread) < 4 * error)
    apart = ~np.eye(4, dtype=bool)
    assert np.any(np.abs(spread[apart]) > 10 * error[apart])  # there is something to come back


def test_a_scenario_that_extends_the_base_draws_the_fits_joint_distribution(tmp_path):
    found = calibrate(netflix(), "subscribers", PRIORS)
    _, draws = drawn_again(tmp_path, [found], {None: Audience(1e9, "1 billion")})
    holds(draws, found, np.log(1e6 / 1e9))


def test_two_territories_are_drawn_apart_each_with_its_own_joint_distribution(tmp_path):
    fits = [
        calibrate(netflix(region), "subscribers", PRIORS, place)
        for region, place in (("total", "USA"), ("US", "default"))
    ]
    audiences = {"USA": Audience(1e9, "1 billion"), "default": Audience(2e8, "200 million")}
    scenario, draws = drawn_again(tmp_path, fits, audiences)
    holds(draws, fits[0], np.log(1e6 / 1e9), ".USA")
    holds(draws, fits[1], np.log(1e6 / 2e8), ".default")
    across = np.corrcoef(draws["subscribers.imitation.USA"], draws["subscribers.imitation.default"])[0, 1]
    assert abs(across) < 4 / np.sqrt(20_000)
    churn = scenario.subscribers.monthly_churn.by_territory["default"]
    assert churn.source == "fit of 2016-09-30 to netflix paid_memberships US, 2011Q3 to 2016Q3, subscribers"
    assert churn.note.startswith(f"prior {CHURN}")


def test_parameters_that_cannot_be_told_apart_at_all_are_still_a_set_that_can_be_drawn(tmp_path):
    """Correlations of 0.9999: rounding them must not leave the set impossible."""
    from test_forecast_membership import exact_history

    found = calibrate(exact_history(), "subscribers", {"monthly_churn": PRIORS["monthly_churn"]})
    assert np.abs(spearman(found.joint.spread) - np.eye(4)).max() > 0.999
    _, draws = drawn_again(tmp_path, [found], {None: Audience(1e9, "1 billion")})
    holds(draws, found, np.log(1e6 / 1e9))


def test_a_bass_fit_is_written_with_adopters_who_never_leave(tmp_path):
    found = calibrate(find_history("adoption:adopters:product=video recorders, US"), "bass-increments")
    scenario, draws = drawn_again(tmp_path, [found], {None: Audience(1e11, "100 billion")})
    assert scenario.subscribers.monthly_churn.value == 0
    assert np.median(draws["subscribers.potential.share"]) == pytest.approx(
        found.fit["potential"] * 1e6 / 1e11, rel=1e-3
    )


def test_a_parameter_on_its_own_scale_has_its_own_form():
    assert quantity(Parameter("a"), np.log(2), 0.5).startswith("{lognormal: {p10: 1.05")
