"""JSON as its schema has it, CSV that no spreadsheet runs, Parquet in whole fen."""

from __future__ import annotations

import builtins
import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from crmxl.check.verdict import Report
from crmxl.errors import CrmxlError
from crmxl.group.consolidate import consolidate
from crmxl.group.facts import seen
from crmxl.group.totals import Totals
from crmxl.model import Lang
from crmxl.report.findings import inert
from crmxl.report.totals import CSV_COLUMNS, totals_csv, totals_json, totals_parquet
from crmxl.resources import folder
from tests.group.made_up import ACTIVITIES, BESIDE
from tests.group.returned import COSMETICS, DEPARTMENTS, error, made, report, samples, unreadable, warning

SCHEMA = json.loads((folder("schemas") / "totals.schema.json").read_text(encoding="utf-8"))


def document(totals: Totals, lang: Lang = "zh") -> Any:
    found = json.loads(totals_json(totals, lang))
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def mixed() -> list[Report]:
    one = report(COSMETICS, "R1", {"1.1.1@amount": "5"}, name="华东", findings=(warning(),))
    return [
        one,
        report(COSMETICS, "R2", {"1.1.1@amount": "1"}, findings=(error(),)),
        report(COSMETICS, "", {"1.1.1@amount": "2"}),
        report(DEPARTMENTS, "R1", {"1.n01@title": "甲", "1.n01@amount": "3"}),
        report(DEPARTMENTS, "R2", {"1.n01@title": "乙", "1.n01@amount": "4", "1.n01@amount.02": "4"}),
        unreadable("a.pdf"),
    ]


def test_the_json_fits_its_schema_in_both_languages(tmp_path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    many = [samples("cosmetics-plan"), samples("annual-departments"), mixed(), []]
    many.append(
        [report(made(tmp_path, ACTIVITIES), "甲", {"activities.001@quantity": "0.3", "activities.001@price": "0.15"})]
    )
    many.append(
        [report(made(tmp_path, BESIDE), "甲", {"1.1@amount": "1", "2.1@amount": "2", "reserve@value": "-0.01"})]
    )
    for reports in many:
        document(consolidate(reports))
        document(consolidate(reports), "en")


def test_the_schema_refuses_what_is_not_promised() -> None:
    good = document(consolidate(samples("cosmetics-plan")))
    for spoilt in (
        {**good, "total": 133000},
        {**good, "total": "133000"},
        {**good, "more": 1},
        {name: value for name, value in good.items() if name != "left_out"},
        {**good, "units": [{**good["units"][0], "parts": {"1": 5}}]},
    ):
        assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(spoilt)


def test_one_template_has_a_total_and_every_list_adds_up_to_it() -> None:
    found = document(consolidate(samples("cosmetics-plan")[1:]))
    assert found["total"] == "1449229.80" and found["left_out"] == []
    assert found["totals"] == [{"template": "cosmetics-plan@1", "year": 2026, "total": "1449229.80"}]
    for name in ("units", "lines", "parts", "groups"):
        assert sum(Decimal(one["total"]) for one in found[name]) == Decimal("1449229.80"), name
    assert sum(Decimal(fen) for one in found["lines"] for fen in one["by_unit"].values()) == Decimal("1449229.80")


def test_several_templates_have_no_common_total() -> None:
    found = document(consolidate(mixed()))
    assert found["total"] is None
    assert [one["total"] for one in found["totals"]] == ["7.00", "7.00"]
    assert {one["unit"] for one in found["units"]} == {"R1", "R2", "（未注明单位）"}
    assert [(one["unit"], one["codes"]) for one in found["left_out"]] == [("", ["F101"]), ("R2", ["E103"])]
    (own,) = [line for line in found["lines"] if line["code"] == "1.n01"]
    assert own["title"] == "自填项目" and own["by_unit"] == {"R1": "3.00", "R2": "4.00"}
    assert own["titles"] == {"R1": "甲", "R2": "乙"} and own["months"][1] == "4.00" and own["not_split"] == "3.00"
    assert [(one["unit"], one["code"]) for one in found["warnings"]] == [("R1", "E114")]


def test_the_json_speaks_english() -> None:
    found = document(consolidate(mixed()), "en")
    assert "(no unit)" in {one["unit"] for one in found["units"]}
    text = json.dumps([found["parts"], found["left_out"], found["groups"]], ensure_ascii=False)
    assert "Market research" in text and "市场调研" not in text


# ---- CSV ----------------------------------------------------------------------------------------------------------

DANGEROUS = ["=1+1", "+1", "-A1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1+1", "＋1", "－1", "＠x", " =1+1", "\u3000=1"]


def table(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_of_the_csv_is_a_formula(text: str) -> None:
    entries = {"1.1.1@amount": "5", "1.1.1@basis": text}
    head, row = table(totals_csv(consolidate([report(COSMETICS, text, entries, name=text, file=text)])))
    cells = dict(zip(head, row, strict=True))
    for name in ("单位名称", "测算依据", "来源文件"):
        assert cells[name] == f"'{text}", name
    assert cells["预算单位"] == inert(seen(text))  # a unit is known by what people see of its name


def test_harmless_text_stays_as_it_is() -> None:
    for text in ("", "华南", "5份 × 2元", "a=b", "'x", "1-2", "-1"):
        assert inert(text) == text


def test_the_csv_has_every_fact_in_yuan() -> None:
    totals = consolidate([*samples("cosmetics-plan"), *samples("annual-departments")])
    head, *rows = table(totals_csv(totals))
    assert head == [title.zh for _, title in CSV_COLUMNS] and len(rows) == len(totals.facts)
    assert sum(Decimal(row[head.index("全年（元）")]) for row in rows) == sum(
        Decimal(block.total) / 100 for block in totals.blocks
    )
    first = dict(zip(head, rows[0], strict=True))
    assert first["键"] == f"{first['编码']}@amount" and first["计入合计"] == "是"
    cosmetics = dict(zip(head, next(row for row in rows if row[0].startswith("cosmetics")), strict=True))
    assert cosmetics["1月"] == "" and cosmetics["未分解"] == "", "a template without months has none, not zeros"


def test_a_negative_amount_in_the_csv_stays_a_number(tmp_path: Path) -> None:
    template = made(tmp_path, BESIDE)
    entries = {"1.1@amount": "-5", "reserve@value": "0"}
    head, row = table(totals_csv(consolidate([report(template, "甲", entries)]), "en"))
    assert row[head.index("Year (yuan)")] == "-5.00"


# ---- Parquet ------------------------------------------------------------------------------------------------------


def test_parquet_keeps_whole_fen() -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    totals = consolidate(samples("cosmetics-plan"))
    back = pandas.read_parquet(io.BytesIO(totals_parquet(totals)))
    assert str(back["amount_fen"].dtype) == "int64" and int(back["amount_fen"].sum()) == totals.total
    assert list(back["title"]) == list(totals.facts["title"]) and "rank" not in back


def test_without_pyarrow_the_way_to_get_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **options: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **options)

    totals = consolidate(samples("cosmetics-plan"))
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(CrmxlError, match=r"pip install 'crmxl\[parquet\]'"):
        totals_parquet(totals)


def test_nothing_gives_a_header_and_empty_lists() -> None:
    assert document(consolidate([]))["total"] == "0.00"
    assert len(table(totals_csv(consolidate([])))) == 1
    assert totals_parquet(consolidate([]))
