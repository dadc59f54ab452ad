"""The shipped templates with short lists: what is true of sixty rows is true of three thousand, and takes no seconds.

The long ones have tests of their own (tests/issue/test_lists.py, tests/catalogue/test_portfolio.py).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from crmxl.define.library import Library
from crmxl.model import Template

ROWS = 60


class ThinLibrary(Library):
    """The shipped library, lists cut to ``ROWS`` rows."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        super().__init__()
        self._thin: dict[str, Template] = {}

    def load(self, name: str | Path) -> Template:
        """As a library loads it, its lists cut."""
        template = super().load(name)
        if template.name not in self._thin:
            sheets = tuple(replace(sheet, rows=min(sheet.rows, ROWS)) for sheet in template.sheets)
            self._thin[template.name] = template if sheets == template.sheets else replace(template, sheets=sheets)
        return self._thin[template.name]
