"""A forecast and its back-test as tables, as sentences and as JSON knows them."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pandas as pd

from simlib.forecast.apart import differences, equality
from simlib.forecast.backtest import OURS, Backtest, means
from simlib.forecast.ensemble import Forecast
from simlib.forecast.scores import LEVELS, at
from simlib.present import charts, words
from simlib.present.charts.canvas import PAPER

POINTS = {"p025": 0.025, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p975": 0.975}
SHOWN = {
    "crps": "CRPS",
    "pinball": "pinball",
    "mase": "MASE",
    "msis": "MSIS",
    "in_80": "80 % holds",
    "in_95": "95 % holds",
}
SHARES = ("in_80", "in_95")


def fan(ahead: Forecast) -> pd.DataFrame:
    """Return the forecast by period: period, period_end, `at` (its end, in years), unit, mean, P2.5 to P97.5."""
    quantiles = ahead.quantiles
    told = {"period": ahead.index.astype(str), "period_end": _days(ahead.index), "at": _years(ahead.index)}
    told |= {"unit": ahead.history.attrs.get("unit", ""), "mean": ahead.mean}
    return pd.DataFrame(told | {name: at(quantiles, level) for name, level in POINTS.items()})


def anchored(ahead: Forecast) -> pd.DataFrame:
    """Return the forecast by period as `fan` does, from the last observation on, which is sure."""
    table, last = fan(ahead), ahead.history.index[-1:]
    sure = {"period": str(last[0]), "period_end": _days(last)[0], "at": _years(last)[0], "unit": table["unit"].iloc[0]}
    sure |= dict.fromkeys(["mean", *POINTS], float(ahead.history.iloc[-1]))
    return pd.concat([pd.DataFrame([sure]), table], ignore_index=True)


def past(history: pd.Series, ahead: Forecast) -> pd.DataFrame:
    """Return a history beside a forecast made from a part of it: period, `at`, value, `known`, status."""
    known = np.arange(len(history)) < len(ahead.history)
    told = {"period": history.index.astype(str), "at": _years(history.index), "value": history.to_numpy(float)}
    return pd.DataFrame(told | {"known": known, "status": ""})


def jsonable(ahead: Forecast) -> dict[str, Any]:
    """Return a forecast as a mapping of plain numbers, from which its scores can be worked out to the last digit."""
    rows = zip(_days(ahead.index), ahead.mean.tolist(), ahead.quantiles.tolist(), strict=True)
    return {
        "history": {"observations": len(ahead.history), "last_period_end": _days(ahead.history.index)[-1]},
        "seed": ahead.seed,
        "forecast": [
            {"period_end": day, "mean": mean, "quantiles": dict(zip(map(key, LEVELS), quantiles, strict=True))}
            for day, mean, quantiles in rows
        ],
        "members": list(ahead.members),
        "warnings": wary(ahead),
    }


def json_text(ahead: Forecast) -> str:
    """Return a forecast as the text of a JSON file."""
    return json.dumps(jsonable(ahead), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def key(level: float) -> str:
    """Return what a quantile is called in JSON.

    >>> key(0.025), key(0.1), key(0.95)
    ('0.025', '0.10', '0.95')
    """
    return f"{level:.3f}" if round(level, 2) != level else f"{level:.2f}"


def wary(ahead: Forecast) -> list[str]:
    """Return what to be wary of, a sentence each: members that failed, short histories."""
    return [f"{name} was left out: {why}" for name, why in ahead.left_out.items()] + list(ahead.warnings)


def sentences(ahead: Forecast) -> list[str]:
    """Return what the forecast says of its last period, who made it, and what to be wary of."""
    last, unit = fan(ahead).iloc[-1], ahead.history.attrs.get("unit", "")
    middle, low, high = (words.rounded(last[point], digits=3) for point in ("p50", "p10", "p90"))
    said = f"In {last.period} {middle:,.10g} {unit}".rstrip()
    first = f"{said}; four times in five between {low:,.10g} and {high:,.10g}."
    made = f"From {len(ahead.history)} observations to {ahead.history.index[-1]}, by {words.listed(ahead.members)}."
    return [first, made, *(f"{text[0].upper()}{text[1:]}." for text in wary(ahead))]


def lines(ahead: Forecast) -> list[tuple[str, ...]]:
    """Return the forecast as rows of text, the head first."""
    head = ("", "mean", "median", "P10 to P90", "95 % interval")
    rows = fan(ahead).itertuples()
    return [
        head,
        *(
            (row.period, _said(row.mean), _said(row.p50), _between(row.p10, row.p90), _between(row.p025, row.p975))
            for row in rows
        ),
    ]


def score_lines(test: Backtest) -> list[tuple[str, ...]]:
    """Return the mean scores by method as rows of text, the head first, CRPS over drift's last."""
    rows = [("", *SHOWN.values(), "CRPS over drift's")]
    for _, row in means(test).iterrows():
        told = (words.percent(row[score]) if score in SHARES else _said(row[score]) for score in SHOWN)
        rows.append((row["method"], *told, _said(row["relative"])))
    return rows


