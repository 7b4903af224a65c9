"""One YAML file as YAML 1.2 means it, with the line of every value; what is unsafe or no scenario is refused quickly."""

import os
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from simlib.scenario import source
from simlib.scenario.faults import ScenarioError
from simlib.scenario.source import parse, read, scalar

SECONDS = 4  # a refusal is read while one waits; a bomb would take hours


def refusal(text):
    """The one fault of a text, which is found while one waits."""
    began = time.perf_counter()
    with pytest.raises(ScenarioError) as error:
        parse(text, "night.yml")
    assert time.perf_counter() - began < SECONDS
    (fault,) = error.value.faults
    assert fault.file == "night.yml"
    return fault


def faults_of(text):
    """The faults of a text, none where it is a tree."""
    try:
        assert isinstance(parse(text, "night.yml").value, dict)
    except ScenarioError as error:
        return error.faults
    return ()


def refusal_of_file(path):
    began = time.perf_counter()
    with pytest.raises(ScenarioError) as error:
        read(path, "night.yml")
    assert time.perf_counter() - began < SECONDS
    (fault,) = error.value.faults
    return fault


# What a plain word means: the table of YAML 1.2.2, §10.3.2 (core schema)


@pytest.mark.parametrize(
    "word",
    [
        "NO", "no", "No", "yes", "on", "off", "y", "n", "tRue", "2017-12", "2017-12-01", "12:30:45", "1_000", "0b11", "0o8",
        "1.2.3", "=", "+", "-", ".", "1e", "٣", "1 million",
    ],
)  # fmt: skip
def test_a_word_that_yaml_1_1_would_turn_into_something_stays_a_word(word):
    assert scalar(word) == word


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("0", 0), ("-12", -12), ("+7", 7), ("017", 17), ("0o17", 15), ("0x1F", 31), ("1e6", 1_000_000.0), ("-.5E-1", -0.05),
        ("5.", 5.0), (".inf", float("inf")), ("-.INF", float("-inf")), ("true", True), ("FALSE", False), ("null", None),
        ("~", None), ("", None), ("1e999", float("inf")),
    ],
)  # fmt: skip
def test_a_plain_scalar_means_what_the_core_schema_says(word, value):
    assert scalar(word) == value
    assert type(scalar(word)) is type(value)


def test_what_is_not_a_number_is_said_to_be_none():
    assert scalar(".nan") != scalar(".nan")


def test_quoted_numbers_and_words_stay_text():
    tree = parse("a: '12'\nb: \"true\"\nc: 'null'\nd: |\n  12\ne: ''", "night.yml")
    assert tree.plain() == {"a": "12", "b": "true", "c": "null", "d": "12\n", "e": ""}


def test_keys_are_words_whatever_they_look_like():
    tree = parse("2017-12: a\n7: b\n0.5: c\nNO: d\ntrue: e\nnull: f", "night.yml")
    assert list(tree.value) == ["2017-12", "7", "0.5", "NO", "true", "null"]


@given(st.integers() | st.floats(allow_nan=False))
def test_a_number_written_by_pyyaml_is_read_back(number):
    assert scalar(yaml.safe_dump(number).splitlines()[0]) == number


# Where a value stands

keys = st.text("abcdefgh_", min_size=1, max_size=4).filter(lambda key: key not in ("null", "true", "false"))
letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Zl", "Zp"]) | st.just("\n")
# PyYAML writes by the rules of 1.1: 0E0 without quotes, which 1.2 reads as a number
texts = st.text(letters, max_size=8).filter(lambda text: scalar(text) == text)
leaves = st.none() | st.booleans() | st.integers(-999, 999) | st.floats(-9e9, 9e9) | texts
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)


