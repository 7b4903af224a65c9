"""The JSON Schema that editors use, and the reference page, both made from the schema's own descriptions."""

from __future__ import annotations

import json
from typing import Any

from simlib.scenario.clauses import CLAUSES
from simlib.scenario.quantity import FORMS
from simlib.scenario.schema import Sections

QUANTITIES = {form.__name__ for form in FORMS.values()} | {"Money", "SourcedMoney"}
WHOLE = QUANTITIES | {"Membership", "Viewing", "Holdback", "SlowStarter"}
HEAD = """# The language of scenarios

This page is made by `make docs` from the descriptions of the fields in `simlib/scenario/`; a test keeps it in step.

A scenario is one YAML file (YAML 1.2: `NO` is Norway, `1e6` is a number). `extends:` names a base or a list of bases:
mappings merge, lists and quantities are replaced whole, the scenario's own value wins, `null` takes a list or a part with a
name away (`levers: {price: null}`), and two bases that disagree are an
error unless the scenario decides. Correlations may stand in lists by name, so that a base (a fit, say) and the scenario
each add their own. `--set path=value` sets a single value, e.g. `--set subscribers.monthly_churn=3%`.
No assumption has a default: a number that is missing is an error.

Nothing in a scenario runs. It reads ordinary files alone, its bases and the tables of its histories: at most 64, none
larger than 2 MB, 40,000 values together. What lies outside the project (for a scenario elsewhere, outside its own folder)
is read and said: by every command on the error channel, in `manifest.json` and in the report. Where such a file is at
fault, nothing is quoted from it.

## A quantity

Wherever a number may stand, any of these may stand, and they nest:

    0.031        2.5%        52.68 million                              a number
    {normal: {mean: 0, sd: 1}}  {normal: {p10: -1, p90: 1}}             uncertain
    {lognormal: {p10: 2%, p90: 5%}}  {lognormal: {mean: 3, sd: 1}}
    {triangular: {low: 1, mode: 2, high: 4}}  {pert: {low: 1, mode: 2, high: 4}}
    {beta: {mean: 30%, sd: 5%}}  {uniform: {low: 0, high: 1}}
    {discrete: {0.5: 30%, 1.0: 70%}}
    {ramp: {from: 10%, to: 40%, start: 2018-01, months: 36}}            moves over time
    {steps: {2017-12: 9.99, 2019-01: 10.99}}
    {growth: {start: 9.99, annual: 4%}}
    {by_territory: {USA: 13.99, LATAM: 7.99, default: 9.99}}            differs by place: code, group, region, default
    {fact: population}  {fact: internet_users}  {fact: monthly_income}  a fact of each territory
    {random_walk: {start: 6.6, annual_volatility: 5%}}                  a rate of exchange
    {value: …, source: "…", note: "…"}                                  with its origin

Money is written `80 thousand USD per episode`, or `{amount: …, currency: USD, per: episode}` with any quantity as its
amount; a plain number is in the scenario's currency.

A distribution is one draw for all territories unless it says `per_territory: true`. A draw beyond the range that a field
allows moves to its edge; the check refuses a distribution with more than 1 draw in 1,000 outside, on either side.

## Rights

    rights:
      media: [SVOD]
      territories: {include: [world], exclude: [CHN]}      codes, groups, regions or `world`, less some of them
      start: 2017-12
      months: 60                                           or `end: 2022-12`, the first month after the window
      exclusive: true
      holdbacks: [{media: [free_tv], months: 12}]          nobody may show it on free television before 2018-12

Deals of one package clash where media, territory and window meet and either is exclusive, or one grants what the other
holds back; the check names both lines and the first month. A window that ends in the month in which another begins does
not meet it. `simlib check --avails` shows who holds what, where and when, and what is still free.

## Members that start from a history

    subscribers:
      opening:
        world:
          territories: [world]
          history: {table: netflix, metric: paid_memberships, which: {region: total}, until: 2017-09, forecast_periods: 6}

stands in the place of `members: 104.02 million`. The history is one that ships (`table`), a CSV file of two columns
(`file: members.csv`, whose figures are taken in as if the scenario said them), or `figures: {2016Q4: 93.8 million, …}`.
Nothing later than `until` reaches the scenario. Where the horizon starts later than the last figure known, and for the
first `forecast_periods` steps, each draw goes along one sample path of `simlib forecast`, and the model goes on from its
end; the members there are an uncertain input like any other, called `subscribers.opening.world.history`. Parameters fitted
to the same history come as a base: `simlib calibrate … --until 2017-09 --out scenarios/bases/fitted.yml`. A scenario whose
base says `members` writes `members: null` beside its `history`.

## A title that could be made in several ways

    title:
      name: The drama
      hit: {lognormal: {p10: 0.5, p90: 2}}                 the story's: one draw for every way
      made_as:
        super: {tier: super, episodes: 30, …}              each way has all fields of a title
        online: {tier: online, episodes: 24, …}
    deals:
      premiere: {made_as: super, …}                        each deal says which way it is about
      shared_viewing: {made_as: online, …}

A way's own hit factor multiplies the story's. The deals of a package are about one way, and the package's `cost_shares` say
who bears what it costs. `bases/tier-prime-time.yml`, `bases/tier-super.yml` and `bases/tier-online.yml` have each a way, its
deals and its package; a scenario that extends one has that tier.

## A sweep

One file may stand for many scenarios, its cells, each of which `simlib batch` makes a report of:

    sweep:
      subscribers.price: [9.99, 11.99]                     every combination of the values in the lists
      habits.enforcement.effort: [low, high]               P10 and P90 of what is uncertain there; middle is the median

or so many points, drawn so that each input is covered evenly (Latin hypercube):

    sweep:
      drawn: {points: 20, seed: 1}
      subscribers.price: {uniform: {low: 8, high: 13}}     a distribution of the sweep's own
      subscribers.monthly_churn: range                     the distribution that is there
      habits.enforcement.effort: [low, high]               each as often

Values are written as for `--set`. A word for an end sets each distribution below its path to the same quantile of its own;
of a `per_territory` one every territory. At most 10,000 cells; each is checked before the first is run, and `simlib check`
checks them too. A cell is its file with values set: `simlib report FILE --set …` makes it alone, and its page says the
command. Every other command takes the file's own values, and says so.

What is set from outside, by a sweep or by `--set`, is held: pairs of `correlations` that name it and the pull of `levers` on
it are left out, and a sweep no longer tries other values there.

## Results

What `solve`, `drivers --target` and `--json` name, one number for each draw; `simlib simulate` lists those of a scenario:

- `paying_ratio.<market>`, `habit_share.<market>`, `paid_half_year.<market>`, `members`: all at the end
- `deals.<deal>.licensee_npv`, `licensee_irr`, `licensee_payback`, `hours`, `members_gained`
- `packages.<package>.licensor_npv`, `licensee_npv`, `licensor_irr`, `licensee_irr`
- `platform.npv`, `profit_last_year`, `in_profit` (1 or 0), `break_even`, `payback` (both dates), `paying_ratio`,
  `paying_ratio_needed`

Series, beside which `histories` stand: the shares and `members` above, `gross_adds`, `churned`, `retention`;
`platform.revenue` and `platform.costs` with their lines, `platform.profit`, `platform.cash`.

## What needs what

A section may be left out when nothing needs it. `habits` needs `audience`. `subscribers` needs `audience`, and `habits`
where its potential is a share of payers. `platform` needs `subscribers`; its `accounts` also a discount rate for that
platform, and a horizon of a year or more. Every deal needs `title`, and a discount rate for each of its parties: by
`viewing` also `audience` and `habits`; by `membership` also `subscribers` with a `title_effect`, and `platform`.
This is a whole scenario:

    name: Members of one platform in one country
    currency: USD
    horizon: {start: 2018-01, periods: 24, step: month}
    simulation: {draws: 1000, seed: 1}
    territories: {include: [TWN]}
    audience:
      internet_users: {fact: internet_users}
      video_share: {pert: {low: 60%, mode: 70%, high: 80%}}
      annual_growth: 2%
      monthly_income: {fact: monthly_income}
    subscribers:
      platform: harbour
      opening: {all: {territories: [TWN], members: 300 thousand}}
      potential: {of: audience, share: 15%}
      innovation: 0.05
      imitation: {uniform: {low: 0.3, high: 0.6}}
      monthly_churn: {lognormal: {p10: 2%, p90: 5%}}

Editors that complete YAML find the schema by a first line `# yaml-language-server: $schema=../docs/scenario.schema.json`.
"""


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file.

    A file may leave to its bases what a section needs, so that only what is replaced whole lists required fields.

    >>> sorted(json_schema()["properties"])[:3]
    ['audience', 'correlations', 'currency']
    """
    schema = Sections.model_json_schema()
    clauses = {definition.rsplit("/", 1)[1] for definition in _clause_refs(schema)}
    for name, definition in schema["$defs"].items():
        if not definition.get("properties", {}).keys() <= {"p10", "p90"} and name not in WHOLE | clauses | _shapes(
            schema
        ):
            definition.pop("required", None)
    schema.pop("required", None)
    for field in schema["properties"].values():  # what leaves fields to its bases may fit more than one choice
        if "anyOf" in field:
            field["anyOf"] = [inner for choice in field["anyOf"] for inner in choice.get("oneOf", [choice])]
    extends = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    extends["description"] = "a base file or a list of them, relative to this file"
    schema["properties"] = {"extends": extends, **schema["properties"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def json_text() -> str:
    """Return the JSON Schema as the text that `simlib schema` prints."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def _shapes(schema: dict[str, Any]) -> set[str]:
    """Return the definitions inside quantities, which are replaced whole."""
    forms = (schema["$defs"][form.__name__] for form in FORMS.values())
    refs = (field.get("$ref", "") for form in forms for field in form["properties"].values())
    return {ref.rsplit("/", 1)[1] for ref in refs if ref}


