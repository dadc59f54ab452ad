"""Which files count, and that no fen is lost, doubled or moved, in whatever order they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.check.verdict import Report
from crmxl.group.consolidate import consolidate
from crmxl.group.facts import MONEY_COLUMNS, added_up, frame, gather
from crmxl.group.outline import leaves
from crmxl.group.totals import NO_UNIT, OWN, ConservationError, Totals
from crmxl.model import Template, Text
from crmxl.money import from_fen, to_fen
from tests.group.made_up import ACTIVITIES, BESIDE
from tests.group.returned import COSMETICS, DEPARTMENTS, error, made, report, samples, unreadable, warning

FEN = st.integers(0, 10**13 - 1)
LINES = [line.code for section in COSMETICS.sheets[0].sections for group in section.groups for line in group.lines]
ENTRIES = st.dictionaries(st.sampled_from([f"{code}@amount" for code in LINES]), FEN.map(from_fen), max_size=8)


def moved(one: Report, file: str) -> Report:
    """The same bytes under another name."""
    return replace(one, submission=replace(one.submission, file=file))


def picture(totals: Totals) -> object:
    """Everything in it, for comparison."""
    return totals.blocks, totals.left_out, totals.duplicates, totals.facts.to_csv()


def test_the_samples_add_up_to_their_totals() -> None:
    (block,) = consolidate(samples("cosmetics-plan")[1:]).blocks
    assert from_fen(block.total) == "1449229.80"
    assert [from_fen(part.total) for part in block.parts] == ["211142.50", "438743.30", "433200.00", "366144.00"]
    assert {unit.unit: from_fen(unit.total) for unit in block.units}["华南区域"] == "317258.00"


@given(st.lists(ENTRIES, min_size=1, max_size=5))
def test_every_fen_of_every_unit_is_in_the_totals_once(sent: list[dict[str, str]]) -> None:
    totals = consolidate([report(COSMETICS, f"U{n}", entries) for n, entries in enumerate(sent)])
    (block,) = totals.blocks
    expected = sum(to_fen(Fraction(text)) for entries in sent for text in entries.values())
    assert block.total == totals.total == expected
    assert sum(line.total for line in block.lines) == expected
    assert sum(part.total for part in block.parts) == expected
    assert sum(int(fen) for fen in totals.facts["amount"]) == expected
    by_unit = {unit.unit: unit.total for unit in block.units}
    for n, entries in enumerate(sent):
        assert by_unit[f"U{n}"] == sum(to_fen(Fraction(text)) for text in entries.values())
        for line in block.lines:
            assert line.by_unit[f"U{n}"] == to_fen(Fraction(entries.get(f"{line.code}@amount", "0")))


MIXED: Sequence[Report] = (
    *samples("cosmetics-plan"),
    *samples("annual-departments"),
    unreadable("returned/a.pdf"),
    report(COSMETICS, "东北区域", {"1.1.1@amount": "5"}, findings=(error(),)),
    report(COSMETICS, "西藏区域", {"1.1.1@amount": "1"}, file="returned/1.xlsx"),
    report(COSMETICS, "西藏区域", {"1.1.1@amount": "2"}, file="returned/2.xlsx"),
    moved(samples("cosmetics-plan")[0], "returned/副本 集团样例.xlsx"),
)


@given(st.permutations(range(len(MIXED))), st.sets(st.sampled_from(range(len(MIXED)))))
def test_totals_do_not_depend_on_the_order_of_files(order: list[int], chosen: set[int]) -> None:
    shuffled = consolidate([MIXED[n] for n in order if n in chosen])
    sorted_ = consolidate([MIXED[n] for n in sorted(chosen)])
    assert picture(shuffled) == picture(sorted_)


@given(st.sets(st.sampled_from(range(len(MIXED)))))
def test_every_file_counts_or_is_listed(chosen: set[int]) -> None:
    totals = consolidate([MIXED[n] for n in sorted(chosen)])
    told = [unit.file for block in totals.blocks for unit in block.units]
    told += [one.file for one in (*totals.left_out, *totals.duplicates)]
    assert sorted(told) == sorted(MIXED[n].submission.file for n in chosen)


def test_nothing_gives_an_empty_total() -> None:
    totals = consolidate([])
    assert totals.blocks == () and totals.total == 0 and totals.complete


def test_a_blank_unit_counts_with_nothing_in_it() -> None:
    (block,) = consolidate([report(COSMETICS, "空", {})]).blocks
    assert block.total == 0 and len(block.units) == 1 and len(block.lines) == 23


# ---- which files count -------------------------------------------------------------------------------------------


def test_a_blocked_file_is_left_out_with_its_reason() -> None:
    totals = consolidate([report(COSMETICS, "东北", {"1.1.1@amount": "5"}, findings=(error(), warning()))])
    (one,) = totals.left_out
    assert totals.blocks == () and one.codes == ("E103",) and one.unit == "东北"
    assert one.template == "cosmetics-plan@1"
    assert "E103 费用预算!C9" in one.why("zh") and "required" in one.why("en") and one.fix("en")


def test_a_file_that_cannot_be_read_is_left_out() -> None:
    (one,) = consolidate([unreadable("a.pdf")]).left_out
    assert one.codes == ("F101",) and "PDF" in one.why("zh")


def test_many_findings_are_counted_not_listed() -> None:
    (one,) = consolidate([report(COSMETICS, "东北", {}, findings=(error(),) * 9)]).left_out
    assert one.why("zh").endswith("另有 4 项") and one.fix("zh").count("请补填") == 1


def test_a_unit_with_warnings_counts_and_is_told() -> None:
    (block,) = consolidate([report(COSMETICS, "华东", {"1.1.1@amount": "5"}, findings=(warning(),))]).blocks
    assert block.total == 500 and [unit.unit for unit in block.disclosed] == ["华东"]


def test_identical_files_count_once() -> None:
    one = report(COSMETICS, "华东", {"1.1.1@amount": "5"}, file="华东.xlsx")
    totals = consolidate([moved(one, "副本 华东.xlsx"), one])
    assert totals.total == 500 and totals.complete
    assert [(copy.file, copy.codes) for copy in totals.duplicates] == [("副本 华东.xlsx", ("G102",))]
    assert "华东.xlsx" in totals.duplicates[0].why("zh")


def test_two_different_files_for_one_unit_do_not_count_and_name_each_other() -> None:
    files = [report(COSMETICS, "华东", {"1.1.1@amount": text}, file=f"{text}.xlsx") for text in ("5", "6")]
    totals = consolidate([*files, moved(files[0], "copy.xlsx"), report(COSMETICS, "华南", {"1.1.1@amount": "1"})])
    assert totals.total == 100 and not totals.duplicates
    assert [one.file for one in totals.left_out] == ["5.xlsx", "6.xlsx", "copy.xlsx"]
    first, *others = totals.left_out
    assert all(one.codes == ("G101",) for one in totals.left_out)
    assert all(name in first.why(lang) for name in ("5.xlsx", "6.xlsx", "copy.xlsx") for lang in ("zh", "en"))
    assert {one.why("zh") for one in others} == {"G101 与上一份冲突（5.xlsx），均未计入。"}


def test_two_versions_of_a_template_from_one_unit_do_not_count() -> None:
    newer = replace(COSMETICS, version=2)
    files = [report(COSMETICS, "华东", {"1.1.1@amount": "5"}, file="1.xlsx")]
    files.append(report(newer, "华东", {"1.1.1@amount": "5"}, file="2.xlsx"))
    totals = consolidate(files)
    assert not totals.blocks and [one.file for one in totals.left_out] == ["1.xlsx", "2.xlsx"]
    assert "1.xlsx (cosmetics-plan@1)、2.xlsx (cosmetics-plan@2)" in totals.left_out[0].why("zh")


def test_versions_years_and_templates_never_mix() -> None:
    newer = replace(COSMETICS, version=10)
    totals = consolidate(
        [
            report(newer, "甲", {"1.1.1@amount": "1"}),
            report(COSMETICS, "乙", {"1.1.1@amount": "2"}),
            report(COSMETICS, "丙", {"1.1.1@amount": "4"}, year=2027),
            report(DEPARTMENTS, "甲", {"1.1@amount": "8"}),
        ]
    )
    assert totals.total is None and totals.complete
    assert [(block.template.name, block.year, block.total) for block in totals.blocks] == [
        ("annual-departments@1", 2026, 800),
        ("cosmetics-plan@1", 2026, 200),
        ("cosmetics-plan@1", 2027, 400),
        ("cosmetics-plan@10", 2026, 100),
    ]


def test_workbooks_without_a_unit_count_under_their_own_name_once() -> None:
    nobody = report(COSMETICS, "", {"1.1.1@amount": "5"}, file="a.xlsx")
    (block,) = consolidate([nobody]).blocks
    assert block.units[0].label("zh") == "（未注明单位）" and block.units[0].label("en") == NO_UNIT.en
    totals = consolidate([nobody, report(COSMETICS, "", {"1.1.1@amount": "6"}, file="b.xlsx")])
    assert not totals.blocks and "（未注明单位）" in totals.left_out[0].why("zh")
    assert "(no unit)" in totals.left_out[0].why("en")


def test_a_report_whose_total_cannot_be_computed_is_left_out() -> None:
    one = replace(report(COSMETICS, "华东", {"1.1.1@amount": "5"}), values={})
    totals = consolidate([one])
    assert not totals.blocks and "total@amount" in totals.left_out[0].why("zh")


def test_facts_that_do_not_give_the_total_are_a_mistake_of_crmxl(monkeypatch: pytest.MonkeyPatch) -> None:
    from crmxl.group import consolidate as module

    monkeypatch.setattr(module, "gather", lambda reports: gather(reports).iloc[1:])
    with pytest.raises(ConservationError, match=r"华东\.xlsx"):
        consolidate([report(COSMETICS, "华东", {"1.1.1@amount": "5", "1.1.2@amount": "1"})])


# ---- lines, parts, months -----------------------------------------------------------------------------------------


def test_months_and_what_is_not_split_add_up_to_the_year() -> None:
    entries = {"1.1@amount": "120", "1.1@amount.03": "100", "2.1@amount": "7.01"}
    (block,) = consolidate([report(DEPARTMENTS, "甲", entries)]).blocks
    assert block.monthly and block.months[2] == 10000 and block.rest == 2701 and block.total == 12701
    (line, *_) = block.lines
    assert (line.months[2], line.rest) == (10000, 2000)


def test_a_part_that_a_unit_does_not_have_is_not_asked_of_it() -> None:
    totals = consolidate(
        [
            report(DEPARTMENTS, "人力", {"1.1@amount": "5"}, parts=("hr",)),
            report(DEPARTMENTS, "全", {"2.1@amount": "7"}),
        ]
    )
    (block,) = totals.blocks
    by_code = {line.code: line for line in block.lines}
    assert by_code["1.1"].by_unit == {"人力": 500, "全": 0} and by_code["2.1"].by_unit == {"全": 700}
    assert {unit.unit: dict(unit.parts) for unit in block.units}["人力"]["2"] == 0


def test_lines_that_units_name_keep_their_names() -> None:
    sent = [("甲", "校准", "校准"), ("乙", "团建", "校准")]
    reports = [
        report(
            DEPARTMENTS,
            unit,
            {"1.n01@title": one, "1.n01@amount": "5", "1.n02@title": two, "1.n02@amount": "1"},
        )
        for unit, one, two in sent
    ]
    (block,) = consolidate(reports).blocks
    first, second = (line for line in block.lines if ".n" in line.code)
    assert (first.title, first.own, first.total) == (OWN, {"乙": "团建", "甲": "校准"}, 1000)
    assert (second.title, second.own) == (Text("校准"), {"乙": "校准", "甲": "校准"})


def test_a_list_adds_its_rows_and_rounds_to_the_fen_in_sight(tmp_path: Path) -> None:
    template = made(tmp_path, ACTIVITIES)
    entries = {
        **{"activities.001@name": "拜访", "activities.001@quantity": "0.333", "activities.001@price": "10.01"},
        **{"activities.002@name": "峰会", "activities.002@quantity": "0.333", "activities.002@price": "10.01"},
    }
    totals = consolidate([report(template, "甲", entries), report(template, "乙", {})])
    (block,) = totals.blocks
    assert block.total == 667  # 2 × 3.33333 = 6.66666, while the rows show 3.33 + 3.33
    assert [(line.code, line.total) for line in block.lines][-1] == ("_difference", 1)
    assert sum(line.total for line in block.lines) == block.total
    assert "甲 0.01 元" in block.notes[0].zh
    assert list(totals.facts["title"]) == ["拜访", "峰会", ""]


def test_what_the_total_does_not_add_stands_beside_it(tmp_path: Path) -> None:
    template = made(tmp_path, BESIDE)
    entries = {"1.1@amount": "10", "1.10@amount": "1", "1.1@last_year": "9", "2.1@amount": "5", "reserve@value": "2.5"}
    (block,) = consolidate([report(template, "甲", entries)]).blocks
    assert block.total == 1350
    assert [(line.code, line.total) for line in block.lines] == [("1.1", 1000), ("1.10", 100), ("_difference", 250)]
    beside = {(line.code, line.column): line.total for line in block.beside}
    assert beside == {
        ("1.1", "last_year"): 900,
        ("1.10", "last_year"): 0,
        ("2.1", "amount"): 500,
        ("2.1", "last_year"): 0,
    }
    assert block.notes and "甲 2.50 元" in block.notes[0].zh


# ---- facts --------------------------------------------------------------------------------------------------------


def test_a_fact_names_its_source() -> None:
    facts = gather(
        [report(COSMETICS, "R01", {"1.1.1@amount": "5", "1.1.1@basis": "5份"}, name="华东", file="a/b.xlsx")]
    )
    (row,) = facts.to_dict("records")
    assert row["unit"] == "R01" and row["unit_name"] == "华东" and row["basis"] == "5份"
    assert (row["file"], row["sheet"], row["cell"]) == ("a/b.xlsx", "费用预算", "C9")
    assert (row["part"], row["group"], row["code"], row["amount"]) == ("1", "1.1", "1.1.1", 500)
    assert facts["amount"].dtype == "int64"


def test_sums_that_could_overflow_are_pythons_own() -> None:
    big = 2**62
    row = ("t@1", 2026, "甲", "甲", "1", "", "", "", "1.1", "", "amount", True, 1, big, *(0,) * 12, big, "", "", "", "")
    facts = frame([row] * 4)
    assert facts["amount"].dtype == object
    assert added_up(facts, "unit")["甲"][0] == 2**64
    assert added_up(facts, "unit", "code")["甲", "1.1"][len(MONEY_COLUMNS) - 1] == 2**64


def test_a_name_that_no_file_can_hold_does_not_stop_the_batch() -> None:
    entries = {"1.1.1@amount": "5", "1.1.1@basis": "坏\ud83d字"}
    totals = consolidate([report(COSMETICS, "甲\udcff", entries, file="\udcff.xlsx")])
    assert totals.total == 500 and totals.facts["basis"][0] == "坏?字" and totals.blocks[0].units[0].unit == "甲?"


@pytest.mark.parametrize("template", [COSMETICS, DEPARTMENTS], ids=["cosmetics-plan", "annual-departments"])
def test_a_shipped_template_adds_up_all_its_own_lines(template: Template) -> None:
    keys = [f"{leaf.code}@amount" for leaf in leaves(template)]
    names = {f"{leaf.code}@title": "自填" for leaf in leaves(template) if leaf.own}
    (block,) = consolidate([report(template, "甲", {**names, **dict.fromkeys(keys, "1.01")})]).blocks
    assert block.total == 101 * len(keys) and not block.beside and not block.notes


def test_units_whose_names_look_the_same_are_one_and_never_count_twice() -> None:
    entries = {"1.1.1@amount": "5", "1.1.1@basis": "x"}
    other = {"1.1.1@amount": "6", "1.1.1@basis": "x"}
    totals = consolidate(
        [report(COSMETICS, "华南区域", entries, file="a"), report(COSMETICS, "华南区域\u200b ", other, file="b")]
    )
    assert totals.blocks == ()
    assert {left.file for left in totals.left_out} == {"a", "b"}
