"""Subscribers who leave by tenure: against slow loops over cohorts and people, published survival, and one another."""

from math import exp, sqrt

import numpy as np
import pytest

from simlib.models import tenure
from simlib.models.diffusion import cumulative_adoption
from simlib.models.retention import bdw_survival, sbg_segments, sbg_survival
from simlib.models.subscribers import openings, subscriber_path
from simlib.models.tenure import cohort_path, opening_cohorts, opening_segments, segment_path, segments_for

MONTH = 1 / 12
HARSH = [(0.3, 0.7), (0.704, 1.182), (0.1, 40.0), (4.0, 3.0), (20.0, 200.0)]
P, Q, MOST = 0.04, 0.4, 100.0


def by_segments(opening, periods, alpha, beta, tenure_months, step=MONTH, months=None, lift=1.0, kept=None, p=P, q=Q):
    """Return the path of one territory and draw whose churn is Beta(α, β) among members."""
    churn, weight = sbg_segments(alpha, beta, segments_for(round(periods * step * 12) + tenure_months))
    churn, weight = churn.reshape(-1, 1, 1), weight.reshape(-1, 1, 1)
    opening = opening * opening_segments(churn, weight, tenure_months)
    potential, months = np.full((periods, 1, 1), MOST), step * 12 if months is None else months
    closing, adds = segment_path(opening, potential, p, q, churn, weight, months, step, lift, kept)
    return closing.ravel(), adds.ravel()


def by_cohorts(opening, periods, survival, tenure_months, step=MONTH, months=None, lift=1.0, kept=None, p=P, q=Q):
    """Return the path of one territory and draw whose cohorts survive as `survival` of an age in months says."""
    ages = np.arange(round(periods * step * 12) + int(np.ceil(tenure_months)) + 1.0).reshape(-1, 1, 1)
    known = np.log(survival(ages))
    opening = opening * opening_cohorts(known, tenure_months)[: int(np.ceil(tenure_months))]
    potential, months = np.full((periods, 1, 1), MOST), step * 12 if months is None else months
    closing, adds = cohort_path(opening, potential, p, q, known, months, step, lift, kept)
    return closing.ravel(), adds.ravel()


def slowly(opening, periods, survival, tenure_months, factor=None, kept=None, lift=None, months=1):
    """Count cohorts one by one: each has the month in which it joined, and what is left of it."""
    factor = np.ones(periods) if factor is None else factor
    kept = np.ones(periods) if kept is None else kept
    lift = np.ones(periods) if lift is None else lift
    left = {-age: survival(age) for age in range(tenure_months)}  # joined so many months before the start
    scale = opening / sum(left.values())
    left = {joined: scale * here for joined, here in left.items()}
    path, joiners = [], []
    for period in range(periods):
        members, now = sum(left.values()), period * months
        adds = (MOST - members) * (1 - exp(-(P + Q * members / MOST) * lift[period] * months / 12))
        for joined in left:
            age = now - joined
            stays = (survival(age + months) / survival(age)) ** factor[period]
            left[joined] *= 1 - kept[period] * (1 - stays)
        left[now + months] = adds
        path.append(sum(left.values()))
        joiners.append(adds)
    return np.array(path), np.array(joiners)


def sbg(alpha, beta):
    return lambda age: sbg_survival(age, alpha, beta)


def bdw(alpha, beta, dependence):
    return lambda age: bdw_survival(age, alpha, beta, dependence)


@pytest.mark.parametrize(("alpha", "beta"), HARSH)
def test_members_who_differ_in_churn_go_as_a_loop_over_cohorts_counts_them(alpha, beta):
    found, adds = by_segments(30.0, 60, alpha, beta, 18)
    expected, joiners = slowly(30.0, 60, sbg(alpha, beta), 18)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(adds, joiners, rtol=1e-6)


