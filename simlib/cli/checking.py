"""Is a scenario good, who holds what in it, and what may stand in one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from simlib.cli.shared import DONE, WRONG_INPUT, Fault, Progress, checked, picture_file, scenarios_of, write


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--avails", is_flag=True, help="Show who holds what, where and when, and what is still free.")
@click.option("--package", metavar="NAME", help="With --avails: of this package alone.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=picture_file,
    help="With --avails: draw it too, as .svg or .png; of one scenario and package.",
)
def check(paths: tuple[Path, ...], avails: bool, package: str | None, picture: Path | None) -> int:
    """Check scenarios: every fault with file and line.

    A folder stands for every *.yml in it; bases are checked through the scenarios that extend them.
    """
    if (package or picture) and not avails:
        raise click.UsageError("--package and --picture go with --avails")
    if picture and (len(paths) > 1 or paths[0].is_dir()):
        raise click.UsageError("--picture draws one scenario; name its file alone")
    faults = 0
    for given in paths:
        try:
            found = scenarios_of([given])
        except Fault as fault:
            found, faults = [], faults + 1
            fault.show()
        for path in found:
            try:
                scenario = checked(path)
                click.echo(f"{path}: good{_cells_of(scenario)}")
                if avails:
                    _show_avails(scenario, package, picture)
            except Fault as fault:
                fault.show()
                faults += 1
    return WRONG_INPUT if faults else DONE


def _cells_of(scenario: Any) -> str:
    """Return how many cells a scenario's sweep has; raise Fault with every fault of theirs."""
    if scenario.sweep is None:
        return ""
    from simlib.simulation.sweep import cells, faults_of

    found = cells(scenario)
    with Progress(len(found), "cells checked") as progress:
        faults = faults_of(scenario, found, progress)
    if faults:
        raise Fault("\n".join(map(str, faults)))
    return f", a sweep of {len(found):,} cells"


def _show_avails(scenario: Any, package: str | None, picture: Path | None) -> None:
    """Print the avails of the packages of a scenario; draw those of the one that is asked for, or of the only one."""
    from simlib.present import avails, tables
    from simlib.scenario.faults import nearest

    known = list(scenario.packages)
    if package and package not in known:
        raise Fault(f"{scenario.origin.file}: has no package {package}{nearest(package, known)}")
    asked = [package] if package else known
    if picture and len(asked) != 1:
        raise click.UsageError(f"--picture draws one package; add --package, one of {', '.join(known) or 'none'}")
    for name in asked:
        table = tables.avails(scenario, name)
        click.echo(f"\n{name}: {scenario.packages[name].label}\n{avails.text(table)}")
        write(picture, lambda table=table: avails.picture(table, picture.suffix))


@click.command()
def schema() -> None:
    """Print the JSON Schema of scenarios, for editors."""
    from simlib.scenario.reference import json_text

    click.echo(json_text(), nl=False)
