"""Who holds what, where and when, as a table, as lines of text, as a picture and in a sentence."""

from collections import Counter
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from scenarios_for_tests import EVERYTHING

from simlib.present import avails, captions, charts, tables
from simlib.present.where import called
from simlib.scenario.fields import TerritorySet
from simlib.scenario.load import load, loads
from simlib.scenario.quantity import months_between, months_later
from simlib.scenario.rights import MEDIA
from simlib.simulation.engine import simulate

FLAGSHIP = Path(__file__).parents[1] / "scenarios" / "day-and-night.yml"
CROWDED = (
    EVERYTHING.replace("deals: [station, open_platform]", "deals: [netflix, station, open_platform]")
    .replace(
        "[AVOD], territories: [world], start: 2017-11", "[AVOD, TVOD], territories: [USA, TWN, HKG], start: 2018-03"
    )
    .replace(
        "months: 6, exclusive: true}",
        "months: 6, exclusive: true, holdbacks: [{media: [pay_tv, theatrical], months: 3}, "
        "{media: [pay_tv], territories: [TWN, DEU], months: 9}]}",
    )
)


@pytest.fixture(scope="module")
def flagship():
    return load(FLAGSHIP)


@pytest.fixture(scope="module")
def crowded():
    return loads(CROWDED)


def cells(scenario, package):
    """How many months of a medium in a territory each deal takes in each way, and how many nobody takes: a slow loop."""
    taken, free = Counter(), 0
    ours = ["TWN", "HKG", "USA", "DEU", "BRA"]
    held = []
    for name in scenario.packages[package].deals:
        rights = scenario.deals[name].rights
        own = places_of(rights.territories, ours)
        held.append(
            (name, "exclusive" if rights.exclusive else "shared", rights.media, own, rights.start, rights.months)
        )
        for back in rights.holdbacks:
            there = places_of(back.territories, ours) if back.territories else own
            held.append((name, "held back", back.media, there, rights.start, back.months))
    last = max(months_later(start, months) for *_, start, months in held)
    length = max(scenario.horizon.periods, months_between(scenario.horizon.start, last))
    for medium, place, at in product(MEDIA, ours, range(length)):
        month = months_later(scenario.horizon.start, at)
        takers = [
            (name, status)
            for name, status, media, places, start, months in held
            if medium in media and place in places and start <= month < months_later(start, months)
        ]
        taken.update(takers)
        free += not takers
    return dict(taken), free


def places_of(chosen, ours):
    groups = {"home": ["TWN", "HKG"], "world": ours}
    named = {code for name in chosen.include for code in groups.get(name, [name])}
    return [code for code in ours if code in named - set(chosen.exclude)]


def test_the_table_holds_every_month_of_every_medium_and_territory_as_a_loop_counts_them(crowded):
    table = tables.avails(crowded, "piecemeal")
    media = table.media.str.split(", ").str.len()
    months = [months_between(*ends) + 1 for ends in zip(table.first_month, table.last_month, strict=True)]
    counted = table.assign(cells=media * table.territories * months)
    claims = counted[counted.status != "free"].groupby(["deal", "status"]).cells.sum().to_dict()
    taken, free = cells(crowded, "piecemeal")
    assert {"exclusive", "shared", "held back"} == {status for _, status in taken}
    assert claims == taken
    assert counted[counted.status == "free"].cells.sum() == free


@pytest.mark.parametrize("package", ["netflix_worldwide", "station_by_station", "revenue_share"])
def test_every_medium_stands_once_and_shares_out_all_territories(flagship, package):
    plots = tables.avails(flagship, package).drop_duplicates(["media", "where"])
    assert sorted(", ".join(plots.media.unique()).split(", ")) == sorted(MEDIA)
    assert set(plots.groupby("media").territories.sum()) == {201}


def test_claims_that_overlap_lie_in_lanes_of_their_own(crowded):
    for _, lane in tables.avails(crowded, "piecemeal").groupby(["media", "where", "lane"]):
        ordered = lane.sort_values("opens")
        held = ordered[ordered.status != "free"]
        assert (held.opens.to_numpy()[1:] >= held.closes.to_numpy()[:-1]).all()


def test_a_table_reaches_to_the_end_of_the_last_window_even_beyond_the_horizon(crowded):
    table = tables.avails(crowded, "piecemeal")
    assert (table.first_month.min(), table.last_month.max()) == ("2017-11", "2023-02")
    assert (table.opens.min(), table.closes.max()) == (2017 + 10 / 12, 2023 + 2 / 12)


@pytest.mark.parametrize(
    ("codes", "name"),
    [
        ("TWN", "Taiwan"),
        ("TWN HKG MAC SGP MYS", "Chinese Language"),
        ("TWN HKG MAC SGP", "Chinese Language but Malaysia"),
        ("SGP MYS", "Malaysia and Singapore"),
        ("USA CAN GRL BMU", "United States and Canada"),
        ("USA CAN GRL", "United States and Canada but Bermuda"),
        ("USA TWN NOR FRA", "United States and 3 more"),
    ],
)
def test_a_few_territories_are_called_by_a_short_name_that_is_true(flagship, codes, name):
    assert called(codes.split(), flagship) == name


