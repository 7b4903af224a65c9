"""A moved distribution against the definitions: its centre is where it was put, its spread what was asked, its form kept."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from simlib.scenario.moved import DISTRIBUTIONS, Bounds, centre, like, moved
from simlib.scenario.quantity import Quantity, parse_number
from simlib.simulation.sampling import quantiles

STRATA = (np.arange(2000) + 0.5) / 2000
SHARE, POSITIVE = Bounds(0, 1), Bounds(0)
EACH = {
    "normal": ({"p10": "-2%", "p90": "6%"}, 0.05, Bounds()),
    "lognormal": ({"p10": "10 thousand", "p90": "50 thousand"}, 30e3, POSITIVE),
    "triangular": ({"low": 1, "mode": 2, "high": 4}, 3.0, POSITIVE),
    "pert": ({"low": "30%", "mode": "50%", "high": "75%"}, 0.6, SHARE),
    "beta": ({"mean": "30%", "sd": "5%"}, 0.4, SHARE),
    "uniform": ({"low": "20%", "high": "40%"}, 0.35, SHARE),
    "discrete": ({"0%": "40%", "30%": "60%"}, 0.24, SHARE),
}
each = pytest.mark.parametrize(("form", "shape", "to", "bounds"), [(form, *given) for form, given in EACH.items()])


def drawn(written):
    return quantiles(TypeAdapter(Quantity).validate_python(written), STRATA)


def test_every_distribution_of_the_language_is_moved_here():
    assert set(EACH) == set(DISTRIBUTIONS)


@each
def test_the_centre_is_where_it_was_put(form, shape, to, bounds):
    assert centre(moved({form: shape}, to, 1, bounds)) == pytest.approx(to, rel=1e-3)


@each
def test_what_is_not_moved_is_what_it_was(form, shape, to, bounds):
    before = {form: shape}
    assert drawn(moved(before, centre(before), 1, bounds)) == pytest.approx(drawn(before), rel=2e-3, abs=2e-4)


@pytest.mark.parametrize("form", [form for form in EACH if form != "discrete"])  # whose values stay as they are
def test_who_is_surer_has_half_the_spread_and_who_is_less_sure_more(form):
    shape, to, bounds = EACH[form]
    narrow, same, wide = (
        np.ptp(np.quantile(drawn(moved({form: shape}, to, width, bounds)), (0.25, 0.75))) for width in (0.5, 1, 1.4)
    )
    assert narrow == pytest.approx(same / 2, rel=0.1)
    assert wide > 1.25 * same


@each
def test_who_is_certain_has_one_number_in_the_files_own_notation(form, shape, to, bounds):
    certain = moved({form: shape}, to, 0, bounds)
    assert not isinstance(certain, dict)
    assert parse_number(certain) == pytest.approx(to)
    assert str(certain).endswith("%") == any(
        str(value).endswith("%") for value in (shape | dict.fromkeys(shape)).keys() | {*shape.values()}
    )


def test_a_lognormal_moves_in_proportion():
    before, after = {"lognormal": {"p10": 0.4, "p90": 2.5}}, {"lognormal": {"p10": 0.8, "p90": 5.0}}
    assert moved(before, 2.0, 1, POSITIVE) == after
    assert drawn(after) == pytest.approx(2 * drawn(before))


def test_a_lognormal_of_a_mean_keeps_the_spread_of_its_logarithm():
    before = {"lognormal": {"mean": 10, "sd": 4}}
    assert np.log(drawn(moved(before, 25, 1, POSITIVE))).std() == pytest.approx(np.log(drawn(before)).std(), rel=1e-3)
    assert np.log(drawn(moved(before, 25, 2, POSITIVE))).std() == pytest.approx(
        2 * np.log(drawn(before)).std(), rel=1e-3
    )


def test_the_odds_of_a_table_move_and_its_values_stay():
    assert moved({"discrete": {"0%": "40%", "30%": "60%"}}, 0.15) == {"discrete": {"0%": "50%", "30%": "50%"}}
    table = moved({"discrete": {"1": "20%", "2": "50%", "4": "30%"}}, 3.0)["discrete"]
    shares = {value: parse_number(share) for value, share in table.items()}
    assert list(shares) == ["1", "2", "4"]
    assert sum(shares.values()) == pytest.approx(1, abs=1e-9)
    before = {"1": 0.2, "2": 0.5, "4": 0.3}  # p ∝ p exp(θ value): the logarithms of the ratios lie on a line
    slope = [
        math.log(shares[b] / shares[a] * before[a] / before[b]) / (int(b) - int(a)) for a, b in (("1", "2"), ("2", "4"))
    ]
    assert slope[0] == pytest.approx(slope[1], rel=5e-3)


@given(st.floats(0.01, 0.99), st.floats(0.02, 0.98), st.sampled_from([0.25, 0.5, 0.7, 1.0, 1.4, 2.0]))
def test_a_share_stays_a_share_and_its_ends_in_order(mode, to, width):
    before = {"pert": {"low": f"{50 * mode}%", "mode": f"{100 * mode}%", "high": f"{100 - 50 * (1 - mode)}%"}}
    shape = {key: parse_number(value) for key, value in moved(before, to, width, SHARE)["pert"].items()}
    assert 0 <= shape["low"] <= shape["mode"] <= shape["high"] <= 1


@given(st.floats(1e-6, 1e9), st.sampled_from(["2.5%", "80 thousand", 3.5, "80 thousand USD per episode", "7 USD"]))
def test_a_number_keeps_its_notation_to_four_digits(value, written):
    said = like(written, value)
    assert type(said) is type(written)
    number = parse_number(" ".join(str(said).split()[:2]) if "thousand" in str(said) else str(said).split()[0])
    assert number == pytest.approx(value, rel=6e-4)
    assert str(said).split()[1:] == str(written).split()[1:]


def test_a_zero_at_the_end_of_a_share_stays_there():
    assert moved({"pert": {"low": "0%", "mode": "4%", "high": "8%"}}, 0.06, 2, SHARE)["pert"]["low"] == "0%"


WIDTHS = st.sampled_from([0.25, 0.5, 0.7, 1.0, 1.4, 2.0])
ENDS = st.sampled_from([0.0, 1.0]) | st.floats(0.001, 0.999)  # a share's own bounds as often as what lies between


@given(st.tuples(ENDS, ENDS, ENDS).map(sorted), ENDS, WIDTHS, st.sampled_from([SHARE, POSITIVE]))
def test_wherever_a_mode_stands_it_goes_where_it_is_put_between_its_ends(shape, to, width, bounds):
    before = {"pert": dict(zip(("low", "mode", "high"), shape, strict=True))}
    after = moved(before, to, width, bounds)
    assert centre(after) == pytest.approx(to, rel=1e-3)
    assert bounds.low <= after["pert"]["low"] <= after["pert"]["mode"] <= after["pert"]["high"] <= bounds.high
    assert moved(before, centre(before), 1, bounds) == before


@given(st.tuples(ENDS, ENDS).map(sorted).filter(lambda ends: ends[0] < ends[1]), ENDS, WIDTHS)
def test_wherever_a_uniform_is_put_its_centre_is_there_and_its_ends_are_shares(ends, to, width):
    before = {"uniform": dict(zip(("low", "high"), ends, strict=True))}
    after = moved(before, to, width, SHARE)
    assert centre(after) == pytest.approx(to, rel=1e-3)
    assert 0 <= after["uniform"]["low"] <= after["uniform"]["high"] <= 1
    assert moved(before, centre(before), 1, SHARE) == before


def test_a_mode_at_a_bound_is_moved_with_its_ends():
    assert moved({"pert": {"low": 0, "mode": 0, "high": "30%"}}, 0.1, 1, SHARE) == {
        "pert": {"low": 0.1, "mode": 0.1, "high": "40%"}
    }
    assert moved({"triangular": {"low": 0, "mode": 0, "high": 3}}, 2, 1, POSITIVE) == {
        "triangular": {"low": 2, "mode": 2, "high": 5}
    }


def test_a_small_spread_around_a_large_centre_is_not_rounded_away():
    assert moved({"uniform": {"low": 100010, "high": 100040}}, 100030, 1, Bounds()) == {
        "uniform": {"low": 100015, "high": 100045}
    }


@given(st.floats(-0.019, 0.0095))
def test_a_table_with_a_loss_in_it_is_tilted_too(to):
    table = moved({"discrete": {"-2%": "50%", "1%": "50%"}}, to)["discrete"]
    assert sum(parse_number(value) * parse_number(share) for value, share in table.items()) == pytest.approx(
        to, abs=3e-6
    )
