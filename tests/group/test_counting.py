"""Which version of every unit counts, and the words for what does not."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.commands.collecting import choose_version
from crmxl.commands.reviewing import reopen_units
from crmxl.commands.totalling import consolidate_round, totals_of
from crmxl.define.round import policies_beside, round_library
from crmxl.errors import CrmxlError
from crmxl.files import write_atomically
from crmxl.group.acts import Approved, Change, Event
from crmxl.group.adjusting import adjusted
from crmxl.group.counting import Counted, as_of, changed_by, counted, fen_at
from crmxl.group.origin import Adjustment, Figures, Include
from crmxl.group.record import Definitions, from_record, to_record
from crmxl.group.standing import Board
from crmxl.group.totals import Totals
from crmxl.model import Key
from crmxl.resources import folder as resource
from tests.group.totalled import ALL, PLAN, ROUND, UNITS, approve, entries, give_back, lay, mixed, nothing, opened, send

FEN = {"G": 100000 + 3330, "N": 50033 - 5050 + 1000, "N1": 7707 + 6660, "N2": 15000000, "E": 0}
"""What counts of the mixed round as approved; the split takes 33.3 %."""
SENT = {"G": 100000 + 3330, "N": 50033, "N1": 7707 + 9990, "N2": 15000000, "E": 0}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mixed(tmp_path_factory.mktemp("mixed"))


@pytest.fixture
def round(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "round")
    return tmp_path / "round"


def totals(folder: Path, include: Include = "approved", figures: Figures = "approved") -> Totals:
    with opened(folder) as (records, register):
        return totals_of(records, register, include, figures, "zh")


def run(folder: Path, output: Path, **options: Any) -> int:
    said: dict[str, Any] = {"form": None, "include": "approved", "figures": "approved", "against": None, "by": "王"}
    return consolidate_round("zh", output=output, round=folder, **(said | options))


def document(folder: Path, tmp: Path, **options: Any) -> Any:
    run(folder, tmp / "totals.json", **options)
    found = json.loads((tmp / "totals.json").read_bytes())
    schema = json.loads((resource("schemas") / "totals.schema.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


def units(found: Totals) -> Mapping[str, int]:
    return {unit.unit: unit.total for unit in found.blocks[0].units}


def why(found: Totals) -> Mapping[str, str]:
    return {one.unit: one.why("zh") for one in found.left_out}


def test_only_what_was_approved_counts_with_what_reviewers_changed(made: Path) -> None:
    found = totals(made)
    assert units(found) == FEN
    assert found.total == sum(FEN.values())
    assert found.origin is not None and not found.origin.provisional


def test_the_figures_as_submitted_are_shown_where_they_are_asked_for(made: Path) -> None:
    found = totals(made, figures="submitted")
    assert units(found) == SENT
    assert found.origin is not None and found.origin.figures == "submitted"


def test_a_unit_under_review_counts_provisionally_and_is_named(made: Path) -> None:
    found = totals(made, "received")
    assert units(found) == {**FEN, "E1": 500000}
    assert found.origin is not None and found.origin.provisional
    assert [(one.unit, one.waiting) for one in found.origin.not_approved] == [("E1", "finance")]


def test_everything_that_does_not_count_is_told_in_its_own_words(round: Path) -> None:
    assert set(why(totals(round))) == {"E1", "E2", "G"}
    assert "还没有通过审核，等待集团财务管理中心" in why(totals(round))["E1"]
    assert "G103" in why(totals(round))["E2"]
    assert "通过之后又交来第 2 版" in why(totals(round))["G"]
    give_back(round, "E1", "请补充依据", "1.1.1@amount=太高")
    send(round, "E2", entries(a=1), entries(a=2))
    found = totals(round, "received")
    assert "李会计" in why(found)["E1"] and "请补充依据" in why(found)["E1"] and "太高" in why(found)["E1"]
    assert "待选定" in why(found)["E2"] and found.left_out[1].fix("zh").startswith("请选定一份")
    send(round, "E2", entries(a=100001))
    assert "1 个错误" in why(totals(round, "received"))["E2"]


def test_a_nil_return_counts_as_nothing_and_is_shown(made: Path) -> None:
    found = totals(made)
    assert found.origin is not None and [one.unit for one in found.origin.nil] == ["E"]
    assert units(found)["E"] == 0
    assert "E" not in why(found)


def test_a_nil_return_under_review_is_left_out_and_not_missing(tmp_path: Path) -> None:
    nothing(lay(tmp_path / "round"), "N1")
    found = totals(tmp_path / "round")
    assert "待审" in why(found)["N1"]
    assert "N1" not in {one.unit for one in found.missing}
    assert {one.unit for one in found.missing} == set(ALL) - {"N1"}


def test_a_waived_rule_is_disclosed_with_who_waived_it(made: Path, tmp_path: Path) -> None:
    found = document(made, tmp_path)
    assert [(one["unit"], one["code"]) for one in found["waived"]] == [("N2", "P901")]
    assert "张总" in found["waived"][0]["message"]


def test_a_unit_that_the_round_no_longer_asks_is_left_out_and_told(round: Path) -> None:
    text = (round / "units.csv").read_text(encoding="utf-8")
    write_atomically(round / "units.csv", text.replace("N1,广州项目,N,city,n1\n", "").encode())
    found = totals(round)
    assert "N1" not in units(found)
    assert "不要求它填报" in why(found)["N1"]


def test_what_was_judged_by_records_that_changed_since_is_told(round: Path) -> None:
    text = (round / "units.csv").read_text(encoding="utf-8")
    write_atomically(round / "units.csv", text.replace("广州项目", "广州一期").encode())
    found = totals(round)
    assert found.origin is not None and [one.unit for one in found.origin.stale] == ["N1"]


def test_reopening_drops_the_adjustments_and_another_version_can_be_chosen(round: Path) -> None:
    said: dict[str, Any] = {"template": "", "by": "王", "round": round}
    assert reopen_units(["G"], "zh", reason="目标调整", **said) == 0
    assert choose_version("G", "2", "zh", reason="新版", **said) == 0
    approve(round, "G")
    assert units(totals(round))["G"] == 99900


# -- JSON, adjustments, the run -----------------------------------------------------------------------------------


def test_the_json_of_a_round_says_where_it_comes_from(made: Path, tmp_path: Path) -> None:
    found = document(made, tmp_path, include="received")
    with opened(made) as (_, register):
        settled = register.ledger.events()[register.board.settled - 1]
        files = {one.file for one in register.board.at("N", "plan").versions}
    assert found["ledger"]["position"] == settled.position and found["ledger"]["receipt"] == settled.receipt
    assert found["provisional"] and [one["unit"] for one in found["not_approved"]] == ["E1"]
    by_unit = {one["unit"]: one for one in found["units"]}
    assert by_unit["N"]["sha256"] in files and by_unit["N"]["version"] == 1 and by_unit["E"]["nil"]
    assert by_unit["N"]["file"].endswith(".xlsx")
    assert [one["unit"] for one in found["tree"]] == ["G", "N", "N1", "N2", "E", "E1", "E2"]
    assert found["tree"][0]["total"] == found["total"]


def test_adjustments_stand_with_submitted_change_and_approved(made: Path, tmp_path: Path) -> None:
    found = document(made, tmp_path)["adjustments"]
    assert [(one["unit"], one["key"], one["submitted"], one["change"], one["approved"]) for one in found] == [
        ("N", "1.1.1@amount", "200.00", "-50.50", "149.50"),
        ("N", "1.1.2@amount", "300.33", "10.00", "310.33"),
        ("N", "1.1.2@amount.03", "300.33", "10.00", "310.33"),
        ("N1", "S.1@whole", "300.00", "-100.00", "200.00"),
    ]
    assert {one["by"] for one in found} == {"李会计"} and {one["role"] for one in found} == {"finance"}
    assert all(one["reason"] and one["receipt"].startswith("R0") for one in found)


class Filed:
    """One unit's budget in a round with two roles, to be approved with any adjustments; read once."""

    def __init__(self, folder: Path) -> None:
        text = ROUND.format(name="2026一上", stage="一上", amount="own").replace('["finance"]', '["finance", "cost"]')
        write_atomically(lay(folder) / "round.toml", text.encode())
        months = {"1.1.2@amount": 15000, "1.1.2@amount.03": 10000, "1.1.2@amount.04": 5000}
        send(folder, "N", entries(a=10000) | {key: Fraction(yuan) for key, yuan in months.items()})
        self.definitions = Definitions(round_library(folder), policies_beside(folder))
        with opened(folder) as (self.records, register):
            self.kept = register.ledger.events()
            self.record = register.board.at("N", "plan").record
            self.contents = dict(register.ledger.contents([self.record]))
        self.standard = Standard(self.records, policies_beside(folder), None, "2025-11-01")
        self.report = from_record(self.contents[self.record], "", self.definitions)

    def approved(self, *roles: Mapping[Key, int]) -> tuple[Counted, Report]:
        """What counts after each role changed these amounts by these fen, and the adjusted report."""
        report, events, contents = self.report, list(self.kept), dict(self.contents)
        for role, said in zip(("finance", "cost"), roles, strict=True):
            changes = tuple(Change(key, fen, "压缩") for key, fen in said.items())
            report = adjusted(report, changes, self.standard, hold=False)
            content = to_record(report)
            digest = hashlib.sha256(content).hexdigest() if changes else ""
            act = Approved("N", "plan@1", 1, role, role == "cost", "", changes, fen_at(report, "used@value"), digest)
            events.append(replace(events[-1], position=len(events) + 1, act=act, by="李"))
            contents[digest] = content

        class Ledger:
            def events(self, after: int = 0) -> list[Event]:
                return events[after:]

            def contents(self, digests: Iterable[str]) -> Iterator[tuple[str, bytes]]:
                return ((digest, contents[digest]) for digest in digests)

        return counted(Board(events), self.records, Ledger(), self.definitions), report


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Filed:
    return Filed(tmp_path_factory.mktemp("filed"))


