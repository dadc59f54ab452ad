"""Family I, what is judged by the group's records: issued figures, the round, the signature."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crmxl.catalogue import finding
from crmxl.check.evidence import Evidence
from crmxl.check.rules.structure import same_value, shown_value
from crmxl.check.standard import Standard, carried
from crmxl.define.sizes import differing, rows_text
from crmxl.expression import Cells, Node, walk
from crmxl.issue.places import Layout, Role
from crmxl.issue.stamp import signed_by
from crmxl.model import Finding, Key, Text, say

_WHAT = {
    "round": Text("轮次", "round"),
    "stage": Text("阶段", "stage"),
    "year": Text("预算年度", "year"),
    "unit": Text("预算单位", "unit"),
    "unit_name": Text("单位名称", "unit name"),
    "parts": Text("部分", "parts"),
    "first_month": Text("起始月份", "first month"),
    "rows": Text("清单行数", "rows of lists"),
    "template": Text("模板", "template"),
}


def of_this_round(evidence: Evidence, standard: Standard) -> Iterator[Finding]:
    """I111, I112. What: another round's, stage's, year's or unit's workbook, or a stamp not signed by the round's key.
    Why: its figures must not get in. Fix: submit the issued workbook.
    """
    stamp, round = evidence.submission.stamp, standard.round
    if stamp is None or round is None:
        return
    given = stamp.assignment
    pairs = [
        ("round", given.round, round.name),
        ("stage", given.stage, round.stage),
        ("year", str(given.year), str(round.year)),
    ]
    wrong = [(what, found, expected) for what, found, expected in pairs if found != expected]
    if given.unit not in round.by_code:
        wrong.append(("unit", given.unit, "、".join(unit.code for unit in round.units[:10])))
    else:
        record = round.assignment(given.unit, evidence.layout.template)
        parts = record.parts or evidence.layout.template.parts
        asked = [
            ("parts", "、".join(evidence.layout.parts), "、".join(parts)),
            ("first_month", str(given.first_month), str(record.first_month)),
            ("rows", rows_text(differing(evidence.layout.template, given.rows)), rows_text(record.rows)),
        ]
        wrong += [(what, found, expected) for what, found, expected in asked if found != expected]
    unit = round.by_code.get(given.unit)
    asked_for = round.templates if unit is None else [issue.template for issue in round.issues_for(unit)]
    names = {name.partition("@")[0] for name in asked_for}
    if stamp.template not in names:
        wrong.append(("template", stamp.template, "、".join(sorted(names))))
    for what, found, expected in wrong:
        yield finding("I111", found=found or "—", expected=expected or "—", what=_WHAT[what])
    if not wrong and round.key and not signed_by(stamp, round.key):
        yield finding("I112")


def issued_figures(evidence: Evidence, standard: Standard) -> Iterator[Finding]:
    """I109. What: an issued figure in the workbook is not the one on record. Why: limits go by the record. Fix: restore
    it.
    """
    stamp = evidence.submission.stamp
    if stamp is None:
        return
    record = standard.figures(stamp.assignment, evidence.layout)
    for key, cell in evidence.layout.cells.items():
        if cell.role is not Role.ISSUED or key not in evidence.submission.spots:
            continue
        found, expected = evidence.converted[key], record.get(key)
        if not same_value(found, expected, cell):
            yield finding(
                "I109",
                place=evidence.submission.place(key),
                key=key,
                found=shown_value(found, cell),
                expected=shown_value(expected, cell),
            )


def not_verified(evidence: Evidence, standard: Standard, judging: Layout) -> Iterator[Finding]:
    """I108. What: rules were judged by figures that only the workbook carries. Why: the unit holds the file.
    Fix: validate in the round.
    """
    if standard.verified:
        return
    read = _behind(judging, [asked.holds for rule in judging.rules for asked in rule.asked])
    stamp = evidence.submission.stamp
    parameters = stamp.assignment.parameters if stamp else {}
    others = (key for key in judging.presets if key in parameters)  # the template's own figure, replaced by another
    own = [key for key in (*carried(judging), *others) if key in read and evidence.converted.get(key) is not None]
    if own:
        record = evidence.converted
        said = "、".join(
            f"{evidence.submission.title(key)} {say(shown_value(record[key], judging.cells[key]), judging.lang)}"
            for key in own
        )
        yield finding("I108", place=evidence.submission.place(own[0]), key=own[0], found=said)


def _behind(layout: Layout, values: Iterable[Node]) -> set[Key]:
    """All keys that some values depend on, through formulas; a set that thousands of rows share is looked at once."""
    waiting, seen, sets = list(values), set[Key](), set[int]()
    while waiting:
        for part in walk(waiting.pop()):
            if not isinstance(part, Cells) or id(part.keys) in sets:
                continue
            sets.add(id(part.keys))
            new = [key for key in part.keys if key not in seen]
            seen.update(new)
            waiting += (formula for key in new if (formula := layout.cells[key].formula) is not None)
    return seen
