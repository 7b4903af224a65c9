"""A batch as its user sees it: what will be done, how far it is, what became of each report."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simlib.cli.shared import DONE, INTERRUPTED, SOME_FAILED, WRONG_INPUT, Fault, Progress, say, shown, write
from simlib.cli.workers import on_cluster
from simlib.workers.here import cores

if TYPE_CHECKING:
    from simlib.present.batch.plan import Planned
    from simlib.present.batch.run import Batch, Ended, Workers
    from simlib.present.kernels import Kernels


def plan_for(
    files: Sequence[Path],
    notebook: str,
    given: Mapping[str, Any],
    out: Path,
    force: bool,
    ahead: Callable[[], None] | None,
) -> list[Planned]:
    """Check the scenarios and return what will be done for each; what is to be at work `ahead` begins with the first job."""
    from simlib.present.batch.plan import planned, shared_shelves
    from simlib.present.placing import ReportError

    plan: list[Planned] = []
    try:
        with Progress(None, "reports checked") as checked:
            for file in files:
                for each in planned(file, notebook, given, out, force):
                    plan.append(each)
                    if ahead and each.job:
                        ahead()
                        ahead = None
                    checked(len(plan))
        shared_shelves(each.asked for each in plan)
    except ReportError as error:
        raise Fault(str(error)) from None
    return plan


def say_outside(plan: Sequence[Planned]) -> None:
    """Say what the scenarios of reports that will be made read from elsewhere, once for all that read the same."""
    from simlib.present.outside import sentence

    read: dict[str, tuple[str, set[Path]]] = {}
    for each in plan:
        for outside in each.job.about["outside"] if each.job else ():
            said = f"{each.asked.name}: reads {sentence(outside)}"
            read.setdefault(outside["reads"], (said, set()))[1].add(each.asked.file)
    for said, files in read.values():
        more = len(files) - 1
        say(f"{said}; so do{'es' * (more == 1)} {more} other{'s' * (more > 1)}" if more else said)


def told(plan: Sequence[Planned], json_file: Path | None) -> int:
    """Say for each report whether it would be made, and why; return the exit code."""
    for each in plan:
        click.echo(shown(f"{_intent(each)}  {each.asked.name}: {each.faults or each.why}"))
    counts = Counter(map(_intent, plan))
    click.echo(f"{counts['make']} to make, {counts['skip']} up to date, {counts['fault']} cannot be run")
    write(json_file, lambda: _json([_row(each, _intent(each), each.page) for each in plan], None))
    return _code([bool(each.faults) for each in plan], [bool(each.faults) for each in plan])


def made(plan: Sequence[Planned], out: Path, json_file: Path | None, kernels: Kernels, **how: Any) -> int:
    """Make the reports of a plan, and say what becomes of each; return the exit code."""
    from simlib.present.batch.run import Batch
    from simlib.present.placing import ReportError

    with _workers(kernels, **how) as workers, _Told(sum(each.job is not None for each in plan)) as tell:
        work = Batch(plan, workers, not how["keep_going"], tell)
        try:
            index = work.run(out)
        except ReportError as error:
            write(json_file, lambda: _json([_row(*each) for each in work.reports], None))
            raise Fault(str(error)) from None
        except KeyboardInterrupt:
            code, index = INTERRUPTED, out / "index.html"
        else:
            code = _code([each.status == "failed" for each in work.reports], [bool(each.faults) for each in plan])
    write(json_file, lambda: _json([_row(*each) for each in work.reports], index))
    summed_up = _summed_up(work)
    say(f"interrupted: {summed_up}; the same command goes on from here" if code == INTERRUPTED else summed_up)
    click.echo(index)
    return code


@contextmanager
def _workers(kernels: Kernels, cluster: str | None, jobs: int | None, **_: Any) -> Iterator[Workers]:
    """Put to work whoever makes reports: threads of this process, or a cluster, which starts its own kernels."""
    from simlib.present.batch.run import Threads

    if cluster is None:
        yield Threads(jobs or cores(), kernels)
        return
    from simlib.present.batch.away import Away

    with on_cluster(cluster, jobs) as crew:
        yield Away(crew, kernels.engine, kernels.seconds)


def _intent(planned: Planned) -> str:
    """Return what would be done for a report."""
    return "fault" if planned.faults else "make" if planned.job else "skip"


def _code(failed: Sequence[bool], faulty: Sequence[bool]) -> int:
    """Return the exit code of a batch: the input is wrong where no scenario could be run at all."""
    if not any(failed):
        return DONE
    return WRONG_INPUT if all(faulty) else SOME_FAILED


class _Told:
    """What becomes of each report: a bar on a terminal, a line each elsewhere; failures are said in both."""

    def __init__(self, total: int):
        from tqdm import tqdm

        self.total, self.count = total, 0
        self.bar = tqdm(total=total, unit=" reports", disable=None if total else True, leave=False, file=sys.stderr)

    def __enter__(self) -> _Told:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def __call__(self, ended: Ended) -> None:
        planned = ended.planned
        if planned.job is not None:
            self.count += 1
            self.bar.update()
        if ended.status == "failed":
            why = "\n".join(f"  {line}" for line in ended.error.splitlines())
            where = f"\n  see {ended.page}" if ended.page else ""
            self.bar.write(shown(f"{planned.asked.name}: failed\n{why}{where}"), file=sys.stderr)
        elif planned.job is not None and self.bar.disable:
            say(f"{self.count}/{self.total} {planned.asked.name}: {ended.page}")


def _summed_up(work: Batch) -> str:
    """Return how many reports were made, let be, or failed."""
    counts = Counter(each.status for each in work.reports)
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def _row(planned: Planned, status: str, page: Path | None = None, error: str = "") -> dict[str, Any]:
    """Return what became of a report, for machines."""
    asked = planned.asked
    return {
        "scenario": asked.file.as_posix(),
        "cell": asked.settings or None,
        "notebook": asked.notebook,
        "set": dict(asked.given),
        "status": status,
        "why": planned.why,
        "error": error or planned.faults or None,
        "page": page and page.as_posix(),
    }


def _json(rows: Sequence[dict[str, Any]], index: Path | None) -> str:
    told = {"index": index and index.as_posix(), "reports": rows}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
