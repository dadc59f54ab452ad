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

    def takes(self, name: str) -> bool:
        """Whether it is an entry of one of the templates: a key, or ``template/key`` with the template's id."""
        return bool(self._cells(name))

    def several(self, name: str) -> tuple[str, ...]:
        """The templates that have the key, by id, where it is said of no one and there are several."""
        found = tuple(dict.fromkeys(template.id for template, _ in self._cells(name)))
        return found if len(found) > 1 else ()

    def near(self, key: Key) -> str:
        """A hint at what was probably meant."""
        there = {f"{code}@{id}" for _, own in self._rows for code, row in own.items() for id in row.columns}
        return near(key, filter(self.takes, there))

    def take(self, name: str, text: str) -> tuple[Value, tuple[str, ...]]:
        """``text`` as the entry, exact and in yuan where it is an amount; and what is wrong with it."""
        value: Value = None
        wrong = []
        key = name.rpartition("/")[2]
        for template, cell in self._cells(name):
            said = []
            for lang in _LANGS:
                try:
                    value = take_entries({key: text}, Form(template, {key: cell}, lang), key)[0].get(key)
                except DefinitionError as error:
                    said.append(error.problems[0].message)
            if said:
                wrong.append(both(said[0], said[-1]))
        return value, tuple(dict.fromkeys(wrong))

    def _cells(self, name: str) -> list[tuple[Template, Issued]]:
        found = []
        wanted, _, key = name.rpartition("/")
        for template, own in self._rows:
            if wanted not in ("", template.id):
                continue
            row = own.get(split_key(key)[0])
            column = column_at(own, key)
            if row is None or column is None or not row.leaf or column.issued or column.calculated:
                continue
            if not key.endswith(".rest"):
                found.append((template, Issued(column.type, column.choices, role="input")))
        return found
