"""What the notebook of a forecast shows, as HTML: the fan, the table, and how such forecasts would have done."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd

from simlib.forecast.backtest import Backtest, backtest, means, origin
from simlib.forecast.ensemble import Forecast, forecast
from simlib.forecast.series import ended_by, find_history
from simlib.present import foretold, names, notebook, page
from simlib.present.page import Html
from simlib.workers.here import ALL_CORES, processes


def told(name: str, until: str, horizon: int, shocks: Sequence[str], seed: int) -> tuple[pd.Series, Forecast]:
    """Return a history, by name or file, and the forecast from what had ended by `until`, or from all of it."""
    history = find_history(name if ":" in name else notebook.found(name))
    return history, forecast(ended_by(history, until) if until else history, horizon, seed, shocks)


def tested(ahead: Forecast, horizon: int, shocks: Sequence[str], seed: int) -> Backtest:
    """Return how forecasts of the same history would have done from its past origins."""
    known = ahead.history
    with processes(ALL_CORES):
        return backtest(known, horizon, origin(known, None), seed, shocks)


def opening(name: str, ahead: Forecast) -> Html:
    """Return the title, one quiet line, and what the forecast says."""
    known = ahead.history
    quiet = [name, f"{len(known)} observations to {known.index[-1]}", f"seed {ahead.seed}"]
    first, *others = (escape(sentence) for sentence in foretold.sentences(ahead))
    rest = "".join(f"<p>{sentence}</p>" for sentence in others)
    title = escape(names.plain(str(known.name)).capitalize())
    head = f'<header><p class="kicker">Forecast</p><h1>{title}</h1><p class="quiet">{escape(" · ".join(quiet))}</p></header>'
    return Html(f'{head}<div class="decision"><p class="first">{first}</p>{rest}</div>')


def fan_seen(history: pd.Series, ahead: Forecast) -> str:
    """Say how to read the fan, and how much of what happened it holds."""
    said = "The line is the median, the bands hold half and four fifths of the paths."
    table = foretold.fan(ahead).set_index("period")
    after = history[history.index > ahead.history.index[-1]]
    after = after[after.index <= ahead.index[-1]]
    if after.empty:
        return said
    there = table.loc[after.index.astype(str)]
    inside = int(((there.p10 <= after.to_numpy()) & (after.to_numpy() <= there.p90)).sum())
    return f"{said} Of {len(after)} figures that came after, which the forecast never saw, four fifths hold {inside}."


def table(ahead: Forecast) -> Html:
    """Return the forecast period by period."""
    head, *rows = foretold.lines(ahead)
    return page.grid("The forecast", head, rows)


def scores(test: Backtest) -> Html:
    """Return the mean scores by method, ours marked."""
    head, *rows = foretold.score_lines(test)
    count = int(means(test).forecasts.iloc[0])
    first, last = test.scored.origin.iloc[0], test.scored.origin.iloc[-1]
    return page.grid(f"{count} forecasts from {first} to {last}, scored", head, rows, marked={0})


def by_horizon(test: Backtest) -> Html:
    """Return CRPS by horizon."""
    head, *rows = foretold.horizon_lines(test)
    return page.grid("CRPS by periods ahead", head, rows)


def verdicts(test: Backtest) -> Html:
    """Return which benchmarks can be told apart from ours."""
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in foretold.verdicts(test))
    return Html(f"<ul>{said}</ul>")
