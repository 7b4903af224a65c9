"""A statement of account as its party gets it: rows, text, workbook; the ledger by party and year in the report."""

import csv
import io
import re
import zipfile
from collections import Counter, defaultdict
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from accounts_for_tests import BY_HEAD, RICH
from test_simulation_statement import receipts_of_a_hundred

from simlib import cli
from simlib.present import captions, charts, page, sheet, statement, tables, words, workbook
from simlib.present.findings import findings
from simlib.scenario.load import loads
from simlib.simulation import engine
from simlib.simulation.engine import simulate
from simlib.simulation.statement import statement as stated

SHEET = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


@pytest.fixture(scope="module")
def rich():
    """Only the package with every account, so that it is the one to sign."""
    text = RICH.replace("  worldwide: {label: Worldwide, deals: [netflix]}\n", "")
    return simulate(loads(re.sub(r"negotiation: .*\n", "", text)), draws=60)


@pytest.fixture(scope="module")
def found(rich):
    return stated(rich, "together", "mean")


@pytest.fixture
def by_head(monkeypatch):
    monkeypatch.setattr(engine, "by_viewing", receipts_of_a_hundred)
    return simulate(loads(BY_HEAD))


# Rows


def test_everyone_who_signs_or_shares_has_an_account_the_licensor_first(rich, found):
    own = ["station", "airline", "distributor", "network", "open_platform", "bank", "agent", "director"]
    assert statement.parties(rich, found)[:7] == ("youku", *own[:6])
    assert set(statement.parties(rich, found)) == {"youku", *own}


def test_what_the_parties_and_the_outside_world_receive_sums_to_zero(rich, found):
    parties = (*statement.parties(rich, found), "audience", "suppliers")
    received = sum(statement.rows(found, party).cash.sum() for party in parties)
    tax = statement.rows(found).tax.sum()
    assert received + tax == pytest.approx(0, abs=1e-9 * tax)


def test_the_cash_of_a_statement_by_year_is_the_table_of_cash(rich, found):
    expected = tables.cash(rich).set_index(["party", "year"]).cash
    for party in statement.parties(rich, found):
        rows = statement.rows(found, party)
        rows = rows[rows.period != ""]
        for year, cash in rows.groupby(rows.period.str[:4].astype(int)).cash.sum().items():
            assert cash == pytest.approx(expected[party, year], abs=1e-6)


def test_an_advance_is_told_to_both_who_signed_it_and_to_nobody_else(rich, found):
    told = {
        party: {row.deals for row in statement.balances(rich, found, party)} for party in statement.parties(rich, found)
    }
    pool = ("station", "hong_kong")
    assert told["youku"] == {pool, ("yearly",), ("off_the_top",)}
    assert told["station"] == {pool}
    assert told["bank"] == told["network"] == set()


# Text


def test_the_text_says_by_year_what_the_ledger_by_head_says(by_head):
    found = stated(by_head, "only")
    said = statement.text(by_head, found, "owner").splitlines()
    assert said[:2] == ["Statement of account: Owner", "A play: Only"]
    assert said[3] == "January 2018 to June 2018, money in USD, median draw (number 1 of 2), seed 1"
    assert [line.split() for line in said[5:9]] == [
        ["2018", "Total"],
        ["Minimum", "guarantee", "68", "68"],
        ["Revenue", "share", "54", "54"],
        ["Together", "122", "122"],
    ]
    assert said[10:13] == ["Due after the horizon, before tax:", "  Minimum guarantee: 25", "  Revenue share: 80"]
    assert said[14:] == ["Advance, Station: USD 0 unrecouped"]


def test_columns_of_the_text_are_aligned(rich, found):
    for party in statement.parties(rich, found):
        block = statement.text(rich, found, party).split("\n\n")[1].splitlines()
        assert len({len(line) for line in block}) == 1
        assert block[-1].startswith("Together")