CHANGES = st.dictionaries(
    st.sampled_from(["1.1.1@amount", "1.1.2@amount", "1.1.2@amount.03", "1.1.2@amount.04"]),
    st.integers(-100_000, 100_000).filter(bool),
)


@given(CHANGES, CHANGES)
def test_every_adjustment_adds_up_and_the_last_gives_what_was_approved(
    filed: Filed, first: dict[Key, int], second: dict[Key, int]
) -> None:
    found, report = filed.approved(first, second)
    by_key: dict[Key, list[Adjustment]] = {}
    for one in found.origin.adjustments:
        assert one.submitted + one.change == one.approved
        by_key.setdefault(one.key, []).append(one)
    assert set(by_key) == {key for said in (first, second) for change in said for key in changed_by(change)}
    assert found.origin.changes == len(first) + len(second)
    for key, mine in by_key.items():
        assert [one.submitted for one in mine[1:]] == [one.approved for one in mine[:-1]]
        assert (mine[0].submitted, mine[-1].approved) == (fen_at(filed.report, key), fen_at(report, key))


def test_a_month_and_its_year_are_adjusted_one_after_the_other(filed: Filed) -> None:
    found, _ = filed.approved({"1.1.2@amount.03": -5000, "1.1.2@amount": 100000}, {"1.1.2@amount.03": -1000})
    assert [(one.key, one.role, one.submitted, one.change, one.approved) for one in found.origin.adjustments] == [
        ("1.1.2@amount", "finance", 1500000, -5000, 1495000),
        ("1.1.2@amount", "finance", 1495000, 100000, 1595000),
        ("1.1.2@amount", "cost", 1595000, -1000, 1594000),
        ("1.1.2@amount.03", "finance", 1000000, -5000, 995000),
        ("1.1.2@amount.03", "cost", 995000, -1000, 994000),
    ]


