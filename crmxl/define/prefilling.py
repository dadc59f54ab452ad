"""What the group fills in for a unit that the unit may change: last year's amounts by line, and other entries by key.

Issued cells are ``parameters``'; here are the inputs. Knows templates by their rows, nothing of units or layouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from crmxl.define.entries import take_entries
from crmxl.define.parameters import Form, Issued, as_share, issued_cell
from crmxl.define.policy import near
from crmxl.define.rows import by_code, column_at, rows
from crmxl.define.sizes import fewest
from crmxl.define.units_table import both
from crmxl.errors import DefinitionError
from crmxl.expression import Value
from crmxl.model import Key, Lang, Template, Type, split_key

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
        """A hint at what was probably meant: another cell of its row, where there is such a row, else any cell."""
        code = split_key(key)[0]
        same = [f"{code}@{id}" for _, own in self._rows if code in own for id in own[code].columns]
        return near(key, filter(self.takes, same)) or near(key, self._keys)

    @cached_property
    def _keys(self) -> list[Key]:
        """Every entry; of a list whose rows are chosen for each unit, its first row's."""
        found = [by_code(rows(fewest(template))) for template, _ in self._rows]
        there = {f"{code}@{id}" for own in found for code, row in own.items() for id in row.columns}
        return sorted(filter(self.takes, there))

    def take(self, name: str, text: str) -> tuple[Value, tuple[str, ...]]:
        """``text`` as the entry, exact and in yuan where it is an amount; and what is wrong with it."""
        value: Value = None
        wrong = []
        key = name.rpartition("/")[2]
        for template, cell in self._cells(name):
            said = []
            text = as_share(text) if cell.type is Type.PERCENT else text
            for lang in _LANGS:
                try:
                    value = take_entries({key: text}, Form(template, {key: cell}, lang), key)[0].get(key)
                except DefinitionError as error:
                    said.append(error.problems[0].message)
            if said:
                wrong.append(both(said[0], said[-1]))
            elif refused := cell.refused(value) if cell.type is not Type.DATE else "":
                wrong.append(refused)
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
                found.append((template, issued_cell(column, role="input")))
        return found
