"""Pages that are made from the code say what the code says."""

import re
import runpy
import textwrap
from datetime import date
from pathlib import Path

import pytest

from simlib.scenario.load import loads
from simlib.simulation.engine import simulate

ROOT = Path(__file__).parents[1]
GENERATED = runpy.run_path(str(ROOT / "tools" / "write_docs.py"))["texts"]()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_a_generated_page_is_what_make_docs_would_write(path):
    assert path.read_text(encoding="utf-8") == GENERATED[path], "run `make docs`"


SHIPPED = (  # a user's own may be there too
    "buy-coproduce-original.yml",
    "day-and-night.yml",
    "empresses-in-the-palace.yml",
    "habit-and-profit.yml",
    "payment-habit-china.yml",
    "station-network-export.yml",
    "bases/china-2015.yml",
    "bases/china-habits.yml",
    "bases/china-habits-2016h1.yml",
    "bases/china-habits-2017.yml",
    "bases/china-habits-2018q1.yml",
    "bases/netflix-2016q3.yml",
    "bases/netflix-2017.yml",
    "bases/paying-habits.yml",
    "bases/world-2017.yml",
)


@pytest.mark.parametrize("scenario", [ROOT / "scenarios" / name for name in SHIPPED], ids=lambda path: path.name)
def test_every_scenario_names_the_schema_for_editors(scenario):
    first = scenario.read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named
    assert (scenario.parent / named[1]).resolve() == ROOT / "docs" / "scenario.schema.json"


def test_every_page_that_the_readme_points_to_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_example_of_a_whole_scenario_is_one():
    page = (ROOT / "docs" / "scenario.md").read_text(encoding="utf-8")
    text = page[page.index("    name: Members of one platform") :].split("\n\n")[0]
    outcome = simulate(loads(textwrap.dedent(text)), draws=64)
    assert outcome["members"].min() > 100_000


PAGES = ("*.md", "docs/*.md", "simlib/data/*.md", "tests/data/*.md", "reports/README.md", "notebooks/*.ipynb")
TOLD = [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))] + [
    ROOT / "scenarios" / name for name in SHIPPED
]
UNFINISHED = re.compile(
    r"\b(TODO|TBD|TBC|FIXME|XXX+|lorem|ipsum|placeholder|coming soon|to be (written|done|added|decided))\b",
    re.IGNORECASE,
)
DAY = re.compile(r"\b(20\d\d-[01]\d-[0-3]\d)\b")


def unfinished(text, today):
    """What a document says that stands for something else: words of a draft, and days that are still to come."""
    return [found[0] for found in UNFINISHED.finditer(text)] + [day for day in DAY.findall(text) if day > today]


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.name)
def test_no_document_holds_words_of_a_draft_or_days_to_come(path):
    assert unfinished(path.read_text(encoding="utf-8"), f"{date.today():%Y-%m-%d}") == []


def test_words_of_a_draft_and_days_to_come_are_found():
    text = "Measured on 2017-12-01: tbd, lorem ipsum. The figures of 2018-01-01 are to be added; see xxx."
    assert unfinished(text, "2017-12-01") == ["tbd", "lorem", "ipsum", "to be added", "xxx", "2018-01-01"]
