"""Write docs/scenario.schema.json and docs/scenario.md from the schema's own descriptions."""

from pathlib import Path

from simlib.scenario.reference import json_text, page

DOCS = Path(__file__).parents[1] / "docs"


def texts() -> dict[Path, str]:
    """Return each generated file with what it should hold."""
    return {DOCS / "scenario.schema.json": json_text(), DOCS / "scenario.md": page()}


if __name__ == "__main__":
    for path, text in texts().items():
        path.write_text(text, encoding="utf-8")
        print(path.name)
