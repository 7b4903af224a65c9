"""JupyterLab in a real browser, as a strategist meets it: the start page, the explorer, a report."""

import os
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from lab_for_tests import CHROMIUM, FLAGS, Watched, served

pytestmark = pytest.mark.browser
LACKING = [] if Path(CHROMIUM).exists() else [f"{CHROMIUM} is not there: apt-get install chromium"]
try:
    from playwright.sync_api import sync_playwright
except ImportError:
    LACKING.append("Playwright is not there: pip install playwright")
if LACKING and os.environ.get("SIMLIB_BROWSER") != "required":
    pytest.skip(f"NOT TRIED IN A BROWSER: {'; '.join(LACKING)}", allow_module_level=True)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with served(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="module")
def watched(lab):
    """A page on the start page, which has been run. The tests share it, as an afternoon's work does."""
    if LACKING:
        pytest.fail("; ".join(LACKING))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        watched = Watched(browser)
        watched.open(lab, "start_here.ipynb")
        watched.run_all()
        yield watched
        browser.close()


@pytest.fixture
def page(watched):
    return watched.page


def test_the_start_page_lists_every_scenario_with_what_it_asks_its_check_and_its_report(page, lab):
    rows = page.locator(".simlib-front tbody tr")
    rows.first.wait_for()
    assert rows.count() == len(list((lab.root / "scenarios").glob("*.yml")))
    row = rows.filter(has=page.get_by_role("link", name="iQIYI", exact=True))
    assert re.search("when does it break even.*✓ good.*none yet", row.inner_text(), re.DOTALL)
    page.screenshot(path="/tmp/lab/t1.png")


def test_it_listens_to_this_machine_only_and_wants_its_token(lab, page):
    assert lab.url.startswith("http://127.0.0.1:")
    assert len(lab.token) == 48
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{lab.url}api/contents")


def test_nothing_leaves_this_machine_and_no_page_complains(watched, lab):
    assert watched.asked
    assert {url.split("/")[2] for url in watched.asked if not url.startswith(("blob:", "data:"))} == {
        lab.url.split("/")[2]
    }
    assert watched.complaints == []
    assert lab.left == []
