"""From files to a frozen scenario: bases, overrides, places, and every fault at once with file and line."""

import pickle
from pathlib import Path

import pytest
from pydantic import ValidationError
from scenarios_for_tests import MEMBERSHIP

from simlib.scenario import places
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load, loads
from simlib.scenario.places import in_scenario

ROOT = Path(__file__).parents[1]
FLAGSHIP = ROOT / "scenarios" / "day-and-night.yml"
FRAME = """\
name: Night
currency: USD
horizon: {start: 2018-01, periods: 12, step: month}
simulation: {draws: 10, seed: 0}
territories:
  include: [USA, TWN]
"""
AUDIENCE = """\
audience:
  internet_users: {fact: internet_users}
  video_share: {uniform: {low: 60%, high: 80%}}
  annual_growth: 4%
  monthly_income: {by_territory: {USA: 4500, default: 2000}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to write scenarios in; faults name the files as they were asked for."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, text):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def faults(path, overrides=None):
    with pytest.raises(ScenarioError) as error:
        load(path, overrides)
    return [str(fault) for fault in error.value.faults]


# Bases


def test_correlations_by_name_of_a_base_and_of_a_scenario_hold_together_each_with_its_own_line(folder):
    uncertain = AUDIENCE.replace("annual_growth: 4%", "annual_growth: {uniform: {low: 0%, high: 4%}}")
    uncertain = uncertain.replace("USA: 4500", "USA: {uniform: {low: 4000, high: 5000}}")
    fitted = "correlations:\n  fitted:\n    - [audience.video_share, audience.annual_growth, 0.5]\n"
    write("fit.yml", uncertain + fitted)
    own = "correlations:\n  guessed:\n    - [audience.video_share, audience.monthly_income.USA, {}]\n"
    scenario = load(write("night.yml", FRAME + "extends: fit.yml\n" + own.format(0.2)))
    assert [pair[2] for pair in scenario.correlations] == [0.5, 0.2]
    assert faults(write("night.yml", FRAME + "extends: fit.yml\n" + own.format(2))) == [
        "night.yml:10: correlations.1.2 must be less than 1; found 2"
    ]
    write("other.yml", fitted.replace("0.5", "0.6"))
    assert (
        "correlations.fitted is [['audience.video_share'"
        in faults(write("night.yml", FRAME + "extends: [fit.yml, other.yml]\n"))[0]
    )


def test_a_scenario_takes_from_its_base_what_it_does_not_say_itself(folder):
    write("bases/world.yml", FRAME.replace("Night", "World") + AUDIENCE)
    scenario = load(write("night.yml", "extends: bases/world.yml\nname: Night\naudience: {annual_growth: 6%}\n"))
    assert (scenario.name, scenario.horizon.periods) == ("Night", 12)
    assert (scenario.audience.annual_growth, scenario.audience.monthly_income.by_territory["USA"]) == (0.06, 4500)


def test_lists_and_quantities_are_replaced_whole(folder):
    write("world.yml", FRAME + AUDIENCE)
    text = """\