@pytest.mark.parametrize("dependence", [0.6, 1.0, 1.5])
@pytest.mark.parametrize("step", [1, 3, 12])
def test_members_whose_churn_depends_on_tenure_go_as_a_loop_over_cohorts_counts_them(dependence, step):
    survival = bdw(0.7, 9.0, dependence)
    rng = np.random.default_rng(5)
    periods = 48 // step
    factor, kept, lift = rng.uniform(0.5, 2, periods), rng.uniform(0.3, 1, periods), rng.uniform(0.5, 2, periods)
    column = {"lift": lift.reshape(-1, 1, 1), "kept": kept.reshape(-1, 1, 1)}
    months = (step * factor).reshape(-1, 1, 1)
    found, adds = by_cohorts(30.0, periods, survival, 15, step / 12, months, **column)
    expected, joiners = slowly(30.0, periods, survival, 15, factor, kept, lift, step)
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    np.testing.assert_allclose(adds, joiners, rtol=1e-11)


def test_a_month_of_heavy_churn_leaves_those_who_are_slow_to_leave():
    # everybody's own hazard is multiplied, so a cohort survives E[(1 − θ)^(months so counted)] = B(α, β + Σk) / B(α, β)
    factor = np.array([1.0, 3.0, 0.4, 1.0, 1.0, 2.5])
    found, adds = by_segments(40.0, 6, 0.7, 4.0, 1, months=factor.reshape(-1, 1, 1), p=0.0, q=0.0)
    np.testing.assert_allclose(found, 40 * sbg_survival(np.cumsum(factor), 0.7, 4.0), rtol=1e-6)
    assert not adds.any()


def test_regular_customers_stay_as_fader_and_hardie_project_them():
    # Fader & Hardie (2007): survival of the Regular cohort, years 8–12, in per cent; a renewal is a period here
    found, _ = by_segments(100.0, 12, 0.704, 1.182, 1, p=0.0, q=0.0)
    np.testing.assert_allclose(found[7:], [22.01, 20.44, 19.12, 17.99, 17.00], atol=0.01)


@pytest.mark.parametrize("periods", [60, 120])
@pytest.mark.parametrize(("alpha", "beta"), HARSH)
def test_segments_and_cohorts_agree_within_a_millionth(alpha, beta, periods):
    one, joined = by_segments(30.0, periods, alpha, beta, 24)
    two, joiners = by_cohorts(30.0, periods, sbg(alpha, beta), 24)
    np.testing.assert_allclose(one, two, rtol=1e-6)
    np.testing.assert_allclose(joined, joiners, rtol=1e-6)


@pytest.mark.parametrize("months", [24, 60, 120, 600])
def test_so_many_segments_carry_survival_over_the_months_they_are_asked_for(months):
    ages, worst = np.arange(months + 1), 0.0
    for alpha in (0.1, 0.3, 0.7, 4.0, 20.0):
        for beta in (0.3, 0.7, 1.18, 10.0, 200.0):
            churn, weight = sbg_segments(alpha, beta, segments_for(months))
            carried = ((1 - churn) ** ages[:, None]) @ weight
            worst = max(worst, abs(carried - sbg_survival(ages, alpha, beta)).max())
    assert worst < 3e-7


def test_without_churn_members_follow_bass():
    def apart(step):
        periods = round(10 / step)
        none, whole = np.zeros((1, 1, 1)), np.ones((1, 1, 1))
        path, _ = segment_path(none, np.full((periods, 1, 1), MOST), P, Q, none, whole, 12 * step, step)
        return abs(path.ravel() - MOST * cumulative_adoption(np.arange(1, periods + 1) * step, P, Q)).max()

    assert apart(1 / 24) / apart(1 / 48) == pytest.approx(2, abs=0.1)
    assert apart(1 / 48) < 0.5


