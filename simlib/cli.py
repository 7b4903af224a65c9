"""The command line: from checking a scenario to reports of many, and from a history to its forecast or its fit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from simlib import __version__

DONE, WRONG_INPUT, SOME_FAILED, INTERRUPTED = 0, 1, 3, 130


class Fault(click.ClickException):
    """A mistake in what the user gave: sentences, and exit code 1."""

    exit_code = WRONG_INPUT

    def show(self, file: Any = None) -> None:
        """Print the sentences, and nothing else."""
        click.echo(self.format_message(), err=True)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 wrong input, 2 wrong command line, 3 some failed, 130 interrupted."""
    words = list(sys.argv[1:] if words is None else words)
    try:
        given = [word for word in words if word != "--debug"]  # it may stand anywhere
        sys.exit(cli.main(given, prog_name="simlib", standalone_mode=False) or DONE)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(DONE)
    except Exception as error:
        if "--debug" in words:
            raise
        click.echo(
            f"simlib itself failed: {type(error).__name__}: {error}; run it again with --debug to see where", err=True
        )
        sys.exit(WRONG_INPUT)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="simlib")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure; may stand anywhere.")
def cli(debug: bool) -> None:
    """What a licence for a drama is worth, to whom, and which terms to sign.

    \b
    Start with:   simlib check scenarios/
                  simlib report scenarios/day-and-night.yml
    Then edit a number in the scenario, or try one without editing:
                  simlib simulate scenarios/day-and-night.yml --set subscribers.monthly_churn=3%
    """