def test_a_nil_return_whose_total_is_no_longer_0_is_left_out_and_the_others_count(tmp_path: Path) -> None:
    folder = lay(tmp_path / "round")
    base = '[[sheet.fields]]\nid = "base"\ntitle = { zh = "基数", en = "Base" }\ntype = "money"\nissued = true\n'
    text = PLAN.replace('[[sheet.fields]]\nid = "used"', base + '[[sheet.fields]]\nid = "used"')
    write_atomically(folder / "templates" / "plan.toml", text.replace("SUM(S.*@mine)", "SUM(S.*@mine) + base").encode())
    head, *lines = UNITS.splitlines()
    table = "\n".join([f"{head},base", *(f"{line},0" for line in lines)])
    write_atomically(folder / "units.csv", table.encode())
    nothing(folder, "E")
    nothing(folder, "E1")
    send(folder, "N", entries(a=100))
    approve(folder, "E", "E1", "N")
    write_atomically(folder / "units.csv", table.replace("region,e,0", "region,e,500").encode())
    found = totals(folder)
    assert units(found) == {"N": 10000, "E1": 0}
    assert "不填报时合计也不是 0" in why(found)["E"]
    assert found.origin is not None and {unit for unit, _ in found.origin.sources} == {"N", "E1"}
    assert run(folder, tmp_path / "t.json") == 1


def test_a_version_that_the_definitions_no_longer_fit_is_left_out_with_the_reason(round: Path, tmp_path: Path) -> None:
    write_atomically(round / "templates" / "plan.toml", PLAN.replace("节日关怀", "节日慰问").encode())
    found = totals(round)
    assert units(found) == {"E": 0}
    assert {"N", "N1", "N2"} <= {unit for unit, said in why(found).items() if "模板或制度文件改过" in said}
    assert run(round, tmp_path / "t.json") == 1


def test_an_unsound_template_is_the_operators_to_put_right(round: Path) -> None:
    write_atomically(round / "templates" / "plan.toml", PLAN.replace('"used@value"', '"usde@value"').encode())
    with pytest.raises(CrmxlError, match="usde@value"):
        totals(round)


