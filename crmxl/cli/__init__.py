"""The command line: every command with its options. What a command does is in ``commands/``, imported when it runs."""

from crmxl.cli import budgets, rounds, templates, tracing
from crmxl.cli.program import main

__all__ = ["budgets", "main", "rounds", "templates", "tracing"]
