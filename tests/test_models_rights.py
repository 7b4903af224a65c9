"""Two rights clash, or a right is free, exactly where a loop over every month, medium and territory says so."""

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlib.models.rights import Claim, conflicts, free, gaps

MEDIA, PLACES, MONTHS = ("SVOD", "AVOD", "free_tv"), ("TWN", "JPN", "USA"), range(-3, 12)


def claim(deal="a", status="exclusive", media=("SVOD",), places=("TWN",), first=0, last=12):
    return Claim(deal, f"holder_of_{deal}", status, frozenset(media), frozenset(places), first, last)


def windows():
    ends = st.tuples(st.sampled_from(MONTHS), st.sampled_from(MONTHS))
    return ends.filter(lambda pair: pair[0] != pair[1]).map(sorted)


def some_of(names):
    return st.lists(st.sampled_from(names), min_size=1, unique=True)


claims = st.lists(
    st.builds(
        lambda deal, status, media, places, window: claim(deal, status, media, places, *window),
        st.sampled_from("abc"),
        st.sampled_from(["exclusive", "shared", "held back"]),
        some_of(MEDIA),
        some_of(PLACES),
        windows(),
    ),
    max_size=6,
)


def takes(one, medium, place, month):
    return medium in one.media and place in one.territories and one.first <= month < one.last


def may_stand_together(one, two):
    """The words of the trade: whoever is exclusive is alone, what is held back nobody else has."""
    if one.holder == two.holder:
        return True
    for mine, other in ((one, two), (two, one)):
        if mine.status == "exclusive" and other.status in ("exclusive", "shared"):
            return False
        if mine.status == "held back" and other.status != "held back":
            return False
    return True


@given(claims)
def test_what_clashes_is_what_a_loop_over_months_media_and_territories_finds(given_claims):
    expected = []
    for one, two in combinations(given_claims, 2):
        cells = [
            (medium, place, month)
            for medium, place, month in product(MEDIA, PLACES, MONTHS)
            if takes(one, medium, place, month) and takes(two, medium, place, month)
        ]
        if cells and not may_stand_together(one, two):
            media, places, months = map(frozenset, zip(*cells, strict=True))
            expected.append((one, two, media, places, min(months)))
    assert [tuple(clash) for clash in conflicts(given_claims)] == expected


@given(claims, windows())
def test_what_is_free_is_what_no_claim_takes_in_any_month(given_claims, window):
    first, last = window
    found = free(given_claims, MEDIA, PLACES, first, last)
    for medium, place in product(MEDIA, PLACES):
        months = [month for opens, closes in found[medium, place] for month in range(opens, closes)]
        taken = {month for month in MONTHS for one in given_claims if takes(one, medium, place, month)}
        assert months == [month for month in range(first, last) if month not in taken]


@given(st.lists(windows()), windows())
def test_spans_that_are_left_are_in_order_and_do_not_touch(spans, window):
    left = gaps(spans, *window)
    edges = [edge for span in left for edge in span]
    assert edges == sorted(set(edges))


def test_a_window_that_ends_in_the_month_in_which_another_begins_does_not_meet_it():
    assert list(conflicts([claim("a", last=6), claim("b", first=6)])) == []
    assert [clash.first for clash in conflicts([claim("a", last=7), claim("b", first=6)])] == [6]


@pytest.mark.parametrize(
    ("statuses", "clashes"),
    [
        (("exclusive", "exclusive"), True),
        (("exclusive", "shared"), True),
        (("shared", "shared"), False),
        (("held back", "exclusive"), True),
        (("held back", "shared"), True),
        (("held back", "held back"), False),
    ],
)
def test_whoever_is_exclusive_is_alone_and_what_is_held_back_nobody_else_has(statuses, clashes):
    one, two = (claim(deal, status) for deal, status in zip("ab", statuses, strict=True))
    assert bool(list(conflicts([one, two]))) == bool(list(conflicts([two, one]))) == clashes


def test_a_deal_does_not_clash_with_itself():
    assert list(conflicts([claim("a"), claim("a", "held back")])) == []
