"""A returned file → a submission: gate, cells, stamp, anchors, contents, and what is wrong with any of them.

Never raises for what a file holds; families F, I and S are found here, in this order. Nothing is converted and no rule
of a budget is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from crmxl.define.library import Library
from crmxl.define.policies import Policies, shipped_policies
from crmxl.errors import CrmxlError
from crmxl.expression import Call, Measure, Node, measure
from crmxl.issue.places import CHECKS, Layout, Role
from crmxl.model import Finding, Key
from crmxl.receive import surroundings
from crmxl.receive.anchors import Anchors, Standing, flag_place, locate
from crmxl.receive.beside import beside
from crmxl.receive.cells import Cells, read_cells
from crmxl.receive.gate import Parts, admit
from crmxl.receive.identity import Identity, identify
from crmxl.receive.leftovers import leftovers, tell
from crmxl.receive.limits import LIMITS, Refused, too_large
from crmxl.receive.submission import Content, ContentType, Submission

_BLANK = Content()


def read(path: Path, library: Library, policies: Policies | None = None) -> Submission:
    """The workbook at ``path``, read against the layout that its stamp names in ``library``, with the live rules of the
    ``policies`` that it names (the shipped ones where none are given).

    Raises CrmxlError where the file cannot be opened, DefinitionError where the library's template is unsound.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a device never ends
            raise CrmxlError(f"{path}: 不是普通文件 · not a plain file")
        with path.open("rb") as file:
            data = file.read(LIMITS.file + 1)
            size = len(data)
            digest = hashlib.sha256(data)
            while more := file.read(1 << 20) if size > LIMITS.file else b"":
                digest.update(more)
                size += len(more)
    except OSError as error:
        raise CrmxlError(f"{path}: {error.strerror or error}") from None
    found = Submission(file=str(path), digest=digest.hexdigest())
    try:
        if size > LIMITS.file:
            raise too_large(size, LIMITS.file)
        parts = admit(data, path.name)
        cells = read_cells(parts)
    except Refused as refused:
        return replace(found, findings=(refused.finding,))
    found = replace(found, sheet_names=tuple(tab.name for tab in cells.tabs), links=cells.links)
    identity = identify(cells, library, policies or shipped_policies())
    if identity.layout is None:
        return replace(found, stamp=identity.stamp, findings=identity.findings)
    return _contents(found, identity, cells, parts)


def _contents(found: Submission, identity: Identity, cells: Cells, parts: Parts) -> Submission:
    """``found`` with everything that stands in the cells of its layout, and the findings of the S family."""
    layout = identity.layout
    assert layout is not None
    anchors = locate(layout, cells)
    standing = anchors.standing(layout)
    tabs = {tab.name: tab.cells for tab in cells.tabs}
    contents = {
        key: tabs[name].get(place, _BLANK) for name, places in standing.places.items() for place, key in places.items()
    }
    submission = replace(
        found,
        stamp=identity.stamp,
        layout=layout,
        spots=standing.spots,
        keys_at=standing.keys_at,
        contents=_settled(layout, contents),
    )
    submission, structure = _structure(submission, anchors, standing, cells)
    submission = replace(submission, beside=beside(submission, anchors, standing, cells, parts))
    file = tuple(surroundings.never_calculated(submission))
    return replace(submission, findings=(*file, *identity.findings, *structure))


def _settled(layout: Layout, contents: dict[Key, Content]) -> dict[Key, Content]:
    """``contents``; where the workbook was calculated, an issued formula without a value that can give a text shows the
    empty one.

    The writer (XlsxWriter) stores that result as openpyxl stores none at all. Inputs are left as they are: a formula
    typed there whose value is missing must not read as blank.
    """
    cells = layout.cells
    if not any(
        content.formula and content.text and cells[key].role is Role.CALCULATED for key, content in contents.items()
    ):
        return contents
    return {
        key: content._replace(type=ContentType.TEXT, calculated=True)
        if not content.calculated and cells[key].role is Role.CALCULATED and _textual(cells[key].formula)
        else content
        for key, content in contents.items()
    }


def _textual(formula: Node | None) -> bool:
    """Whether a formula can give a text; one for a number can, where it gives none: ``IF(x = 0, "", y / x)``."""
    match formula:
        case Call("IF", (_, yes, no)):
            return _textual(yes) or _textual(no)
        case None:
            return False
        case _:
            return measure(formula) is Measure.TEXT


def _structure(
    submission: Submission, anchors: Anchors, standing: Standing, cells: Cells
) -> tuple[Submission, list[Finding]]:
    """``submission`` with its strays, and the findings of the S family: anchors first, then sheet by sheet."""
    layout = submission.layout
    assert layout is not None
    findings = list(anchors.findings)
    strays: dict[tuple[str, int, int], Content] = {}
    flags: dict[tuple[str, int, int], Content] = {}
    headers: dict[str, tuple[int, Mapping[int, Content]]] = {}
    for sheet in anchors.sheets:
        place = flag_place(sheet)
        flags[(sheet.tab.name, *place)] = sheet.tab.cells.get(place, _BLANK)
        if sheet.plan.id == CHECKS:
            continue
        headers[sheet.tab.name] = place[0], sheet.tab.by_row.get(place[0], {})
        left = leftovers(layout, sheet, standing.places[sheet.tab.name])
        findings += left.findings
        strays.update({(sheet.tab.name, *at): content for at, content in left.strays.items()})
        findings += surroundings.merged_inputs(submission, sheet)
        findings += surroundings.hidden_amounts(submission, sheet)
        findings += surroundings.closed_months(submission, sheet)
    findings += tell(strays)
    findings += surroundings.added_sheets(layout, anchors, cells)
    return replace(submission, strays=strays, flags=flags, headers=headers), findings