def test_a_party_whom_nothing_reaches_within_the_horizon_is_told_so(monkeypatch):
    monkeypatch.setattr(engine, "by_viewing", receipts_of_a_hundred)
    terms = [{"clause": "revenue_share", "share": 0.5, "base": "gross"}]
    outcome = simulate(loads(BY_HEAD, {"deals.station.payment_lag_months": 12, "deals.station.terms": terms}))
    said = statement.text(outcome, stated(outcome, "only"), "owner")
    assert "Nothing is paid within the horizon." in said
    assert "Revenue share: 300" in said
    assert workbook.workbook(outcome, stated(outcome, "only"))


# The workbook


def opened(content):
    """Sheets of a workbook by name: {cell: (value, formula)}."""
    parts = zipfile.ZipFile(io.BytesIO(content))
    strings = [
        "".join(text.itertext())
        for text in ElementTree.fromstring(parts.read("xl/sharedStrings.xml")).findall("m:si", SHEET)
    ]
    names = re.findall(r'<sheet name="([^"]+)"', parts.read("xl/workbook.xml").decode())
    sheets = {}
    for number, name in enumerate(names, 1):
        root = ElementTree.fromstring(parts.read(f"xl/worksheets/sheet{number}.xml"))
        cells = {}
        for cell in root.iterfind(".//m:c", SHEET):
            value, formula = cell.findtext("m:v", None, SHEET), cell.findtext("m:f", None, SHEET)
            if value is not None:
                cells[cell.get("r")] = (strings[int(value)] if cell.get("t") == "s" else float(value), formula)
        sheets[name] = cells
    return sheets


def subtotal(cells, formula):
    """What SUBTOTAL(9, …) of a column comes to: cells that are subtotals themselves are passed over."""
    letter, first, last = re.fullmatch(r"SUBTOTAL\(9,([A-Z])(\d+):[A-Z](\d+)\)", formula).groups()
    own = (cells.get(f"{letter}{row}") for row in range(int(first), int(last) + 1))
    return sum(value for value, inner in filter(None, own) if inner is None and isinstance(value, float))


def test_the_same_numbers_give_the_same_bytes_on_any_day(rich, found):
    first = workbook.workbook(rich, found)
    assert workbook.workbook(rich, found) == first
    parts = zipfile.ZipFile(io.BytesIO(first))
    assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    dates = re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", parts.read("docProps/core.xml").decode())
    assert set(dates) == {"2017-11-01T00:00:00Z"}


def test_every_party_has_a_sheet_whose_formulas_sum_up_what_is_written_there(rich, found):
    sheets = opened(workbook.workbook(rich, found))
    assert len(sheets) == len(statement.parties(rich, found))
    for party, cells in zip(statement.parties(rich, found), sheets.values(), strict=True):
        sums = {place: (value, formula) for place, (value, formula) in cells.items() if formula}
        assert sums
        for value, formula in sums.values():
            assert value == pytest.approx(subtotal(cells, formula), rel=1e-9, abs=1e-6)
        total = max(int(place[1:]) for place in sums)
        assert cells[f"A{total}"][0] == "Total"
        assert cells[f"K{total}"][0] == pytest.approx(statement.rows(found, party).cash.sum(), abs=1e-6)


def test_an_advance_stands_below_the_lines_with_what_opens_and_what_closes(by_head):
    ((_, cells), _) = opened(workbook.workbook(by_head, stated(by_head, "only"))).items()
    head = next(int(place[1:]) for place, (value, _) in cells.items() if value == "Opening")
    assert cells[f"A{head - 1}"][0] == "Advance, Station"
    amounts = [[cells[f"{letter}{row}"][0] for letter in "FGHIJ"] for row in range(head + 1, head + 4)]
    assert amounts == [[0, 100, 40, 0, 60], [60, 0, 40, 0, 20], [20, 0, 20, 0, 0]]


def test_a_sheet_opens_with_whose_account_it_is_and_is_ready_to_print(rich, found):
    content = workbook.workbook(rich, found, ["station"])
    ((name, cells),) = opened(content).items()
    assert name == "Station"
    assert cells["A1"][0] == "Statement of account: Station"
    assert cells["A4"][0] == "November 2017 to December 2018, money in USD, mean of 60 draws, seed 5"
    assert [cells[f"{letter}5"][0] for letter in "ABCDEFGHIJKLM"] == [column.title for column in sheet.COLUMNS]
    assert cells["A6"][0] == ("Station: Youku to Station, free TV, Home, exclusive, February 2018 to July 2018")
    written = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    for said in ('orientation="landscape"', 'fitToPage="1"', 'fitToHeight="0"', 'ySplit="5"', 'state="frozen"'):
        assert said in written


