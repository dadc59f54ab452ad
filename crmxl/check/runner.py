"""The one place that knows the order of checks. Pure: a submission in, a report out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from crmxl.catalogue import FAMILIES
from crmxl.check import schema
from crmxl.check.evidence import Evidence
from crmxl.check.rules import entry, identity, magnitude, policy, structure
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.expression import Fault
from crmxl.model import Finding
from crmxl.receive.submission import Submission

RULES: tuple[Callable[[Evidence], Iterable[Finding]], ...] = (
    structure.label_changed,
    structure.formula_changed,
    structure.flag_repeated,
    structure.headline_repeated,
    entry.amounts,
    entry.formulas_in_inputs,
    entry.dates_and_choices,
    entry.unseen_signs,
    entry.one_only,
    entry.required,
    entry.months,
    magnitude.magnitudes,
)
_ANCHORS = {"S101", "S102", "S103"}
"""Whole sheets or columns are unreadable: what depends on all entries being there is not judged."""


def check(submission: Submission, standard: Standard | None = None) -> Report:
    """The report of one submission: everything wrong with it, in one pass, judged by ``standard`` (outside a round by
    what the workbook itself carries).

    A file that could not be identified has only its reading's findings. One root cause gives one finding: a cell that
    one rule has refused is not reported by a later one.
    """
    layout = submission.layout
    if layout is None:
        return Report(submission, submission.findings)
    evidence = Evidence(submission, layout)
    standard = standard or Standard()
    found = [*submission.findings, *identity.of_this_round(evidence, standard)]
    found += identity.issued_figures(evidence, standard)
    broken = any(finding.code in _ANCHORS for finding in found)
    for rule in RULES:
        found.extend(rule(evidence))
    if not broken:
        prefilled = standard.prefilled(submission.stamp.assignment, layout) if submission.stamp else {}
        found.extend(entry.nothing_filled(evidence, prefilled))
    found.extend(schema.fits_schema(evidence, {finding.key for finding in found if finding.key}))
    values = {**evidence.converted, **evidence.recomputed}
    if submission.stamp is not None and not _refused(evidence):
        given = submission.stamp.assignment
        judging = standard.rules(given, layout)
        values = evidence.judged(standard.figures(given, layout))
        found += policy.broken_rules(evidence, judging, values, standard.waivers(given.unit), standard.today)
        found += identity.not_verified(evidence, standard, judging)
    return Report(submission, _ordered(evidence, found), values)


def _refused(evidence: Evidence) -> bool:
    """Whether an amount could not be read: what depends on all of them is then not judged."""
    broken = (isinstance(value, Fault) for value in evidence.converted.values())
    return any(amount.problem is not None for amount in evidence.amounts.values()) or any(broken)


def _ordered(evidence: Evidence, found: Iterable[Finding]) -> tuple[Finding, ...]:
    """By family, then as they stand in the workbook."""
    families = list(FAMILIES)
    sheets = {sheet.name: n for n, sheet in enumerate(evidence.layout.sheets)}
    spots = evidence.submission.spots

    def order(finding: Finding) -> tuple[int, int, int, int, str]:
        spot = spots.get(finding.key)
        place = (spot.row, spot.column) if spot else (0, 0)
        return families.index(finding.code[0]), sheets.get(finding.place.sheet, -1), *place, finding.code

    return tuple(sorted(found, key=order))
