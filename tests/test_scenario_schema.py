"""The schema: what editors complete agrees with what is checked, every field is described, no assumption has a default."""

import inspect
from pathlib import Path

import pytest
from broken_scenarios import MISSPELT, SOUND
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from simlib.scenario import (
    audience,
    clauses,
    deals,
    fields,
    histories,
    members,
    platform,
    quantity,
    rights,
    schema,
    title,
)
from simlib.scenario.load import load
from simlib.scenario.quantity import FORMS, Strict
from simlib.scenario.reference import json_schema
from simlib.scenario.schema import Sections
from simlib.scenario.source import parse, read

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").rglob("*.yml"))
EDITORS = Draft202012Validator(json_schema())
WHOLE = Draft202012Validator(Sections.model_json_schema())
TAGS = {
    "clause",
    "by",
    *FORMS,
}  # a word that tells which form or clause this is; the docstring of the model says the rest


def models():
    found = [
        model
        for module in (quantity, fields, clauses, rights, deals, audience, members, title, platform, histories, schema)
        for _, model in inspect.getmembers(module, inspect.isclass)
        if issubclass(model, BaseModel) and model.__module__ == module.__name__
    ]
    assert len(found) > 50
    return found


def test_both_schemas_are_valid_json_schema_of_2020_12():
    for validator in (EDITORS, WHOLE):
        Draft202012Validator.check_schema(validator.schema)
    assert EDITORS.schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", [*SCENARIOS, *SOUND.values()], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_editor_accepts_every_file_that_ships_bases_and_all(path):
    assert [error.message for error in EDITORS.iter_errors(read(path, path.name).plain())] == []


@pytest.mark.parametrize(
    "path", [path for path in SCENARIOS if path.parent.name != "bases"], ids=lambda path: path.name
)
def test_a_scenario_merged_with_its_bases_has_all_that_the_schema_requires(path):
    assert [error.message for error in WHOLE.iter_errors(load(path).origin.tree.plain())] == []


@pytest.mark.parametrize("broken", MISSPELT, ids=str)
def test_an_editor_underlines_a_misspelt_key(broken):
    assert not EDITORS.is_valid(parse(broken.text().replace("¶", ""), broken.file).plain())


def test_an_editor_knows_every_section_and_the_bases():
    assert EDITORS.schema["properties"].keys() == {"extends", *Sections.model_fields}


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_field_is_described_and_every_part_is_strict_and_frozen(model):
    assert model.__doc__
    assert {name for name, field in model.model_fields.items() if not field.description} <= TAGS
    assert issubclass(model, Strict)
    config = {key: model.model_config.get(key) for key in ("extra", "frozen", "strict")}
    assert config == {"extra": "forbid", "frozen": True, "strict": True}


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_no_assumption_has_a_default(model):
    given = {name: field.get_default() for name, field in model.model_fields.items() if not field.is_required()}
    empty = [name for name, default in given.items() if default is None or default in ((), {}, False)]
    assert list(given) == empty
    assert all(field.default_factory is None for field in model.model_fields.values())
