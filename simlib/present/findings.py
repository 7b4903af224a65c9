"""What a simulation found, worked out once: packages, the zone of agreement, drivers, and the package to sign."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from simlib.decide import choices
from simlib.decide.choices import Losing, Worth
from simlib.decide.compare import Agreement, PackageValue, agreement, drivers, packages, targets
from simlib.simulation.outcome import Outcome

ENOUGH = 40  # draws, so that the tenth of them around P10 holds four


@dataclass(frozen=True, eq=False)
class Findings:
    """What tables, sentences and summaries are made from."""

    outcome: Outcome
    packages: tuple[PackageValue, ...]
    agreement: Agreement | None
    recommended: str | None
    targets: dict[str, np.ndarray]

    @cached_property
    def drivers(self) -> dict[str, list[dict]]:
        """Every input of each target, largest first; sought when first asked for, and not where draws are too few."""
        many = self.targets.items() if self.outcome.draws >= ENOUGH else ()
        return {name: drivers(self.outcome, target, len(self.outcome.inputs)) for name, target in many}

    @property
    def main_target(self) -> str | None:
        """The first target: what the licensee can pay, where a fee is on the table."""
        return next(iter(self.targets), None)

    @property
    def signs_nothing(self) -> bool:
        """Whether no package is worth signing to the licensor, the recommended one being the least bad."""
        if self.agreement:
            return not self.agreement.zone.exists and self.agreement.alternative is None
        return bool(self.packages) and self.packages[0].licensor["mean"] <= 0


@lru_cache(maxsize=2)
def findings(outcome: Outcome) -> Findings:
    """Return what an outcome says, worked out once for all who ask, two kept so that they can be compared.

    An outcome is equal to itself alone.
    """
    found, valued, sought = agreement(outcome), packages(outcome), _targets(outcome)
    best = valued[0].name if valued else None
    if found:
        best = found.package if found.zone.exists else found.alternative or best
    return Findings(outcome, valued, found, best, sought)


@lru_cache(maxsize=1)
def worth_knowing(outcome: Outcome) -> dict[str, Worth]:
    """Return what it is worth to each side that chooses to know more, worked out once; too few draws tell nothing."""
    return choices.worth_knowing(outcome, findings(outcome).agreement) if outcome.draws >= ENOUGH else {}


@lru_cache(maxsize=1)
def going_wrong(outcome: Outcome) -> Losing | None:
    """Return when the package to sign goes wrong, worked out once."""
    found = findings(outcome)
    if found.recommended is None or outcome.draws < ENOUGH:
        return None
    return choices.losing(outcome, found.recommended, found.agreement)


def _targets(outcome: Outcome) -> dict[str, np.ndarray]:
    """Return what drivers are sought for; without fee, packages and members, the first output that has every draw."""
    chosen = targets(outcome)
    if chosen:
        return chosen
    whole = ((name, output.values) for name, output in outcome.outputs.items() if np.isfinite(output.values).all())
    return dict([first]) if (first := next(whole, None)) else {}


def party_of(outcome: Outcome, package: str) -> tuple[str, tuple[str, ...]]:
    """Return the licensor and the licensees of a package."""
    deals = [outcome.scenario.deals[name] for name in outcome.scenario.packages[package].deals]
    return deals[0].licensor, tuple(dict.fromkeys(deal.licensee for deal in deals))
