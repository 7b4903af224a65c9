"""The strategist's desk: a scenario as it is against the scenario as tweaked, with levers, figures and pictures."""
