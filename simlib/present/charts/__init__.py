"""Figures that compute nothing: each takes tables and a width in pixels, and returns a matplotlib Figure."""

from simlib.present.charts.box import box
from simlib.present.charts.canvas import NARROW, WIDE, picture, svg
from simlib.present.charts.deal import densities, tornado, zone
from simlib.present.charts.growth import fan, flows, panels
from simlib.present.charts.habits import standing, two_measures
from simlib.present.charts.money import places, waterfall, yearly
from simlib.present.charts.platform import chances, lines, paying, totals
from simlib.present.charts.rights import avails
from simlib.present.charts.solved import break_even
from simlib.present.charts.versus import both_chances, both_fans, both_worths, moved, zones
from simlib.present.charts.worth import worth

__all__ = [
    "NARROW",
    "WIDE",
    "avails",
    "both_chances",
    "both_fans",
    "both_worths",
    "box",
    "break_even",
    "chances",
    "densities",
    "fan",
    "flows",
    "lines",
    "moved",
    "panels",
    "paying",
    "picture",
    "places",
    "standing",
    "svg",
    "tornado",
    "totals",
    "two_measures",
    "waterfall",
    "worth",
    "yearly",
    "zone",
    "zones",
]
