"""How tests run: property tests on a slow machine, the same examples in every run of CI, and Ctrl-C for what they start."""

import os
import signal

from hypothesis import HealthCheck, settings

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("here", patient)
settings.register_profile("ci", patient, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # in the background of a shell, and inherited by whatever is started
    signal.signal(signal.SIGINT, signal.default_int_handler)
