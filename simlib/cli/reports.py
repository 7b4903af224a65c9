"""Reports, of one scenario or of many."""

from __future__ import annotations

from pathlib import Path

import click

from simlib.cli.shared import DONE, SOME_FAILED, Fault, changes_of, loaded, say, scenario_options, scenarios_of


@click.command()
@click.argument("path", metavar="SCENARIO", type=click.Path(path_type=Path))
@scenario_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Where reports are kept.",
)
@click.option("--notebook", metavar="NAME", default="deal_report", show_default=True, help="Which notebook tells it.")
def report(path: Path, overrides: dict, draws: int | None, seed: int | None, out: Path, notebook: str) -> None:
    """Write a report: an executed notebook, one HTML file, the numbers, and how they were made.

    --notebook payment_habits, subscribers or platform goes deeper into one section of the scenario, on a shelf of its own.
    """
    changes = changes_of(overrides, draws, seed)
    loaded(path, changes)
    from simlib.present.report import ReportError, write_report

    try:
        click.echo(write_report(path, out, changes, progress=say, notebook=notebook))
    except ReportError as error:
        raise Fault(str(error)) from None


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--draws", type=click.IntRange(2, 10_000_000), help="Instead of each scenario's own.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Where reports are kept.",
)
def batch(paths: tuple[Path, ...], draws: int | None, out: Path) -> int:
    """Report on every scenario of a folder, and write an index page over the reports.

    A scenario that fails is said and passed over; the exit code is then 3.
    """
    from simlib.present.batch import run_batch
    from simlib.present.report import ReportError

    changes = changes_of({}, draws, None)
    try:
        failed, index = run_batch(scenarios_of(paths), out, changes, say=say)
    except ReportError as error:
        raise Fault(str(error)) from None
    click.echo(index)
    return SOME_FAILED if failed else DONE
