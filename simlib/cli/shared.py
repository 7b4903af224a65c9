"""What the commands share: options that change a scenario, faults as sentences, files put in place whole."""

from __future__ import annotations

import glob
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from simlib.scenario.faults import legible

DONE, WRONG_INPUT, SOME_FAILED, INTERRUPTED = 0, 1, 3, 130
BETWEEN_LINES = 30.0  # seconds, where what is told goes to a file


class Fault(click.ClickException):
    """A mistake in what the user gave: sentences, and exit code 1."""

    exit_code = WRONG_INPUT

    def show(self, file: Any = None) -> None:
        """Print the sentences, and nothing else."""
        say(self.format_message())


def assignment(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return --set options as a mapping."""
    pairs = [value.partition("=") for value in values]
    for path, sign, _value in pairs:
        if not sign or not path:
            raise click.BadParameter(f"write path=value, e.g. subscribers.monthly_churn=3%; found {path!r}")
    return {path: value for path, _sign, value in pairs}


def picture_file(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    """Return the file of a picture whose suffix says what it is."""
    if path and path.suffix not in (".svg", ".png"):
        raise click.BadParameter(f"a picture ends in .svg or .png; found {path.name!r}")
    return path


def scenario_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that change a scenario from outside."""
    help_text = "Set a value of the scenario, e.g. title.episodes=24; may be given again."
    for option in (
        click.option("--set", "overrides", multiple=True, callback=assignment, metavar="PATH=VALUE", help=help_text),
        click.option("--seed", type=click.IntRange(0), help="Instead of simulation.seed."),
        click.option("--draws", type=click.IntRange(2, 10_000_000), help="Instead of simulation.draws."),
    ):
        command = option(command)
    return command


def loaded(path: Path, overrides: dict[str, Any] | None = None) -> Any:
    """Return a scenario as its file has it, which is said where the file has a sweep; its faults become sentences."""
    scenario = checked(path, overrides)
    if scenario.sweep is not None:
        say(f"{path}: the file's own values are taken; `simlib batch {path}` makes a report of each cell of its sweep")
    return scenario


def checked(path: Path, overrides: dict[str, Any] | None = None) -> Any:
    """Return a scenario, saying what it reads from outside; its faults become sentences."""
    from simlib.scenario.faults import ScenarioError
    from simlib.scenario.load import load

    try:
        scenario = load(path, overrides)
    except ScenarioError as error:
        raise Fault(str(error)) from None
    for read in scenario.origin.outside:
        say(str(read.fault()))
    return scenario


def scenarios_of(paths: Iterable[Path]) -> list[Path]:
    """Return files as they are, the scenarios of folders, and what patterns match, each once."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("*.yml"))
        elif glob.has_magic(str(path)) and not path.exists():
            inside = sorted(file for file in map(Path, glob.glob(str(path), recursive=True)) if file.is_file())
        else:
            inside = [path]
        if not inside:
            kind = "holds" if path.is_dir() else "matches"
            raise Fault(f"{path}: {kind} no scenario; one is a file that ends in .yml")
        found += inside
    return list(dict.fromkeys(found))


def changes_of(overrides: dict[str, str], draws: int | None, seed: int | None) -> dict[str, Any]:
    """Return overrides with draws and seed among them."""
    given = {"simulation.draws": draws, "simulation.seed": seed}
    return {**overrides, **{path: value for path, value in given.items() if value is not None}}


def write(path: Path | None, content: Callable[[], str | bytes]) -> None:
    """Write a file that was asked for; say in a sentence what stood in the way."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.part")
        held = content()
        # a file's name may be no UTF-8; JSON has such letters as \udcff
        aside.write_bytes(held.encode(errors="backslashreplace") if isinstance(held, str) else held)
        aside.replace(path)
    except OSError as error:
        raise Fault(f"{path}: cannot be written: {error.strerror or error}") from None


def say(message: str) -> None:
    """Tell the user, on the channel that is not the command's own output."""
    click.echo(shown(message), err=True)


def shown(message: str) -> str:
    """Return lines as a terminal may have them: names may hold what it would obey.

    >>> print(shown("night\x1b[2J.yml: failed"))
    night\\x1b[2J.yml: failed
    """
    return "\n".join(map(legible, message.split("\n")))


class Progress:
    """A bar on a terminal, a line now and then elsewhere; of what is done at once, nothing; `total` may be unknown."""

    def __init__(self, total: int | None, unit: str):
        from tqdm import tqdm

        self.bar = tqdm(total=total, unit=f" {unit}", disable=None, leave=False, file=sys.stderr)
        self.total, self.unit, self.said = total, unit, time.monotonic()

    def __enter__(self) -> Callable[[int], None]:
        return self._told

    def _told(self, done: int) -> None:
        if not self.bar.disable:
            self.bar.update(done - self.bar.n)
        elif time.monotonic() - self.said > BETWEEN_LINES:
            self.said = time.monotonic()
            of_all = f" of {self.total:,}" if self.total else ""
            say(f"{done:,}{of_all} {self.unit}")

    def __exit__(self, *_: Any) -> None:
        self.bar.close()
