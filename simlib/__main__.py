"""The command line by another name: python -m simlib."""

from simlib.cli import main

main()