def lines_of(node, path=()):
    """Every key of a tree of PyYAML's nodes with its line."""
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            yield (*path, key.value), key.start_mark.line + 1
            yield from lines_of(child, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from lines_of(child, (*path, index))


@given(
    st.dictionaries(keys, trees, min_size=1, max_size=4),
    st.sampled_from([True, False, None]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_is_read_back_with_the_line_of_every_key(mapping, flow, end):
    text = yaml.safe_dump(mapping, default_flow_style=flow, allow_unicode=True, width=30)
    tree = parse(text.replace("\n", end), "night.yml")
    assert tree.plain() == mapping
    expected = dict(lines_of(yaml.compose(text, yaml.SafeLoader)))
    assert {path: tree.at(path).line for path in expected} == expected
    assert all(tree.at(path).file == "night.yml" for path in expected)


def test_a_node_is_found_by_its_path_and_the_deepest_one_where_the_path_goes_on():
    tree = parse("deals:\n  netflix:\n    terms:\n      - clause: flat_fee\n", "night.yml")
    assert tree.at(("deals", "netflix", "terms", 0, "clause")).line == 4
    assert tree.at(("deals", "netflix", "licensee")) is tree.at(("deals", "netflix"))
    assert tree.get("deals.netflix.terms.0.clause").value == "flat_fee"
    assert tree.get("deals.netflix.terms.1") is None


# What is refused


def test_a_key_given_twice_is_answered_with_both_lines():
    fault = refusal("title:\n  hours: 24\n  episodes: 32\n  hours: 25\n")
    assert (fault.line, str(fault)) == (4, "night.yml:4: hours is given twice; the first is on line 2")


def test_keys_that_mean_the_same_are_the_same_key():
    assert "given twice" in str(refusal("7: a\n'7': b"))
    assert "given twice" in str(refusal("true: a\nTrue: b"))


def test_all_doubled_keys_are_told_at_once():
    with pytest.raises(ScenarioError) as error:
        parse("a: 1\na: 2\nb: {c: 1, c: 2}\n", "night.yml")
    assert [(fault.line, fault.path) for fault in error.value.faults] == [(2, "a"), (3, "c")]


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['true']", "!!str 1", "!include x.yml", "! 1", "!<tag:x> 1", "!!set {a}"]
)
def test_a_tag_is_refused(tag):
    fault = refusal(f"name: night\nvalue: {tag}")
    assert fault.line == 2
    assert "tag" in fault.message


def test_an_anchor_and_its_alias_are_the_same_value_twice():
    tree = parse("usual: &usual {share: 30%, base: net}\nother: *usual\nthird: *usual\n", "night.yml")
    assert tree.plain()["other"] == tree.plain()["third"] == {"share": "30%", "base": "net"}
    assert [tree.value[key].line for key in ("usual", "other", "third")] == [1, 2, 3]


@pytest.mark.parametrize("text", ["a: *b", "a: &a [*a]", "a: &a {b: *a}"])
def test_an_alias_to_nothing_or_to_itself_is_refused(text):
    assert "refers to nothing before it, or to itself" in refusal(text).message


@pytest.mark.parametrize(
    "bomb",
    [
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 40)),
        "a0: &a0 {k: x}\n" + "".join(f"a{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}}}\n" for n in range(1, 90)),
        "a: &a [" + "x, " * 50_000 + "x]\nb: [*a, *a, *a]\n",
    ],
    ids=["ten of ten", "two of two", "few but large"],
)
def test_an_alias_bomb_is_counted_as_what_it_would_become(bomb):
    assert "holds more than 40,000 values" in refusal(bomb).message


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 200_000,
        "a: " + "{a: " * 200_000,
        "- " * 200_000,
        "? " * 200_000,
        "\n".join(" " * depth + "a:" for depth in range(1500)),
        "a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 30 + "*a" + "]" * 30,
    ],
    ids=["lists", "mappings", "dashes", "question marks", "indentation", "aliases"],
)
def test_nesting_without_end_is_refused(text):
    assert "nested deeper than 40 levels" in refusal(text).message


def test_nesting_that_people_write_is_read():
    assert parse("a: " + "[" * 39 + "]" * 39, "night.yml").plain()["a"] is not None


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "9" * 1_900_000,
        "a: " + "-" * 1_900_000,
        'a: "' + "\\" * 1_900_001,
        "#" * 1_900_000,
        "\n" * 1_900_000,
        "a: [" + "1," * 900_000 + "]",
    ],
    ids=["digits", "dashes", "backslashes", "comment", "empty lines", "items"],
)
def test_the_largest_file_that_is_opened_is_read_or_refused_quickly(text):
    began = time.perf_counter()
    assert len(faults_of(text)) <= 1
    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "~"])
def test_an_empty_file_is_said_to_be_empty(text):
    assert str(refusal(text)) == "night.yml:1: the file is empty; a scenario needs at least a name"


@pytest.mark.parametrize("text", ["- a\n- b", "42", "just a sentence", "'quoted'", "name:Night"])
def test_a_file_that_is_no_mapping_is_told_what_a_scenario_is(text):
    assert "a scenario is a mapping of sections" in refusal(text).message


def test_a_second_document_is_refused_where_it_begins():
    assert refusal("name: a\n---\nname: b\n").line == 2
    assert refusal("name: a\n...\nname: b\n").line == 3


@pytest.mark.parametrize(("text", "line"), [("a:\n\tb: 1", 2), ("a:\n  b: 1\n  \tc: 2", 3), ("\ta: 1", 1)])
def test_a_tab_in_the_indentation_is_named_with_its_line(text, line):
    fault = refusal(text)
    assert (fault.line, fault.message) == (line, "a tab stands in the indentation; YAML indents with spaces")


def test_a_tab_elsewhere_is_a_space():
    assert parse("a:\t1\t# a number\nb: [1,\t2]", "night.yml").plain() == {"a": 1, "b": [1, 2]}


