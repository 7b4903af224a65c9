"""Who paid within a window, people told apart by how long ago they last paid: a slow loop from the definition."""

from math import exp

import numpy as np

from simlib.models.habits import Rates


def paid_slowly(opening, lapsed_within, rates, growth, step, window):
    """Return who paid within the window at each step's end, of one draw; rates and growth have one number a step."""
    steps, found = round(window / step), []
    people = {(name, None): count for name, count in zip("uf", opening[:2], strict=True)}
    people |= {
        ("p", 0): opening.new_payer,
        ("h", 0): opening.habitual,
        ("l", None): opening.lapsed * (1 - lapsed_within),
    }
    people |= {("l", ago): opening.lapsed * lapsed_within / steps for ago in range(1, steps + 1)}
    for now in range(len(growth)):
        r = Rates(*(rate[now] for rate in rates))
        size = {name: sum(count for (state, _), count in people.items() if state == name) for name in "ufphl"}
        if growth[now] < 1:
            people = {who: count * growth[now] for who, count in people.items()}
        else:
            for name in "uf":
                joining = sum(size.values()) * (growth[now] - 1) * size[name] / (size["u"] + size["f"])
                people[name, None] = people.get((name, None), 0) + joining
        size = {name: sum(count for (state, _), count in people.items() if state == name) for name in "ufphl"}
        talk = r.imitation * (size["p"] + size["h"]) + r.unlicensed_word_of_mouth * size["u"]
        pay = max(r.innovation + talk / sum(size.values()), 0) * r.affordability * r.content
        arrows = {
            "u": {"f": r.enforcement},
            "f": {"p": pay, "u": r.free_relapse},
            "p": {"h": r.habit_formation, "l": r.new_payer_churn},
            "h": {"l": r.habitual_churn},
            "l": {"p": r.win_back, "u": r.lapsed_relapse},
        }
        after = {}
        for (state, ago), count in people.items():
            total = sum(arrows[state].values())
            moves = {to: (1 - exp(-total * step)) * hazard / total for to, hazard in arrows[state].items() if total > 0}
            for to, chance in {**moves, state: 1 - sum(moves.values())}.items():
                since = 0 if to in "ph" else None if ago is None else ago + 1
                after[to, since] = after.get((to, since), 0) + count * chance
        people = after
        # who stopped during a step paid in it: a window of so many steps holds those last counted paying a step longer ago
        found.append(sum(count for (_, ago), count in people.items() if ago is not None and ago <= steps))
    return np.array(found)
