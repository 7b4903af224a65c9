"""Imports run one way through the house, and the front door opens quickly."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "simlib"

# A room may import from itself and from the rooms named here, which all stand above it. "simlib" is the face.
MAY_IMPORT = {
    "workers": [],
    "data": [],
    "models": [],
    "scenario": ["data", "models"],  # a check asks models.rights which deals clash; it imports nothing heavy
    "forecast": ["workers", "data", "models", "scenario"],
    "simulation": [
        "workers",
        "data",
        "models",
        "scenario",
        "forecast",
    ],  # members start from a forecast, habits are fitted
    "decide": ["models", "scenario", "simulation"],
    "simlib": ["workers", "data", "models", "scenario", "forecast", "simulation", "decide"],
    "present": ["workers", "data", "models", "scenario", "forecast", "simulation", "decide", "simlib"],
    "cli": ["workers", "data", "models", "scenario", "forecast", "simulation", "decide", "simlib", "present"],
    "__main__": ["cli"],
}
HEAVY = {"matplotlib", "pandas", "scipy.stats", "papermill", "nbformat", "nbconvert"}


def room_of(module):
    return module.removeprefix("simlib.").split(".")[0]


def imported(node):
    """The modules that one statement imports, as absolute names; a relative one as it stands."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module="simlib", level=0, names=names):
            return [f"simlib.{alias.name}" if alias.name in MAY_IMPORT else "simlib" for alias in names]
        case ast.ImportFrom(module=module, level=level):
            return ["." * level + (module or "")]
    return []


def trespasses(module, text):
    """What `module` imports against the order of the house, a line for each."""
    room = room_of(module)
    if room not in MAY_IMPORT:
        return [f"{module}: its room stands nowhere in MAY_IMPORT"]
    faults = []
    for node in ast.walk(ast.parse(text)):
        for target in imported(node):
            ours = target == "simlib" or target.startswith(("simlib.", "."))
            if ours and room_of(target) not in [room, *MAY_IMPORT[room]]:
                faults.append(f"{module}:{node.lineno} imports {target}")
    return faults


def modules():
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE.parent).with_suffix("").parts
        yield ".".join(parts).removesuffix(".__init__"), path.read_text(encoding="utf-8")


def test_every_module_imports_only_from_rooms_above_its_own():
    assert [fault for module, text in modules() for fault in trespasses(module, text)] == []


def test_the_rooms_stand_in_one_order():
    order = list(MAY_IMPORT)
    assert all(order.index(above) < order.index(room) for room in order for above in MAY_IMPORT[room])


def test_every_declared_room_is_there():
    assert {room_of(module) for module, _ in modules()} == MAY_IMPORT.keys()


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("simlib.models.demand", "from simlib.scenario.load import Scenario"),
        ("simlib.models.demand", "def late():\n    import simlib.simulation.engine"),
        ("simlib.scenario.load", "from simlib import __version__, simulate"),
        ("simlib.decide.value", "from simlib.present import charts"),
        ("simlib.present.tables", "from ..cli import main"),
        ("simlib.simulation.engine", "from . import sampling"),
        ("simlib.attic.box", "import numpy"),
    ],
)
def test_a_trespass_is_seen(module, text):
    assert len(trespasses(module, text)) == (2 if "__version__" in text else 1)


def test_what_is_allowed_is_let_pass():
    text = "import numpy\nimport simlib\nfrom simlib import models, decide\nfrom simlib.cli import main"
    assert trespasses("simlib.cli", text) == []


@pytest.mark.parametrize("module", ["simlib", "simlib.cli"])
def test_importing_the_face_or_the_command_line_leaves_the_heavy_libraries_alone(module):
    code = f"import sys, {module}; print(*sorted({HEAVY!r} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (loaded.returncode, loaded.stdout.strip(), loaded.stderr) == (0, "", "")


def test_a_check_needs_no_numpy():
    check = "from simlib.scenario.load import load; load('scenarios/day-and-night.yml')"
    code = f"import sys; {check}; print('numpy' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HOUSE.parent)
    assert (loaded.stdout.strip(), loaded.stderr) == ("False", "")


def test_no_name_of_the_face_is_also_a_room():
    """A room called like a function would take its place as soon as something imported the room."""
    import simlib

    rooms = {path.stem for path in HOUSE.iterdir()}
    assert set(simlib.__all__) & rooms == set()
    assert callable(simlib.simulate)
