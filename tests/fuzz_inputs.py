# ruff: noqa: E501  (what is tried is listed as it is)
"""Inputs that nobody would write: files that ship, and files that are broken, with bytes changed at random."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

from broken_scenarios import ALL, SOUND
from scenarios_for_tests import EVERYTHING, FRAME, MEMBERSHIP

ROOT = Path(__file__).parents[1]
HISTORIES = [ROOT / "simlib" / "data" / name for name in ("netflix_members.csv", "bass_adoption.csv")]
TOKENS = (
    b"{", b"}", b"[", b"]", b": ", b"- ", b", ", b"\n", b"\r", b"\t", b"#", b"&a ", b"*a", b"!!python/object/apply:os.system ",
    b"!x ", b"|\n", b">-\n", b"'", b'"', b"%", b"@", b"`", b"? ", b"<<: *a", b"---\n", b"...\n", b"\0", b"\x1b[2J", b"\xef\xbb\xbf",
    b"\xff", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80\xae", b"\xe2\x80\xa8", b"\xc2\x85", b"1e400", b"-1e-400", b".inf", b".nan", b"9" * 50, b"0x" + b"f" * 40,
    b"1_000", b"-0", b"0", b"-1", b"1", b"100%", b"-5%", b"1e30", b"1e-300", b"5 million", b"9 USD per hour", b"5 XXX", b"2017-12", b"9999-12",
    b"0000-00", b"world", b"default", b"NO", b"null", b"~", b"true", b"extends: fuzzed.yml", b"extends: /dev/zero", b"__proto__",
    b"extends: [bases/world-2017.yml, bases/netflix-2017.yml]", b"value: ", b"{value: 1}", b"per_territory: true", b"clause: flat_fee", b"${HOME}", b"{{7*7}}",
    b"{normal: {mean: 0, sd: 1}}", b"{lognormal: {p10: 1, p90: 2}}", b"{beta: {mean: 0.5, sd: 0.1}}", b"{uniform: {low: 0, high: 1}}",
    b"{steps: {2017-12: 1}}", b"{ramp: {from: 0, to: 1, start: 2018-01, months: 6}}", b"{growth: {start: 1, annual: 5%}}",
    b"{random_walk: {start: 1, annual_volatility: 20%}}", b"{by_territory: {default: 1}}", b"{fact: population}", b"{discrete: {0: 50%, 1: 50%}}",
)  # fmt: skip
CELLS = (
    b",", b";", b"\t", b"\n", b"\r\n", b'"', b"2017Q1", b"2017", b"2017-02-30", b"0000", b"9999", b"9999Q4", b"0001-01", b"nan", b"inf", b"-1", b"0", b"1e308",
    b"1e-308", b"1_000", b"1,000", b"\0", b"\xff", b"\x1b[2J", b"value", b"period_end", "１２".encode(), "²".encode(),
)  # fmt: skip


@cache
def scenario_seeds() -> tuple[bytes, ...]:
    """Return every scenario and base that ships, those broken by hand, and small ones that are read fast."""
    shipped = 8 * [path.read_bytes() for path in sorted((ROOT / "scenarios").rglob("*.yml"))]
    sound = 8 * [path.read_bytes() for path in SOUND.values()]
    broken = [one.text().replace("¶", "").encode() for one in ALL]
    small = 8 * [text.encode() for text in (FRAME, MEMBERSHIP, EVERYTHING)]
    return (*shipped, *sound, *broken, *small)


@cache
def history_seeds() -> tuple[bytes, ...]:
    """Return histories as users write them: the first figures of every series that ships, in two columns."""
    import csv

    seeds = []
    for path in HISTORIES:
        series: dict[tuple[str, ...], list[str]] = {}
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            name = tuple(value for key, value in row.items() if key in ("metric", "region", "product"))
            series.setdefault(name, []).append(f"{row['period_end']},{row['value']}")
        seeds += ["\n".join(["period_end,value", *rows[:24], ""]).encode() for rows in series.values()]
    return tuple(seeds)


def changed_bytes(raw: bytes, random: Random, tokens: tuple[bytes, ...]) -> bytes:
    """Return bytes with one to six changes of the kinds that slips of hands, disks and malice make."""
    for _ in range(random.choice((1, 1, 1, 1, 2, 6))):
        at = random.randrange(len(raw) + 1)
        end = min(len(raw), at + random.choice((1, 1, 2, 8, 40, 400)))
        lines = raw.split(b"\n")
        line, other = random.randrange(len(lines)), random.randrange(len(lines))
        raw = random.choice(
            (
                lambda raw, at, end, *_: raw[:at] + random.choice(tokens) + raw[at:],
                lambda raw, at, end, *_: raw[:at] + random.choice(tokens) + raw[end:],
                lambda raw, at, end, *_: raw[:at] + raw[end:],
                lambda raw, at, end, *_: raw[:at] + random.randbytes(1) + raw[at + 1 :],
                lambda raw, at, end, *_: raw[:at] + raw[at:end] * random.choice((2, 3, 50)) + raw[end:],
                lambda raw, at, end, *_: raw[:at],
                lambda raw, at, end, lines, line, other: b"\n".join([*lines[:line], lines[other], *lines[line:]]),
                lambda raw, at, end, lines, line, other: b"\n".join([*lines[:line], *lines[line + 1 :]]),
                lambda raw, at, end, lines, line, other: _with_value(lines, line, random.choice(tokens)),
                lambda raw, at, end, lines, line, other: _with_value(lines, line, lines[other].partition(b":")[2]),
            )
        )(raw, at, end, lines, line, other)
    return raw[:200_000]


def _with_value(lines: list[bytes], line: int, value: bytes) -> bytes:
    """Return lines with what one says after its colon replaced."""
    key, colon, _ = lines[line].partition(b":")
    return b"\n".join([*lines[:line], key + colon + b" " + value, *lines[line + 1 :]])