def _assignment(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return --set options as a mapping."""
    pairs = [value.partition("=") for value in values]
    for path, sign, _value in pairs:
        if not sign or not path:
            raise click.BadParameter(f"write path=value, e.g. subscribers.monthly_churn=3%; found {path!r}")
    return {path: value for path, _sign, value in pairs}


def _picture_file(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Return the file of a picture whose suffix says what it is."""
    if path and path.suffix not in (".svg", ".png"):
        raise click.BadParameter(f"a picture ends in .svg or .png; found {path.name!r}")
    return path


def scenario_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that change a scenario from outside."""
    help_text = "Set a value of the scenario, e.g. title.episodes=24; may be given again."
    for option in (
        click.option("--set", "overrides", multiple=True, callback=_assignment, metavar="PATH=VALUE", help=help_text),
        click.option("--seed", type=click.IntRange(0), help="Instead of simulation.seed."),
        click.option("--draws", type=click.IntRange(2, 10_000_000), help="Instead of simulation.draws."),
    ):
        command = option(command)
    return command


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--avails", is_flag=True, help="Show who holds what, where and when, and what is still free.")
@click.option("--package", metavar="NAME", help="With --avails: of this package alone.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_picture_file,
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
            found = _scenarios([given])
        except Fault as fault:
            found, faults = [], faults + 1
            fault.show()
        for path in found:
            try:
                scenario = _load(path)
                click.echo(f"{path}: good")
                if avails:
                    _show_avails(scenario, package, picture)
            except Fault as fault:
                fault.show()
                faults += 1
    return WRONG_INPUT if faults else DONE


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
        _write(picture, lambda table=table: avails.picture(table, picture.suffix))


@cli.command()
@click.argument("path", metavar="SCENARIO", type=click.Path(path_type=Path))
@scenario_options
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the summary to a JSON file."
)
@click.option(
    "--csv", "csv_folder", type=click.Path(path_type=Path, file_okay=False), help="Write the tables to a folder."
)
def simulate(
    path: Path, overrides: dict, draws: int | None, seed: int | None, json_file: Path | None, csv_folder: Path | None
) -> None:
    """Simulate a scenario: numbers alone, no notebook."""
    import json

    scenario = _load(path, _with(overrides, draws, seed))
    from simlib.present import captions, tables
    from simlib.simulation.engine import simulate as run

    with _Progress(scenario.simulation.draws, "draws") as progress:
        outcome = run(scenario, progress=progress)
    summary = tables.summary(outcome)
    _write(json_file, lambda: json.dumps(summary, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    for name, table in tables.all_tables(outcome).items() if csv_folder else ():
        _write(csv_folder / f"{name}.csv", lambda table=table: table.to_csv(index=False))
    for sentence in filter(None, (*tables.decision(outcome), captions.left_out(outcome).strip())):
        click.echo(sentence)
    click.echo()
    click.echo(_columns(summary))


def _power_of_two(_: click.Context, __: click.Parameter, points: int | None) -> int | None:
    """Return the points of --indices, checked."""
    if points is not None and points & (points - 1):
        raise click.BadParameter(f"write a power of 2, e.g. 512; found {points}")
    return points


@cli.command()
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

    scenario = _load(path, _with(overrides, draws, seed))
    from simlib.present import driven
    from simlib.present.summary import jsonable
    from simlib.simulation.engine import simulate as run

    with _Progress(scenario.simulation.draws, "draws") as progress:
        outcome = run(scenario, progress=progress)
    refused = None
    try:
        found = driven.drivers(outcome, target)
        if points:
            with _Progress((len(outcome.inputs) + 2) * points, "draws") as progress:
                found, refused = driven.with_indices(outcome, found, points, progress)
    except ValueError as error:
        raise Fault(str(error)) from None
    _write(json_file, lambda: json.dumps(jsonable(found), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    click.echo(driven.table(outcome, found))
    if refused:
        raise Fault(f"no total indices: {refused}")


@cli.command()
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
    scenario = _load(path, _with(overrides, draws, seed))
    if asked["package"]:
        _among(asked["package"], scenario.packages, "package")
    from simlib.present import statement as statements
    from simlib.present.findings import findings
    from simlib.present.workbook import workbook
    from simlib.simulation.engine import simulate as run
    from simlib.simulation.statement import statement as stated

    with _Progress(scenario.simulation.draws, "draws") as progress:
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
        _write(
            out / f"{party}.csv",
            lambda party=party: statements.rows(found, party).to_csv(index=False, lineterminator="\n"),
        )
    _write(out / "statement.xlsx", lambda: workbook(outcome, found, chosen))
    click.echo(out / "statement.xlsx")


def _among(name: str, known: Iterable[str], kind: str) -> str:
    """Return a name that is known; say which are."""
    if name not in known:
        raise Fault(f"no {kind} {name!r}; there are {', '.join(known) or 'none'}")
    return name


@cli.command()
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

    scenario = _load(path, _with(overrides, draws, seed))
    at = asked.pop("at")
    if any(asked.values()):
        if not all(asked.values()):
            raise click.UsageError("a question needs --term, --for, --equals and --between")
        scenario = _asking(scenario, {"question": {"for": asked.pop("result"), "at": at, **asked}})
    if not scenario.solve:
        raise click.UsageError(f"{path} has no section solve; ask with --term, --for, --equals and --between")
    from simlib.decide.questions import answers
    from simlib.decide.solve import BUDGET
    from simlib.present import solved

    try:
        with _Progress(BUDGET * len(scenario.solve), "simulations") as progress:
            found = answers(scenario, scenario.solve, progress=progress)
    except ValueError as error:
        raise Fault(f"{path}: {error}") from None
    told = [solved.jsonable(scenario, answer) for answer in found]
    _write(json_file, lambda: json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    for answer in found:
        click.echo("\n".join(solved.sentences(scenario, answer)))


@cli.command()
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
    drawn = _with({}, draws, seed)
    one, second = _load(path, drawn), _load(other or path, overrides | drawn)
    from simlib.decide.difference import compare as compared
    from simlib.present import versus

    found = compared(one, second)
    _write(to["json_file"], lambda: json.dumps(versus.jsonable_of(found), indent=1, ensure_ascii=False) + "\n")
    click.echo("\n".join(versus.told(found)))
    if to["out"]:
        from simlib.present.report import ReportError, write_comparison

        try:
            click.echo(write_comparison(path, other, to["out"], overrides | drawn, progress=_say))
        except ReportError as error:
            raise Fault(str(error)) from None


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


@cli.command()
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
    callback=_picture_file,
    help="Draw the fan with its history, and what happened, as .svg or .png.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Of many: write each one's JSON here.")
@click.option("--jobs", type=int, default=-1, help="Of many: processes; all cores if left out.")
@click.option("--cluster", metavar="ADDRESS", help="Of many: on a Dask cluster, e.g. tcp://10.0.0.1:8786.")
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
    _write(asked["json_file"], lambda: foretold.json_text(ahead))
    _write(asked["csv_file"], lambda: foretold.fan(ahead).to_csv(index=False, lineterminator="\n"))
    _write(asked["picture"], lambda: foretold.picture(history, ahead, asked["picture"].suffix))
    click.echo("\n".join(foretold.sentences(ahead)))
    click.echo(f"\n{words.aligned(foretold.lines(ahead))}")
    return DONE


def _forecast_many(histories: dict[str, Any], horizon: int, seed: int, asked: dict[str, Any]) -> int:
    """Forecast histories side by side, a sentence each; one that cannot be forecast is said and passed over."""
    from contextlib import nullcontext

    from simlib.forecast.many import forecasts, on_cluster
    from simlib.present import foretold

    out = asked["out"]
    names = [Path(path).stem.replace(":", "-").replace("=", "-") for path in histories]
    if out and len(set(names)) < len(names):
        raise click.UsageError("two histories have one name, so that their JSON would be one file; rename a file")
    there = on_cluster(asked["cluster"]) if asked["cluster"] else nullcontext()
    try:
        with there, _Progress(len(histories), "histories") as progress:
            found = forecasts(histories, horizon, seed, asked["jobs"], progress)
    except ValueError as error:
        raise Fault(f"--cluster: {error}") from None
    failed = 0
    for (path, ahead), name in zip(found.items(), names, strict=True):
        if isinstance(ahead, ValueError):
            Fault(f"{path}: {ahead}").show()
            failed += 1
            continue
        _write(out and out / f"{name}.json", lambda ahead=ahead: foretold.json_text(ahead))
        click.echo(f"{path}: {foretold.sentences(ahead)[0]}")
    return SOME_FAILED if failed else DONE


@cli.command()
@click.argument("path", metavar="HISTORY")
@column_options
@history_options
@click.option("--horizon", type=click.IntRange(1, 120), default=8, show_default=True, help="How many periods ahead.")
@click.option("--first", metavar="PERIOD", help="The first origin: the last period that its forecast knew.")
@click.option("--jobs", type=int, default=-1, help="Processes for the benchmarks; all cores if left out.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write every score to a file."
)
def backtest(path: str, horizon: int, seed: int, shocks: tuple[str, ...], jobs: int, **asked: Any) -> None:
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
        with _Progress(len(history) - first, "origins") as progress:
            found = test(history, horizon, first, seed, shocks, jobs, progress)
    except ValueError as error:
        raise Fault(f"{path}: {error}") from None
    told = jsonable(foretold.scores_jsonable(found))
    _write(asked["json_file"], lambda: json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
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


@cli.command()
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
    changes = _with(overrides, draws, seed)
    _load(path, changes)
    from simlib.present.report import ReportError, write_report

    try:
        click.echo(write_report(path, out, changes, progress=_say, notebook=notebook))
    except ReportError as error:
        raise Fault(str(error)) from None


@cli.command()
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

    changes = _with({}, draws, None)
    try:
        failed, index = run_batch(_scenarios(paths), out, changes, say=_say)
    except ReportError as error:
        raise Fault(str(error)) from None
    click.echo(index)
    return SOME_FAILED if failed else DONE


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


@cli.command()
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
        found = [habits_fitted(_load(Path(histories[0])), task)] if of_habits else fits(task)
        written = out and (habits_text(task, found[0], out) if of_habits else base(task, found, out))
    except (ScenarioError, FitError) as error:
        raise Fault(str(error)) from None
    told = [calibrated.jsonable(each.found, each.unit, asked["date"]) for each in found]
    _write(json_file, lambda: json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    click.echo("\n\n".join(calibrated.text(each.found, each.unit) for each in found))
    _write(out, lambda: written)
    if out:
        _say(f"written: {out}")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of scenarios, for editors."""
    from simlib.scenario.reference import json_text

    click.echo(json_text(), nl=False)


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


def _load(path: Path, overrides: dict[str, Any] | None = None) -> Any:
    """Return a scenario; its faults become sentences."""
    from simlib.scenario.faults import ScenarioError
    from simlib.scenario.load import load

    try:
        return load(path, overrides)
    except ScenarioError as error:
        raise Fault(str(error)) from None


def _asking(scenario: Any, questions: dict[str, Any]) -> Any:
    """Return a scenario that asks other questions; what is wrong with them becomes sentences."""
    from simlib.scenario.faults import ScenarioError
    from simlib.scenario.load import asking

    try:
        return asking(scenario, questions)
    except ScenarioError as error:
        raise Fault(str(error)) from None


def _scenarios(paths: Iterable[Path]) -> list[Path]:
    """Return files as they are, and the scenarios of folders."""
    found = []
    for path in paths:
        inside = sorted(path.glob("*.yml")) if path.is_dir() else [path]
        if not inside:
            raise Fault(f"{path}: holds no scenario; one is a file that ends in .yml")
        found += inside
    return found


def _with(overrides: dict[str, str], draws: int | None, seed: int | None) -> dict[str, Any]:
    """Return overrides with draws and seed among them."""
    given = {"simulation.draws": draws, "simulation.seed": seed}
    return {**overrides, **{path: value for path, value in given.items() if value is not None}}


def _write(path: Path | None, content: Callable[[], str | bytes]) -> None:
    """Write a file that was asked for; say in a sentence what stood in the way."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.part")
        held = content()
        aside.write_bytes(held.encode() if isinstance(held, str) else held)
        aside.replace(path)
    except OSError as error:
        raise Fault(f"{path}: cannot be written: {error.strerror or error}") from None


def _say(message: str) -> None:
    click.echo(message, err=True)


class _Progress:
    """A bar on a terminal, nothing elsewhere."""

    def __init__(self, total: int, unit: str):
        from tqdm import tqdm

        self.bar = tqdm(total=total, unit=f" {unit}", disable=None, leave=False, file=sys.stderr)

    def __enter__(self) -> Callable[[int], None]:
        return lambda done: self.bar.update(done - self.bar.n) and None

    def __exit__(self, *_: Any) -> None:
        self.bar.close()