def test_a_run_whose_file_cannot_be_written_is_not_recorded(round: Path, tmp_path: Path) -> None:
    with opened(round) as (_, register):
        before = register.board.position
    (tmp_path / "file").touch()
    with pytest.raises((CrmxlError, OSError)):
        run(round, tmp_path / "file" / "t.json")
    with opened(round) as (_, register):
        assert register.board.position == before


@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_a_run_is_recorded_and_gives_the_same_bytes_again(round: Path, tmp_path: Path, form: str) -> None:
    first, again = tmp_path / f"1.{form}", tmp_path / f"2.{form}"
    assert run(round, first) == 1 == run(round, again)
    assert first.read_bytes() == again.read_bytes()
    with opened(round) as (_, register):
        one, two = (event.act for event in register.board.runs[-2:])
        assert register.board.settled < register.board.position
        assert one == two and one.position == register.board.settled and one.form == form
        assert one.sha256 == hashlib.sha256(first.read_bytes()).hexdigest()


def test_another_version_gives_other_inputs(round: Path, tmp_path: Path) -> None:
    before = document(round, tmp_path)["ledger"]
    again = document(round, tmp_path)["ledger"]
    approve(round, "E1")
    after = document(round, tmp_path)["ledger"]
    assert before == again
    assert after["inputs"] != before["inputs"] and after["position"] > before["position"]


def test_a_round_in_which_nothing_happened_has_no_totals_and_misses_everybody(tmp_path: Path) -> None:
    found = document(lay(tmp_path / "round"), tmp_path)
    assert found["total"] == "0.00" and found["units"] == [] and len(found["left_out"]) == len(ALL)
    assert found["ledger"]["position"] == 0 and found["ledger"]["receipt"] == ""


def test_totals_are_not_written_over_the_rounds_own_files(made: Path) -> None:
    before = (made / "units.csv").read_bytes()
    with pytest.raises(CrmxlError, match=r"units\.csv"):
        run(made, made / "units.csv")
    assert (made / "units.csv").read_bytes() == before


def test_a_run_on_a_terminal_is_recorded_too(
    round: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    said: dict[str, Any] = {"figures": "approved", "against": None, "by": "王", "round": round}
    assert consolidate_round("zh", output=None, form=None, include="received", **said) == 1
    shown = capsys.readouterr().out
    assert "暂计" in shown and "台账位置" in shown and "零申报" in shown and "未交" in shown
    assert "　　广州项目（N1）" in shown and "-50.50" in shown and "张总" in shown
    with opened(round) as (_, register):
        assert [event.act.form for event in register.board.runs[-1:]] == ["text"]


def test_the_workbook_says_what_it_goes_by_and_that_it_is_provisional(round: Path, tmp_path: Path) -> None:
    run(round, tmp_path / "t.xlsx", include="received")
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "t.xlsx").read_bytes()), data_only=True)
    cover = "\n".join(str(cell) for row in book["封面"].iter_rows(values_only=True) for cell in row if cell)
    with opened(round) as (_, register):
        settled = register.ledger.events()[register.board.settled - 1]
    assert "暂计" in cover and settled.receipt in cover and "核定数" in cover
    assert "暂计" in book["汇总"]["A1"].value
    assert book.sheetnames == ["封面", "汇总", "层级汇总", "科目汇总", "万元表", "调整", "校验", "明细", "未纳入与提示"]
    out = "\n".join(str(cell) for row in book["未纳入与提示"].iter_rows(values_only=True) for cell in row if cell)
    for words in ("暂计：已计入但尚未审核通过的", "零申报的单位", "特批披露", "本年无活动", "张总"):
        assert words in out


def test_waivers_are_judged_by_the_day_of_the_last_event_not_of_the_run(made: Path, tmp_path: Path) -> None:
    with opened(made) as (_, register):
        settled = register.ledger.events()[register.board.settled - 1]
        assert as_of(register.board, register.ledger) == settled.at[:10]
    with opened(lay(tmp_path / "round")) as (_, register):
        assert as_of(register.board, register.ledger) == ""


def test_totals_do_not_wait_for_records_that_do_not_count(made: Path) -> None:
    with opened(made) as (records, register):
        asked: list[str] = []

        class Watched:
            def events(self, after: int = 0) -> Any:
                return register.ledger.events(after)

            def contents(self, digests: Any) -> Any:
                asked.extend(wanted := list(digests))
                return register.ledger.contents(wanted)

        definitions = Definitions(round_library(made), policies_beside(made))
        counted(register.board, records, Watched(), definitions)
        standings = [register.board.at(unit, "plan") for unit in ("G", "N", "N1", "N2")]
    assert set(asked) == {one.record for one in standings} | {
        standings[1].versions[0].record,
        standings[2].versions[0].record,
    }