def test_the_words_of_the_contract_stand_beside_their_clause(by_head):
    content = workbook.workbook(by_head, stated(by_head, "only"))
    texts = [value for cells in opened(content).values() for value, formula in cells.values() if formula is None]
    assert "Minimum guarantee, Station to Owner (kept if never earned)" in texts


def test_sheets_have_names_that_excel_takes():
    taken = set()
    names = [workbook._name(f"a_party_with_a_name_that_is_much_too_long_{number}", taken) for number in range(12)]
    assert len(set(names)) == 12
    assert max(map(len, names)) <= 31


# The report


def test_the_ledger_by_party_and_year_sums_to_zero_and_names_everyone(rich):
    table = tables.ledger(rich)
    moved = table.cash.abs().max()
    assert np.abs(table.groupby("year").cash.sum()).max() <= 1e-12 * moved
    assert list(dict.fromkeys(table.party)) == [
        "Youku", "The licensees", "Bank", "Agent", "Director", "Tax authority", "Audience", "Suppliers",
    ]  # fmt: skip
    assert captions.ledger(rich).startswith("Each column sums to zero")


def test_four_licensees_are_named_and_five_are_one_row(rich):
    few = simulate(loads(RICH), draws=20)
    best = findings(few).recommended
    assert best == "worldwide"
    assert list(dict.fromkeys(tables.ledger(few).party))[:2] == ["Youku", "Netflix"]
    assert Counter(tables.ledger(rich).role)["licensee"] == 2  # two years


def test_the_page_shows_each_party_with_its_years_and_their_total(rich):
    shown = str(page.ledger(rich))
    assert re.findall(r'<th scope="col">([^<]+)', shown) == ["Party", "2017", "2018", "Total"]
    assert shown.count("<tr>") + shown.count("<tr class=marked>") == 1 + 8


def test_packages_are_compared_by_the_licensors_cash_of_each_year():
    outcome = simulate(loads(RICH), draws=40)
    shown = str(page.cash(outcome))
    assert re.findall(r'<th scope="col">([^<]+)', shown) == [
        "Package", "2017", "2018", "Total", "IRR of Youku", "IRR of licensees",
    ]  # fmt: skip
    cash = tables.cash(outcome)
    for name in ("worldwide", "together"):
        own = cash[(cash.package == name) & (cash.party == "youku")].cash.sum()
        row = shown[shown.index(f">{outcome.scenario.packages[name].label}<") :]
        said = re.findall(r"<td>([^<]+)", row)[2].replace(words.MINUS, "-").replace(",", "")
        assert float(said) * 1e3 == pytest.approx(own, abs=500)


def test_a_rate_of_return_of_few_draws_is_not_told():
    told = {"licensor_irr": 8.6, "licensor_irr_exists": 0.05, "licensee_irr": 0.5, "licensee_irr_exists": 0.6}
    rare, usual = (page._return(SimpleNamespace(**told), side) for side in ("licensor", "licensee"))
    assert rare == (words.NOTHING, f"in 5{words.GAP}% of draws")
    assert usual == (f"50{words.GAP}%", f"in 60{words.GAP}% of draws")
    whole = told | {"licensee_irr_exists": 1.0}
    assert page._return(SimpleNamespace(**whole), "licensee") == f"50{words.GAP}%"


def test_a_ledger_is_told_in_a_unit_that_leaves_three_digits_or_more():
    for largest, expected in (
        (480_300, ("USD thousand", 1e3, 0)),
        (2.3e6, ("USD thousand", 1e3, 0)),
        (94.9e6, ("USD million", 1e6, 1)),
        (99.0, ("USD", 1.0, 0)),
    ):
        assert page.in_unit("USD", pd.DataFrame([[-largest, 1.0]])) == expected


