"""The command line: every command with its options. What a command does is in ``commands/``, imported when it runs."""

from crmxl.cli import budgets, rounds, tracing
from crmxl.cli.program import main

__all__ = ["budgets", "main", "rounds", "tracing"]
