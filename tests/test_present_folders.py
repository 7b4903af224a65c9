"""Folders that are nobody's business are told nowhere in a report, however a text comes to name them."""

import pytest

from simlib.present.execute import executed
from simlib.present.folders import hidden, hide

FOLDERS = {"/srv/ann/night": ".", "/srv/ann": "~"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/srv/ann/night/deals/a.yml:3", "deals/a.yml:3"),
        ("/srv/ann/night", "."),
        ("/srv/ann/other", "~/other"),
        ("one\n/srv/ann/night/a.yml\ntwo", "one\na.yml\ntwo"),
        ("one\n/srv/ann/night\nna", "one\n.\nna"),
        ("at\t/srv/ann/night/a.yml\r/srv/ann/night/b.yml", "at\ta.yml\rb.yml"),
        ("File \x1b[32m/srv/ann/night/a.py\x1b[39m:3", "File \x1b[32ma.py\x1b[39m:3"),
        ("'/srv/ann/night/a.yml'; (/srv/ann)", "'a.yml'; (~)"),
        ("/srv/ann/nights/a.yml", "~/nights/a.yml"),
        ("/srv/ann/night-2/a.yml", "~/night-2/a.yml"),
        ("/data/srv/ann/a.yml", "/data/srv/ann/a.yml"),
        ("../srv/ann/a.yml", "../srv/ann/a.yml"),
        ("/srv/anna", "/srv/anna"),
        (r"'/srv/ann/night\n'", r"'.\n'"),
    ],
)
def test_a_folder_is_hidden_wherever_it_stands_alone_and_nothing_else_is_touched(text, said):
    content = {"text": text, "many": [text, {text: 1}]}
    hide(content, FOLDERS)
    assert content == {"text": said, "many": [said, {said: 1}]}


def test_what_a_notebook_prints_and_how_it_fails_name_no_folder(tmp_path):
    import nbformat

    cells = [
        "import os, sys, warnings",
        "print('one', os.getcwd(), os.path.join(os.getcwd(), 'a'), sep='\\n')",
        "warnings.warn('two\\n' + os.getcwd())",
        "raise OSError('at\\n\\t' + os.getcwd())",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    file = tmp_path / "book.ipynb"
    nbformat.write(book, file)
    ran, failure = executed(file, {}, hidden(tmp_path), folder=tmp_path)
    assert str(tmp_path) not in nbformat.writes(ran)
    assert ran.cells[1].outputs[0].text == "one\n.\na\n"
    assert failure.cell == 4
    assert failure.error == "OSError: at\n\t."
