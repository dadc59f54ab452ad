"""What the ledger keeps of a report gives the report again: same totals, words and copies; nothing else is taken."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmxl.catalogue import catalogue, finding
from crmxl.check.runner import check
from crmxl.check.verdict import Report, Verdict
from crmxl.commands.receiving import render_totals
from crmxl.define.library import Library
from crmxl.define.policies import Policies, shipped
from crmxl.errors import CrmxlError
from crmxl.expression import Fault, Value
from crmxl.group.acts import canonical
from crmxl.group.consolidate import consolidate
from crmxl.group.record import Definitions, from_record, nil_report, to_record
from crmxl.issue.places import Role
from crmxl.model import NOWHERE, Assignment, Finding, Key, Lang, Place, Severity, Spoken, Text
from crmxl.receive.reading import read
from crmxl.receive.submission import Beside, Content, ContentType, Spot, Submission, Uncarried
from crmxl.report.findings import to_json
from crmxl.report.findings_copy import annotated
from crmxl.resources import folder
from tests.check.submitted import GIVEN, MADE, TEMPLATE, moved, submitted
from tests.gallery.cases import cases, reports
from tests.gallery.issued import gallery_library
from tests.group.returned import report, samples, unreadable
from tests.strategies import Shelf

LANGS: tuple[Lang, Lang] = ("zh", "en")
SAMPLES = folder("samples")


@cache
def shelf() -> Definitions:
    """The small made-up template."""
    return Definitions(Shelf(TEMPLATE), Policies())


@cache
def checked() -> Report:
    """The small template, filled in."""
    return check(submitted())


@cache
def shipped_ones() -> Definitions:
    return Definitions(gallery_library(), Policies())


def again(one: Report, definitions: Definitions) -> Report:
    """``one`` by way of its record."""
    return from_record(to_record(one), one.submission.file, definitions)


def entries(one: Report) -> dict[Key, Content]:
    """What was typed, and labels that were changed."""
    layout = one.submission.layout
    assert layout is not None
    return {
        key: content
        for key, content in one.submission.contents.items()
        if not content.blank
        and (
            layout.cells[key].role in (Role.INPUT, Role.CLOSED)
            or (layout.cells[key].role is Role.LABEL and content != Content(ContentType.TEXT, layout.cells[key].text))
        )
    }


def holds(one: Report, definitions: Definitions) -> Report:
    """``one`` restored, after it was seen that all that a record keeps is the same."""
    restored = again(one, definitions)
    before, after = one.submission, restored.submission
    assert (after.file, after.digest, after.stamp) == (before.file, before.digest, before.stamp)
    assert restored.findings == one.findings
    if before.layout is None:
        assert after.layout is None
        return restored
    assert after.layout is not None and after.layout.fingerprint == before.layout.fingerprint
    assert restored.values == one.values
    assert [type(value) for value in restored.values.values()] == [type(one.values[key]) for key in restored.values]
    assert (dict(after.spots), after.contents) == (dict(before.spots), entries(one))
    assert after.beside == before.beside
    assert all(after.title(key) == before.title(key) for key in before.spots)
    return restored


# ---- nothing is lost ---------------------------------------------------------------------------------------------

VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**15), 10**15).map(Fraction),
    st.fractions(max_denominator=10**6),
    st.text(max_size=12),
    st.sampled_from((Fault(), Fault("#REF!"), "", "\ud800", "'", "=1/3", "0")),
)
CONTENTS = st.builds(
    Content,
    st.sampled_from(ContentType),
    st.one_of(st.text(max_size=8), st.sampled_from(("", "0", "1.50", "#REF!", "1200"))),
    st.sampled_from(("", "=A1", "=SUM(A1:A3)")),
    st.booleans(),
)
WORDS = st.one_of(st.text(max_size=10), st.builds(Text, st.text(max_size=6), st.text(max_size=6)))
PLACES = st.one_of(st.just(NOWHERE), st.builds(Place, st.text(max_size=5), st.text(max_size=5), st.text(max_size=5)))
SPOKEN = st.builds(
    Spoken,
    st.text(max_size=8),
    *(st.builds(Text, st.text(max_size=6), st.text(max_size=6)) for _ in range(3)),
)
PLAIN = st.builds(
    Finding,
    st.sampled_from(sorted(catalogue())),
    st.sampled_from(Severity),
    PLACES,
    st.text(max_size=8),
    WORDS,
    WORDS,
    st.dictionaries(st.text(max_size=5), WORDS, max_size=3),
)
FINDINGS = st.one_of(PLAIN, PLAIN.flatmap(lambda one: SPOKEN.map(lambda words: replace(one, spoken=words, code="P7"))))
KEYS = st.sampled_from(list(MADE.cells))
TYPED = st.sampled_from([key for key, cell in MADE.cells.items() if cell.role in (Role.INPUT, Role.LABEL)])
GRID = st.dictionaries(
    st.tuples(st.integers(1, 300), st.integers(1, 40)),
    st.builds(Content, st.sampled_from(ContentType), st.text(max_size=8)),
    max_size=6,
).map(lambda cells: dict(sorted(cells.items())))
BESIDES = st.builds(
    Beside,
    GRID,
    GRID,
    st.lists(st.builds(Uncarried, st.text(max_size=8), WORDS), max_size=3).map(tuple),
    st.integers(0, 9),
)
SPOTS = st.builds(Spot, st.sampled_from(("费用预算", "别的")), st.integers(1, 99), st.integers(1, 30))


@st.composite
def any_reports(draw: st.DrawFn) -> Report:
    """Reports with anything in them, likely or not."""
    base = submitted(given=replace(GIVEN, unit=draw(st.text(max_size=4)), deadline=draw(st.text(max_size=4))))
    spots = {**base.spots, **draw(st.dictionaries(KEYS, SPOTS, max_size=3))}
    for key in draw(st.lists(KEYS, max_size=4)):
        spots.pop(key, None)
    submission = replace(
        base,
        digest=draw(st.text(max_size=4)),
        spots=spots,
        contents={**base.contents, **draw(st.dictionaries(TYPED, CONTENTS, max_size=5))},
        beside=draw(BESIDES),
    )
    if draw(st.booleans()):
        submission = moved(submission, "费用预算", draw(st.integers(0, 9)))
    without = draw(st.sets(KEYS, max_size=5))
    values = {key: value for key, value in checked().values.items() if key not in without}
    return Report(
        submission, tuple(draw(st.lists(FINDINGS, max_size=3))), {**values, **draw(st.dictionaries(KEYS, VALUES))}
    )


@settings(deadline=None)
@given(any_reports())
def test_a_record_gives_the_report_again(one: Report) -> None:
    spread = {key: replace(spot) for key, spot in one.submission.spots.items()}
    assert to_record(replace(one, submission=replace(one.submission, spots=spread))) == to_record(one)
    restored = again(one, shelf())
    assert to_record(restored) == to_record(one)
    assert (restored.values, restored.findings) == (one.values, one.findings)
    assert restored.submission.contents == entries(one)
    assert (restored.submission.spots, restored.submission.beside) == (one.submission.spots, one.submission.beside)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_every_workbook_of_the_gallery_is_kept_whole(case: Any) -> None:
    for one in reports(case):
        restored = holds(one, shipped_ones())
        assert [to_json([restored], lang) for lang in LANGS] == [to_json([one], lang) for lang in LANGS]


@pytest.mark.parametrize(
    "name", ["amount-as-text", "line-copied", "sheet-added", "good-notes", "row-inserted", "annotated-copy-returned"]
)
def test_the_copy_from_a_record_is_the_copy_of_the_file(name: str) -> None:
    one = check(read(SAMPLES / "gallery" / f"{name}.xlsx", gallery_library()))
    assert annotated(again(one, shipped_ones())) == annotated(one)


@pytest.mark.parametrize("template", ["cosmetics-plan", "customer-relations", "annual-departments", "hotel-marketing"])
def test_totals_from_records_are_the_totals_of_the_files(template: str) -> None:
    sent = [*samples(template), unreadable("returned/x.pdf")]
    restored = [again(one, shipped_ones()) for one in sent]
    for lang in LANGS:
        for form in ("json", "csv", "xlsx"):
            made, kept = (render_totals(consolidate(some), form, lang, "") for some in (sent, restored))
            assert kept == made, (lang, form)


def test_workbooks_as_they_came_back_add_up_from_their_records() -> None:
    paths = sorted((SAMPLES / "customer-relations").glob("*.xlsx"))
    sent = [check(read(path, Library())) for path in paths]
    restored = [again(one, shipped_ones()) for one in sent]
    assert [one.total for one in restored] == [one.total for one in sent]
    assert render_totals(consolidate(restored), "xlsx", "zh", "") == render_totals(consolidate(sent), "xlsx", "zh", "")


def test_a_record_does_not_depend_on_what_the_file_was_called() -> None:
    one = check(submitted())
    other = replace(one, submission=replace(one.submission, file="别的/名字.xlsx"))
    assert to_record(one) == to_record(other)
    assert from_record(to_record(one), "别的/名字.xlsx", shelf()).submission.file == "别的/名字.xlsx"


def test_a_stamp_that_nobody_can_place_is_kept_without_a_layout() -> None:
    stamp = submitted().stamp
    unknown = Report(Submission("a.xlsx", "d" * 64, stamp), (finding("I102", found="x@9", expected="made"),))
    assert holds(unknown, shelf()).verdict is Verdict.UNREADABLE


def test_rules_that_nobody_knows_are_left_out_again() -> None:
    given_one = replace(GIVEN, policies=("nowhere@1",))
    one = check(submitted(given=given_one))
    assert holds(one, shelf()).submission.layout == MADE


def test_a_value_of_no_cell_is_refused() -> None:
    one = check(submitted())
    with pytest.raises(ValueError, match="values of no cell"):
        to_record(replace(one, values={**one.values, "9.9@amount": Fraction(1)}))


# ---- nothing else is taken ---------------------------------------------------------------------------------------


@cache
def usual() -> bytes:
    typed = {"1.1.1@amount": Content(ContentType.TEXT, "1,200元"), "1.1.2@title": Content(ContentType.TEXT, "别的")}
    beside = Beside({(4, 1): Content(ContentType.NUMBER, "5")}, {}, (Uncarried("询价", Text("整张表", "all")),), 1)
    one = check(submitted(instead=typed))
    return to_record(replace(one, submission=replace(one.submission, beside=beside)))


def taken_back(content: bytes) -> bytes | None:
    """The record of what ``content`` gives; None where it is refused."""
    try:
        return to_record(from_record(content, "a.xlsx", shelf()))
    except (ValueError, CrmxlError):
        return None


@settings(max_examples=300)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_is_another_record(at: int, by: int) -> None:
    changed = bytearray(usual())
    changed[at % len(changed)] ^= by
    assert taken_back(bytes(changed)) in (None, bytes(changed))


ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(10**12, 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=4),
    st.sampled_from(("=2/4", "=1/1", "=1/0", "'", "!", "=", "3n", "0n", "費", "E101", "error")),
    st.lists(st.integers(0, 3), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(0, 3), max_size=2),
)


def inside(body: Any, trail: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in ``body``."""
    steps: Sequence[Any] = list(body) if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ()
    return [trail, *chain.from_iterable(inside(body[step], (*trail, step)) for step in steps)]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_whatever_is_changed_in_a_record_is_refused_or_is_another_record(data: st.DataObject) -> None:
    body = json.loads(usual())
    for _ in range(data.draw(st.integers(1, 2))):
        *trail, last = data.draw(st.sampled_from(inside(body)[1:]))
        owner = body
        for step in trail:
            owner = owner[step]
        match data.draw(st.sampled_from(("change", "remove", "add"))):
            case "change":
                owner[last] = data.draw(ODD)
            case "remove":
                del owner[last]
            case _ if isinstance(owner, dict):
                owner[data.draw(st.text(max_size=6))] = data.draw(ODD)
            case _:
                owner.insert(last, data.draw(ODD))
    changed = canonical(body).encode()
    assert taken_back(changed) in (None, changed)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b'{"record":2}', b"[" * 100_000])
