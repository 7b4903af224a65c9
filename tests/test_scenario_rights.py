"""What deals of one package may grant side by side, and how a clash is told."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from scenarios_for_tests import EVERYTHING

from simlib.scenario.claims import claims
from simlib.scenario.faults import ScenarioError
from simlib.scenario.load import load, loads
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1]
STATION = "{media: [free_tv], territories: [home], start: 2018-02, months: 6, exclusive: true}"
OPEN = "{media: [AVOD], territories: [world], start: 2017-11, months: 60, exclusive: false}"


def faults_of(text):
    with pytest.raises(ScenarioError) as error:
        loads(text, shown="night.yml")
    return [str(fault) for fault in error.value.faults]


def line_of(text, words):
    return 1 + text.count("\n", 0, text.index(words))


def with_rights(station=STATION, open_platform=OPEN):
    """EVERYTHING, whose package `piecemeal` holds both deals, the station's written first."""
    return EVERYTHING.replace(STATION, station).replace(OPEN, open_platform)


def test_a_window_said_by_its_end_is_the_window_said_by_its_months():
    by_end = EVERYTHING
    for months, end in ((9, "2018-10"), (6, "2018-08"), (60, "2022-11")):
        assert by_end.count(f"months: {months}, exclusive") == 1
        by_end = by_end.replace(f"months: {months}, exclusive", f"end: {end}, exclusive")
    one, other = (simulate(loads(text)) for text in (EVERYTHING, by_end))
    assert one.outputs.keys() == other.outputs.keys()
    for name, output in one.outputs.items():
        np.testing.assert_array_equal(output.values, other.outputs[name].values, err_msg=name)


def test_a_clash_names_both_lines_the_media_the_place_and_the_first_month():
    text = with_rights(open_platform=OPEN.replace("[AVOD]", "[AVOD, free_tv]"))
    assert faults_of(text) == [
        f"night.yml:{line_of(text, '[AVOD, free_tv]')}: deals.open_platform.rights grants free_tv in HKG, TWN from 2018-02 "
        f"on, which deals.station (night.yml:{line_of(text, STATION)}) has exclusively; change the window, media or "
        "territories, or leave one of them out of the package piecemeal"
    ]


def test_whoever_comes_later_may_not_be_exclusive_where_another_is_already():
    text = with_rights(station=OPEN.replace("months: 60", "months: 2"), open_platform=OPEN.replace("false", "true"))
    (fault,) = faults_of(text)
    assert "grants AVOD in BRA, DEU, HKG and 2 more from 2017-11 on exclusively, which deals.station (" in fault
    assert ") has too; change" in fault


def test_a_holdback_blocks_its_media_only_as_long_as_it_lasts():
    held = "exclusive: true, holdbacks: [{media: [AVOD], territories: [HKG], months: %s}]}"
    later = OPEN.replace("2017-11", "2018-05")
    assert loads(with_rights(STATION.replace("exclusive: true}", held % 3), later))
    (fault,) = faults_of(with_rights(STATION.replace("exclusive: true}", held % 4), later))
    assert "grants AVOD in HKG from 2018-05 on, which deals.station (" in fault
    assert ") holds back; change" in fault


def test_deals_that_could_not_be_signed_together_do_not_clash():
    text = with_rights(open_platform=OPEN.replace("[AVOD]", "[AVOD, free_tv]"))
    assert loads(text.replace("deals: [station, open_platform]", "deals: [open_platform]"))


def test_a_clash_in_several_packages_is_told_once():
    text = with_rights(open_platform=OPEN.replace("[AVOD]", "[AVOD, free_tv]"))
    (fault,) = faults_of(text.replace("deals: [netflix]", "deals: [station, netflix, open_platform]"))
    assert fault.endswith("leave one of them out of the packages worldwide, piecemeal")


def test_the_flagships_packages_can_be_signed_and_all_its_deals_together_cannot():
    scenario = load(ROOT / "scenarios" / "day-and-night.yml")
    assert {claim.deal for claim in claims(scenario, scenario.deals)} == set(scenario.deals)
    every = yaml.safe_dump(list(scenario.deals), default_flow_style=True)
    with pytest.raises(ScenarioError) as error:
        load(ROOT / "scenarios" / "day-and-night.yml", {"packages.revenue_share.deals": every})
    clashes = [(fault.path, fault.message.partition(", which ")[0]) for fault in error.value.faults]
    assert ("deals.video_platform.rights", "grants SVOD in ABW, AFG, AGO and 198 more from 2017-12 on") in clashes
    assert ("deals.video_platform.rights", "grants AVOD in TWN from 2018-03 on") in clashes
    assert len(clashes) == 5  # Netflix and the four stations that have AVOD, each against the open platform


def test_an_exclusive_option_to_renew_keeps_others_off_until_it_lapses():
    option = "{clause: renewal, months: 4, escalation: 10%, look_back_months: 3, hours: 9}"
    fee = "{clause: flat_fee, amount: 5, schedule: {opening: 100%}}"
    text = with_rights(open_platform=OPEN.replace("AVOD", "free_tv").replace("start: 2017-11", "start: 2018-08"))
    loads(text)  # the station's window closes when the platform's opens
    renewing = text.replace(
        "      - {clause: distribution_fee, share: 30%}\n",
        f"      - {fee}\n      - {option}\n      - {{clause: distribution_fee, share: 30%}}\n",
    )
    assert renewing != text
    (told,) = faults_of(renewing)
    assert "deals.open_platform.rights grants free_tv in HKG, TWN from 2018-08 on, which deals.station" in told
    loads(renewing.replace("start: 2018-08", "start: 2018-12"))
    held = claims(loads(text.replace("share: 55%", "share: 50%")), ["station"])
    assert [claim.status for claim in held] == ["exclusive"]
