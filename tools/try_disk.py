"""A batch on a disk that is full, and on one that cannot be written: a sentence, nothing torn, and the next batch goes on.

    sudo python tools/try_disk.py

Mounts small file systems in memory, which needs root on Linux.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from try_kills import completed, faults, scenarios, started


def mounted(folder: Path, options: str) -> None:
    """Mount a file system in memory over a folder."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "simlib", str(folder)], check=True)


def full(folder: Path) -> list[str]:
    """Fill a disk while a batch runs; make room; return what is wrong."""
    out = folder / "reports"
    mounted(out, "size=1m")
    try:
        process = started(folder)
        _, said = process.communicate()
        print(f"full: exit code {process.returncode}: {said.splitlines()[-1]}")
        wrong = faults(out) + [f"{path.name} is left" for path in out.glob(".*")]
        wrong += ["no sentence"] * ("No space left on device" not in said or "Traceback" in said)
        subprocess.run(["mount", "-o", "remount,size=200m", str(out)], check=True)
        return wrong + completed(folder)
    finally:
        subprocess.run(["umount", str(out)], check=True)


def read_only(folder: Path) -> list[str]:
    """Run a batch where nothing can be written; return what is wrong."""
    out = folder / "reports"
    mounted(out, "size=2m,ro")
    try:
        process = started(folder)
        _, said = process.communicate()
        print(f"read-only: exit code {process.returncode}: {said.splitlines()[-1]}")
        return ["no sentence"] * (len(said.splitlines()) != 1) + ["exit code"] * (process.returncode != 1)
    finally:
        subprocess.run(["umount", str(out)], check=True)


def main() -> int:
    """Try both; return 1 where something was wrong."""
    with tempfile.TemporaryDirectory(prefix="simlib-disk-") as name:
        scenarios(Path(name), 4)
        wrong = read_only(Path(name)) + full(Path(name))
    print(*wrong, f"{len(wrong)} faults", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