def test_financiers_and_agents_have_steps_of_their_own_on_the_way_of_the_money(rich, found):
    steps = tables.waterfall(rich)
    kept = {row.step.removesuffix(" keeps"): -row.amount for row in steps.itertuples() if row.kind == "other"}
    for party in ("bank", "agent", "director"):
        assert kept[party.title()] == pytest.approx(statement.rows(found, party).cash.sum(), abs=1e-6)
    assert steps.end.iloc[-1] == pytest.approx(0, abs=1e-9 * steps.amount.abs().max())
    theirs = sum(
        statement.rows(found, party).cash.sum()
        for party in ("station", "airline", "distributor", "network", "open_platform")
    )
    assert -steps[steps.kind == "licensee"].amount.sum() == pytest.approx(theirs)
    assert charts.waterfall(steps, "USD")


def test_the_rate_of_return_is_told_where_it_exists_and_in_how_many_draws(rich):
    row = tables.packages(rich).iloc[0]
    for side in ("licensor", "licensee"):
        rates = rich[f"packages.together.{side}_irr"]
        exists = rates == rates
        assert row[f"{side}_irr_exists"] == exists.mean()
        assert row[f"{side}_irr"] == pytest.approx(np.median(rates[exists]) if exists.any() else np.nan, nan_ok=True)


def test_what_is_due_later_is_said_under_the_decision(rich):
    due = rich["packages.together.beyond_horizon"].mean()
    assert due > 0
    assert "fall due after the horizon and are left out." in captions.left_out(rich)


def test_the_reports_statement_is_of_the_package_to_sign_in_the_median_draw(rich):
    own = stated(rich, findings(rich).recommended, "median")
    pd.testing.assert_frame_equal(tables.statement(rich), statement.rows(own))
    assert page.attached(rich).results["books"].keys() == {"statement.xlsx"}


# The command line


def run(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    seen = capsys.readouterr()
    return ended.value.code, seen.out, seen.err


@pytest.fixture
def scenario(tmp_path):
    file = tmp_path / "rich.yml"
    file.write_text(RICH, encoding="utf-8")
    return file


def test_statement_writes_an_account_for_each_party_and_one_workbook(capsys, scenario, tmp_path):
    out = tmp_path / "accounts"
    words = ("statement", scenario, "--draws", 20, "--package", "together", "--draw", "mean", "--out", out)
    code, said, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert said.strip() == str(out / "statement.xlsx")
    written = {path.name: path.read_bytes() for path in out.iterdir()}
    assert {"youku.csv", "bank.csv", "station.csv", "statement.xlsx"} <= written.keys()
    assert len(written) == 10
    rows = list(csv.DictReader(io.StringIO(written["bank.csv"].decode())))
    assert {row["currency"] for row in rows} == {"USD"}
    assert {row["clause"] for row in rows} == {"production_cost", "loan"}
    cash = defaultdict(float)
    for name, content in written.items():
        for row in csv.DictReader(io.StringIO(content.decode())) if name.endswith(".csv") else ():
            cash[name] += float(row["cash"])
    assert len(cash) == 9
    run(capsys, *words)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == written


def test_statement_shows_the_licensor_or_whoever_is_named(capsys, scenario):
    code, said, _ = run(capsys, "statement", scenario, "--draws", 20, "--package", "together")
    assert (code, said.splitlines()[0]) == (0, "Statement of account: Youku")
    code, said, _ = run(capsys, "statement", scenario, "--draws", 20, "--package", "together", "--party", "bank")
    assert (code, said.splitlines()[0]) == (0, "Statement of account: Bank")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--package", "togther"), "no package 'togther'; there are worldwide, together"),
        (("--party", "nobody"), "no party 'nobody'; there are youku"),
    ],
)
def test_statement_says_who_and_what_there_is(capsys, scenario, words, said):
    code, out, err = run(capsys, "statement", scenario, "--draws", 20, *words)
    assert (code, out) == (1, "")
    assert said in err


def test_simulate_says_what_is_due_after_the_horizon(capsys, tmp_path):
    file = tmp_path / "late.yml"
    file.write_text(BY_HEAD, encoding="utf-8")
    code, said, _ = run(capsys, "simulate", file)
    assert code == 0
    assert "fall due after the horizon and are left out." in said
    assert "packages.only.beyond_horizon" in said
