"""Hundreds of reports: what to run and why, running it, and one page over all."""
