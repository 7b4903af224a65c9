"""The flagship, broken at random: whatever stands in a file, the answer is a scenario or faults in the file."""

import math
from functools import cache
from pathlib import Path

from fuzz_trees import changed, places
from hypothesis import given, settings
from hypothesis import strategies as st

from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import Scenario, check, load
from simlib.scenario.tree import Node

ROOT = Path(__file__).parents[1]
JUNK = (
    None, True, False, 0, -1, 1, 2, 10**38, -(10**38), 1e308, 1e-308, math.inf, -math.inf, math.nan,
    "", " ", "NO", "nan", "inf", "-5%", "1e400", "default", "world", "USA", "CHN", "2017-12", "2099-01", "youku",
    "9 USD per hour", "5 XXX", "{found}", "%s", "é" * 300,
    [], {}, [None], [[]], {"": None}, ["USA", "USA"], {"value": None}, {"amount": {}}, {"normal": 1},
    {"pert": {"low": 1, "mode": 0, "high": 1}}, {"lognormal": {"p10": 1e-300, "p90": 1e30}},
    {"normal": {"mean": 0, "sd": 1e30}}, {"beta": {"mean": 0.5, "sd": 1e-9}}, {"discrete": {"nan": 1}},
    {"uniform": {"low": 0, "high": 1}, "per_territory": True}, {"by_territory": {"default": None}},
    {"steps": {"2017-12": {"steps": {"2017-12": 1}}}}, {"growth": {"start": 1, "annual": -0.999}},
    {"random_walk": {"start": 1, "annual_volatility": 1}}, {"fact": "population"}, {"value": {"value": {"value": 1}}},
    {"clause": "flat_fee"}, {"by": "viewing"}, {"include": ["world"], "exclude": ["world"]},
)  # fmt: skip


@cache
def flagship():
    return load(ROOT / "scenarios" / "day-and-night.yml").origin.tree.plain()


def node(value):
    """The tree as if it had been read: a line for each value."""
    if isinstance(value, dict):
        value = {str(key): node(child) for key, child in value.items()}
    elif isinstance(value, list):
        value = [node(child) for child in value]
    return Node(value, "night.yml", 7)


def with_more(value):
    return {**value, "immitation": 1} if isinstance(value, dict) else [value, value]


def with_other_key(value):
    return {f"{key}x": child for key, child in value.items()} if isinstance(value, dict) else str(value)


changes = st.sampled_from(JUNK).map(lambda junk: lambda _: junk) | st.sampled_from(
    [
        lambda _: ...,
        lambda value: [value],
        lambda value: {"value": value},
        lambda value: {"value": value, "source": value},
        lambda value: str(value),
        with_more,
        with_other_key,
        lambda value: list(value) if isinstance(value, dict) else {"a": value},
        lambda value: -value if isinstance(value, int | float) else value,
        lambda value: list(reversed(value)) if isinstance(value, list) else value,
    ]
)


def faults_of(tree):
    """The faults of a plain tree, none where it is a scenario."""
    try:
        assert isinstance(check(node(tree), "night.yml"), Scenario)
    except ScenarioError as error:
        return error.faults
    return ()


@settings(max_examples=300)
@given(st.data())
def test_a_flagship_broken_at_random_is_a_scenario_or_faults_in_its_file(data):
    tree = flagship()
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in places(tree) if path]))
        tree = changed(tree, path, data.draw(changes))
    for fault in faults_of(tree):
        assert fault.file == "night.yml"
        assert fault.message
        assert "\n" not in str(fault)
