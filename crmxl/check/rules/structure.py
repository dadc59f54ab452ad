"""Family S, what was judged after reading: labels, formulas and the results that they show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import islice

from crmxl.catalogue import finding
from crmxl.check.evidence import Evidence, as_computed
from crmxl.check.meaning import Area, Meaning, issued_area, meaning
from crmxl.expression import Fault, Measure, Ready, Value, evaluate, keys
from crmxl.issue.addresses import a1, quoted
from crmxl.issue.calculate import subtract
from crmxl.issue.places import CHECKS, FLAG, HEADLINE_COLUMN, Cell, Layout, Role, RowKind, column_of
from crmxl.model import Finding, Key, Place, Said, Text, Type, split_key
from crmxl.money import plain, round_half_away, show, show_ratio
from crmxl.receive.submission import Content

_NOTHING = Text("空白", "blank")
_MOST_STRAYS = 10_000
"""Strays that a formula is asked about; where there are more, what it shows is reported beside them."""
_FEWEST_PASTED = 10
"""Formulas of a sheet that became values; fewer are told one by one."""
_NO_CONTENT = Content()
_LONGER, _ROOM = 4, 1_000
"""How much longer than issued, in times and characters, other words for a formula may be: beyond that it is not
read by meaning, so that a thousand formulas of 8,192 characters cost no time."""
_LONGEST = 80
"""Characters of a formula that a message repeats."""
_DAMAGE = {"S101", "S102", "S103", "S104", "S105", "S106", "S107"}
"""Findings about anchors: formulas that read what is missing or doubled are not reported again."""
_WHOLE = {"S101", "S102", "S103", "S104"}
"""Of these, those about whole sheets and columns: references into them cannot be read by meaning at all."""
_DIGITS = Fraction(1, 10**14)
"""How far, of itself, a number is off that a program kept in 15 digits."""


def label_changed(evidence: Evidence) -> Iterator[Finding]:
    """S109. What: a locked title differs from the issued one. Why: the amount then means something else. Fix: restore
    the title.
    """
    for key, cell in evidence.layout.cells.items():
        content = evidence.submission.contents.get(key)
        if cell.role is Role.LABEL and content is not None and content.text.strip() != cell.text.strip():
            yield finding(
                "S109",
                variant=_renamed(evidence.layout, key),
                place=evidence.submission.place(key),
                key=key,
                found=content.text or _NOTHING,
                expected=cell.text,
            )


def _renamed(layout: Layout, key: Key) -> str:
    """What S109 advises: blank lines where there are any."""
    code, _ = split_key(key)
    if layout.kinds.get(code) is not RowKind.LINE:
        return "other"
    return "" if layout.by_id[layout.cells[key].sheet].has_blanks(code) else "no-blanks"


def formula_changed(evidence: Evidence) -> Iterator[Finding]:
    """S110 and S112. What: a formula means something else than the issued one, or is gone; or it is intact and shows
    what it does not give. Why: an overwritten total no longer follows its lines. Fix: restore it, or recalculate.

    One root cause, one finding: an intact formula is judged by what the cells that it reads *show*, so that a total
    above an overwritten subtotal is not reported again.
    """
    layout, submission = evidence.layout, evidence.submission
    damaged = {f.place.sheet for f in submission.findings if f.code in _DAMAGE}
    incomplete = any(f.code in _WHOLE for f in submission.findings)
    compare = _Comparison(evidence)
    changed: set[Key] = set()
    told: set[str] = set()
    unknown = any(f.code == "I110" for f in submission.findings)
    pasted = _pasted_sheets(evidence)
    unknown_inputs = {cell.key for cell in evidence.entries if not evidence.content(cell.key).calculated}
    for name, count in pasted.items():
        yield finding("S110", variant="sheet", place=Place(_tab_of(evidence, name)), found=str(count))
    for key in layout.order:
        content = submission.contents.get(key)
        if content is None:
            continue
        if unknown and (layout.cells[key].sheet == CHECKS or column_of(key).startswith("_")):
            changed.add(key)  # their formulas depend on rules that are not at hand
            continue
        if not content.formula or not compare.same(key, content):
            if damaged and content.formula and "#REF!" in content.formula:
                continue
            if incomplete and content.formula and _reads_missing(layout, key, evidence):
                continue
            changed.add(key)
            if layout.cells[key].sheet in pasted and _pasted(evidence, key, content):
                continue
            if _first_of_its_row(key, told):
                yield _changed(evidence, key, content)
    ready = Ready()
    for key in layout.order:
        content = submission.contents.get(key)
        if content is None or key in changed or not content.formula or not content.calculated:
            continue
        if damaged and _reads(layout, key, damaged, evidence):
            continue
        formula = layout.cells[key].formula
        assert formula is not None
        if unknown_inputs and not unknown_inputs.isdisjoint(keys(formula)):
            continue  # E109 tells of the input whose own formula has no result
        shown, cell = evidence.shown[key], layout.cells[key]
        if same_value(shown, evidence.as_workbook[key], cell):
            continue
        should = evaluate(formula, evidence.shown.get, ready)
        if not same_value(shown, should, cell) and not compare.covers_strays(key, content):
            yield finding(
                "S112",
                place=submission.place(key),
                key=key,
                found=shown_value(shown, cell),
                expected=shown_value(should, cell),
                difference=_difference(shown, should, cell),
            )


def flag_repeated(evidence: Evidence) -> Iterator[Finding]:
    """S110. What: a frozen header no longer repeats the master flag. Why: whoever opens the file reads the verdict
    there. Fix: restore the formula.
    """
    submission, layout = evidence.submission, evidence.layout
    if FLAG not in submission.spots:
        return
    area, cell = Area(submission.keys_at), layout.cells[FLAG]
    for (sheet, row, column), content in submission.flags.items():
        if content.formula and meaning(content.formula, sheet, area) == ((FLAG,),):
            continue
        spot = submission.spots[FLAG]
        yield finding(
            "S110",
            variant=_instead(content),
            place=Place(sheet, a1(row, column), layout.titles[split_key(FLAG)[0]]),
            found=shown_value(as_computed(content), cell),
            expected=shown_value(evidence.recomputed[FLAG], cell),
            issued=f"={quoted(spot.sheet)}!{spot.cell}",
            returned=_shortened(content.formula),
            difference="—",
        )


def headline_repeated(evidence: Evidence) -> Iterator[Finding]:
    """S110 and S112. What: beside the flag, what is left of a bound is not what the issued formula gives. Why: whoever
    approves reads it there. Fix: restore the formula, or recalculate.
    """
    submission, layout = evidence.submission, evidence.layout
    area = Area(submission.keys_at)
    placed = [one.rule.code for one in layout.rules if one.rule.headline and not one.rule.each]
    for sheet, (row, cells) in submission.headers.items():
        for number, code in enumerate(placed):
            bound, used = f"{code}@expected", f"{code}@actual"
            if bound not in submission.spots or used not in submission.spots:
                continue
            cell, wanted = layout.cells[bound], ((bound,), "-", (used,))
            there = (
                column
                for column, content in cells.items()
                if content.formula and meaning(content.formula, sheet, area) == wanted
            )
            column = next(there, 0)
            content = cells.get(column or HEADLINE_COLUMN + 2 * number, _NO_CONTENT)
            shown = as_computed(content)
            place = Place(sheet, a1(row, column or HEADLINE_COLUMN + 2 * number), layout.titles.get(code, code))
            if not column:
                should = subtract(evidence.recomputed[bound], evidence.recomputed[used])
                spots = [submission.spots[key] for key in (bound, used)]
                yield finding(
                    "S110",
                    variant=_instead(content),
                    place=place,
                    found=shown_value(shown, cell),
                    expected=shown_value(should, cell),
                    issued="=" + "-".join(f"{quoted(spot.sheet)}!{spot.cell}" for spot in spots),
                    returned=_shortened(content.formula),
                    difference="—",
                )
                continue
            should = subtract(evidence.shown[bound], evidence.shown[used])
            if content.calculated and not same_value(shown, should, cell):
                values = {"found": shown_value(shown, cell), "expected": shown_value(should, cell)}
                yield finding("S112", place=place, **values, difference=_difference(shown, should, cell))


def _instead(content: Content) -> str:
    """How S110 says what stands where a formula was issued, in words that need no numbers."""
    return "no-number" if content.formula else "cleared" if content.invisible else "overwritten"


def _reads(layout: Layout, key: Key, damaged: set[str], evidence: Evidence) -> bool:
    """Whether the cell stands on, or reads from, a sheet with broken anchors ("" means the whole file)."""
    if "" in damaged:
        return True
    formula = layout.cells[key].formula
    assert formula is not None
    spots = evidence.submission.spots
    read = {spots[k].sheet if k in spots else "" for k in (key, *keys(formula))}
    return bool(read & (damaged | {""}))


def _reads_missing(layout: Layout, key: Key, evidence: Evidence) -> bool:
    """Whether the cell reads one that was not found."""
    formula = layout.cells[key].formula
    assert formula is not None
    return any(read not in evidence.submission.spots for read in keys(formula))


def _first_of_its_row(key: Key, told: set[str]) -> bool:
    """Whether to report it: the helper columns of a row are one check, and are told once."""
    code, _, column = key.rpartition("@")
    if not column.startswith("_"):
        return True
    first = code not in told
    told.add(code)
    return first


def _pasted_sheets(evidence: Evidence) -> dict[str, int]:
    """Sheets that were pasted over as values, by id: how many formulas are gone. That is one act, told once."""
    layout, contents = evidence.layout, evidence.submission.contents
    found = {}
    for sheet, roles in layout.keys_by_sheet.items():
        there = [key for key in roles[Role.CALCULATED] if key in contents]
        gone = sum(_pasted(evidence, key, contents[key]) for key in there)
        if gone >= _FEWEST_PASTED and gone * 10 >= len(there) * 9:
            found[sheet] = gone
    return found


def _pasted(evidence: Evidence, key: Key, content: Content) -> bool:
    """Whether the value that a formula would show stands in its place; nothing, where it would show no text."""
    cleared = content.invisible and evidence.layout.cells[key].type.numeric
    return not content.formula and not cleared and _unharmed(evidence, key)


def _unharmed(evidence: Evidence, key: Key) -> bool:
    """Whether the cell shows what its formula would."""
    return same_value(evidence.shown[key], evidence.recomputed[key], evidence.layout.cells[key])


def _tab_of(evidence: Evidence, sheet: str) -> str:
    """The returned name of the tab on which an issued sheet stands."""
    keys = evidence.layout.crossings[sheet]
    spots = evidence.submission.spots
    return next((spots[key].sheet for key in keys if key in spots), evidence.layout.by_id[sheet].name)


def _changed(evidence: Evidence, key: Key, content: Content) -> Finding:
    layout, cell = evidence.layout, evidence.layout.cells[key]
    should, shown = evidence.recomputed[key], evidence.shown[key]
    numbers = _number(shown) is not None and _number(should) is not None
    if column_of(key).startswith("_"):
        variant = "helper" if content.formula or content.invisible else "helper-pasted"
    elif numbers and content.formula:
        variant = ""
    elif numbers and not content.invisible:
        variant = "same" if _unharmed(evidence, key) else "typed"
    else:
        variant = _instead(content)
    return finding(
        "S110",
        variant=variant,
        place=evidence.submission.place(key),
        key=key,
        found=shown_value(shown, cell),
        expected=shown_value(should, cell),
        issued=_shortened(f"={layout.formula(key)}"),
        returned=_shortened(content.formula),
        difference=_difference(shown, should, cell),
    )


def _shortened(formula: str) -> str:
    return formula if len(formula) <= _LONGEST else f"{formula[: _LONGEST - 1]}…"


class _Comparison:
    """Compares returned formulas with issued ones; texts suffice where nothing has moved."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        layout, submission = evidence.layout, evidence.submission
        self.unmoved = len(submission.spots) == len(layout.cells) and all(
            (spot.sheet, spot.row, spot.column) == (layout.by_id[cell.sheet].name, cell.row, cell.column)
            for key, cell in layout.cells.items()
            if (spot := submission.spots.get(key)) is not None
        )
        self._area: Area | None = None
        self._strays = Area({place: str(place) for place in islice(submission.strays, _MOST_STRAYS)})

    def covers_strays(self, key: Key, content: Content) -> bool:
        """Whether its ranges have grown over something that nobody issued: a remark on a column inserted between
        inputs. The program counts it, crmxl does not, and S113 tells of it.
        """
        home = self.evidence.submission.spots[key].sheet
        read = meaning(content.formula, home, self._strays)
        return any(isinstance(part, tuple) and part for part in read)

    def same(self, key: Key, content: Content) -> bool:
        layout, submission = self.evidence.layout, self.evidence.submission
        issued_text = f"={layout.formula(key)}"
        if self.unmoved and content.formula == issued_text:
            return True
        if len(content.formula) > _LONGER * len(issued_text) + _ROOM:
            return False
        if self._area is None:
            self._area = Area(submission.keys_at)
        returned = meaning(content.formula, submission.spots[key].sheet, self._area)
        issued = _issued(layout.fingerprint)
        if len(submission.spots) < len(layout.cells):  # what is missing is reported as missing
            return returned == issued.meaning(layout, key, lambda k: k in submission.spots)
        if key not in issued.meanings:
            issued.meanings[key] = issued.meaning(layout, key)
        return returned == issued.meanings[key]


