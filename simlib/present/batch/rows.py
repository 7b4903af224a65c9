"""What the index lists: the last report on each shelf, what changed since, and what it has in common with others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from simlib.present.batch import cells
from simlib.present.batch.cells import Told
from simlib.present.batch.picture import Picture, is_drawable, picture, scale_of
from simlib.present.shelves import Run, newest, shelves


class Row(NamedTuple):
    """A shelf: its last run, the last one before that was done, which numbers changed between them, from what.

    `apart` are the numbers that are told so that other cells of a sweep can be told from them.
    """

    shelf: str
    run: Run
    before: Run | None
    changed: dict[str, str]
    apart: Mapping[str, Told] = MappingProxyType({})

    @property
    def picture(self) -> Picture | None:
        """What its picture is drawn from; None where it is of a kind that this page cannot draw."""
        found = self.run.figures.get("picture")
        return found if is_drawable(found) else None

    @property
    def axis(self) -> tuple[str, str]:
        """What pictures on one axis share, whatever the scenario: what they are of, and its unit."""
        return self.picture["of"], self.picture["unit"]

    @property
    def sweep(self) -> tuple[str, str | None]:
        """What the cells of one sweep share: the scenario's folder and the notebook."""
        return self.shelf.partition("/")[0], self.run.manifest.get("notebook")


def rows_of(out: Path) -> list[Row]:
    """Return a row for each shelf of a folder of reports, failures first, then by name."""
    rows = sorted(_standing(list(_rows(out))), key=_order)
    apart = _told_apart(rows)
    return [_with(row, apart.get(row.shelf, {})) for row in rows]


def _with(row: Row, apart: Mapping[str, Told]) -> Row:
    """Return a row with numbers that are told apart; whether these changed is told with the same digits."""
    changed = dict(row.changed)
    for name, told in apart.items():
        was = cells.worded(row.before.figures, name, told.more) if row.before else None
        if was == told.said:
            changed.pop(name, None)
        elif was:
            changed[name] = was
    return row._replace(changed=changed, apart=apart)


def drawn(rows: list[Row]) -> dict[str, str]:
    """Return the pictures by shelf, those of one thing in one unit on one axis."""
    pictured = [row for row in rows if row.picture and row.run.is_done]
    alike: dict[tuple[str, str], list[Picture]] = defaultdict(list)
    for row in pictured:
        alike[row.axis].append(row.picture)
    scales = {axis: scale_of(pictures) for axis, pictures in alike.items()}
    return {row.shelf: picture(row.picture, scales[row.axis]) for row in pictured}


def _told_apart(rows: list[Row]) -> dict[str, dict[str, Told]]:
    """Return by shelf what cells of one sweep say of the means that they share, so that they can be told apart."""
    sweeps: dict[tuple[str, str | None], list[Row]] = defaultdict(list)
    for row in rows:
        if row.run.is_done and row.run.manifest.get("cell"):
            sweeps[row.sweep].append(row)
    pairs = ((own, cells.told_apart([row.run.figures for row in own])) for own in sweeps.values())
    return {row.shelf: texts for own, told in pairs for row, texts in zip(own, told, strict=True)}


def _rows(out: Path) -> Iterable[Row]:
    """Yield a row for each shelf."""
    for shelf in shelves(out):
        runs = newest(shelf)
        last = next(runs, None)
        if last is None:
            continue
        before = next((run for run in islice(runs, 20) if run.is_done), None)
        numbers, old = last.figures.get("numbers", {}), before.figures.get("numbers", {}) if before else {}
        changed = {name: old[name] for name, said in numbers.items() if name in old and old[name] != said}
        yield Row(shelf.relative_to(out).as_posix(), last, before, changed)


def _order(row: Row) -> tuple[bool, str, str]:
    """Return what rows are sorted by: failures first, then by name."""
    return row.run.is_done, row.run.manifest["scenario"].casefold(), row.shelf


def _standing(rows: list[Row]) -> list[Row]:
    """Return the rows without those that say a file could not be run at all, where it has been run since."""
    last = [(row.shelf, row.run.folder.name) for row in rows]

    def is_past(row: Row) -> bool:
        below = (name for shelf, name in last if shelf.startswith(f"{row.shelf}/"))
        return (
            "key" not in row.run.manifest and not row.run.is_done and any(name > row.run.folder.name for name in below)
        )

    return [row for row in rows if not is_past(row)]