def test_what_is_no_record_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):
        from_record(content, "a.xlsx", shelf())


def test_a_template_that_was_changed_is_told_apart_from_a_broken_record() -> None:
    sheets = TEMPLATE.sheets
    changed = replace(TEMPLATE, sheets=(sheets[0], replace(sheets[1], sections=sheets[1].sections[:1])))
    with pytest.raises(CrmxlError, match="版式指纹"):
        from_record(usual(), "a.xlsx", Definitions(Shelf(changed), Policies()))
    with pytest.raises(CrmxlError):
        from_record(usual(), "a.xlsx", Definitions(Library(), Policies()))


# ---- small and fast ----------------------------------------------------------------------------------------------


def test_records_are_small_and_a_thousand_come_back_soon() -> None:
    one = check(read(SAMPLES / "customer-relations" / "south-china.xlsx", Library()))
    content = to_record(one)
    assert len(content) < 15_000
    definitions = Definitions(Library(), Policies(shipped()))
    from_record(content, "a.xlsx", definitions)
    begun = time.process_time()
    for _ in range(100):
        from_record(content, "a.xlsx", definitions)
    assert time.process_time() - begun < 1.5  # 0.09 s where it was measured


# ---- a nil return ------------------------------------------------------------------------------------------------


def test_a_nil_return_counts_with_nothing() -> None:
    given_one = Assignment(unit="R01", unit_name="华南区域", year=2026)
    nil = nil_report("cosmetics-plan@1", given_one, shipped_ones())
    assert (nil.verdict, nil.unit_name) == (Verdict.OK, "华南区域")
    assert nil.total == 0 and not nil.findings
    assert not entries(nil)
    other = report(Library().load("cosmetics-plan"), "R02", {"1.1.1@amount": "500"})
    totals = consolidate([nil, other])
    assert (totals.total, [unit.total for unit in totals.blocks[0].units]) == (50_000, [0, 50_000])
    assert set(totals.facts["unit"]) == {"R02"}
    assert holds(nil, shipped_ones()).total == 0


