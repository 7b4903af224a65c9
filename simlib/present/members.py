"""What the page on a platform's members says: the answer, the model in words, who comes and goes, what moved them."""

from __future__ import annotations

from html import escape

import numpy as np

from simlib.decide.compare import drivers
from simlib.present import names, tables, words
from simlib.present.decision import last_month
from simlib.present.findings import ENOUGH
from simlib.present.page import Html, grid
from simlib.scenario.fields import MONTHS
from simlib.simulation.outcome import Outcome

BASS = (
    "Those who are not members yet join of themselves and by word of mouth, which grows with the members there are (Bass "
    "1969), up to {most}."
)
MOST = {
    "audience": "a share of the audience",
    "payers": "a share of those in the audience who pay, which the model of habits feeds",
}
CHURN = {
    "monthly_churn": "Everybody leaves with the same probability, whatever their tenure.",
    "sbg": "Members differ in how easily they leave, and nobody changes: those who leave easily have left, so churn falls "
    "with tenure (shifted beta-geometric; Fader & Hardie 2007).",
    "bdw": "Members differ in how easily they leave, and that changes with tenure (beta-discrete-Weibull; Fader, Hardie, "
    "Liu, Davin & Steenburgh 2018).",
}
EFFECTS = {
    "price_effect": "A price above that before the start lowers joining, a change of price moves its pace (generalised "
    "Bass; Bass, Krishnan & Jain 1994), and a rise makes some leave, once.",
    "marketing": "Spending on marketing quickens joining while it rises (Bass, Krishnan & Jain 1994).",
    "seasonality": "Joining has its season.",
    "churn_seasonality": "Leaving has its season.",
    "shocks": "What happens once multiplies joining and leaving while it lasts.",
    "title_effect": "What the title adds is the path with it less the path without it, on the same draws.",
}
UNTOLD = (
    "Members alone tell three of innovation, imitation, potential and churn, never all four: churn is an input here, with "
    "its source and its spread, and is not fitted to members."
)
CAUSES = {
    "price_effect": "The price against that before the start",
    "marketing": "Changes of marketing",
    "seasonality": "The season of joining",
    "churn_seasonality": "The season of leaving",
}
SHOWN = 3  # drivers


def answer(outcome: Outcome) -> Html | None:
    """Return where members stand at the end, who comes and goes, and what happened, the first sentence large."""
    if outcome.scenario.subscribers is None:
        return Html('<div class="decision"><p class="first">This scenario has no members.</p></div>')
    end, platform = tables.fans(outcome, "members").iloc[-1], names.name(outcome.scenario.subscribers.platform)
    first = f"{platform} has {words.count(end.p50)} members by the end of {last_month(outcome)}, give or take:"
    first += f" four draws in five lie between {words.span(end.p10, end.p90).replace(' to ', ' and ')}."
    rest = [comings(outcome), _half(outcome), _happened(outcome)]
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in rest if sentence)
    return Html(f'<div class="decision"><p class="first">{escape(first)}</p>{told}</div>')


def _happened(outcome: Outcome) -> str:
    """Say how many figures published after the start lie where four draws in five do."""
    seen = tables.against(outcome, "members")
    if seen.empty:
        return ""
    inside = int(seen.inside.sum())
    return f"Of {len(seen)} figures published since, none of them used here, {inside} lie where four draws in five do."


def model(outcome: Outcome) -> Html | None:
    """Return the model in a paragraph: what this scenario uses of it, each part with its paper."""
    section = outcome.scenario.subscribers
    if section is None:
        return None
    form = "monthly_churn" if section.churn is None else "sbg" if section.churn.sbg else "bdw"
    said = [BASS.format(most=MOST[section.potential.of]), CHURN[form]]
    said += [sentence for field, sentence in EFFECTS.items() if getattr(section, field)]
    return Html(f"<p>{escape(' '.join([*said, UNTOLD]))}</p>")


def comings(outcome: Outcome) -> str:
    """Say how many join and leave in the last year, and how many joiners only replace who leaves."""
    joined, left = (_last_year(outcome, name) for name in ("gross_adds", "churned"))
    if joined is None:
        return ""
    said = f"In the last year {words.count(joined)} join and {words.count(left)} leave (means over the draws)"
    if not joined:
        return f"{said}."
    return f"{said}: of a hundred who join, {round(100 * left / joined)} take the place of somebody who leaves."


def _last_year(outcome: Outcome, name: str) -> float | None:
    periods = 12 // MONTHS[outcome.scenario.horizon.step]
    path = outcome.paths.get(name)
    return None if path is None or len(path.values) < periods else float(path.values[-periods:].sum(axis=0).mean())


