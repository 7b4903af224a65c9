"""JupyterLab in a real browser, as a strategist meets it: the start page, the explorer, a scenario saved, its report."""

import os
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from lab_for_tests import CHROMIUM, CUT_OFF, FLAGS, HARD_TO_READ, PATIENCE, ROOT, Watched, served

from simlib.scenario.load import load

pytestmark = pytest.mark.browser
LACKING = [] if Path(CHROMIUM).exists() else [f"{CHROMIUM} is not there: apt-get install chromium"]
try:
    from playwright.sync_api import sync_playwright
except ImportError:
    LACKING.append("Playwright is not there: pip install playwright")
if LACKING and os.environ.get("SIMLIB_BROWSER") != "required":
    pytest.skip(f"NOT TRIED IN A BROWSER: {'; '.join(LACKING)}", allow_module_level=True)

SHORT = "name: iQIYI in short\nextends: iqiyi.yml\nsimulation: {draws: 400, seed: 1}\n"

# The classes of what has the focus and of the boxes around it, up to the desk; none where it is not in the desk
FOCUS = """
() => {
  const boxes = [];
  for (let at = document.activeElement; at; at = at.parentElement) {
    if (at.matches('.simlib-desk')) return boxes.flatMap(box => [...box.classList]);
    boxes.push(at);
  }
  return [];
}
"""


# One server, one page, one afternoon: the tests follow one another as a strategist's steps do.


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with served(tmp_path_factory.mktemp("lab")) as lab:
        (lab.root / "scenarios" / "iqiyi-in-short.yml").write_text(SHORT)
        yield lab


@pytest.fixture(scope="module")
def watched(lab):
    """A page that has been opened on the start page and run."""
    if LACKING:
        pytest.fail("; ".join(LACKING))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        watched = Watched(browser)
        watched.open(lab, "start_here.ipynb")
        watched.run_all()
        watched.page.locator(".simlib-front").wait_for()
        yield watched
        browser.close()


@pytest.fixture
def page(watched):
    return watched.page


@pytest.fixture(scope="module")
def desk(watched, lab):
    """The explorer, reached from the start page and run with no edits."""
    page = watched.page
    watched.picture("start")
    page.get_by_role("link", name="The explorer").click()
    watched.kernel(lab, "explore.ipynb")
    watched.run_all()
    desk = page.locator(".simlib-desk")
    desk.locator(".desk-pictures svg").first.wait_for()
    return desk


def test_the_start_page_lists_every_scenario_with_what_it_asks_its_check_and_its_report(page, lab):
    rows = page.locator(".simlib-front tbody tr")
    assert rows.count() == len(list((lab.root / "scenarios").glob("*.yml")))
    row = rows.filter(has=page.get_by_role("link", name="iQIYI", exact=True))
    assert re.search("when does it break even.*✓ good.*none yet", row.inner_text(), re.DOTALL)


def test_it_listens_to_this_machine_only_and_wants_its_token(lab, page):
    assert lab.url.startswith("http://127.0.0.1:")
    assert len(lab.token) == 48
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{lab.url}api/contents")


def test_its_links_open_a_scenario_as_text_and_the_language_as_a_page(page, watched):
    page.locator(".simlib-front").get_by_role("link", name="iQIYI", exact=True).click()
    page.locator(".jp-FileEditor").get_by_text("iQIYI earned 17.4 billion CNY").wait_for()
    watched.tab("start_here.ipynb")
    page.get_by_role("link", name="docs/scenario.md").click()
    page.locator(".jp-MarkdownViewer").get_by_role("heading", name="The language of scenarios").wait_for()
    watched.tab("start_here.ipynb")


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_the_start_page_can_be_read_in_either_theme_on_a_laptop_and_on_a_wide_screen(
    page, watched, theme, width, height
):
    watched.theme(theme)
    page.set_viewport_size({"width": width, "height": height})
    front = page.locator(".simlib-front")
    assert front.evaluate(HARD_TO_READ) == []
    assert front.evaluate(CUT_OFF) == []
    watched.picture(f"start-{theme[11:].lower()}-{width}")


def shown(desk):
    """What the desk shows: its key figures in words, and its pictures."""
    return desk.locator(".desk-figures").inner_text(), desk.locator(".desk-pictures").inner_html()


def until(page, told):
    """Wait until something is so."""
    for _ in range(20 * PATIENCE):
        if told():
            return
        page.wait_for_timeout(50)
    pytest.fail("it does not come about")


def rest(desk):
    """Wait until every draw has been taken."""
    desk.locator(".desk-status [data-state=rest]").wait_for()


def view(desk, name):
    """Turn to one of the desk's views."""
    desk.locator(".desk-tab").get_by_text(name).click()


def spoken(desk):
    """What a screen reader says of the first lever: its name and its value."""
    handle = desk.locator(".desk-control [role=slider]").first
    return [handle.get_attribute(name) for name in ("aria-label", "aria-valuetext")]


def move(desk):
    """Move the first lever by keyboard, and wait until the figures and the pictures have followed."""
    view(desk, "Results")
    figures, pictures = shown(desk)
    slider = desk.locator(".desk-control [role=slider]").first
    slider.focus()
    slider.press("ArrowRight")
    until(desk.page, lambda: shown(desk)[0] != figures and shown(desk)[1] != pictures)


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
def test_the_desk_can_be_read_in_either_theme_on_a_laptop_and_on_a_wide_screen(desk, watched, theme, width, height):
    watched.theme(theme)
    desk.page.set_viewport_size({"width": width, "height": height})
    watched.picture(f"desk-{theme[11:].lower()}-{width}")
    assert desk.evaluate(HARD_TO_READ) == []
    assert desk.evaluate(CUT_OFF) == []


