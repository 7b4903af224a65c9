# ruff: noqa: E501  (what is tried is listed as it is)
"""Inputs that nobody would write, drawn by hypothesis: scenarios of every kind of value in every place, and values to set."""

from __future__ import annotations

import contextlib
import json
from functools import cache
from typing import Any

from broken_scenarios import SOUND
from hypothesis import strategies as st
from scenarios_for_tests import EVERYTHING, FRAME, MEMBERSHIP

from simlib.scenario.reference import json_text
from simlib.scenario.source import parse

WORDS = st.sampled_from(
    ["", " ", "default", "world", "home", "USA", "TWN", "NO", "netflix", "youku", "station", "2017-12", "2018-06", "2199-12", "value",
     "__proto__", "__class__", "constructor", "extends", "{found}", "%s", "{0.__class__}", "../../x", "nan", "-5%", "1e400", "9 USD per hour",
     "5 thousand EUR per episode", "5 XXX", "é" * 300, "<script>", "\u202e", "\x1b[2J", "x" * 5000, "١٢", "²", "²%", "１", "2017-1²", "10_0"]
)  # fmt: skip
TEXT = WORDS | st.text(max_size=12)
NUMBERS = (
    st.sampled_from([0, -0.0, 1, -1, 2, 0.5, 0.95, 1e-300, 1e29, 1e30, 1e31, 10**38, 10**50, -(10**38), float("inf"), float("nan"), 2**63, 2**64])
    | st.integers()
    | st.floats()
    | st.floats(0, 1)
    | st.integers(0, 2000)
)  # fmt: skip
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT


@cache
def quantities() -> st.SearchStrategy[Any]:
    """Quantities of every form, nested in one another, sound or nearly so."""
    number = NUMBERS | st.sampled_from(["2.5%", "5 million", "-3", "1e3"]) | SCALARS
    share = st.floats(0, 1) | number
    months = st.sampled_from(["2017-11", "2017-12", "2018-02", "2018-06", "2020-01"])
    pair = st.fixed_dictionaries({"p10": number, "p90": number}) | st.fixed_dictionaries({"mean": number, "sd": number})
    bounds = st.tuples(st.floats(-10, 10), st.floats(0, 10), st.floats(0, 10)).map(
        lambda three: {"low": three[0], "mode": three[0] + three[1], "high": three[0] + three[1] + three[2]}
    ) | st.fixed_dictionaries({"low": number, "mode": number, "high": number})
    drawn = (
        st.fixed_dictionaries({"normal": pair})
        | st.fixed_dictionaries({"lognormal": pair})
        | st.fixed_dictionaries({"triangular": bounds})
        | st.fixed_dictionaries({"pert": bounds})
        | st.fixed_dictionaries({"uniform": st.fixed_dictionaries({"low": number, "high": number})})
        | st.fixed_dictionaries({"beta": st.fixed_dictionaries({"mean": share, "sd": share})})
        | st.fixed_dictionaries({"discrete": st.dictionaries(TEXT, share, max_size=3)})
        | st.sampled_from(
            [{"discrete": {"0": 0.5, "1": 0.5}}, {"uniform": {"low": 0, "high": 1}, "per_territory": True}]
        )
    )

    def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        ramp = st.fixed_dictionaries(
            {"from": inner, "to": inner, "start": months, "months": st.integers(0, 99) | SCALARS}
        )
        return (
            st.fixed_dictionaries({"ramp": ramp})
            | st.fixed_dictionaries({"steps": st.dictionaries(months | TEXT, inner, max_size=3)})
            | st.fixed_dictionaries({"growth": st.fixed_dictionaries({"start": inner, "annual": inner})})
            | st.fixed_dictionaries(
                {"random_walk": st.fixed_dictionaries({"start": inner, "annual_volatility": share})}
            )
            | st.fixed_dictionaries({"by_territory": st.dictionaries(WORDS, inner, max_size=3)})
            | st.fixed_dictionaries({"value": inner, "source": TEXT})
            | st.fixed_dictionaries(
                {"amount": inner, "currency": st.sampled_from(["USD", "TWD", "EUR", "XXX"]) | SCALARS}
            )
        )

    return st.recursive(number | drawn, nested, max_leaves=4)


