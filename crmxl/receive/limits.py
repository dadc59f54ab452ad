"""How large and how odd a returned file may be: the limits in one table, and the refusals that name them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from crmxl.catalogue import finding
from crmxl.model import Finding, Said, Text

_MB = 1 << 20
_LONGEST = 100
"""Characters of a name that a finding repeats."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a returned file may be; beyond any of these it is F105, told with the limit and what was found."""

    file: int = 10 * _MB
    """Bytes of the file itself."""
    entries: int = 1_000
    """Parts of the package."""
    part: int = 64 * _MB
    """Bytes of one part, inflated."""
    total: int = 128 * _MB
    """Bytes of all parts, inflated."""
    ratio: int = 250
    """How many times smaller than its content a part may be stored, where the content passes ``ratio_from`` bytes."""
    ratio_from: int = _MB
    depth: int = 64
    """Elements within one another in a part."""
    elements: int = 200_000
    """XML elements of one list, such as the cells of a row."""
    sheets: int = 256
    cells: int = 500_000
    """Cells of all sheets, blank ones with a format too."""
    rows: int = 100_000
    """Rows of one sheet that are written out."""
    merges: int = 5_000
    """Merged areas of one sheet."""
    arrays: int = 1_000
    """Formulas of one sheet that fill several cells."""
    styles: int = 20_000
    """Cell formats."""
    format: int = 1_000
    """Characters of a number format."""
    strings: int = 500_000
    """Different texts."""
    formula: int = 8_192
    """Characters of a formula, which is Excel's own limit."""
    formulas: int = 8 * _MB
    """Characters of all formulas once shared ones are written out."""
    properties: int = 10_000
    """Document properties."""


LIMITS = Limits()


class Refused(Exception):
    """The file is not read further, for the reason that ``finding`` states."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def unsafe(what: Said, part: str) -> Refused:
    """F107: how the file is built, and the part where it is."""
    return Refused(finding("F107", found=what, part=named(part)))


def damaged(where: str) -> Refused:
    """F102: the part, and the cell where it is known."""
    return Refused(finding("F102", found=named(where)))


def too_many(limit: int, found: int | str, what: Text, part: str = "") -> Refused:
    """F105 of a limit that counts; ``what`` says of what."""

    def said(number: int | str) -> str:
        return f"{number:,}" if isinstance(number, int) else number

    there = f" ({named(part)})" if part else ""
    words = Text(f"{what.zh} {said(found)}{there}", f"{said(found)} {what.en}{there}")
    return Refused(finding("F105", found=words, expected=said(limit)))


def too_large(size: int, allowed: int, part: str = "") -> Refused:
    """F105 of a file or part of ``size`` bytes."""
    return Refused(finding("F105", found=f"{named(part)} {_megabytes(size)}".strip(), expected=_megabytes(allowed)))


def named(part: str) -> str:
    """The name of a part or file from outside, in one line of printable characters, cut where it is long."""
    shown = "".join(char if char.isprintable() else "?" for char in part[:_LONGEST])
    return f"{shown}…" if len(part) > _LONGEST else shown


def _megabytes(size: int) -> str:
    return f"{math.ceil(size * 10 / _MB) / 10:,.1f} MB".replace(".0 MB", " MB")
