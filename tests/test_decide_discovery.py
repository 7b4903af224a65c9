"""Boxes of bad draws: the box that another implementation finds, boxes planted by hand, and noise that holds none."""

import csv
import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from simlib.decide.discovery import peel, readable

# Draws and cases of interest in each box, and how many inputs it restricts, as ema_workbench 2.5.3's Prim finds them
# with peel_alpha 0.1 and its default objective on its own example (sd_prim_bryant_and_lempert.py).
PEELED = [
    (882, 89, 0), (792, 89, 1), (710, 89, 2), (638, 89, 2), (573, 89, 3), (513, 89, 3), (458, 89, 3), (412, 89, 3),
    (368, 89, 3), (329, 89, 3), (296, 89, 3), (264, 88, 3), (237, 87, 3), (213, 86, 3), (191, 85, 4), (170, 82, 4),
    (152, 81, 4), (136, 78, 4), (121, 75, 4), (108, 74, 4), (97, 71, 4), (87, 67, 4), (78, 65, 4), (70, 61, 4),
    (63, 57, 4), (56, 52, 5), (50, 48, 6), (45, 45, 6),
]  # fmt: skip


@pytest.fixture(scope="module")
def fuel():
    """Inputs by name, and whether the cost was in its highest tenth."""
    path = Path(__file__).parent / "data" / "bryant_lempert_2010.csv"
    head, *rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    columns = np.array(rows, dtype=float).T
    return dict(zip(head[:-1], columns, strict=False)), columns[-1] == 1


def planted(seed, draws=5000, inputs=12, chance=0.9, elsewhere=0.05):
    """Losses, of which most lie where a < 0.4 and b > 0.7; ten other inputs have nothing to do with them."""
    rng = np.random.default_rng(seed)
    drawn = {name: rng.random(draws) for name in ("a", "b", *(f"x{i}" for i in range(inputs - 2)))}
    bad = (drawn["a"] < 0.4) & (drawn["b"] > 0.7)
    return drawn, rng.random(draws) < np.where(bad, chance, elsewhere)


# Against ema_workbench


def test_every_box_on_the_way_is_that_of_ema_workbench(fuel):
    boxes = peel(*fuel, share=0.1)
    draws, cases = 882, 89
    found = [(round(box.mass * draws), round(box.coverage * cases), len(box.ranges)) for box in boxes]
    assert found == PEELED
    assert boxes[21].density == pytest.approx(67 / 87)


def test_the_box_that_its_example_looks_at_has_the_limits_that_it_prints(fuel):
    """Its limits lie halfway between two draws, ours at the draw inside; quasi-p of each from the same printout."""
    box = peel(*fuel, share=0.1)[21]
    limits = {"Cellulosic cost": (72.65, 133.7), "Total biomass": (450, 755.8)}
    limits |= {"Demand elasticity": (-0.422, -0.202), "Biomass backstop price": (150.05, 199.6)}
    assert box.ranges.keys() == limits.keys()
    for name, (low, high) in limits.items():
        held = np.isfinite(box.ranges[name])
        assert np.array(box.ranges[name])[held] == pytest.approx(np.array([low, high])[held], rel=0.005)
    assert box.quasi_p["Cellulosic cost"] == pytest.approx(0.15741333528927328)
    assert box.quasi_p["Total biomass"] == pytest.approx(4.716968553178767e-06)
    assert box.quasi_p["Demand elasticity"] < 1e-15


def test_the_box_for_people_lets_go_what_may_be_chance(fuel):
    """Cellulosic cost has a quasi-p of 16 % in the box above; the other three stay."""
    box = readable(*fuel)
    assert box.ranges.keys() == {"Biomass backstop price", "Demand elasticity", "Total biomass"}
    assert min(box.coverage, box.density) > 0.6