def test_a_contracts_own_words_name_its_territories(flagship):
    spoken = TerritorySet(include=("SGP", "north_east_asia"))
    assert called(["JPN", "KOR", "SGP"], flagship, [spoken]) == "Singapore and North East Asia"
    assert called(["JPN", "SGP"], flagship, [spoken]) == "Japan and Singapore"


def test_the_world_is_not_called_whole_where_the_scenario_leaves_places_out(flagship, crowded):
    assert tables.avails(flagship, "netflix_worldwide")["where"].unique() == ["World but China and Syria"]
    table = tables.avails(crowded, "piecemeal")
    assert list(table[table.media == "SVOD"]["where"].unique()) == ["World but Germany", "Germany"]
    assert table.iloc[-1]["where"] == "All 5 territories"


def test_lines_of_text_say_who_has_what_and_what_is_free(crowded):
    lines = avails.text(tables.avails(crowded, "piecemeal")).splitlines()
    held = lines[lines.index("Pay TV") + 1 : lines.index("Theatrical")]
    assert lines[:2] == [
        "  where                                who            from     to                  free",
        "TVOD, AVOD",
    ]
    assert held == [
        "  Hong Kong                            Station        2018-02  2018-04  held back  to 2018-01, from 2018-05",
        "  Taiwan                               Station        2018-02  2018-04  held back  to 2018-01, from 2018-11",
        "                                       Station        2018-02  2018-10  held back",
        "  Germany                              Station        2018-02  2018-10  held back  to 2018-01, from 2018-11",
        "  Brazil and United States             –                                           throughout",
    ]


def drawn(table, width):
    root = ElementTree.fromstring(charts.svg(charts.avails(table, width=width)))
    return ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")]


def test_a_bar_too_short_for_its_label_has_it_behind_and_what_is_free_there_is_silent(crowded):
    said = drawn(tables.avails(crowded, "piecemeal"), charts.WIDE)
    assert "Station, February 2018 to July 2018" in said
    assert "free from August 2018" not in said
    assert "free from October 2018" in said  # after Netflix, whose name has room in its bar


def test_a_holder_whose_name_has_no_room_anywhere_is_cut_short(flagship):
    table = tables.avails(flagship, "station_by_station")
    assert "Singapore Malaysia Broadcaster" in drawn(table, charts.WIDE)
    assert "Singapore Malaysia Broadc…" in drawn(table, charts.NARROW)


def test_full_pale_and_dashed_bars_tell_the_ways_of_holding(crowded, flagship):
    assert "stroke-dasharray" in charts.svg(charts.avails(tables.avails(crowded, "piecemeal")))
    alone, shared = (
        charts.svg(charts.avails(tables.avails(flagship, package)))
        for package in ("netflix_worldwide", "revenue_share")
    )
    assert "var(--accent)" in alone
    assert "opacity: 0.3" in shared
    assert "opacity: 0.3" not in alone


def test_the_sentence_names_holder_media_and_the_last_month(flagship):
    outcome = simulate(flagship, draws=64)
    assert tables.rights(outcome).equals(tables.avails(flagship, "netflix_worldwide"))
    assert captions.rights(outcome) == (
        "Netflix, worldwide: Netflix has SVOD; the last window closes at the end of November 2022. Nobody has TVOD, AVOD, "
        "free TV, pay TV, theatrical, home video and airline. A full bar is exclusive; what is empty is free."
    )


def test_without_packages_there_is_nothing_to_show():
    text = EVERYTHING.partition("deals:")[0] + "discount_rates: {youku: 8%}\n"
    outcome = simulate(loads(text), draws=64)
    assert isinstance(tables.rights(outcome), pd.DataFrame)
    assert tables.rights(outcome).empty
    assert captions.rights(outcome) == ""


def test_places_that_differ_have_rows_of_their_own_even_where_neither_has_a_name():
    codes = ["FRA", "DEU", "BIH", "ARE", "TWN", "JPN", "USA", "BRA"]
    text = CROWDED.replace("[TWN, HKG, USA, DEU, BRA]", f"[{', '.join([*codes, 'HKG', 'ITA'])}]")
    text = text.replace("BRA: {normal: {mean: 800, sd: 50}}", "default: 3000").replace(
        "territories: [USA, TWN, HKG]", "territories: [FRA, TWN, USA, BIH]"
    )
    text = text.replace("[home], start: 2018-02", "[DEU, JPN, BRA, ARE], start: 2018-02").replace(
        "media: [free_tv]", "media: [TVOD, free_tv]"
    )
    table = tables.avails(loads(text), "piecemeal")
    plots = table[table.media == "TVOD"].drop_duplicates("where")
    assert dict(zip(plots["where"], plots.territories, strict=True)) == {
        "Brazil and 3 more": 4,
        "United States and 3 more": 4,
        "Hong Kong and Italy": 2,
    }
