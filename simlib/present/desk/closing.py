"""Widgets that nobody needs any more, let go of with all that is in them, so that a long afternoon costs no memory."""

from __future__ import annotations

from collections.abc import Iterable

from ipywidgets import Widget


def closed(widgets: Iterable[Widget]) -> None:
    """Close widgets, what is in them, and how they are laid out."""
    for widget in widgets:
        closed(getattr(widget, "children", ()))
        for part in (getattr(widget, "layout", None), getattr(widget, "style", None)):
            if part is not None:
                part.close()
        widget.close()