@cache
def bases() -> tuple[Any, ...]:
    """Return plain trees of sound scenarios that are read fast."""
    texts = [FRAME, MEMBERSHIP, EVERYTHING, SOUND["ways.yml"].read_text(encoding="utf-8")]
    texts += [SOUND["whole.yml"].read_text(encoding="utf-8")]
    return tuple(parse(text, "seed").plain() for text in texts)


def places(value: Any, path: tuple = ()) -> Any:
    """Yield the way to every place in a plain tree."""
    yield path
    for key, child in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield from places(child, (*path, key))


def changed(value: Any, path: tuple, change: Any) -> Any:
    """Return a plain tree with what stands at a place changed, or taken out where the change says `...`."""
    if not path:
        return change(value)
    copy = value.copy()
    copy[path[0]] = changed(copy[path[0]], path[1:], change)
    if copy[path[0]] is ...:
        del copy[path[0]]
    return copy


@cache
def schema() -> Any:
    """Return the JSON Schema of scenarios."""
    return json.loads(json_text())


@cache
def of_name(name: str) -> st.SearchStrategy[Any]:
    """Return values of a part of the schema by its name."""
    return quantities() if name == "Quantity" else st.deferred(lambda: of_schema(schema()["$defs"][name]))


def of_schema(part: Any) -> st.SearchStrategy[Any]:
    """Return values that a part of the schema allows, more or less; quantities of every form."""
    if "$ref" in part:
        return of_name(part["$ref"].rsplit("/", 1)[1])
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"]) | TEXT
    if choices := part.get("anyOf") or part.get("oneOf"):
        return st.one_of([of_schema(choice) for choice in choices])
    kind = part.get("type")
    if kind == "object":
        return _mapping(part)
    if kind == "array":
        return (
            st.lists(of_schema(part["items"]), max_size=3)
            if isinstance(part.get("items"), dict)
            else st.lists(SCALARS, max_size=3)
        )
    return {
        "string": TEXT,
        "integer": st.integers(0, 500) | NUMBERS,
        "number": st.floats(0, 1) | NUMBERS,
        "boolean": st.booleans(),
        "null": st.none(),
    }.get(kind, SCALARS)


def _mapping(part: Any) -> st.SearchStrategy[Any]:
    fields = {key: of_schema(field) for key, field in part.get("properties", {}).items()}
    needed = {key: value for key, value in fields.items() if key in part.get("required", ())}
    other = {key: value for key, value in fields.items() if key not in needed}
    made = st.fixed_dictionaries(needed, optional=other)
    if isinstance(extra := part.get("additionalProperties"), dict):
        more = st.dictionaries(
            WORDS | st.from_regex("[a-z][a-z0-9_]{0,5}", fullmatch=True), of_schema(extra), max_size=3
        )
        return st.builds(lambda one, two: {**two, **one}, made, more)
    return made


@cache
def sections() -> st.SearchStrategy[dict[str, Any]]:
    """One section made from the schema, whatever the others are."""
    properties = schema()["properties"]
    return st.one_of([st.fixed_dictionaries({name: of_schema(part)}) for name, part in properties.items()])