class _Issued:
    """What is known of a layout's own formulas."""

    def __init__(self) -> None:
        self.area: Area | None = None
        self.meanings: dict[Key, Meaning] = {}

    def meaning(self, layout: Layout, key: Key, counts: Callable[[Key], bool] | None = None) -> Meaning:
        if self.area is None:
            self.area = issued_area(layout)
        return meaning(f"={layout.formula(key)}", layout.by_id[layout.cells[key].sheet].name, self.area, counts)


@lru_cache(maxsize=64)
def _issued(fingerprint: str) -> _Issued:
    """Kept by fingerprint: equal fingerprints are equal layouts."""
    return _Issued()


def same_value(shown: Value, should: Value, cell: Cell) -> bool:
    """Whether a shown value is what it should be: money to the fen, ratios and quantities to 10 places or as many as
    15 digits hold, texts exactly.
    """
    if isinstance(shown, Fault) or isinstance(should, Fault):
        return isinstance(shown, Fault) and isinstance(should, Fault)
    a, b = _number(shown), _number(should)
    if a is not None and b is not None:
        if cell.measure is Measure.MONEY:
            return round_half_away(a - b, 2) == 0
        return round_half_away(a - b, 10) == 0 or abs(a - b) <= abs(b) * _DIGITS
    return (shown or "") == (should or "")


def _number(value: Value) -> Fraction | None:
    if isinstance(value, bool):
        return Fraction(int(value))
    return value if isinstance(value, Fraction) else None


def shown_value(value: Value, cell: Cell) -> Said:
    """A value for people, as its cell's type shows it."""
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, Fault):
        return value.text
    number = _number(value)
    if number is None:
        return str(value)
    if cell.type is Type.MONEY:
        return show(number)
    return show_ratio(number) if cell.type is Type.PERCENT else plain(number)


def _difference(shown: Value, should: Value, cell: Cell) -> Said:
    a, b = _number(shown), _number(should)
    return shown_value(a - b, cell) if a is not None and b is not None else "—"