def test_members_who_all_churn_alike_are_those_of_the_plain_model():
    rng = np.random.default_rng(6)
    potential, kept = rng.uniform(50, 100, (30, 2, 5)), rng.uniform(0, 1, (30, 2, 5))
    opening, churn = rng.uniform(0, 60, (2, 5)), rng.uniform(0, 0.3, (2, 5))
    one, adds = segment_path(opening[None], potential, P, Q, churn[None], np.ones((1, 1, 1)), 1.0, MONTH, 1.3, kept)
    plain = subscriber_path(opening, potential, P, Q, churn * kept, MONTH, 1.3)
    np.testing.assert_allclose(one, plain, rtol=1e-11)
    np.testing.assert_allclose(adds, plain - (1 - churn * kept) * openings(opening, plain), rtol=1e-8, atol=1e-9)
    ages = np.log(1 - churn) * np.arange(40.0).reshape(-1, 1, 1)
    two, _ = cohort_path(opening[None], potential, P, Q, ages, 1.0, MONTH, 1.3, kept)
    np.testing.assert_allclose(two, plain, rtol=1e-11)


def test_constant_adds_settle_at_adds_times_the_mean_lifetime():
    alpha, beta, endless, adds = 5.0, 60.0, 1e9, 1_000.0
    churn, weight = (each.reshape(-1, 1, 1) for each in sbg_segments(alpha, beta, segments_for(600)))
    closing, _ = segment_path(
        0 * weight, np.full((600, 1, 1), endless), adds / endless / MONTH, 0.0, churn, weight, 1.0, MONTH
    )
    lifetime = (alpha + beta - 1) / (alpha - 1)  # Σ B(α, β + t) / B(α, β): Fader & Hardie (2007), months
    assert closing[-1, 0, 0] == pytest.approx(adds * lifetime, rel=1e-3)


@pytest.mark.parametrize("by", ["segments", "cohorts"])
def test_a_quarters_and_a_years_survival_are_those_of_their_months(by):
    def left(step):
        periods = round(2 / step)
        if by == "segments":
            return by_segments(50.0, periods, 0.7, 9.0, 12, step, p=0.0, q=0.0)[0][-1]
        return by_cohorts(50.0, periods, bdw(0.7, 9.0, 1.2), 12, step, p=0.0, q=0.0)[0][-1]

    assert left(1 / 4) == pytest.approx(left(1 / 12), rel=1e-9)
    assert left(1) == pytest.approx(left(1 / 12), rel=1e-9)


@pytest.mark.parametrize("by", ["segments", "cohorts"])
def test_months_quarters_and_years_agree_to_the_order_of_the_step(by):
    def end(step):
        periods = round(4 / step)
        if by == "segments":
            return by_segments(50.0, periods, 1.5, 40.0, 12, step)[0][-1]
        return by_cohorts(50.0, periods, bdw(1.5, 40.0, 1.1), 12, step)[0][-1]

    month, quarter, year = end(1 / 12), end(1 / 4), end(1)
    assert (year - quarter) / (quarter - month) == pytest.approx((1 - 1 / 4) / (1 / 4 - 1 / 12), rel=0.35)
    assert quarter == pytest.approx(month, rel=0.02)


def test_what_a_title_keeps_of_those_who_would_leave_does_not_leave():
    nobody = by_segments(50.0, 24, 0.7, 9.0, 6, kept=np.zeros((24, 1, 1)), p=0.0, q=0.0)[0]
    np.testing.assert_allclose(nobody, 50, rtol=1e-12)
    whole = by_segments(50.0, 24, 0.7, 9.0, 6, kept=np.ones((24, 1, 1)))
    np.testing.assert_allclose(whole, by_segments(50.0, 24, 0.7, 9.0, 6), rtol=1e-12)
    half = by_segments(50.0, 1, 0.7, 9.0, 6, kept=np.full((1, 1, 1), 0.5), p=0.0, q=0.0)[0]
    assert 50 - half[0] == pytest.approx((50 - by_segments(50.0, 1, 0.7, 9.0, 6, p=0.0, q=0.0)[0][0]) / 2)


@pytest.mark.parametrize("by", ["segments", "cohorts"])
def test_those_with_long_tenure_leave_less(by):
    def left(months):
        if by == "segments":
            return by_segments(50.0, 12, 0.7, 9.0, months, p=0.0, q=0.0)[0][-1]
        return by_cohorts(50.0, 12, bdw(0.7, 9.0, 0.9), months, p=0.0, q=0.0)[0][-1]

    assert left(1) < left(6) < left(6.5) < left(7) < left(60)


