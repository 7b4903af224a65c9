"""Figures compute nothing, cut nothing off, and can be read in any script, light or dark, wide or narrow."""

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.text import Text

from simlib.decide.difference import compared
from simlib.present import charts, tables
from simlib.present.charts.sheet import Sheet
from simlib.present.tables import versus
from simlib.scenario.load import load
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1]
FLAGSHIP = "scenarios/day-and-night.yml"
ODD = "白夜追凶 <b> & $x_1$ 'q' \"r\""


@pytest.fixture(scope="module")
def outcome():
    patch = pytest.MonkeyPatch()
    patch.chdir(ROOT)
    yield simulate(load(FLAGSHIP), draws=200)
    patch.undo()


@pytest.fixture(scope="module")
def given(outcome):
    """Each chart with the tables that it takes."""
    platform = simulate(load("scenarios/iqiyi.yml"), draws=200)
    return (
        of_one(outcome)
        | of_a_platform(platform)
        | of_two(compared(outcome, simulate(load(FLAGSHIP, {"title.completion": "80%"}), draws=200)))
    )


def of_a_platform(outcome):
    past = tables.past(outcome, "platform")
    return {
        charts.lines: (tables.lines(outcome), past, "CNY"),
        charts.totals: (tables.totals(outcome), past[past.series == "platform.revenue"], "CNY"),
        charts.chances: (tables.chances(outcome), tables.first_profit(outcome)),
        charts.paying: (tables.paying(outcome),),
        charts.both_chances: (versus.both_chances(compared(outcome, outcome)),),
    }


def of_two(comparison):
    currency = comparison.other.scenario.currency
    return {
        charts.zones: (versus.zones(comparison), currency),
        charts.moved: (versus.moved(comparison), currency),
        charts.both_worths: (versus.both_worths(comparison), currency),
        charts.both_fans: (versus.both_fans(comparison, "members"),),
    }


def of_one(outcome):
    currency = outcome.scenario.currency
    fans = tables.fans(outcome, "members")
    return {
        charts.box: (tables.losing(outcome),),
        charts.zone: (tables.negotiation(outcome), currency),
        charts.densities: (tables.densities(outcome), currency),
        charts.worth: (tables.worth(outcome),),
        charts.fan: (fans, tables.history(outcome)),
        charts.flows: (tables.flows(outcome),),
        charts.panels: (tables.fans(outcome, "paying_ratio"),),
        charts.waterfall: (tables.waterfall(outcome), currency),
        charts.yearly: (tables.yearly(outcome), currency),
        charts.places: (tables.places(outcome), currency),
        charts.tornado: (tables.tornado(outcome), currency),
        charts.avails: (tables.avails(outcome.scenario, "station_by_station"),),
        charts.break_even: (tables.curves(outcome), tables.break_even(outcome), currency),
    } | of_habits()


def of_habits():
    outcome = simulate(load("scenarios/payment-habit-china.yml"), draws=200)
    past = tables.history(outcome, "paid_half_year.CHN")
    return {
        charts.two_measures: (tables.measures(outcome, "CHN"), past),
        charts.standing: (tables.standing(outcome, "CHN"),),
    }


CHARTS = [chart for chart in vars(charts).values() if callable(chart) and chart.__name__ not in ("picture", "svg")]
each = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
widths = pytest.mark.parametrize("width", [charts.WIDE, charts.NARROW])


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield ".".join(node.module.split(".")[:2])


@pytest.mark.parametrize("path", sorted((ROOT / "simlib/present/charts").glob("*.py")), ids=lambda path: path.stem)
def test_charts_know_no_library_that_computes_and_no_outcome(path):
    allowed = {
        "__future__",
        "collections.abc",
        "functools",
        "html",
        "io",
        "numbers",
        "re",
        "textwrap",
        "typing",
        "urllib.parse",
        "warnings",
        "pandas",
        "simlib.present",
    }
    found = {module for module in imports(path) if not module.startswith("matplotlib")}
    assert found <= allowed
    assert "Outcome" not in path.read_text(encoding="utf-8")


@each
@widths
def test_no_text_is_cut_off(given, chart, width):
    assert_whole(chart(*given[chart], width=width), width)


@widths
def test_no_text_of_a_platforms_profit_and_of_what_drives_it_is_cut_off(width):
    outcome = simulate(load("scenarios/iqiyi.yml"), draws=400)
    assert_whole(charts.tornado(tables.tornado(outcome), "CNY", width=width), width)
    paths, past = tables.a_year(outcome, "platform.profit"), tables.past(outcome, "platform.profit")
    assert_whole(charts.fan(paths, past, width=width), width)