@pytest.mark.parametrize("letter", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\ufffe"])
def test_a_control_character_is_refused_with_its_line(letter):
    fault = refusal(f"a: 1\nb: x{letter}y\n")
    assert (fault.line, fault.message) == (2, f"holds a control character (U+{ord(letter):04X}); take it out")


@pytest.mark.parametrize("letter", ["\u200b", "\xa0", "\u3000", "\ufeff"])
def test_a_letter_that_nobody_sees_is_not_let_into_a_key(letter):
    fault = refusal(f"a: 1\n{letter}b: 2\n")
    assert fault.line == 2
    assert f"U+{ord(letter):04X}" in fault.message


def test_a_control_character_is_refused_however_it_is_spelled():
    fault = refusal('a: 1\nb: "x\\e[31m"\n')
    assert (fault.line, fault.message) == (2, "holds a control character (U+001B); take it out")


def test_every_other_letter_may_stand_in_a_name():
    assert parse("name: 白夜追凶 – Ñandú 🎬", "night.yml").plain() == {"name": "白夜追凶 – Ñandú 🎬"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: {c: 1\nd: 2\n", 2, "the { on this line is not closed"),
        ("a: 1\nb: [1, 2\nd: 2\n", 2, "the [ on this line is not closed"),
        ('a: 1\nb: "two\nc: 3\nd: 4\n', 2, "the quotes on this line are not closed"),
        ("a: one: two\n", 1, "put text with a colon in quotes"),
        ("a:\n   b: 1\n  c: 2\n", 3, "check the indentation"),
        ("a: 1\nbroken\nc: 2\n", 2, "a key needs a colon"),
        ("a: - 1\n", 1, "begins on a line of its own"),
        ("a: @home\n", 1, "must stand in quotes"),
        ("a: *\n", 1, "must stand in quotes"),
        ('a: "C:\\series"\n', 1, "use single quotes"),
        ("a：1\nb: 2\n", 1, "U+FF1A"),
        ("a: {b: 1，c: [2}\n", 1, "U+FF0C"),
        ("? [a, b]\n: 1\n", 1, "a key must be a word or a number"),
    ],
)
def test_a_slip_in_the_syntax_is_answered_with_its_line_in_plain_words(text, line, words):
    fault = refusal(text)
    assert fault.line == line
    assert words in fault.message


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("{}[]:,&*!|>'\"%@`#-? \n\t"), max_size=60))
def test_whatever_is_typed_is_a_tree_or_a_fault_with_a_line(text):
    assert all(fault.file == "night.yml" and fault.line >= 1 for fault in faults_of(text))


def test_without_the_compiled_scanner_the_answers_are_the_same(monkeypatch):
    monkeypatch.setattr(source, "_Loader", yaml.SafeLoader)
    assert parse("a: {b: [1, 0o17]}\nc: &x NO\nd: *x\n", "night.yml").plain() == {
        "a": {"b": [1, 15]},
        "c": "NO",
        "d": "NO",
    }
    assert refusal("a: 1\nb: {c: 1\nd: 2\n").line == 2
    assert "colon" in refusal("a: one: two\n").message
    assert "tab" in refusal("a:\n\tb: 1\n").message
    assert "nested deeper" in refusal("a: " + "[" * 900).message


# Files


def test_a_mark_of_byte_order_is_passed_over(tmp_path):
    file = tmp_path / "night.yml"
    file.write_bytes(b"\xef\xbb\xbfname: night\r\n")
    assert read(file, "night.yml").plain() == {"name": "night"}


@pytest.mark.parametrize(
    "raw",
    ["name: n\u00e9\n".encode("latin-1"), "name: night\n".encode("utf-16"), b"a: 1\nname: \xff\xfe\n", b"\xc0\x80"],
)
def test_a_file_that_is_not_utf_8_is_told_to_be_saved_as_such(tmp_path, raw):
    file = tmp_path / "night.yml"
    file.write_bytes(raw)
    fault = refusal_of_file(file)
    assert fault.message == "is not UTF-8; save the file as UTF-8"
    assert fault.line == (2 if raw.startswith(b"a: 1") else 1)


def test_a_folder_is_refused(tmp_path):
    assert "is a folder; a scenario is a page or two of YAML" in refusal_of_file(tmp_path).message


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "is not a file" in refusal_of_file(tmp_path / "nothing.yml").message
    assert "is not a name that a file can have" in refusal_of_file(tmp_path / "no\0thing.yml").message
    assert "cannot be read" in refusal_of_file(tmp_path / ("n" * 300)).message


def test_a_pipe_and_a_device_are_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yml")
    assert "is not a file" in refusal_of_file(tmp_path / "pipe.yml").message
    assert "is not a file" in refusal_of_file(type(tmp_path)("/dev/zero")).message


def test_a_link_that_goes_in_a_circle_is_refused(tmp_path):
    (tmp_path / "circle.yml").symlink_to("circle.yml")
    assert refusal_of_file(tmp_path / "circle.yml").message


def test_a_file_of_hundreds_of_megabytes_is_refused_unread(tmp_path):
    file = tmp_path / "night.yml"
    with file.open("wb") as hole:
        hole.truncate(800_000_000)
    assert refusal_of_file(file).message == "is larger than 2 MB; a scenario is a page or two of YAML, e.g. night.yml"