@cache
def changes() -> st.SearchStrategy[Any]:
    """What may become of a value at a place of a scenario."""
    values = (
        quantities()
        | quantities()
        | SCALARS
        | st.lists(SCALARS, max_size=3)
        | st.dictionaries(TEXT, SCALARS, max_size=3)
    )
    return values.map(lambda new: lambda _: new) | st.sampled_from(
        [
            lambda _: ...,
            lambda old: [old],
            lambda old: {"value": old},
            lambda old: {"value": old, "source": "x"},
            lambda old: {"by_territory": {"default": old}},
            lambda old: {"steps": {"2017-12": old}},
            lambda old: {"ramp": {"from": 0, "to": old, "start": "2018-01", "months": 5}},
            lambda old: {"growth": {"start": old, "annual": 0.1}},
            lambda old: {"growth": {"start": old, "annual": 1e6}},
            lambda old: {"random_walk": {"start": old, "annual_volatility": 0.3}},
            lambda old: {"uniform": {"low": 0, "high": old}},
            lambda old: str(old),
            lambda old: {**old, "immitation": 1} if isinstance(old, dict) else [old, old],
            lambda old: {f"{key}x": child for key, child in old.items()} if isinstance(old, dict) else old,
            lambda old: list(old) if isinstance(old, dict) else {"a": old},
            lambda old: -old if isinstance(old, int | float) else old,
            lambda old: old * 1000 if isinstance(old, int | float) else old,
            lambda old: old / 1000 if isinstance(old, int | float) else old,
            lambda old: list(reversed(old)) if isinstance(old, list) else old,
            lambda old: dict(reversed(old.items())) if isinstance(old, dict) else old,
        ]
    )


MILD = st.sampled_from(  # what a strategist does to a number
    [
        lambda old: {"uniform": {"low": old * 0.9, "high": old * 1.1}},
        lambda old: {"lognormal": {"p10": old * 0.5, "p90": old * 2}},
        lambda old: {"normal": {"mean": old, "sd": abs(old) / 4}},
        lambda old: {"discrete": {str(old): 0.5, str(old * 1.5): 0.5}},
        lambda old: {"beta": {"mean": old, "sd": old / 5}},
        lambda old: {**old, "per_territory": True},
        lambda old: old * 1.3,
        lambda old: old * 0.3,
        lambda _: 0,
        lambda _: 1,
    ]
)


@cache
def numbers(number: int) -> st.SearchStrategy[Any]:
    """Return ways to the numbers of one of the bases."""
    tree = bases()[number]
    return st.sampled_from([path for path in places(tree) if type(at(tree, path)) in (int, float)])


def at(tree: Any, path: tuple) -> Any:
    """Return what stands at a place of a plain tree."""
    for step in path:
        tree = tree[step]
    return tree


@cache
def ways(number: int) -> st.SearchStrategy[Any]:
    """Return ways to the places of one of the bases."""
    return st.sampled_from([path for path in places(bases()[number]) if path])


@st.composite
def trees(draw: Any) -> bytes:
    """Scenarios in the form of JSON, which is YAML: sound ones with one to three places changed, or with a section made up."""
    number = draw(st.integers(0, len(bases()) - 1))
    tree = bases()[number]
    is_mild = draw(st.booleans())
    if not is_mild and draw(st.integers(0, 3)) == 0:
        tree = {**tree, **draw(sections())}
    for _ in range(draw(st.integers(1, 3))):
        path, change = (draw(numbers(number)), draw(MILD)) if is_mild else (draw(ways(number)), draw(changes()))
        with contextlib.suppress(
            KeyError, IndexError, TypeError, AttributeError, OverflowError
        ):  # an earlier change took it
            tree = changed(tree, path, change)
    text = json.dumps(tree, indent=1, ensure_ascii=draw(st.booleans()))
    return text.replace("NaN", ".nan").replace("Infinity", ".inf").encode("utf-8", "surrogatepass")


@cache
def values() -> st.SearchStrategy[bytes]:
    """Return values to set from the command line: PATH=VALUE, a path of the scenario that they are set in or none."""
    tree = parse(SOUND["ways.yml"].read_text(encoding="utf-8"), "seed").plain()
    known = [".".join(map(str, path)) for path in places(tree) if path]
    paths = (
        st.sampled_from(known)
        | st.sampled_from(known).flatmap(lambda path: TEXT.map(lambda word: f"{path}.{word}"))
        | TEXT
    )
    written = (quantities() | SCALARS).map(lambda value: json.dumps(value, ensure_ascii=False)) | TEXT
    return st.builds(lambda path, value: f"{path}={value}".encode("utf-8", "surrogatepass"), paths, written)
