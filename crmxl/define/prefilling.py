"""What the group fills in for a unit that the unit may change: last year's amounts by line, and other entries by key.

Issued cells are ``parameters``'; here are the inputs. Knows templates by their rows, nothing of units or layouts.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmxl.define.entries import take_entries
from crmxl.define.parameters import Form, Issued
from crmxl.define.policy import near
from crmxl.define.rows import by_code, column_at, rows
from crmxl.define.units_table import both
from crmxl.errors import DefinitionError
from crmxl.expression import Value
from crmxl.model import Key, Lang, Template, split_key

_LANGS: tuple[Lang, Lang] = ("zh", "en")


class Prefills:
    """The entries that some templates take."""

    def __init__(self, templates: Sequence[Template]) -> None:
        """Those of ``templates``."""
        self._rows = [(template, by_code(rows(template))) for template in templates]

    def takes(self, key: Key) -> bool:
        """Whether it is an entry of one of the templates."""
        return bool(self._cells(key))

    def near(self, key: Key) -> str:
        """A hint at what was probably meant."""
        there = {f"{code}@{id}" for _, own in self._rows for code, row in own.items() for id in row.columns}
        return near(key, filter(self.takes, there))

    def take(self, key: Key, text: str) -> tuple[Value, tuple[str, ...]]:
        """``text`` as the entry, exact and in yuan where it is an amount; and what is wrong with it."""
        value: Value = None
        wrong = []
        for template, cell in self._cells(key):
            said = []
            for lang in _LANGS:
                try:
                    value = take_entries({key: text}, Form(template, {key: cell}, lang), key)[0].get(key)
                except DefinitionError as error:
                    said.append(error.problems[0].message)
            if said:
                wrong.append(both(said[0], said[-1]))
        return value, tuple(dict.fromkeys(wrong))

    def _cells(self, key: Key) -> list[tuple[Template, Issued]]:
        found = []
        for template, own in self._rows:
            row = own.get(split_key(key)[0])
            column = column_at(own, key)
            if row is None or column is None or not row.leaf or column.issued or column.calculated:
                continue
            if not key.endswith(".rest"):
                found.append((template, Issued(column.type, column.choices, role="input")))
        return found