def _clause_refs(schema: dict[str, Any]) -> list[str]:
    items = schema["$defs"]["Deal"]["properties"]["terms"]["items"]
    return [choice["$ref"] for choice in items["oneOf"]]


def page() -> str:
    """Return the reference page."""
    schema = Sections.model_json_schema()
    parts = [HEAD, "## Sections\n", _table(schema, schema)]
    for name in schema["$defs"]:
        definition = schema["$defs"][name]
        if name in QUANTITIES | _shapes(schema) or not definition.get("properties"):
            continue
        parts += [f"### {name}\n", f"{definition.get('description', '')}\n", _table(definition, schema)]
    parts.append(f"The clauses of a deal are {', '.join(f'`{clause}`' for clause in CLAUSES)}.\n")
    return "\n".join(parts)


def _table(definition: dict[str, Any], schema: dict[str, Any]) -> str:
    rows = ["| field | what | kind |", "|---|---|---|"]
    needed = definition.get("required", ())
    for name, field in definition["properties"].items():
        optional = "" if name in needed else " (may be left out)"
        said = field.get("description", "").replace("|", "\\|")
        rows.append(f"| `{name}` | {said}{optional} | {_kind(field)} |")
    return "\n".join(rows) + "\n"


def _kind(field: dict[str, Any]) -> str:
    """Return what may stand in a field, in a word or two."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[1]
        return {"Quantity": "quantity", "MoneyQuantity": "money"}.get(name, f"[{name}](#{name.lower()})")
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{word}`" for word in field["enum"])
    if choices := field.get("anyOf") or field.get("oneOf"):
        kinds = dict.fromkeys(_kind(choice) for choice in choices if choice.get("type") != "null")
        return " or ".join(kinds)
    if field.get("type") == "array":
        return "list of " + _kind(field["items"]) if isinstance(field.get("items"), dict) else "list"
    if field.get("type") == "object":
        inner = [field.get("additionalProperties"), *field.get("patternProperties", {}).values()]
        inner = next((item for item in inner if isinstance(item, dict)), None)
        return "mapping of " + _kind(inner) if inner else "mapping"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        field.get("type", ""), "number"
    )
