"""What can be wrong with the operator's own files and words; budget holders' workbooks give findings instead.

CrmxlError                 drawn by the CLI in one line, exit 2
├── DefinitionError        a template, policy or data file is unsound: every problem with its path in the file
├── ExpressionError        an expression cannot be parsed: the position in its text
└── WriteError             a workbook cannot be written as asked: off the grid, too long, refused by the writer
"""

from __future__ import annotations

from dataclasses import dataclass


class CrmxlError(Exception):
    """Something that the operator must put right; the text is complete and needs no traceback."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in an operator's file."""

    place: str
    """File and path in it, such as ``templates/x.toml: sheet[0].section[1].code``."""
    message: str
    """What is wrong and what is allowed there."""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class DefinitionError(CrmxlError):
    """An operator's file is unsound; ``problems`` has every mistake found, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class ExpressionError(CrmxlError):
    """An expression cannot be parsed; ``position`` is the 0-based offset in ``source``."""

    def __init__(self, source: str, position: int, message: str) -> None:
        super().__init__(f"{message} (position {position + 1}: {source[:position]}»{source[position:]})")
        self.source = source
        self.position = position
        self.message = message


class WriteError(CrmxlError):
    """A workbook cannot be written as asked."""
