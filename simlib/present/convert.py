"""An executed notebook → one HTML file that refers to nothing outside itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from simlib.present.execute import Failure

TEMPLATES = Path(__file__).parent / "templates"


def to_html(notebook: Any, title: str, failure: Failure | None = None, command: str = "") -> str:
    """Return the page: sections with something to show, code behind a toggle, a banner where the notebook failed."""
    cells = sections(notebook) if failure is None else [notebook.cells]
    told = {"title": title, "sections": cells, "failure": failure, "command": command}
    return _template().render(resources={"report": told}).lstrip()


@cache
def _template() -> Any:
    """Return the page's template as nbconvert finds it; an exporter would copy and check a whole notebook to fill it."""
    from nbconvert.exporters.templateexporter import TemplateExporter  # the one for HTML reads the finished page again

    return TemplateExporter(
        template_name="simlib",
        extra_template_basedirs=[str(TEMPLATES)],
        file_extension=".html",
        filters={"markdown2html": markdown},
    ).template


def markdown(text: str) -> str:
    """Return Markdown as HTML.

    >>> print(markdown("## The *fee*").strip())
    <h2>The <em>fee</em></h2>
    """
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    return MarkdownWithMath(renderer=IPythonRenderer(escape=False, exclude_anchor_links=True)).render(text)


def sections(notebook: Any) -> list[list[Any]]:
    """Return the cells by section, a heading at the top of each; a section that shows nothing is left out."""
    found: list[list[Any]] = [[]]
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            found.append([])
        found[-1].append(cell)
    return [cells for cells in found if any(shows(cell) for cell in cells)]


def shows(cell: Any) -> bool:
    """Tell whether a code cell has something for the reader."""
    return any(
        "text/html" in output.get("data", {}) or output.output_type == "stream" for output in cell.get("outputs", [])
    )