extends: world.yml
territories: {include: [TWN]}
audience: {video_share: {beta: {mean: 0.7, sd: 0.1}}, monthly_income: {by_territory: {TWN: 1}}}
"""
    scenario = load(write("night.yml", text))
    assert scenario.territories.include == ("TWN",)
    assert scenario.audience.monthly_income.by_territory == {"TWN": 1}
    assert scenario.audience.video_share.beta.mean == 0.7


def test_a_base_may_have_a_base_and_the_nearest_word_counts(folder):
    write("a.yml", FRAME)
    write("deep/b.yml", "extends: ../a.yml\nname: B\ncurrency: EUR\n")
    scenario = load(write("c.yml", "extends: [deep/b.yml]\nname: C\n"))
    assert (scenario.name, scenario.currency, scenario.horizon.step) == ("C", "EUR", "month")


@pytest.mark.parametrize(
    ("own", "whole"),
    [
        ("{tail: 0.8}", {"scale_months": 2.5, "tail": 0.8}),
        ("{decide_months: 1, act_months: 2}", {"decide_months": 1.0, "act_months": 2.0}),
    ],
)
def test_a_decay_of_another_form_takes_the_place_of_that_of_the_base(tmp_path, own, whole):
    base = (Path(__file__).parent / "broken" / "whole.yml").read_text(encoding="utf-8")
    (tmp_path / "base.yml").write_text(base, encoding="utf-8")
    (tmp_path / "slow.yml").write_text(f"extends: base.yml\ntitle: {{decay: {own}}}\n", encoding="utf-8")
    assert load(tmp_path / "slow.yml").title.decay.model_dump() == whole


def test_two_bases_are_joined(folder):
    write("frame.yml", FRAME)
    write("audience.yml", AUDIENCE)
    scenario = load(write("night.yml", "extends: [frame.yml, audience.yml]\n"))
    assert (scenario.name, scenario.audience.annual_growth) == ("Night", 0.04)


def test_two_bases_that_disagree_are_answered_with_both_places(folder):
    write("bases/one.yml", FRAME + AUDIENCE)
    write("bases/two.yml", "currency: USD\naudience:\n  annual_growth: 5%\n  video_share: 0.7\n")
    write("night.yml", "extends: [bases/one.yml, bases/two.yml]\nname: Night\n")
    assert faults("night.yml") == [
        "bases/two.yml:3: audience.annual_growth is '5%' here and '4%' in bases/one.yml:10; set it in night.yml",
        "bases/two.yml:4: audience.video_share is 0.7 here and {uniform: {low: '60%', high: '80%'}} in bases/one.yml:9;"
        " set it in night.yml",
    ]


def test_a_scenario_settles_what_its_bases_disagree_about(folder):
    write("one.yml", FRAME + AUDIENCE)
    write("two.yml", "audience: {annual_growth: 5%}\n")
    scenario = load(write("night.yml", "extends: [one.yml, two.yml]\naudience: {annual_growth: 6%}\n"))
    assert scenario.audience.annual_growth == 0.06


def test_bases_may_meet_again_in_a_base_of_both(folder):
    write("root.yml", FRAME)
    write("left.yml", "extends: root.yml\n")
    write("right.yml", "extends: root.yml\n" + AUDIENCE)
    assert load(write("night.yml", "extends: [left.yml, right.yml]\n")).audience is not None


def test_a_circle_is_refused_where_it_closes(folder):
    write("a.yml", "extends: deep/b.yml\nname: A\n")
    write("deep/b.yml", "name: B\nextends: ../a.yml\n")
    assert faults("a.yml") == ["deep/b.yml:2: extends goes in a circle: ../a.yml extends this file"]


def test_a_chain_without_end_is_refused(folder):
    for number in range(40):
        write(f"{number}.yml", f"extends: {number + 1}.yml\n")
    assert faults("0.yml") == ["8.yml:1: extends goes through more than 8 files"]


def test_a_base_that_is_not_there_is_answered_with_the_nearest_that_is(folder):
    write("bases/world-2017.yml", FRAME)
    assert faults(write("night.yml", "name: Night\nextends:\n  - bases/world-2018.yml\n")) == [
        "night.yml:3: extends 'bases/world-2018.yml' is not a file; did you mean bases/world-2017.yml?"
    ]


@pytest.mark.parametrize("base", ["''", ".", "/", "~", "7", "{a: b}", "[[a]]", "[]", "no.yml/no.yml", "x" * 300])
def test_a_base_that_names_no_file_is_refused_where_it_is_named(folder, base):
    (said,) = faults(write("night.yml", f"name: Night\nextends: {base}\n"))
    assert said.startswith("night.yml:2: extends ")


def test_a_fault_in_a_base_names_the_base_and_its_line(folder):
    write("bases/world.yml", FRAME + AUDIENCE.replace("4%", "much"))
    (said,) = faults(write("night.yml", "extends: bases/world.yml\nname: Night\n"))
    assert said.startswith("bases/world.yml:10: audience.annual_growth must be a number")


def test_what_a_section_lacks_is_told_where_the_scenario_has_the_section(folder):
    write("bases/world.yml", FRAME + AUDIENCE.replace("  annual_growth: 4%\n", ""))
    (said,) = faults(write("night.yml", "extends: bases/world.yml\nname: Night\naudience: {video_share: 0.5}\n"))
    assert said.startswith("night.yml:3: audience lacks annual_growth")


# Single values from outside


def test_a_value_from_outside_replaces_the_files_and_is_recorded():
    scenario = loads(FRAME + AUDIENCE, {"audience.annual_growth": "6%", "simulation.draws": 20})
    assert (scenario.audience.annual_growth, scenario.simulation.draws) == (0.06, 20)
    assert scenario.origin.overrides == (("audience.annual_growth", "4%", "6%"), ("simulation.draws", "10", "20"))


@pytest.mark.parametrize(
    ("path", "value", "reached"),
    [
        ("audience.video_share.uniform.low", "65%", lambda it: it.audience.video_share.uniform.low == 0.65),
        (
            "audience.monthly_income.by_territory.USA",
            5000,
            lambda it: it.audience.monthly_income.by_territory["USA"] == 5000,
        ),
        ("audience.video_share", "{beta: {mean: 70%, sd: 5%}}", lambda it: it.audience.video_share.beta.mean == 0.7),
        (
            "audience.video_share",
            {"beta": {"mean": 0.7, "sd": "5%"}},
            lambda it: it.audience.video_share.beta.sd == 0.05,
        ),
        ("territories.include.1", "NO", lambda it: it.territories.include == ("USA", "NO")),
        ("territories.include", ["NO"], lambda it: it.territories.include == ("NO",)),
        ("name", "'2018'", lambda it: it.name == "2018"),
        ("horizon.start", "2018-02", lambda it: it.horizon.start == "2018-02"),
        ("simulation.seed", "0x10", lambda it: it.simulation.seed == 16),
    ],
)
def test_a_value_from_outside_is_read_as_yaml_wherever_it_stands(path, value, reached):
    assert reached(loads(FRAME + AUDIENCE, {path: value}))


def test_a_probability_is_set_by_the_value_that_it_belongs_to():
    text = FRAME + AUDIENCE.replace("annual_growth: 4%", "annual_growth: {discrete: {0.5: 30%, 1.0: 70%}}")
    path = "audience.annual_growth.discrete"
    scenario = loads(text, {f"{path}.0.5": "40%", f"{path}.1.0": "60%"})
    assert scenario.audience.annual_growth.discrete == {"0.5": 0.4, "1.0": 0.6}


def test_values_are_set_one_after_another():
    overrides = {"audience.video_share": "{uniform: {low: 0.1, high: 0.2}}", "audience.video_share.uniform.high": 0.9}
    assert loads(FRAME + AUDIENCE, overrides).audience.video_share.uniform.high == 0.9
    with pytest.raises(ScenarioError, match=r"audience.annual_growth is not in the scenario"):
        loads(FRAME + AUDIENCE, {"audience": 3, "audience.annual_growth": 4})


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("audience.anual_growth", "audience.anual_growth is not in the scenario; did you mean audience.annual_growth?"),
        ("territories.include.2", "is not in the scenario; did you mean territories.include.0?"),
        ("territories.include.-1", "is not in the scenario"),
        ("audience.annual_growth.", "is not in the scenario; did you mean audience.annual_growth?"),
        ("", "is not in the scenario"),
        ("extends", "is not in the scenario"),
        ("deals.netflix.terms.0.amount", "is not in the scenario"),
    ],
)
def test_a_path_that_is_not_there_is_answered_with_the_nearest(path, said):
    with pytest.raises(ScenarioError) as error:
        loads(FRAME + AUDIENCE, {path: 1})
    assert f"--set {path}: " in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "value", ["much", None, "[1]", "{normal: 3}", float("nan"), "1e999", 10**400, object(), b"4%", {1: 2}]
)
def test_a_wrong_value_from_outside_is_a_fault_of_the_command_line_not_of_the_file(value):
    with pytest.raises(ScenarioError) as error:
        loads(FRAME + AUDIENCE, {"audience.annual_growth": value})
    (fault,) = error.value.faults
    assert (fault.file, fault.line) == ("--set audience.annual_growth", None)


@pytest.mark.parametrize("value", ["{open", "a: b", "1\nother: 2", "- 1", "*a", "!!str 1", "1\n---\n2"])
def test_a_value_from_outside_is_one_value_of_yaml(value):
    with pytest.raises(ScenarioError, match="cannot be read as YAML; found "):
        loads(FRAME + AUDIENCE, {"audience.annual_growth": value})


def test_all_wrong_paths_are_told_at_once():
    with pytest.raises(ScenarioError) as error:
        loads(FRAME, {"nmae": "x", "currencyy": "EUR", "name": "{"})
    assert len(error.value.faults) == 3


def test_overrides_are_a_mapping():
    with pytest.raises(ScenarioError, match=r"overrides are a mapping of paths; found '\{\}'"):
        loads(FRAME, "{}")


# Places


@pytest.mark.parametrize(
    ("include", "exclude", "codes"),
    [
        (["NO"], [], ["NOR"]),
        (["NOR", "NO", "norden"], [], ["DNK", "NOR", "SWE"]),
        (["norden"], ["SE"], ["DNK", "NOR"]),
        (["UCAN"], ["USA", "GRL", "BMU"], ["CAN"]),
        (["world"], ["EMEA", "LATAM", "UCAN"], places.members("APAC", {})),
    ],
)
def test_territories_are_codes_of_two_or_three_letters_groups_regions_and_the_world(include, exclude, codes):
    territories = f"territories: {{include: {include}, exclude: {exclude}, groups: {{norden: [DK, SE, NOR]}}}}\n"
    scenario = loads(FRAME.partition("territories:")[0] + territories.replace("'", ""))
    assert sorted(in_scenario(scenario)) == sorted(codes)


def test_norway_is_a_country_and_not_a_falsehood():
    scenario = loads(FRAME.replace("[USA, TWN]", "[NO, SE]") + AUDIENCE.replace("USA: 4500", "NO: 6000"))
    assert in_scenario(scenario) == ("NOR", "SWE")
    assert scenario.audience.monthly_income.by_territory["NO"] == 6000


def test_the_narrowest_name_of_a_place_counts():
    groups = {"north": ["NOR", "SWE"]}
    given = ["default", "EMEA", "north", "NO"]
    chosen = [places.narrowest(code, given, groups) for code in ("NOR", "SWE", "DEU", "USA")]
    assert chosen == ["NO", "north", "EMEA", "default"]


# The scenario


def test_the_flagship_and_all_that_ships_is_sound():
    ships = sorted((ROOT / "scenarios").glob("*.yml"))
    assert FLAGSHIP in ships
    assert all(load(path).name for path in ships)


def test_every_value_of_the_flagship_knows_its_file_and_line():
    tree = load(FLAGSHIP).origin.tree
    lines = {path: path.read_text(encoding="utf-8").splitlines() for path in (ROOT / "scenarios").rglob("*.yml")}
    seen = 0
    waiting = [(tree, "")]
    while waiting:
        node, key = waiting.pop()
        if key:
            assert key in lines[Path(node.file).resolve()][node.line - 1]
            seen += 1
        if isinstance(node.value, dict):
            waiting += [(child, key) for key, child in node.value.items()]
    assert seen > 300


def test_a_scenario_cannot_be_changed():
    scenario = load(FLAGSHIP)
    for thing, field in [
        (scenario, "name"),
        (scenario.title, "episodes"),
        (scenario.deals["netflix"], "gross_up"),
        (scenario.title.hit, "value"),
    ]:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(thing, field, 1)
    with pytest.raises(ValidationError):
        scenario.new = 1
    assert isinstance(scenario.deals["netflix"].terms, tuple)


def test_a_scenario_travels_to_another_process_whole():
    scenario = load(FLAGSHIP)
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_a_text_has_no_folder_to_look_for_bases_in():
    with pytest.raises(ScenarioError, match=r"scenario.yml:2: extends needs a file; a text has no folder"):
        loads("name: x\nextends: a.yml\n")


# Faults


def test_every_fault_of_every_section_is_told_at_once_in_the_order_of_the_file():
    text = """\