@widths
def test_no_text_of_a_platform_told_by_quarter_is_cut_off_and_its_fans_have_a_quarter_of_the_width(width):
    outcome = simulate(load("scenarios/netflix-2017q3.yml"), draws=200)
    past = tables.past(outcome, "platform")
    revenue = past[past.series == "platform.revenue"]
    drawn = [
        charts.lines(tables.lines(outcome), past, "USD", width=width),
        charts.totals(tables.totals(outcome), revenue, "USD", width=width),
        charts.flows(tables.flows(outcome), width=width),
    ]
    for name in ("profit", "net_income"):
        own = past[past.series == f"platform.{name}"]
        drawn.append(charts.fan(tables.a_year(outcome, f"platform.{name}"), own, width=width))
    for figure in drawn:
        assert_whole(figure, width)
        lows, highs = zip(*(panel.get_xlim() for panel in figure.panels), strict=True)
        assert set(highs) == {2017.75}
        assert all((2017.75 - 2017.0) / (2017.75 - low) >= 0.24 for low in lows)
        dots = [x for line in figure.findobj(Line2D) if line.get_marker() == "o" for x in line.get_xdata()]
        assert all(max(lows) <= x <= 2017.75 for x in dots)


def test_less_than_two_years_are_told_by_month():
    outcome = simulate(load("scenarios/netflix-2017q3.yml"), draws=50)
    drawn = charts.svg(charts.flows(tables.flows(outcome)))
    for said in ("Jan 2017", "Apr 2017", "Jul 2017", "Oct 2017"):
        assert f">{said}<" in drawn
    assert ">2017<" not in drawn


def assert_whole(figure, width):
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    drawn = {
        element.text for element in ElementTree.fromstring(charts.svg(figure)).iter() if element.tag.endswith("text")
    }
    boxes = {
        text.get_text(): text.get_window_extent(renderer) for text in figure.findobj(Text) if text.get_text() in drawn
    }
    assert len(boxes) > 5
    assert {said: box for said, box in boxes.items() if box.x0 < -1 or box.x1 > width + 1 or box.y0 < -1} == {}


@each
@widths
def test_a_figure_is_whole_xml_that_refers_to_nothing_outside(given, chart, width):
    drawn = charts.svg(chart(*given[chart], width=width))
    root = ElementTree.fromstring(drawn)
    assert root.get("width") == str(width)
    for element in root.iter():
        for key, value in element.attrib.items():
            assert not key.endswith("href") or value.startswith("#")
            assert "http" not in value
    assert "<text" in drawn
    assert "var(--ink)" in drawn
    assert "prefers-color-scheme:dark" in drawn


@each
def test_a_figure_is_drawn_with_the_same_bytes_again(given, chart):
    tables_ = given[chart]
    assert charts.svg(chart(*tables_, width=charts.WIDE)) == charts.svg(chart(*tables_, width=charts.WIDE))