# Planted boxes


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_planted_box_is_found_and_nothing_else(seed):
    box = readable(*planted(seed))
    assert box.ranges.keys() == {"a", "b"}
    assert box.ranges["a"] == (-math.inf, pytest.approx(0.4, abs=0.04))
    assert box.ranges["b"] == (pytest.approx(0.7, abs=0.04), math.inf)
    held = 0.12 * 0.9 / (0.12 * 0.9 + 0.88 * 0.05)  # share of the losses that the planted box holds
    assert box.coverage == pytest.approx(held, abs=0.06)
    assert box.density == pytest.approx(0.9, abs=0.06)


def test_coverage_density_mass_and_chance_are_what_their_definitions_say():
    drawn, sought = planted(6)
    for box in peel(drawn, sought)[1:]:
        inside = np.array(
            [all(low <= drawn[name][i] <= high for name, (low, high) in box.ranges.items()) for i in range(sought.size)]
        )
        held = sum(sought[inside])
        assert box.coverage == held / sum(sought)
        assert box.density == held / sum(inside)
        assert box.mass == sum(inside) / sought.size
        if len(box.ranges) == 1:
            assert box.quasi_p == pytest.approx(
                {next(iter(box.ranges)): binom.sf(held - 1, sum(inside), sought.mean())}
            )


def test_each_box_lies_in_the_one_before_is_denser_and_keeps_its_mass():
    boxes = peel(*planted(7), least=0.1)
    assert boxes[0].ranges == {}
    for before, after in itertools.pairwise(boxes):
        assert after.density > before.density
        assert after.coverage <= before.coverage
        assert 0.1 <= after.mass < before.mass


def test_no_more_inputs_are_restricted_than_people_can_read():
    assert max(len(box.ranges) for box in peel(*planted(8), least=0.01)) > 2
    assert max(len(box.ranges) for box in peel(*planted(8), least=0.01, most=1)) == 1


def test_a_discrete_input_loses_one_value_at_a_time():
    rng = np.random.default_rng(9)
    tier, noise = rng.choice([1.0, 2.0, 3.0], 3000, p=[0.5, 0.3, 0.2]), rng.random(3000)
    box = readable({"tier": tier, "noise": noise}, tier == 3)
    assert box.ranges == {"tier": (3, math.inf)}
    assert (box.coverage, box.density) == (1, 1)
    assert peel({"tier": tier}, tier == 3)[1].ranges == {"tier": (2, math.inf)}


def test_a_coin_does_not_win_by_the_size_of_its_cut():
    """Half the draws off for a tenth more losses is worse than a twentieth off for a fiftieth more."""
    rng = np.random.default_rng(12)
    x, coin = rng.random(20_000), rng.choice([0.0, 1.0], 20_000)
    sought = rng.random(20_000) < np.where(x < 0.3, 0.1, 0.6) + 0.1 * (2 * coin - 1)
    first = peel({"coin": coin, "x": x}, sought)[1]
    assert first.ranges.keys() == {"x"}
    assert peel({"coin": coin}, sought)[1].density > first.density


def test_where_chance_alone_decides_the_box_seldom_restricts_anything_and_never_tells_much():
    rng = np.random.default_rng(10)
    boxes = [readable({f"x{i}": rng.random(2000) for i in range(10)}, rng.random(2000) < 0.3) for _ in range(20)]
    assert max(box.density for box in boxes) < 0.4
    assert np.mean([box.ranges == {} for box in boxes]) > 0.5


def test_constants_cannot_be_cut_and_draws_all_sought_need_no_cut():
    rng = np.random.default_rng(11)
    assert len(peel({"constant": np.ones(50)}, rng.random(50) < 0.5)) == 1
    assert readable({"x": rng.random(50)}, np.ones(50)).ranges == {}


def test_what_cannot_be_sought_is_refused():
    with pytest.raises(ValueError, match="no draw is sought"):
        peel({"x": np.arange(9.0)}, np.zeros(9))
    with pytest.raises(ValueError, match="churn: 9 draws in one row are needed"):
        peel({"churn": np.ones(4)}, np.ones(9))
