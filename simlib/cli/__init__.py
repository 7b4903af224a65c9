"""The command line: from checking a scenario to reports of many, and from a history to its forecast or its fit."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from simlib import __version__
from simlib.cli import checking, histories, reports, results, terms
from simlib.cli.shared import DONE, INTERRUPTED, WRONG_INPUT
from simlib.scenario.faults import ScenarioError

COMMANDS = (
    checking.check,
    checking.schema,
    results.simulate,
    results.drivers,
    results.statement,
    terms.solve,
    terms.compare,
    histories.forecast,
    histories.backtest,
    histories.calibrate,
    reports.report,
    reports.batch,
)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 wrong input, 2 wrong command line, 3 some failed, 130 interrupted."""
    words = list(sys.argv[1:] if words is None else words)
    try:
        given = [word for word in words if word != "--debug"]  # it may stand anywhere
        sys.exit(cli.main(given, prog_name="simlib", standalone_mode=False) or DONE)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ScenarioError as error:
        click.echo(str(error), err=True)
        sys.exit(WRONG_INPUT)
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


for command in COMMANDS:
    cli.add_command(command)
