"""What the notebook of a comparison shows, as HTML: changed inputs first, then the decision and the results."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from simlib.decide.difference import Comparison
from simlib.present import page, versus, words
from simlib.present.key import values_of
from simlib.present.made import made
from simlib.present.page import Attached, Html
from simlib.present.tables import versus as side_tables

ABSENT = "not there"
ROWS = 15  # results shown; the rest is in the tables beside the page


def opening(comparison: Comparison) -> Html:
    """Return the title and one quiet line: files, date, draws, seed."""
    one, other = comparison.one, comparison.other
    today, names = datetime.now(UTC), versus.labels(comparison)
    files = dict.fromkeys(outcome.scenario.origin.file for outcome in (one, other))
    quiet = [*files, f"{today.day} {words.MONTHS[today.month - 1]} {today.year}"]
    quiet += [f"{one.draws:,} draws", f"seed {one.seed}", f"money in {one.scenario.currency}"]
    title = f"{names[0]} against {names[1]}" if one.scenario.name != other.scenario.name else one.scenario.name
    lines = [("quiet", " · ".join(quiet)), ("quiet", page.overrides(other))]
    told = "".join(f'<p class="{kind}">{escape(text)}</p>' if text else "" for kind, text in lines)
    return Html(f'<header><p class="kicker">Comparison</p><h1>{escape(title)}</h1>{told}</header>')


def changed(comparison: Comparison) -> Html:
    """Return the changed inputs: path, both values as they are written, where each stands."""
    rows = [
        [change.path, (change.old or ABSENT, change.old_place or ""), (change.new or ABSENT, change.new_place or "")]
        for change in versus.inputs(comparison)
    ]
    if not rows:
        return Html('<p class="caption">No input differs.</p>')
    return Html(
        f'<div class="changed">{page.grid("Changed inputs", ["Input", *versus.labels(comparison)], rows)}</div>'
    )


def decided(comparison: Comparison) -> Html:
    """Return what the changes do to the decision, the first sentence large."""
    first, *others = versus.verdict(comparison)
    rest = "".join(f"<p>{escape(sentence)}</p>" for sentence in others)
    return Html(f'<div class="decision"><p class="first">{escape(first)}</p>{rest}</div>')


def results(comparison: Comparison) -> Html | None:
    """Return the clearest differences: both means, the difference with its error, its spread."""
    currency, clear = comparison.other.scenario.currency, versus.clear(comparison)
    rows = []
    for found in clear[:ROWS]:
        one, other = (words.amount(value, found.unit, currency) for value in (found.one, found.other))
        error = words.amount(found.error, words.apart(found.unit), currency)
        mean = words.amount(found.mean, words.apart(found.unit), currency, found.error / 10)
        spread = f"P10 to P90: {words.between(found.p10, found.p90, words.apart(found.unit), currency)}"
        moved, sure = (f"{mean} ±{words.GAP}{error}", spread), words.chance(found.higher)
        rows.append([versus.result(comparison, found), one, other, moved, sure])
    if not rows:
        return None
    head = ["Result", *versus.labels(comparison), "Difference ± Monte Carlo error", "Higher in"]
    return Html(f'<div class="differs">{page.grid("What differs, the clearest first", head, rows)}</div>')


def how(comparison: Comparison) -> Html:
    """Return how the second scenario was made, and the command to make the page again."""
    return page.how_made(comparison.other, versus.command(comparison))


def attached(comparison: Comparison) -> Attached:
    """Return summary and tables, for whoever takes them out of the executed notebook."""
    kept = {
        name: table.to_csv(index=False, lineterminator="\n")
        for name, table in (
            ("changes", side_tables.changes(comparison)),
            ("differences", side_tables.differences(comparison)),
            ("zones", side_tables.zones(comparison)),
        )
    }
    known = values_of(comparison.one.scenario, comparison.other.scenario)
    return Attached({"summary": versus.jsonable_of(comparison), "tables": kept, "made": made(), "values": known})
