"""Start simlib from a bare checkout with Python 3.11 or newer and nothing else.

    python3 run.py report scenarios/day-and-night.yml    or check, simulate, batch and every word of simlib
    python3 run.py test [pytest's options]               run the tests
    python3 run.py lab [JupyterLab's options]            open JupyterLab on its start page, for this machine only
    python3 run.py setup                                 install, and no more

The first run makes .venv beside this file and installs requirements.lock into it, with uv where there is
one, else with venv and pip; later runs start at once. An install that was interrupted is made anew.
SIMLIB_VENV names another folder than .venv. "python3 run.py simulate --help" explains a word of simlib.
"""

import contextlib
import hashlib
import importlib.util
import os
import sys
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none; two first runs at once are then not kept apart
    fcntl = None

OLDEST = (3, 11)
VERSION = tuple(sys.version_info[:2])
ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("SIMLIB_VENV") or ROOT / ".venv").absolute()
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
SIMLIB = PYTHON.with_name(PYTHON.name.replace("python", "simlib"))
# The interpreter under a virtual environment, for .venv may be made anew by the Python that lives in it.
BASE = getattr(sys, "_base_executable", None) or sys.executable
REQUIREMENTS = "requirements.lock"
ALL_TESTS = [
    "-n",
    "logical",
    "--maxprocesses",
    "2",
    "--dist",
    "loadfile",
]  # in two processes; a few are as quick in one
STAMP, LOCK = VENV / "simlib.stamp", VENV / "simlib.lock"
UNFINISHED = "unfinished\n"


class Failure(Exception):
    """What went wrong and what to do about it, in words for the user."""


def main(words):
    """Install what is missing, then become the program that `words` ask for; answer the exit code."""
    if VERSION < OLDEST:
        this = ".".join(map(str, VERSION))
        return complain(f"simlib needs Python 3.11 or newer and this is {this}; try: python3.11 run.py")
    if not words or words[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    try:
        if not is_current():
            bring_up_to_date()
        return 0 if words[0] == "setup" else become(*command_for(words))
    except Failure as failure:
        return complain(str(failure))
    except OSError as fault:
        return complain(f"{fault}; is there room on the disk, and may you write to {VENV}?")
    except KeyboardInterrupt:
        say("interrupted; run the same again")
        return 130


def command_for(words):
    """Answer the command for `words` as a list, and the folder to run it in (None: where the user stands)."""
    word, *rest = words
    if word == "test":
        return [str(PYTHON), "-m", "pytest", *(rest or ALL_TESTS)], ROOT
    if word == "lab":
        return [str(PYTHON), "-m", "simlib.present.lab", *rest], ROOT
    return [str(SIMLIB), *words], None


def become(command, folder):
    """Replace this process by `command`, so that signals and the exit code are its own."""
    if folder:
        os.chdir(folder)
    if os.name != "nt":
        os.execv(command[0], command)
    import subprocess

    return subprocess.call(command)


def wanted():
    """Answer what the stamp of a finished install says: where and with which Python, then of which files."""
    contents = hashlib.sha256()
    for name in (REQUIREMENTS, "pyproject.toml"):
        contents.update((ROOT / name).read_bytes())
    return f"{str(ROOT)!a} in {str(VENV)!a} with Python {VERSION}\n{contents.hexdigest()}\n"


def stamped():
    """Answer what the stamp says, or None where there is no stamp."""
    try:
        return STAMP.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def stamp(text):
    """Write the stamp whole or not at all."""
    draft = STAMP.with_suffix(".new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(STAMP)


def is_current():
    """Tell whether the last install ended well and nothing that it rested on has changed."""
    return PYTHON.exists() and stamped() == wanted()


def bring_up_to_date():
    """Install, one run.py at a time, with uv and if that fails with pip."""
    refuse_another_folder()
    VENV.mkdir(parents=True, exist_ok=True)
    with alone() as lock:
        if is_current():
            return
        uv = working_uv()
        try:
            install(uv, lock)
        except Failure as failure:
            if not uv:
                raise
            say(str(failure))
            say("uv failed; once more with venv and pip")
            install(None, lock)


def install(uv, lock):
    """Take the stages of an install; the stamp says unfinished until the last has ended well."""
    make, *fill = stages(uv)
    if not is_sound(uv):
        if not uv and not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
            raise Failure("this Python lacks venv or ensurepip; apt-get install python3-venv, or install uv")
        empty()
        fill = [make, *fill]
    stamp(UNFINISHED)
    for what, command in fill:
        say(what)
        run(what, command, lock)
    stamp(wanted())
    say(f"ready in {VENV}")


def stages(uv):
    """Answer the stages of an install from nothing, each as what is said of it and its command."""
    if uv:
        make = [uv, "venv", "--quiet", "--allow-existing", "--python", BASE, str(VENV)]
        add = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    else:
        make = [BASE, "-m", "venv", str(VENV)]
        add = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [
        (f"making {VENV} with {'uv' if uv else 'venv and pip'}", make),
        (f"installing the packages of {REQUIREMENTS}, a minute or two", [*add, "-r", REQUIREMENTS]),
        ("installing simlib itself", [*add, "--no-deps", "-e", "."]),
    ]


def is_sound(uv):
    """Tell whether .venv can be installed into as it stands: whole, unmoved, its Python ours."""
    found = stamped()
    if found is not None and found.splitlines()[:1] != wanted().splitlines()[:1]:
        return False
    needed = "sys" if uv else "sys, pip"
    return succeeds([str(PYTHON), "-c", f"import {needed}; sys.exit(sys.version_info[:2] != {VERSION})"])


def refuse_another_folder():
    """Raise Failure if SIMLIB_VENV is a folder of something else, which making it anew would destroy."""
    ours = VENV.name == ".venv" or STAMP.exists() or (VENV / "pyvenv.cfg").exists()
    if not ours and VENV.exists() and any(path != LOCK for path in VENV.iterdir()):
        raise Failure(f"{VENV} is no virtual environment; name another folder in SIMLIB_VENV")


def empty():
    """Remove all of .venv but the lock that keeps others out of it."""
    import shutil

    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != LOCK:
            path.unlink()


@contextlib.contextmanager
def alone():
    """Hold the lock, waiting for whoever has it: another run.py, or a pip that outlives its run.py."""
    with LOCK.open("a") as lock:
        if fcntl:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("waiting for another install to end")
                fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError:
                say("this file system has no locks; let no other run.py install meanwhile")
        yield lock


def working_uv():
    """Answer the path of a uv that works, or None: a shim on PATH may lead nowhere."""
    import shutil

    uv = shutil.which("uv")
    return uv if uv and succeeds([uv, "--version"]) else None


def succeeds(command):
    """Tell whether `command` can be run and ends with 0."""
    import subprocess

    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def run(what, command, lock):
    """Run one stage quietly in the project's folder; raise Failure with the end of its output if it fails."""
    import subprocess

    kept = {} if os.name == "nt" else {"pass_fds": [lock.fileno()]}
    done = subprocess.run(command, cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kept)
    if done.returncode:
        said = done.stdout.decode(errors="replace").strip().splitlines()[-15:]
        said.append("if the network is at fault, mend it and run the same again")
        raise Failure("\n    ".join([f"{what}: failed with exit code {done.returncode}", *said]))


def say(text):
    """Tell the user of progress, on the channel that is not the program's own output."""
    print(f"run.py: {text}", file=sys.stderr, flush=True)


def complain(text):
    """Tell the user of a fault and answer exit code 1."""
    say(text)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
