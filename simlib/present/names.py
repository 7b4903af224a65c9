"""What people call the parts of a scenario: Taiwan Broadcaster, Latin America, Netflix: flat fee."""

from __future__ import annotations

from collections.abc import Collection

from simlib.data import territories
from simlib.present.words import month

REGIONS = {
    "UCAN": "United States and Canada",
    "EMEA": "Europe, Middle East and Africa",
    "LATAM": "Latin America",
    "APAC": "Asia-Pacific",
}
WITH_ARTICLE = {"USA", "UCAN", "GBR", "NLD", "PHL", "ARE"}
BRANDS = {"iqiyi": "iQIYI"}  # that capitals would spell wrongly
HEADS = {
    "deals": "",
    "platform": "Platform",
    "discount_rates": "Discount rate",
    "fx": "Exchange rate",
    "packages": "",
    "risk": "Risk",
}
PARTIES = ("discount_rates.", "risk.tolerance.")  # paths that end in a party
SILENT = {"terms", "exploitation", "amount", "value", "revenue", "costs", "months", "accounts"}
SPOKEN = {
    "default": "elsewhere", "start": "at the start", "annual": "growth a year", "from": "at first", "to": "at last",
    "rights": "window", "revenue_share": "revenue", "scale_months": "scale", "payment_lag_months": "payment lag",
    "monthly_hours_per_member": "monthly hours of a member", "monthly_hours_per_viewer": "monthly hours of a viewer",
    "history": "members known from a history", "of_revenue": "as a share of revenue", "monthly_spend": "spend",
    "decide_months": "wait to decide", "act_months": "wait to act",
}  # fmt: skip


def name(word: str) -> str:
    """Return what people call a party, a deal or a place.

    >>> name("taiwan_broadcaster"), name("UCAN"), name("NOR"), name("tax_authority"), name("iqiyi")
    ('Taiwan Broadcaster', 'United States and Canada', 'Norway', 'Tax authority', 'iQIYI')
    """
    if word in BRANDS:
        return BRANDS[word]
    if word in REGIONS:
        return REGIONS[word]
    if word in territories():
        return territories()[word].name
    if word in ("audience", "suppliers", "tax_authority"):
        return plain(word).capitalize()
    return plain(word).title()


def market(word: str) -> str:
    """Return where a market is, within a sentence.

    >>> market("CHN"), market("UCAN"), market("chinese_language")
    ('in China', 'in the United States and Canada', 'in the Chinese Language market')
    """
    if word in REGIONS or word in territories():
        return f"in {'the ' if word in WITH_ARTICLE else ''}{name(word)}"
    return f"in the {name(word)} market"


def media(said: str) -> str:
    """Return what people call media that are listed with commas.

    >>> media("SVOD, free_tv, theatrical"), media("pay_tv")
    ('SVOD, free TV, theatrical', 'Pay TV')
    """
    spoken = ", ".join(map(medium, said.split(", ")))
    return spoken[0].upper() + spoken[1:]


def medium(word: str) -> str:
    """Return what people call a medium within a sentence.

    >>> medium("free_tv"), medium("SVOD")
    ('free TV', 'SVOD')
    """
    return plain(word).replace(" tv", " TV")


def plain(word: str) -> str:
    """Return a key of a scenario without its underscores."""
    return word.replace("_", " ")


def label(path: str, groups: Collection[str] = ()) -> str:
    """Return what people call a quantity, from the name under which it is drawn.

    >>> label("deals.netflix.terms.flat_fee.amount"), label("title.appeal.default")
    ('Netflix: flat fee', 'Title: appeal, elsewhere')
    >>> label("title.made_as.prime_time.decay.act_months")
    'Title as prime time: decay wait to act'
    >>> label("habits.opening.habitual.LATAM"), label("discount_rates.youku"), label("risk.tolerance.youku")
    ('Habits: habitual, at the start, Latin America', 'Discount rate: Youku', 'Risk: tolerance Youku')
    """
    path, _, place = path.rstrip("]").partition("[")
    is_party = path.startswith(PARTIES)
    first, *rest = [*path.split("."), *([place] if place else [])]
    head = HEADS.get(first, plain(first).capitalize())
    if not head and rest:
        head = name(rest.pop(0))
    if first == "title" and rest[:1] == ["made_as"]:
        head, rest = f"Title as {plain(rest[1])}", rest[2:]
    spoken, places = [], []
    for word in rest:
        if word in REGIONS or word in territories() or word in groups or word == "default":
            places.append(SPOKEN.get(word) or name(word))
        elif word == "opening":
            places.append("at the start")
        elif word[:4].isdigit() and len(word) == 7:
            places.append(month(word))
        elif word not in SILENT:
            spoken.append(SPOKEN.get(word) or (name(word) if is_party and word is rest[-1] else plain(word)))
    said = ", ".join([*([" ".join(spoken)] if spoken else []), *places])
    return f"{head}: {said}" if said else head