def test_members_at_the_start_are_shared_out_among_segments_and_cohorts():
    churn, weight = sbg_segments(np.array([[0.7, 2.0]]), np.array([[9.0, 40.0]]), 12)
    np.testing.assert_allclose(opening_segments(churn, weight, 17.5).sum(axis=0), 1, rtol=1e-13)
    known = np.log(sbg_survival(np.arange(20.0).reshape(-1, 1), np.array([0.7, 2.0]), np.array([9.0, 40.0])))
    np.testing.assert_allclose(opening_cohorts(known, 17.5).sum(axis=0), 1, rtol=1e-13)


@pytest.mark.parametrize("by", [segment_path, cohort_path])
@pytest.mark.parametrize("moving", [False, True])
@pytest.mark.parametrize("size", [1, 13, 100])
def test_a_draw_has_the_same_bits_whatever_is_computed_beside_it(by, moving, size, monkeypatch):
    rng, draws = np.random.default_rng(7), 120
    alpha, beta = rng.uniform(0.3, 4, (2, draws)), rng.uniform(2, 60, (1, draws))
    potential = rng.uniform(50, 100, (2, draws)) * np.linspace(1, 0.6, 9)[:, None, None]
    opening = rng.uniform(0, 90, (2, draws))
    months = rng.uniform(0.5, 2, (9, 1, draws)) if moving else np.ones((1, 1, 1))
    kept = rng.uniform(0, 1, (9, 2, draws))
    if by is segment_path:
        churn = sbg_segments(alpha, np.broadcast_to(beta, alpha.shape), 9)
        first = opening * opening_segments(*churn, 7)
    else:
        churn = (np.log(sbg_survival(np.arange(17.0).reshape(-1, 1, 1), alpha, beta)),)
        first = opening * opening_cohorts(churn[0], 7)[:7]

    def run(part):
        drivers = [values[..., part] if values.shape[-1] > 1 else values for values in (*churn, months)]
        return by(first[..., part], potential[..., part], P, Q, *drivers, MONTH, 1.1, kept[..., part])

    whole = run(slice(None))
    monkeypatch.setattr(tenure, "TENURE_BLOCK", 50)
    for start in range(0, draws, size):
        part = slice(start, start + size)
        for alone, among in zip(run(part), whole, strict=True):
            np.testing.assert_array_equal(alone, among[..., part])


def test_opening_plus_adds_less_those_who_left_segment_by_segment_is_closing():
    rng = np.random.default_rng(8)
    churn, weight = rng.uniform(0, 0.4, (3, 1, 1)), np.array([0.2, 0.3, 0.5]).reshape(3, 1, 1)
    opening = rng.uniform(0, 20, (3, 2, 4))
    closing, adds = segment_path(opening, np.full((10, 1, 1), MOST), P, Q, churn, weight, 1.0, MONTH)
    here = opening.copy()
    for period in range(10):
        left = churn * here
        here = here - left + weight * adds[period]
        np.testing.assert_allclose(closing[period], here.sum(axis=0), rtol=1e-12)
    assert (adds > 0).all()


def test_nobody_joins_a_market_that_is_more_than_full():
    closing, adds = by_segments(2 * MOST, 12, 0.7, 9.0, 6)
    assert not adds[:3].any()
    assert (np.diff(closing) < 0).all()


def test_a_potential_that_lacks_periods_is_refused():
    with pytest.raises(ValueError, match="every period"):
        segment_path(
            np.ones((1, 1, 1)), np.ones((1, 1, 1)), P, Q, np.ones((1, 1, 1)) / 9, 1.0, np.ones((3, 1, 1)), MONTH
        )


def test_the_number_of_segments_grows_with_the_root_of_the_months():
    assert segments_for(400) == 36
    assert segments_for(100) / segments_for(25) == pytest.approx(sqrt(4))