name: 7
currency: dollars
horizon: {start: soon, periods: 0, step: moon}
simulation: {draws: 10, seed: 0, sed: 1}
territories: {include: [USA, Atlantis]}
audience: {internet_users: -1, video_share: 2, annual_growth: {pert: {low: 3, mode: 2, high: 1}}, monthly_income: x}
title: {name: a, tier: b, episodes: 1.5, hours: 24, completion: 1, appeal: 1, hit: 1, decay: {tail: 1}}
packagse: {}
"""
    with pytest.raises(ScenarioError) as error:
        loads(text)
    told = [(fault.line, fault.path) for fault in error.value.faults]
    assert told == [
        (1, "name"),
        (2, "currency"),
        (3, "horizon.periods"),
        (3, "horizon.start"),
        (3, "horizon.step"),
        (4, "simulation.sed"),
        (5, "territories.include.1"),
        (6, "audience.annual_growth.pert"),
        (6, "audience.internet_users"),
        (6, "audience.monthly_income"),
        (6, "audience.video_share"),
        (7, "title.decay"),
        (7, "title.episodes"),
        (7, "title.tier"),
        (8, "packagse"),
    ]
    assert all(fault.message for fault in error.value.faults)


def test_a_broken_section_is_not_blamed_for_what_depends_on_it():
    text = FRAME + "audience: {internet_users: 1}\n"
    text += "correlations: [[audience.video_share, audience.annual_growth, 0.5]]\n"
    with pytest.raises(ScenarioError) as error:
        loads(text)
    assert {fault.path for fault in error.value.faults} == {"audience"}


def test_a_thousand_faults_are_answered_with_those_that_one_can_mend():
    for text in (
        FRAME + "title:\n" + "".join(f"  k{number}: 1\n" for number in range(15_000)),
        FRAME + "".join(f"k{number}: 1\n" for number in range(15_000)),
        FRAME + AUDIENCE.replace("USA: 4500", ", ".join(f"X{number}: 1" for number in range(15_000))),
    ):
        with pytest.raises(ScenarioError) as error:
            loads(text)
        assert 1 < len(error.value.faults) <= 400


def test_correlations_that_hold_together_only_as_a_whole_are_taken():
    growth, share, users = (f"audience.{name}" for name in ("annual_growth", "video_share", "internet_users"))
    text = FRAME + AUDIENCE.replace("annual_growth: 4%", "annual_growth: {normal: {mean: 4%, sd: 1%}}")
    text = text.replace("{fact: internet_users}", "{lognormal: {p10: 1 million, p90: 2 million}}")
    text += f"correlations: [[{share}, {growth}, 0.9], [{share}, {users}, 0.9]"
    assert len(loads(f"{text}, [{growth}, {users}, 0.9]]\n").correlations) == 3
    with pytest.raises(ScenarioError, match=r"cannot hold together with the other pairs; a pair left out is"):
        loads(f"{text}]\n")


def test_a_market_may_lose_its_territories_to_the_scenario_but_not_to_a_market_before_it():
    wide = (
        MEMBERSHIP.replace("[home, world]", "[home, APAC, world]")
        .replace("world: {pert", "default: {pert")
        .replace("world: 25%", "default: 25%")
        .replace("world: 0.1", "default: 0.1")
    )
    assert loads(wide).habits.markets == ("home", "APAC", "world")  # of APAC there is Taiwan alone, which is at home
    with pytest.raises(ScenarioError, match=r"habits\.markets\.1 has no territory of its own: home is held by"):
        loads(MEMBERSHIP.replace("[home, world]", "[world, home]"))
