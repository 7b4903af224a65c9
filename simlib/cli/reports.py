"""Reports, of one scenario or of many."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from simlib.cli.batches import made, plan_for, say_outside, told
from simlib.cli.shared import Fault, changes_of, loaded, say, scenario_options, scenarios_of
from simlib.cli.workers import cluster_option, jobs_for, with_kernels_at_work, worker_options
from simlib.present.kernels import ENGINES, Kernels

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Where reports are kept.",
)
notebook_option = click.option(
    "--notebook", metavar="NAME", default="deal_report", show_default=True, help="Which notebook tells it."
)


@click.command()
@click.argument("path", metavar="SCENARIO", type=click.Path(path_type=Path))
@scenario_options
@out_option
@notebook_option
@worker_options
def report(
    path: Path, overrides: dict, draws: int | None, seed: int | None, out: Path, notebook: str, **who: Any
) -> None:
    """Write a report: an executed notebook, one HTML file, the numbers, and how they were made.

    --notebook payment_habits, subscribers or platform goes deeper into one section of the scenario, on a shelf of its own.
    """
    changes = changes_of(overrides, draws, seed)
    many = loaded(path, changes).simulation.draws
    from simlib.present.placing import ReportError
    from simlib.present.report import write_report

    try:
        with with_kernels_at_work(who["jobs"], who["cluster"], jobs_for(many)):
            click.echo(write_report(path, out, changes, progress=say, notebook=notebook))
    except ReportError as error:
        raise Fault(str(error)) from None


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@scenario_options
@out_option
@notebook_option
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="Reports made at a time; if left out, as many as there are cores."
)
@cluster_option
@click.option(
    "--keep-going/--fail-fast", default=True, help="After a report failed: go on (as it is), or start no other."
)
@click.option("--force", is_flag=True, help="Make every report, up to date or not.")
@click.option("--dry-run", is_flag=True, help="Say for each whether it would be made, and why; make none.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write what was done to a JSON file."
)
@click.option("--timeout", type=click.FloatRange(min=1), metavar="SECONDS", help="The most that one notebook may take.")
@click.option(
    "--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True, help="Where kernels come from."
)
def batch(
    paths: tuple[Path, ...],
    overrides: dict,
    draws: int | None,
    seed: int | None,
    out: Path,
    notebook: str,
    json_file: Path | None,
    **how: Any,
) -> int:
    """Report on many scenarios: files, folders, patterns in quotes; write an index page over all reports.

    A file with a sweep stands for a report of each of its cells. What is up to date is let be, so that a batch which was
    interrupted goes on where it was. A report that fails has a page that says why; the exit code is then 3.
    """
    from simlib.present.layout import INDEX

    files = _found(paths, notebook)
    with Kernels(how.pop("engine"), how.pop("timeout")) as kernels:
        ahead = None if how["dry_run"] or how["cluster"] else partial(_begin, kernels)
        if ahead and (how["force"] or not (out / INDEX).exists()):  # there is something to make
            ahead()
            ahead = None
        plan = plan_for(files, notebook, changes_of(overrides, draws, seed), out, how["force"], ahead)
        say_outside(plan)
        if how["dry_run"]:
            return told(plan, json_file)
        return made(plan, out, json_file, kernels, **how)


def _found(paths: Sequence[Path], notebook: str) -> list[Path]:
    """Return the files of scenarios, all of which are there, for a notebook that is one."""
    from simlib.present.layout import found
    from simlib.present.telling import unknown

    files = scenarios_of(paths)
    if refused := unknown(notebook):
        raise Fault(refused)
    if missing := [file for file in files if not found(file).exists()]:
        raise Fault("\n".join(f"{file}: is not there; check the name, or look in scenarios/" for file in missing))
    return files


def _begin(kernels: Kernels) -> None:
    """Have kernels prepared, after it was noted what they will import: a file that changes meanwhile is seen next time."""
    from simlib.present.made import versions
    from simlib.workers.ground import sources

    sources()
    versions()
    kernels.begin()
