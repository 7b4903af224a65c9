"""The index in a real browser: found, sorted and shown as asked, without a request or an error."""

import os
from pathlib import Path

import pytest
from lab_for_tests import CHROMIUM, FLAGS
from reports_for_tests import FEE, ZONE, put

from simlib.present.batch.index import write_index

pytestmark = pytest.mark.browser
LACKING = [] if Path(CHROMIUM).exists() else [f"{CHROMIUM} is not there: apt-get install chromium"]
try:
    from playwright.sync_api import sync_playwright
except ImportError:
    LACKING.append("Playwright is not there: pip install playwright")
if LACKING and os.environ.get("SIMLIB_BROWSER") != "required":
    pytest.skip(f"NOT TRIED IN A BROWSER: {'; '.join(LACKING)}", allow_module_level=True)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """An index over a report that changed, one that failed and one that is as it was."""
    out = tmp_path_factory.mktemp("reports")
    for name, fee in (("Apricot", 1e6), ("Cherry", 3e6), ("Banana", 2e6)):
        figures = {"finding": "", "numbers": FEE, "picture": ZONE | {"mark": fee}}
        put(out, name.lower(), "20260101T000000Z-aaaaaaaa", scenario=name, figures=figures)
    put(out, "banana", "20260102T000000Z-bbbbbbbb", scenario="Banana", status="failed")
    put(out, "cherry", "20260103T000000Z-cccccccc", scenario="Cherry", numbers=FEE | {"Ask for": "USD 3 million"})
    return write_index(out)


@pytest.fixture
def page(index):
    if LACKING:
        pytest.fail("; ".join(LACKING))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page, heard = browser.new_page(), []
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("console", lambda message: heard.append(message.text))
        page.on("request", lambda request: heard.append(request.url) if not request.url.startswith("file:") else None)
        page.goto(index.as_uri())
        yield page
        assert heard == []
        browser.close()


def names(page):
    return [told.strip() for told in page.locator("li:visible h2").all_text_contents()]


def test_reports_are_found_shown_and_sorted_as_asked(page):
    assert names(page) == ["Banana", "Apricot", "Cherry"]
    page.fill("[name=sought]", "cherry 3 MILLION")
    assert names(page) == ["Cherry"]
    assert page.locator("output").inner_text() == "1 of 3"
    page.fill("[name=sought]", "")
    for only, seen in (("failed", ["Banana"]), ("changed", ["Cherry"]), ("all", ["Banana", "Apricot", "Cherry"])):
        page.select_option("[name=only]", only)
        assert names(page) == seen
    for order, seen in (
        ("name", ["Apricot", "Banana", "Cherry"]),
        ("newest", ["Cherry", "Banana", "Apricot"]),
        ("changed", ["Cherry", "Banana", "Apricot"]),
        ("first", ["Banana", "Apricot", "Cherry"]),
    ):
        page.select_option("[name=order]", order)
        assert names(page) == seen


def test_a_failure_leads_to_the_last_good_report(page, index):
    (index.parent / "banana" / "latest.html").write_text("<title>good</title>", encoding="utf-8")
    page.click("text=the last good one")
    assert page.title() == "good"


def test_no_row_is_cut_off_on_a_desk_or_a_phone(page):
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
