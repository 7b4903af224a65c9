"""Pydantic's errors → sentences with file and line, with the names that are allowed where one was misspelt."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import ValidationError

from simlib.scenario.clauses import CLAUSES
from simlib.scenario.faults import MOST_FAULTS, Fault, closest, found, nearest
from simlib.scenario.quantity import FORMS
from simlib.scenario.schema import ONE_LINE, Sections
from simlib.scenario.tree import Node

_QUANTITIES = {*FORMS, "amount"}  # tags of values that `value:` may be written around
_WORDS = {
    "string_type": "must be text",
    "int_type": "must be a whole number in digits, e.g. 10000",
    "int_from_float": "must be a whole number in digits, e.g. 10000",
    "bool_type": "must be true or false",
    "model_type": "must be a mapping of fields",
    "model_attributes_type": "must be a mapping of fields",
    "dict_type": "must be a mapping",
    "tuple_type": "must be a list, e.g. [one, another]",
    "too_long": "must have at most {max_length} items",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "greater_than": "must be more than {gt}",
    "less_than": "must be less than {lt}",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must be {pattern}",
    "union_tag_invalid": "must be one of {expected_tags}",
    "union_tag_not_found": "needs the field {discriminator}",
    "no_quantity": "is not a quantity: write a number, or one of " + ", ".join(FORMS),
    "no_clause": "needs a `clause`, one of " + ", ".join(CLAUSES),
    "literal_error": "must be one of {expected}",
}
_PATTERNS = {
    r"^[a-z][a-z0-9_]*$": "a word of small letters, digits and _",
    ONE_LINE: "one line of text",
    "^[A-Z]{3}$": "an ISO 4217 currency, e.g. USD",
    "^([1-9]|1[0-2])$": "a calendar month from 1 to 12",
}


def sentences(error: ValidationError, tree: Node, section: str) -> Iterator[Fault]:
    """Yield each fault of a section where the file has it."""
    items = error.errors(include_url=False)[:MOST_FAULTS]
    misspelt = {_meant(item["loc"], section) for item in items if item["type"] == "extra_forbidden"}
    for item in items:
        if item["type"] == "too_short" and item["input"]:
            continue  # it is too short only because its items are at fault, each with a sentence of its own
        if item["type"] == "missing" and item["loc"] in misspelt:
            continue  # the misspelt field has its own sentence
        location = (section, *item["loc"])
        path = _path_in(tree, location)
        node = tree.at(path)
        yield Fault(node.file, node.line or None, ".".join(map(str, path)), _sentence(item, location))


def _sentence(item: Any, location: tuple[Any, ...]) -> str:
    kind, value = item["type"], item["input"]
    if kind == "extra_forbidden":
        if str(location[-1]).isdecimal() and value is None:
            return "is not a field here; a comma parts fields, so write thousands without it"
        in_quantity = str(location[-2]).strip("<>") in _QUANTITIES and str(location[-2]).startswith("<")
        if in_quantity and location[-1] in FORMS:
            return "is a second form; a quantity has one"
        if in_quantity and location[-1] in ("source", "note"):
            return "is not a field here; write {value: …, source: …, note: …} around the quantity"
        return "is not a field here" + nearest(str(location[-1]), _fields(location[:-1]))
    if kind == "missing":
        return _lacking(location)
    if kind == "simlib":
        return item["msg"] if "found" in item["msg"] else f"{item['msg']}; found {found(value)}"
    said = item["msg"][:1].lower() + item["msg"][1:]
    if kind in _WORDS:
        said = _WORDS[kind].format(**_spelled(item.get("ctx", {})))
    if kind == "string_type" and isinstance(value, int | float):
        said += ", so put it in quotes"
    return f"{said}; found {found(_telling(kind, item))}" + _form_meant(kind, value)


def _lacking(location: tuple[Any, ...]) -> str:
    """Return the sentence for a field, or an item of a list, that is not there."""
    if isinstance(location[-1], int):
        return f"is too short; it is {Sections.model_fields[location[0]].description}"
    said = _fields(location[:-1]).get(location[-1], {}).get("description")
    return f"lacks {location[-1]}" + (f": {said}" if said else "")


def _telling(kind: str, item: Any) -> Any:
    """Return the part of a value that is at fault."""
    key = {"no_clause": "clause", "union_tag_invalid": "by"}.get(kind)
    return item["input"].get(key, item["input"]) if key and isinstance(item["input"], dict) else item["input"]


def _form_meant(kind: str, value: Any) -> str:
    """Return the hint to a misspelt form of a quantity."""
    keys = value if kind == "no_quantity" and isinstance(value, dict) else ()
    form = next((form for key in keys if (form := closest(key, FORMS))), None)
    return f"; did you mean {form}?" if form else ""


def _meant(place: tuple[Any, ...], section: str) -> tuple[Any, ...]:
    """Return the place of the field that a misspelt one was probably meant to be."""
    return (*place[:-1], closest(place[-1], _fields((section, *place[:-1]))))


def _spelled(context: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a message as people write them, patterns in words."""
    return {
        key: _PATTERNS.get(value, value) if key == "pattern" else f"{value:g}" if isinstance(value, float) else value
        for key, value in context.items()
    }


def _path_in(tree: Node, location: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a location as a path in the file: steps that only name a form or a clause are left out."""
    path: list[Any] = []
    node = tree
    for step in location:
        if node.holds(step):
            node = node.value[step]
            path.append(step)
    return tuple(path)


@cache
def _schema() -> dict[str, Any]:
    return Sections.model_json_schema()


def _branches(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the plain schemas behind references and choices."""
    if "$ref" in schema:
        yield from _branches(_schema()["$defs"][schema["$ref"].rsplit("/", 1)[1]])
    elif choices := schema.get("anyOf") or schema.get("oneOf"):
        for choice in choices:
            yield from _branches(choice)
    else:
        yield schema


def _fields(location: tuple[Any, ...]) -> dict[str, dict[str, Any]]:
    """Return the fields that are allowed at a location, by name, with their schema."""
    here = list(_branches(_schema()))
    for step in location:
        inner = [inside for schema in here if (inside := _inside(schema, step)) is not None]
        if inner:
            here = [branch for schema in inner for branch in _branches(schema)]
        else:
            here = [schema for schema in here if _is_tagged(schema, step)] or here
    return {name: field for schema in here for name, field in schema.get("properties", {}).items()}


def _inside(schema: dict[str, Any], step: Any) -> dict[str, Any] | None:
    if isinstance(step, int):
        return schema.get("items") if isinstance(schema.get("items"), dict) else None
    if step in schema.get("properties", {}):
        return schema["properties"][step]
    for extra in (schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()):
        if isinstance(extra, dict):
            return extra
    return None


def _is_tagged(schema: dict[str, Any], tag: Any) -> bool:
    """Tell whether a tag chose this schema: by its own key, or by the word of its clause."""
    properties = schema.get("properties", {})
    return str(tag).strip("<>") in schema.get("required", ()) or any(
        field.get("const") == tag for field in properties.values()
    )