def boxes_of(figure):
    """Where each text of a figure stands, in pixels."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    return {text.get_text(): text.get_window_extent(renderer) for text in figure.findobj(Text) if text.get_text()}


@widths
@pytest.mark.parametrize("apart", [0.0, 0.02, 0.5])
def test_those_who_join_and_leave_are_told_apart_however_near_their_lines_end(outcome, width, apart):
    paths = tables.flows(outcome)
    top = paths.p50.max()
    near = paths.assign(p10=top, p50=[top * (1 - apart * (name == "churned")) for name in paths.series], p90=top)
    boxes = boxes_of(charts.flows(near, width=width))
    join, leave = (next(box for said, box in boxes.items() if said.startswith(word)) for word in ("join", "leave"))
    assert not join.overlaps(leave)


@widths
def test_no_hill_reaches_the_name_above_it(outcome, width):
    curves = tables.densities(outcome)
    figure = charts.densities(curves.assign(density=1.0), "USD", width=width)  # as high as a hill gets, from end to end
    boxes, place = boxes_of(figure), figure.panels[0].place("data", "data")
    for row, label in enumerate(reversed(list(dict.fromkeys(curves.label)))):
        peak = place.transform((0, row + charts.deal.HILL))[1]
        assert boxes[label].y0 > peak
        assert boxes[label].y1 < place.transform((0, row + 1))[1]


@widths
@pytest.mark.parametrize("packages", [2, 5])
def test_several_packages_stand_side_by_side_and_none_is_cut_off(outcome, width, packages):
    table = tables.worth(outcome)
    one = table[table.package == table.package.iloc[0]]
    label = "A package of a rather long name, worldwide"
    many = pd.concat([one.assign(package=f"p{number}", label=label) for number in range(packages)])
    figure = charts.worth(many, width=width)
    assert_whole(figure, width)
    assert len(figure.panels) == packages


def test_an_answer_near_the_end_of_its_axis_is_told_within_the_picture(outcome):
    curves, roots = tables.curves(outcome), tables.break_even(outcome)
    ends = curves.groupby("question").term.max()
    far = roots.assign(value=[0.97 * ends[name] for name in roots.question], unit="CNY per subscriber month")
    for shifted in (far, far.assign(value=far.value / 1.9)):
        assert_whole(charts.break_even(curves, shifted, "USD", width=charts.NARROW), charts.NARROW)


@widths
def test_inputs_that_differ_in_their_month_alone_are_told_apart(outcome, width):
    bars = pd.concat([tables.tornado(outcome).head(1)] * 2)
    months = [f"Platform: marketing as a share of revenue at last, January {year}" for year in (2018, 2020)]
    figure = charts.tornado(bars.assign(label=months), "USD", width=width)
    assert_whole(figure, width)
    labels = [said for said in boxes_of(figure) if said.startswith("Platform:")]
    assert [label[-4:] for label in labels] == ["2018", "2020"]


def test_only_the_recommended_package_has_the_accent(outcome):
    curves = tables.densities(outcome)
    plain = curves.assign(recommended=False)
    assert "var(--accent)" in charts.svg(charts.densities(curves, "USD"))
    assert "var(--accent)" not in charts.svg(charts.densities(plain, "USD"))


def test_a_label_in_any_script_with_any_sign_stands_as_it_is_written(outcome):
    drawn = charts.svg(charts.densities(tables.densities(outcome).assign(label=ODD), "USD"))
    assert ODD in {"".join(element.itertext()) for element in ElementTree.fromstring(drawn).iter()}


def test_numbers_in_the_text_of_a_figure_keep_their_digits(outcome):
    places = tables.places(outcome).assign(share=0.0123)
    assert "1.2\u202f%" in charts.svg(charts.places(places, "USD"))
    places = places.assign(share=0.000123)
    assert "0.012\u202f%" in charts.svg(charts.places(places, "USD"))


def test_a_picture_has_alternative_text_and_a_narrow_version(given):
    picture = charts.picture(charts.zone, *given[charts.zone], alt='floor & "ceiling"')
    assert 'alt="floor &amp; &quot;ceiling&quot;"' in picture
    links = re.findall(r'(?:src|srcset)="([^"]*)"', picture)
    assert len(links) == 2
    assert links[0] != links[1]
    assert all(link.startswith("data:image/svg+xml,") and not re.search(r"[\s<>#]", link) for link in links)


def test_where_no_fee_suits_both_the_zone_says_so(outcome):
    fees = tables.negotiation(outcome).set_index("item")
    fees.loc["floor", "fee"], fees.loc["ceiling", "fee"] = fees.fee["ceiling"], fees.fee["floor"]
    fees = fees.assign(exists=False).reset_index()
    assert "no fee suits both" in charts.svg(charts.zone(fees, "USD"))
    assert "no fee" in charts.svg(charts.zone(fees, "USD", width=charts.NARROW))


def test_losses_are_drawn_below_zero():
    steps = pd.DataFrame(
        {
            "step": ["Member payment", "Costs", "A keeps", "B keeps"],
            "kind": ["receipts", "cost", "licensor", "licensee"],
        }
        | {"amount": [10.0, -30.0, -5.0, 25.0], "start": [0.0, 10.0, -20.0, -25.0], "end": [10.0, -20.0, -25.0, 0.0]}
    )
    figure = charts.waterfall(steps, "USD")
    assert figure.panels[0].get_xlim()[0] == -25


def test_a_panel_whose_limits_were_not_set_is_refused():
    figure = Sheet(100, 100)
    figure.panel(0, 0, 0, 0).set_xlim(0, 1)
    with pytest.raises(ValueError, match="set the limits of each panel"):
        charts.svg(figure)


@pytest.mark.parametrize("ends", [(0.0, float("nan")), (float("nan"), 1.0), (0.0, float("inf"))])
def test_limits_that_are_not_finite_are_refused(ends):
    panel = Sheet(100, 100).panel(0, 0, 0, 0)
    for limits in (panel.set_xlim, panel.set_ylim):
        with pytest.raises(ValueError, match="must be finite; found"):
            limits(*ends)


@pytest.mark.parametrize("value", [2017.0, 0.0, -3.0])
def test_where_all_values_are_one_it_lies_in_the_middle(value):
    panel = Sheet(100, 100).panel(0, 0, 0, 0)
    panel.set_xlim(value, value)
    panel.set_ylim(value, value)
    assert panel.place("data", "data").transform((value, value)) == pytest.approx((50, 50))


def test_a_gap_in_a_fan_is_a_gap_in_its_bands(outcome):
    paths, past = tables.fans(outcome, "members"), tables.history(outcome, "members")
    paths = paths.reset_index(drop=True)
    paths.loc[10:12, ["p10", "p25", "p50", "p75", "p90"]] = float("nan")
    figure = charts.fan(paths, past[past.known.astype(bool)])
    shapes = [artist.get_xy() for artist in figure.findobj(Polygon) if artist.get_clip_box() is figure.panels[0].bbox]
    assert len(shapes) == 4  # two bands, each before the gap and after it
    gap = paths["at"].iloc[10:13]
    assert not any(gap.between(shape[:, 0].min(), shape[:, 0].max()).any() for shape in shapes)
    assert all(np.isfinite(shape).all() for shape in shapes)