def horizon_lines(test: Backtest) -> list[tuple[str, ...]]:
    """Return CRPS by horizon, a column each, as rows of text, the head first."""
    return _wide("CRPS, periods ahead", means(test, "h"), "h", "crps")


def year_lines(test: Backtest) -> list[tuple[str, ...]]:
    """Return CRPS by the year of the period that was forecast, a column each, as rows of text, the head first."""
    return _wide("CRPS, in", means(test, "year"), "year", "crps")


def equality_lines(test: Backtest) -> list[tuple[str, ...]]:
    """Return by horizon how likely such a difference in CRPS is between equals, as rows of text, the head first."""
    return _wide("P of such a difference between equals, periods ahead", equality(test), "h", "p")


def _wide(head: str, table: pd.DataFrame, by: str, shown: str) -> list[tuple[str, ...]]:
    """Return a table of a row for each method and `by` as rows of text with a column for each."""
    wide = table.pivot(index="method", columns=by, values=shown).loc[list(dict.fromkeys(table.method))]
    rows = [(method, *map(_said, row)) for method, row in zip(wide.index, wide.to_numpy(), strict=True)]
    return [(head, *map(str, wide.columns)), *rows]


def levels(test: Backtest) -> str:
    """Say how often what happened lay in each fifth of the fan: a fifth of the time, were the fan just right."""
    found = test.scored[test.scored.method == OURS].pit
    shares = np.histogram(found, bins=np.linspace(0, 1, 6))[0] / len(found)
    told = words.listed(map(words.percent, shares))
    return f"What happened lay in the fan's fifths, from the lowest up, in {told} of cases."


def verdicts(test: Backtest) -> list[str]:
    """Return for each benchmark by how much its CRPS is higher or lower than ours, or that the two cannot be told apart."""
    said = []
    for row in differences(test).itertuples():
        which, spread = "higher" if row.difference > 0 else "lower", _between(row.low, row.high)
        if row.told_apart:
            said.append(f"The CRPS of {row.method} is {which} by {_said(abs(row.difference))} ({spread}).")
        elif np.isfinite(row.low):
            said.append(f"{OURS} and {row.method} are not distinguishable: the difference in CRPS is {spread}.")
        else:
            said.append(f"{OURS} and {row.method} are not distinguishable: there are too few origins.")
    missing = {name: count for name, count in test.stood_in.items() if count}
    return said + [f"{name} could not be fitted at {count} origins; drift stood in." for name, count in missing.items()]


def scores_jsonable(test: Backtest) -> dict[str, Any]:
    """Return a back-test as a mapping: scores by method, horizon, origin and period, differences, every forecast."""
    parts = {f"by_{by}": means(test, by) for by in ("h", "origin", "period")}
    tables = {
        "scores": means(test),
        **parts,
        "differences": differences(test),
        "equality": equality(test),
        "forecasts": test.scored,
    }
    told = {"horizon": test.horizon, "seed": test.seed, "stood_in": test.stood_in}
    return told | {name: table.to_dict(orient="records") for name, table in tables.items()}


def picture(history: pd.Series, ahead: Forecast, suffix: str) -> bytes:
    """Return the fan with its history, and what happened after, as a file that ends in `.svg` or `.png` holds it."""
    figure = charts.fan(anchored(ahead), past(history, ahead))
    if suffix == ".svg":
        return charts.svg(figure).encode()
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=2 * figure.dpi, facecolor=PAPER)
    return drawn.getvalue()


def _years(index: pd.PeriodIndex) -> np.ndarray:
    """Return the end of each period as a year and its fraction: the end of October 2017 is 2017.83."""
    ends = index.end_time
    return (ends.year + ends.month / 12).to_numpy()


def _days(index: pd.PeriodIndex) -> list[str]:
    return [day.date().isoformat() for day in index.end_time]


def _said(value: float) -> str:
    return f"{words.rounded(value, digits=4):,.10g}" if np.isfinite(value) else words.NOTHING


def _between(low: float, high: float) -> str:
    return f"{_said(low)} to {_said(high)}"
