"""From a history to its forecast, its back-test, its fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from simlib.cli.shared import DONE, SOME_FAILED, Fault, Progress, loaded, picture_file, say, write
from simlib.cli.workers import cluster_option, processes_asked, working
from simlib.workers.here import ALL_CORES


def column_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how a history's CSV file calls its columns."""
    for option in (
        click.option("--column", metavar="NAME", help="The column of figures in a CSV file, where not `value`."),
        click.option(
            "--period-column", metavar="NAME", help="That of periods, where neither `period_end` nor the first."
        ),
    ):
        command = option(command)
    return command


def history_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose a history and how it is looked at."""
    for option in (
        click.option(
            "--shock", "shocks", multiple=True, metavar="PERIOD", help="A step that is not to be learnt from."
        ),
        click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the draws."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("paths", metavar="HISTORY...", nargs=-1, required=True)
@column_options
@history_options
@click.option("--horizon", type=click.IntRange(1, 120), required=True, help="How many periods ahead.")
@click.option("--until", metavar="PERIOD", help="Forecast from what had ended by then.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write mean and quantiles to a file."
)
@click.option("--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the table to a file.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=picture_file,
    help="Draw the fan with its history, and what happened, as .svg or .png.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Of many: write each one's JSON here.")
@click.option("--jobs", type=int, callback=processes_asked, help="Of many: processes; one a core if left out.")
@cluster_option
def forecast(paths: tuple[str, ...], horizon: int, seed: int, shocks: tuple[str, ...], **asked: Any) -> int:
    """Forecast a history: the table, its quantiles, a fan chart. Or many, on all cores.

    HISTORY is a CSV file (columns period_end and value, or any two) or one that ships:
    netflix:paid_memberships:region=total.
    """
    if len(paths) > 1 and (shocks or any(asked[to] for to in ("json_file", "csv_file", "picture"))):
        raise click.UsageError("--json, --csv, --picture and --shock go with one history; of many, --out has the JSON")
    if asked["cluster"] and len(paths) == 1:
        raise click.UsageError("--cluster goes with several histories")
    columns = _columns_of(asked)
    histories, known = (_histories(paths, columns, until) for until in (None, asked["until"]))
    from simlib.forecast.ensemble import forecast as foretell
    from simlib.present import foretold, words

    if asked["out"] or len(paths) > 1:
        return _forecast_many(known, horizon, seed, asked)
    path, history = next(iter(histories.items()))
    try:
        ahead = foretell(known[path], horizon, seed, shocks)
    except ValueError as error:
        raise Fault(f"{path}: {error}") from None
    write(asked["json_file"], lambda: foretold.json_text(ahead))
    write(asked["csv_file"], lambda: foretold.fan(ahead).to_csv(index=False, lineterminator="\n"))
    write(asked["picture"], lambda: foretold.picture(history, ahead, asked["picture"].suffix))
    click.echo("\n".join(foretold.sentences(ahead)))
    click.echo(f"\n{words.aligned(foretold.lines(ahead))}")
    return DONE


def _forecast_many(histories: dict[str, Any], horizon: int, seed: int, asked: dict[str, Any]) -> int:
    """Forecast histories side by side, a sentence each; one that cannot be forecast is said and passed over."""
    from simlib.forecast.many import forecasts
    from simlib.present import foretold

    out = asked["out"]
    names = [Path(path).stem.replace(":", "-").replace("=", "-") for path in histories]
    if out and len(set(names)) < len(names):
        raise click.UsageError("two histories have one name, so that their JSON would be one file; rename a file")
    with working(asked["jobs"], asked["cluster"], ALL_CORES), Progress(len(histories), "histories") as progress:
        found = forecasts(histories, horizon, seed, progress)
    failed = 0
    for (path, ahead), name in zip(found.items(), names, strict=True):
        if isinstance(ahead, ValueError):
            Fault(f"{path}: {ahead}").show()
            failed += 1
            continue
        write(out and out / f"{name}.json", lambda ahead=ahead: foretold.json_text(ahead))
        click.echo(f"{path}: {foretold.sentences(ahead)[0]}")
    return SOME_FAILED if failed else DONE


@click.command()
@click.argument("path", metavar="HISTORY")
@column_options
@history_options
@click.option("--horizon", type=click.IntRange(1, 120), default=8, show_default=True, help="How many periods ahead.")
@click.option("--first", metavar="PERIOD", help="The first origin: the last period that its forecast knew.")
@click.option(
    "--jobs", type=int, callback=processes_asked, help="Processes for the benchmarks; one a core if left out."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write every score to a file."
)
def backtest(path: str, horizon: int, seed: int, shocks: tuple[str, ...], jobs: int | None, **asked: Any) -> None:
    """Score the forecasts that would have been made at every past origin, beside plain ones.

    HISTORY is a CSV file (columns period_end and value, or any two) or one that ships:
    netflix:paid_memberships:region=total.
    """
    import json

    history = _histories([path], _columns_of(asked))[path]
    from simlib.forecast.backtest import backtest as test
    from simlib.forecast.backtest import origin
    from simlib.present import foretold, words
    from simlib.present.summary import jsonable

    try:
        first = origin(history, asked["first"])
        with working(jobs, None, ALL_CORES), Progress(len(history) - first, "origins") as progress:
            found = test(history, horizon, first, seed, shocks, progress)
    except ValueError as error:
        raise Fault(f"{path}: {error}") from None
    told = jsonable(foretold.scores_jsonable(found))
    write(asked["json_file"], lambda: json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    for lines in (foretold.score_lines, foretold.horizon_lines, foretold.year_lines, foretold.equality_lines):
        click.echo(f"{words.aligned(lines(found))}\n")
    click.echo("\n".join([*foretold.verdicts(found), foretold.levels(found)]))


def _histories(paths: Iterable[str], columns: Any, until: str | None = None) -> dict[str, Any]:
    """Return histories by what they were called, up to `until`; the faults of all of them become sentences."""
    from simlib.forecast.series import find_history
    from simlib.scenario.faults import ScenarioError

    found, faults = {}, []
    for path in paths:
        try:
            found[path] = find_history(path, columns, until)
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise Fault(str(ScenarioError(faults)))
    return found


def _columns_of(asked: dict[str, Any]) -> Any:
    """Return the names of columns that were given, and take them out of what was asked."""
    from simlib.scenario.dated import Columns

    return Columns(asked.pop("period_column"), asked.pop("column"))


ESTIMATORS = ("bass-density", "bass-increments", "bass-regression", "sbg", "bdw", "subscribers", "habits")
UNITS = ("one", "thousand", "million", "billion")


def _priors(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return --prior options as a mapping."""
    pairs = [value.partition("=") for value in values]
    if faulty := [name for name, sign, value in pairs if not (sign and name and value)]:
        raise click.BadParameter(
            f"write name=quantity, e.g. monthly_churn='{{lognormal: {{p10: 2%, p90: 5%}}}}'; found {faulty[0]!r}"
        )
    return {name: value for name, _sign, value in pairs}