def test_the_desk_says_which_fee_leaves_the_licensor_no_better_off(desk, watched):
    view(desk, "Ask backwards")
    desk.locator(".desk-solve").click()
    desk.locator(".desk-answer").wait_for()
    watched.picture("desk-asked")
    assert re.search(r"USD.\d+.*per episode", desk.locator(".desk-answer").inner_text())
    view(desk, "Results")


def test_a_slider_moves_the_key_figures_and_the_pictures_and_undo_moves_them_back(desk, watched):
    desk.locator(".desk-scenario select").select_option(label="iQIYI in short")
    until(desk.page, lambda: "profit" in shown(desk)[0].lower())
    rest(desk)
    desk.page.set_viewport_size({"width": 1280, "height": 800})
    before, seen = shown(desk)[0], [spoken(desk)]
    move(desk)
    body = desk.locator(".desk-body").bounding_box()
    rest(desk)
    after = shown(desk)[0]
    assert desk.locator(".desk-body").bounding_box() == body  # a longer status line moves nothing below it
    seen.append(spoken(desk))
    view(desk, "Changes")
    button = desk.locator(".desk-reset-one").first
    assert button.inner_text() == "Reset"
    assert button.evaluate("button => button.scrollWidth <= button.clientWidth")
    view(desk, "Results")
    watched.picture("desk-moved")
    desk.locator(".desk-undo").click()
    until(desk.page, lambda: shown(desk)[0] == before)
    assert desk.locator(".desk-undo").is_disabled()
    assert after != before
    (label, was), (same, now) = seen
    control = desk.locator(".desk-control").first
    assert label == same == control.locator(".widget-label").first.inner_text()
    assert was != now
    assert was == " ".join(
        [control.locator(".widget-readout").first.inner_text(), *control.locator(".desk-unit").all_inner_texts()]
    )


def test_every_control_is_reached_and_left_by_the_keyboard_alone(desk):
    move(desk)
    keyboard, reached, here, steps = desk.page.keyboard, set(), set(), 0
    desk.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").last.focus()
    while here or not reached:
        reached, steps = reached | here, steps + 1
        assert steps < 200, "Tab never leaves the desk"
        keyboard.press("Tab")
        here = set(desk.page.evaluate(FOCUS))
    assert {f"desk-{name}" for name in ("scenario", "undo", "reset", "search", "heading", "control", "tab")} <= reached
    keyboard.press("Shift+Tab")
    while "desk-undo" not in desk.page.evaluate(FOCUS):
        keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    until(desk.page, desk.locator(".desk-undo").is_disabled)


def test_what_is_tweaked_is_saved_as_a_scenario_that_extends_the_one_on_the_desk(desk, lab, watched):
    move(desk)
    view(desk, "Save and report")
    desk.locator(".desk-save-name input").fill("A dearer year")
    desk.locator(".desk-save").click()
    desk.locator(".desk-yaml pre").wait_for()
    watched.picture("desk-saved")
    file = lab.root / "scenarios" / "a-dearer-year.yml"
    assert desk.locator(".desk-yaml pre").inner_text().strip() == file.read_text().strip()
    scenario = load(file)
    assert scenario.name == "A dearer year"
    assert "extends: iqiyi-in-short.yml" in file.read_text()


def test_a_report_is_made_from_the_desk_and_opens_whatever_scenario_is_there_by_then(desk, lab, watched):
    view(desk, "Save and report")
    desk.locator(".desk-report").click()
    desk.locator(".desk-reported progress").wait_for()
    chooser = desk.locator(".desk-scenario select")
    for _ in range(2):  # what is tweaked is left behind when it is chosen once more
        chooser.select_option(label="China learns to pay")
        desk.page.wait_for_timeout(200)
    until(desk.page, lambda: "China" in shown(desk)[0])
    with watched.page.expect_popup() as popup:
        desk.locator(".desk-reported a").click()
    report = watched.also(popup.value)
    report.get_by_role("heading", name="A dearer year", level=1).wait_for()
    watched.picture("report", report)
    report.close()
    assert len(list((lab.root / "reports" / "a-dearer-year").glob("*/report.html"))) == 1


def test_the_start_page_then_knows_the_new_scenario_and_that_its_report_is_up_to_date(page, watched):
    watched.tab("start_here.ipynb")
    watched.run_all()
    row = page.locator(".simlib-front tbody tr", has_text="A dearer year")
    row.wait_for()
    assert "up to date" in row.inner_text()
    row.get_by_role("link").last.click()
    report = page.frame_locator(".jp-HTMLViewer iframe")
    report.get_by_role("heading", name="A dearer year", level=1).wait_for()
    watched.picture("report-in-jupyterlab")


def test_the_two_notebooks_were_only_run_and_so_are_saved_as_they_were(page, watched, lab):
    for name in ("start_here.ipynb", "explore.ipynb"):
        watched.tab(name)
        saved = lab.root / "notebooks" / name
        before = saved.stat().st_mtime_ns
        page.get_by_role("menuitem", name="File", exact=True).click()
        page.locator(".lm-Menu [data-command='docmanager:save']").click()
        until(page, lambda saved=saved, before=before: saved.stat().st_mtime_ns != before and saved.read_bytes())
        page.wait_for_timeout(200)  # it is written in place
        assert saved.read_bytes() == (ROOT / "notebooks" / name).read_bytes()


def test_nothing_leaves_this_machine_and_no_page_complains(watched, lab):
    for wanted in ("news", "update"):  # even where the user's own settings ask for them
        assert watched.page.request.get(f"{lab.url}lab/api/{wanted}").ok
    assert watched.asked
    assert {url.split("/")[2] for url in watched.asked if not url.startswith(("blob:", "data:"))} == {
        lab.url.split("/")[2]
    }
    assert watched.complaints == []
    assert lab.left == []
