"""What an earlier round leaves for the next stage: every unit's entries, as figures to start from."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from crmxl.check.evidence import day_text
from crmxl.commands.rounds_folder import open_register
from crmxl.define.prefilling import Prefills
from crmxl.define.round import policies_beside, round_library
from crmxl.define.units_table import both
from crmxl.errors import Problem
from crmxl.expression import Value
from crmxl.group.record import Definitions, from_record
from crmxl.group.standing import State
from crmxl.issue.places import Cell
from crmxl.model import Key, Template, Type
from crmxl.money import plain

_COUNTED = (State.RECEIVED, State.APPROVED)
_SHOWN = 5
"""Keys or units that a warning names."""


def entries_of(
    folder: Path, templates: Sequence[Template], units: Collection[str]
) -> tuple[bytes, tuple[Problem, ...]]:
    """figures.csv with what every unit of the round in ``folder`` entered, 核定数 where reviewers changed it, as far
    as ``templates`` still take it and the unit is among ``units``, by code; and warnings of what was left behind.

    Units whose submission was neither approved nor under review start blank. Raises CrmxlError where there is no round.
    """
    records, register = open_register(folder)
    definitions = Definitions(round_library(records.folder), policies_beside(records.folder))
    prefills = Prefills(templates)
    ids = {template.id for template in templates}
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(("unit", "key", "value"))
    lost: list[str] = []
    gone: dict[str, None] = {}
    with register:
        for standing in register.board.standings.values():
            if standing.state not in _COUNTED or not standing.record or standing.template not in ids:
                continue
            if standing.unit not in units:
                gone[standing.unit] = None
                continue
            report = from_record(register.ledger.content(standing.record), "", definitions)
            layout = report.submission.layout
            assert layout is not None
            for cell, value in _filled(layout.inputs, report.values):
                name = f"{standing.template}/{cell.key}"
                if prefills.takes(name):
                    rows.writerow((standing.unit, name, value))
                else:
                    lost.append(f"{standing.unit} {name}")
    warnings = []
    if gone:
        shown, count = _some(tuple(gone)), len(gone)
        said = f"{count} units are not in this round, their entries were left behind: {shown}"
        warnings.append(both(f"有 {count} 个单位不在新轮次里，没有带过来：{shown}", said))
    if lost:
        shown, count = _some(lost), len(lost)
        said = f"{count} entries have no place in the new templates and were left behind: {shown}"
        warnings.append(both(f"有 {count} 格新模板里没有，没有带过来：{shown}", said))
    return text.getvalue().encode("utf-8-sig"), tuple(Problem(str(folder), said) for said in warnings)


def _some(names: Sequence[str]) -> str:
    return "、".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def _filled(cells: Sequence[Cell], values: Mapping[Key, Value]) -> Iterator[tuple[Cell, str]]:
    for cell in cells:
        value = values.get(cell.key)
        if isinstance(value, Fraction):
            yield cell, day_text(value) if cell.type is Type.DATE else plain(value)
        elif isinstance(value, str) and value:
            yield cell, value