@click.command()
@click.argument("histories", metavar="HISTORY...", nargs=-1, required=True)
@click.option("--model", type=click.Choice(ESTIMATORS), required=True, help="The estimator, by its own name.")
@column_options
@click.option(
    "--unit", type=click.Choice(UNITS), default="one", help="What 1 stands for in a CSV file.", show_default=True
)
@click.option("--cumulative", is_flag=True, help="The figures are totals so far; for Bass's models.")
@click.option("--until", metavar="PERIOD", help="Use nothing later, e.g. 2016Q3.")
@click.option(
    "--prior",
    "priors",
    multiple=True,
    callback=_priors,
    metavar="NAME=QUANTITY",
    help="What was thought of a parameter before; [PLACE.]NAME.",
)
@click.option(
    "--audience",
    "audiences",
    multiple=True,
    metavar="[PLACE=]PEOPLE",
    help="Whose share the potential is; needed by --out.",
)
@click.option(
    "--refits", type=click.IntRange(0, 100_000), default=0, help="Fit so many histories that might have been, too."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the posterior's draws and of the refits."
)
@click.option("--date", help="Date of the fit, e.g. 2016-10-17; the history's last day if left out.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write a base that scenarios extend.")
@click.option("--force", is_flag=True, help="Write over a base that is there.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write all of it to a file.")
def calibrate(histories: tuple[str, ...], json_file: Path | None, **asked: Any) -> None:
    """Fit a model to a history: parameters with their spread, and what the history cannot tell apart.

    HISTORY is a CSV file (columns period_end and value, or any two) or one that ships:
    netflix:paid_memberships:region=US;
    PLACE=HISTORY, once for each place, fits members of several territories, e.g. USA=… default=….
    With --model habits it is a scenario: its own ranges are the priors, its histories that state an error the figures.
    """
    import json

    from simlib.forecast.posterior import FitError
    from simlib.present import calibrated
    from simlib.present.calibrating import Asked, base, fits, habits_fitted, habits_text
    from simlib.scenario.faults import ScenarioError

    if asked["cumulative"] and not asked["model"].startswith("bass"):
        raise click.UsageError("--cumulative goes with Bass's models")
    of_habits, of_series = (
        asked["model"] == "habits",
        ("period_column", "column", "cumulative", "until", "priors", "audiences"),
    )
    if of_habits and (len(histories) > 1 or any(asked[name] for name in of_series)):
        raise click.UsageError(
            "--model habits takes one scenario, which says itself what is known and what was thought before"
        )
    out, force = asked.pop("out"), asked.pop("force")
    if out and out.exists() and not force:
        raise Fault(f"{out}: is there already; add --force to write over it")
    task = Asked(histories=histories, columns=_columns_of(asked), **asked)
    try:
        found = [habits_fitted(loaded(Path(histories[0])), task)] if of_habits else fits(task)
        written = out and (habits_text(task, found[0], out) if of_habits else base(task, found, out))
    except (ScenarioError, FitError) as error:
        raise Fault(str(error)) from None
    told = [calibrated.jsonable(each.found, each.unit, asked["date"]) for each in found]
    write(json_file, lambda: json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    click.echo("\n\n".join(calibrated.text(each.found, each.unit) for each in found))
    write(out, lambda: written)
    if out:
        say(f"written: {out}")
