"""The same file twice counts once; two different files of one unit count not at all, and each is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crmxl.cli import main
from tests.gallery import package
from tests.office.driver import Book
from tests.returned.workbooks import PLAN, ByHand, in_xml, sent


def saved(book: Book) -> None:
    """Opened and saved, nothing else."""


def corrected(book: Book) -> None:
    book.type_in(PLAN, "C9", "1,500")


def consolidated(folder: Path, files: Mapping[str, bytes], code: int) -> tuple[dict[str, Any], str]:
    """The totals of ``files`` as data, and what people are told, less blanks and line breaks."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    runner = CliRunner()
    result = runner.invoke(main, ["consolidate", str(folder), "--format", "json"])
    assert result.exit_code == code, result.output
    said = runner.invoke(main, ["consolidate", str(folder)])
    totals: dict[str, Any] = json.loads(result.stdout)
    return totals, "".join(said.output.split())


def names(totals: dict[str, Any]) -> list[str]:
    return [Path(left["file"]).name for left in totals["left_out"]]


@pytest.mark.parametrize("copies", [2, 3])
def test_the_same_bytes_under_several_names_count_once(copies: int, tmp_path: Path) -> None:
    files = {f"集团样例{' - 副本' * number}.xlsx": sent() for number in range(copies)}
    totals, said = consolidated(tmp_path, files, 0)
    assert totals["total"] == "133000.00"
    assert len(totals["units"]) == 1
    assert names(totals) == []
    assert f"内容相同、只计一次的文件{copies - 1}个" in said
    assert said.count("集团样例.xlsx内容完全相同，只计一次。") == copies - 1


def test_two_different_files_of_a_unit_both_stay_out_and_name_each_other(by_hand: ByHand, tmp_path: Path) -> None:
    files = {"第一次.xlsx": sent(), "第二次.xlsx": by_hand(corrected)}
    totals, said = consolidated(tmp_path, files, 1)
    assert totals["total"] == "0.00"
    assert totals["units"] == []
    assert sorted(names(totals)) == ["第一次.xlsx", "第二次.xlsx"]
    (first, again) = (left["why"] for left in sorted(totals["left_out"], key=lambda left: left["file"]))
    assert "第一次.xlsx" in first and "第二次.xlsx" in first and first.endswith("均未计入。")
    assert "第一次.xlsx" in again and "均未计入" in again
    assert "未纳入汇总2个文件" in said


def test_three_files_of_which_two_are_the_same_all_stay_out(by_hand: ByHand, tmp_path: Path) -> None:
    files = {"一.xlsx": sent(), "一 - 副本.xlsx": sent(), "二.xlsx": by_hand(corrected)}
    totals, _ = consolidated(tmp_path, files, 1)
    assert totals["total"] == "0.00"
    assert len(names(totals)) == 3


def test_a_file_saved_again_is_another_file_and_never_added_twice(by_hand: ByHand, tmp_path: Path) -> None:
    totals, _ = consolidated(tmp_path, {"一.xlsx": sent(), "二.xlsx": by_hand(saved)}, 1)
    assert totals["total"] == "0.00"
    assert len(names(totals)) == 2


def test_another_units_file_beside_two_of_one_unit_still_counts(by_hand: ByHand, tmp_path: Path) -> None:
    def of_another_unit(parts: package.Parts) -> None:
        package.change_stamp(parts, {"unit": "华东区域"}, "both")

    files = {"一.xlsx": sent(), "二.xlsx": by_hand(corrected), "华东.xlsx": in_xml(of_another_unit)}
    totals, _ = consolidated(tmp_path, files, 1)
    assert totals["total"] == "133000.00"
    assert [unit["unit"] for unit in totals["units"]] == ["华东区域"]
    assert len(names(totals)) == 2


def test_a_broken_second_file_does_not_take_the_first_ones_place(tmp_path: Path) -> None:
    totals, _ = consolidated(tmp_path, {"一.xlsx": sent(), "二.xlsx": sent()[:9000]}, 1)
    assert totals["total"] == "133000.00"
    assert names(totals) == ["二.xlsx"]