@pytest.mark.parametrize("template", Library().names())
def test_every_shipped_template_can_be_returned_nil(template: str) -> None:
    name = Library().load(template).name
    assert nil_report(name, Assignment(unit="U", year=2026), shipped_ones()).total == 0


def test_where_the_issued_figures_alone_make_a_total_there_is_no_nil_return(tmp_path: Path) -> None:
    (tmp_path / "made-up.toml").write_text(ISSUED_TOTAL, encoding="utf-8")
    definitions = Definitions(Library(tmp_path), Policies())
    with pytest.raises(CrmxlError, match="零申报"):
        nil_report("made-up@1", Assignment(unit="U", year=2026, parameters={"target": "500"}), definitions)
    assert nil_report("made-up@1", Assignment(unit="U", year=2026), definitions).total == 0


ISSUED_TOTAL = """
id = "made-up"
version = 1
title = { zh = "按指标", en = "By target" }
total = "budget@value"

[[sheet]]
id = "whole"
title = { zh = "合计", en = "Whole" }
kind = "form"
[[sheet.fields]]
id = "target"
title = { zh = "指标", en = "Target" }
type = "money"
issued = true
[[sheet.fields]]
id = "extra"
title = { zh = "另加", en = "Extra" }
type = "money"
[[sheet.fields]]
id = "budget"
title = { zh = "预算总额", en = "Budget" }
type = "money"
expression = "target * 0.5 + extra"
"""
