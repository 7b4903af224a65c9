"""Which terms to sign: the value of a term that answers a question, two scenarios side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from simlib.cli.shared import Fault, Progress, changes_of, loaded, say, scenario_options, write


@click.command()
@click.argument("path", metavar="SCENARIO", type=click.Path(path_type=Path))
@click.option("--term", help="The path of a number, e.g. deals.netflix.terms.flat_fee.amount.")
@click.option("--for", "result", help="A result, e.g. packages.netflix_worldwide.licensor_npv.")
@click.option("--at", default="mean", show_default=True, help="The mean, or a percentile from p01 to p99.")
@click.option("--equals", help="A number, money, or another result.")
@click.option("--between", nargs=2, metavar="LOW HIGH", help="Where to look, in the term's own unit.")
@scenario_options
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the answers to a file."
)
def solve(
    path: Path, overrides: dict, draws: int | None, seed: int | None, json_file: Path | None, **asked: Any
) -> None:
    """Find the value of a term at which a result is what it should be.

    Without --term, the questions of the scenario's own section `solve` are answered.
    """
    import json

    scenario = loaded(path, changes_of(overrides, draws, seed))
    at = asked.pop("at")
    if any(asked.values()):
        if not all(asked.values()):
            raise click.UsageError("a question needs --term, --for, --equals and --between")
        scenario = asking(scenario, {"question": {"for": asked.pop("result"), "at": at, **asked}})
    if not scenario.solve:
        raise click.UsageError(f"{path} has no section solve; ask with --term, --for, --equals and --between")
    from simlib.decide.questions import answers
    from simlib.decide.solve import BUDGET
    from simlib.present import solved

    try:
        with Progress(BUDGET * len(scenario.solve), "simulations") as progress:
            found = answers(scenario, scenario.solve, progress=progress)
    except ValueError as error:
        raise Fault(f"{path}: {error}") from None
    told = [solved.jsonable(scenario, answer) for answer in found]
    write(json_file, lambda: json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    for answer in found:
        click.echo("\n".join(solved.sentences(scenario, answer)))


def asking(scenario: Any, questions: dict[str, Any]) -> Any:
    """Return a scenario that asks other questions; what is wrong with them becomes sentences."""
    from simlib.scenario.faults import ScenarioError
    from simlib.scenario.load import asking

    try:
        return asking(scenario, questions)
    except ScenarioError as error:
        raise Fault(str(error)) from None


@click.command()
@click.argument("path", metavar="SCENARIO", type=click.Path(path_type=Path))
@click.argument("other", required=False, type=click.Path(path_type=Path))
@scenario_options
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write all of it to a file.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Also write a report into this folder.")
def compare(path: Path, other: Path | None, overrides: dict, draws: int | None, seed: int | None, **to: Any) -> None:
    """Compare two scenarios on the same draws: changed inputs first, then changed results.

    --set changes the second scenario; where OTHER is left out, SCENARIO is compared with itself so changed. Both are
    drawn as the first says.
    """
    import json

    if other is None and not overrides:
        raise click.UsageError("name another scenario, or --set what is to differ")
    drawn = changes_of({}, draws, seed)
    one, second = loaded(path, drawn), loaded(other or path, overrides | drawn)
    from simlib.decide.difference import compare as compared
    from simlib.present import versus

    found = compared(one, second)
    write(to["json_file"], lambda: json.dumps(versus.jsonable_of(found), indent=1, ensure_ascii=False) + "\n")
    click.echo("\n".join(versus.lines(found)))
    if to["out"]:
        from simlib.present.report import ReportError, write_comparison

        try:
            click.echo(write_comparison(path, other, to["out"], overrides | drawn, progress=say))
        except ReportError as error:
            raise Fault(str(error)) from None