def flows(outcome: Outcome) -> str:
    """Say how to read joiners and leavers, and when leavers come nearest."""
    fan = tables.flows(outcome)
    if fan.empty:
        return ""
    joined, left = (fan[fan.series == name].reset_index() for name in ("gross_adds", "churned"))
    gap = joined["mean"] - left["mean"]
    look = "Lines are medians, bands hold four fifths of the draws; members grow by what lies between the lines."
    behind = np.flatnonzero(gap < 0)
    if gap.iloc[-1] < 0:
        turns = np.flatnonzero(gap >= 0)
        since = turns[-1] + 1 if turns.size else 0
        if behind[0] < since:
            often = f"{behind.size} of {gap.size} {outcome.scenario.horizon.step}s"
            return f"{look} More leave than join in {often}, in all from {words.month(joined.period[since])} on."
        return f"{look} From {words.month(joined.period[since])} on more leave than join."
    if behind.size:
        return f"{look} More leave than join until {words.month(joined.period[behind[-1]])} at the latest."
    at = int(gap.to_numpy().argmin())
    return f"{look} They come nearest in {words.month(joined.period[at])}, {words.count(gap[at])} apart on average."


def comings_and_goings(outcome: Outcome) -> str:
    """Say how to read joiners and leavers, how many only replace others, and how long half of them stay."""
    return " ".join(said for said in (flows(outcome), comings(outcome), _half(outcome)) if said)


def staying(outcome: Outcome) -> str:
    """Say how long those who join stay."""
    found = tables.half_life(outcome)
    if found.empty:
        return ""
    row, said = found.iloc[0], []
    if np.isfinite(row.left):
        said.append(f"After a year {words.percent(row.left)} of those who joined at the start are left, on average")
    said.append(f"at the end of {last_month(outcome)} {words.percent(row['last'])}")
    return f"{'; '.join(said)[:1].upper()}{'; '.join(said)[1:]}. {_half(outcome)}"


def _half(outcome: Outcome) -> str:
    """Say after how many months half have left."""
    found = tables.half_life(outcome)
    if found.empty:
        return ""
    row = found.iloc[0]
    if not np.isfinite(row.p50):
        return (
            f"In {words.chance(1 - row.ends)} of draws more than half of those who join at the start stay to the end."
        )
    late = f"{row.p90:.0f}" if np.isfinite(row.p90) else "beyond the horizon"
    said = f"Half of those who join at the start have left after {row.p50:.0f} months"
    return f"{said} (median; P10 {row.p10:.0f}, P90 {late})."


def moved(outcome: Outcome) -> Html | None:
    """Return what each cause did to members, and the sentence that belongs to it."""
    table = tables.moved(outcome)
    if table.empty:
        return None
    rows = [
        [
            _cause(row.kind, row.cause, outcome),
            (_signed(row.mean), f"{_signed(row.p10)} to {_signed(row.p90)}"),
            (_signed(row.most), words.month(row.period)),
        ]
        for row in table.itertuples()
    ]
    shown = grid("Members with each cause less those without it", ["Cause", "At the end, P10 to P90", "At most"], rows)
    seen = "Means over the first draws, the same with and without; causes that work together do not add up."
    return Html(f'{shown}<p class="seen">{escape(seen)}</p>')


def moved_by_others(outcome: Outcome) -> Html | None:
    """Return what `moved` does where prices, marketing, shocks or seasons are among the causes, not titles alone."""
    return moved(outcome) if (tables.moved(outcome).kind != "title").any() else None


def _cause(kind: str, name: str, outcome: Outcome) -> str:
    if kind == "title":
        return f"{outcome.scenario.title.name}, {names.name(name)}"
    return CAUSES.get(kind) or names.plain(name).capitalize()


def _signed(value: float) -> str:
    """Return a number of members with its sign.

    >>> _signed(1234567.0), _signed(-50.0)
    ('+1.23\\u202fmillion', '\\u221250')
    """
    return f"{'+' if value > 0 else ''}{words.count(value)}"


def meaning(outcome: Outcome) -> Html | None:
    """Return which assumptions the spread in members at the end comes from."""
    if "members" not in outcome.outputs or outcome.draws < ENOUGH or not outcome.inputs:
        return None
    groups = outcome.scenario.territories.groups
    found = [row for row in drivers(outcome, outcome["members"], SHOWN) if row["first_order"] > 0.01]
    if not found:
        return None
    said = words.listed(f"“{names.label(row['input'], groups)}” ({words.percent(row['first_order'])})" for row in found)
    sentence = f"The spread in members at the end comes most from {said}: shares of variance, each input alone."
    return Html(f"<p>{escape(sentence)}</p>")
