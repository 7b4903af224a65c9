"""The numbers of one scenario: its results, what drives them, each party's account."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from simlib.cli.shared import Fault, Progress, changes_of, loaded, scenario_options, write
from simlib.cli.workers import jobs_for, worker_options, working


@click.command()
@click.argument("path", metavar="SCENARIO", type=click.Path(path_type=Path))
@scenario_options
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the summary to a JSON file."
)
@click.option(
    "--csv", "csv_folder", type=click.Path(path_type=Path, file_okay=False), help="Write the tables to a folder."
)
@worker_options
def simulate(
    path: Path, overrides: dict, draws: int | None, seed: int | None, jobs: int | None, cluster: str | None, **to: Any
) -> None:
    """Simulate a scenario: numbers alone, no notebook."""
    import json

    scenario = loaded(path, changes_of(overrides, draws, seed))
    from simlib.present import captions, tables
    from simlib.simulation.engine import simulate as run

    many = scenario.simulation.draws
    with working(jobs, cluster, jobs_for(many)), Progress(many, "draws") as progress:
        outcome = run(scenario, progress=progress)
    summary = tables.summary(outcome)
    write(to["json_file"], lambda: json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    for name, table in tables.all_tables(outcome).items() if to["csv_folder"] else ():
        write(to["csv_folder"] / f"{name}.csv", lambda table=table: table.to_csv(index=False))
    for sentence in filter(None, (*tables.decision(outcome), captions.left_out(outcome).strip())):
        click.echo(sentence)
    click.echo()
    click.echo(_columns(summary))


def _columns(summary: dict[str, Any]) -> str:
    """Return the outputs of a summary as people write them: mean, P10 to P90, Monte Carlo error."""
    from simlib.present import words

    currency = summary["currency"]
    rows = [("", "mean", "median", "P10 to P90", "Monte Carlo error", "")]
    for name, told in summary["outputs"].items():
        missing = f"where it exists: {words.chance(1 - told['missing'])} of draws" if "missing" in told else ""
        if told["mean"] is None:
            rows.append((name, "in no draw", "", "", "", ""))
            continue
        mean, median = (_said(told[key], told["unit"], currency) for key in ("mean", "p50"))
        error = _said(told["mc_error"], words.apart(told["unit"]), currency)
        spread = words.between(told["p10"], told["p90"], told["unit"], currency)
        if name.endswith("_irr"):
            mean = error = words.NOTHING  # a few enormous returns on next to nothing make the mean of rates meaningless
        rows.append((name, mean, median, spread, error, missing))
    return words.aligned(rows)


def _said(value: float | None, unit: str, currency: str) -> str:
    """Return a number in its unit; nothing where too few draws give none."""
    from simlib.present import words

    return words.NOTHING if value is None else words.amount(value, unit, currency)


def _power_of_two(_: click.Context, __: click.Parameter, points: int | None) -> int | None:
    """Return the points of --indices, checked."""
    if points is not None and points & (points - 1):
        raise click.BadParameter(f"write a power of 2, e.g. 512; found {points}")
    return points


@click.command()
@click.argument("path", metavar="SCENARIO", type=click.Path(path_type=Path))
@scenario_options
@click.option("--target", metavar="NAME", help="An output to explain, instead of what the scenario is about.")
@click.option(
    "--indices",
    "points",
    type=click.IntRange(4, 2**20),
    callback=_power_of_two,
    help="Total indices too, from this many points: a power of 2; takes inputs + 2 times as many draws.",
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the drivers to a JSON file."
)
def drivers(
    path: Path,
    overrides: dict,
    draws: int | None,
    seed: int | None,
    target: str | None,
    points: int | None,
    json_file: Path | None,
) -> None:
    """Say what drives the answer, and what is worth finding out.

    For each input: the target's mean where the input is near its P10 and near its P90, the share of the target's variance
    that it explains alone and, with --indices, in all it takes part in, and what it is worth to know it beforehand.
    """
    import json

    scenario = loaded(path, changes_of(overrides, draws, seed))
    from simlib.present import driven
    from simlib.present.summary import jsonable
    from simlib.simulation.engine import simulate as run

    with Progress(scenario.simulation.draws, "draws") as progress:
        outcome = run(scenario, progress=progress)
    refused = None
    try:
        found = driven.drivers(outcome, target)
        if points:
            with Progress((len(outcome.inputs) + 2) * points, "draws") as progress:
                found, refused = driven.with_indices(outcome, found, points, progress)
    except ValueError as error:
        raise Fault(str(error)) from None
    write(json_file, lambda: json.dumps(jsonable(found), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    click.echo(driven.table(outcome, found))
    if refused:
        raise Fault(f"no total indices: {refused}")


@click.command()
@click.argument("path", metavar="SCENARIO", type=click.Path(path_type=Path))
@scenario_options
@click.option("--package", help="Under which package; the recommended one if left out.")
@click.option(
    "--draw",
    type=click.Choice(["median", "mean"]),
    default="median",
    show_default=True,
    help="The draw nearest to the licensor's median, or the mean of all.",
)
@click.option("--party", help="Whose account; if left out, the licensor's is shown and everyone's is written.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a CSV for each party, and one Excel workbook.",
)
def statement(path: Path, overrides: dict, draws: int | None, seed: int | None, out: Path | None, **asked: Any) -> None:
    """State the account of each party: what is earned, recouped, taxed and paid, clause by clause."""
    scenario = loaded(path, changes_of(overrides, draws, seed))
    if asked["package"]:
        _among(asked["package"], scenario.packages, "package")
    from simlib.present import statement as statements
    from simlib.present.findings import findings
    from simlib.present.workbook import workbook
    from simlib.simulation.engine import simulate as run
    from simlib.simulation.statement import statement as stated

    with Progress(scenario.simulation.draws, "draws") as progress:
        outcome = run(scenario, progress=progress)
    package = asked["package"] or findings(outcome).recommended
    if package is None:
        raise Fault(f"{path}: has no packages, so that there is nothing to state; add one, even of a single deal")
    found = stated(outcome, package, asked["draw"])
    parties = statements.parties(outcome, found)
    chosen = [_among(asked["party"], parties, "party")] if asked["party"] else parties
    if out is None:
        click.echo(statements.text(outcome, found, chosen[0]))
        return
    for party in chosen:
        lines = statements.rows(found, party).assign(currency=scenario.currency)
        write(out / f"{party}.csv", lambda lines=lines: lines.to_csv(index=False, lineterminator="\n"))
    write(out / "statement.xlsx", lambda: workbook(outcome, found, chosen))
    click.echo(out / "statement.xlsx")


def _among(name: str, known: Iterable[str], kind: str) -> str:
    """Return a name that is known; say which are."""
    if name not in known:
        raise Fault(f"no {kind} {name!r}; there are {', '.join(known) or 'none'}")
    return name
