"""An account list in a file becomes a template: every way to save it, what is said where, and nothing written that is
not sound or would replace somebody's work.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from crmxl.cli import main
from crmxl.define.policy import load_policy
from crmxl.define.template import load_template
from crmxl.model import Text
from tests.make_accounts import FOLDER, workbook

LIST = "科目编码,科目名称,下限,上限\n6601,客户费用,,\n660101,礼品,100,5000\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="crmxl")
    assert result.exit_code == code, result.output + repr(result.exception)
    assert "Traceback" not in result.output
    return result


def imported(file: Path, *options: object) -> tuple[str, str]:
    """The texts of the template and of the policy that the list became."""
    run("template", "import", file, "-o", "out/a.toml", "--force", *options)
    return Path("out/a.toml").read_text(encoding="utf-8"), Path("out/policies/a.toml").read_text(encoding="utf-8")


def sheet(path: Path, rows: Sequence[Sequence[Any]], *before: str) -> Path:
    """The rows on a sheet of their own, behind sheets of one word."""
    with xlsxwriter.Workbook(path) as book:
        for name in before:
            book.add_worksheet(name).write_string(0, 0, name)
        page = book.add_worksheet("科目")
        for at, row in enumerate(rows):
            page.write_row(at, 1, row)  # the list need not begin in column A
    return path


# -- the sample ----------------------------------------------------------------------------------------------------


def test_the_sample_imports_to_the_same_template_from_both_files() -> None:
    one, other = imported(FOLDER / "accounts.xlsx"), imported(FOLDER / "accounts.csv")
    assert [text.replace("accounts.xlsx", "accounts.csv") for text in one] == list(other)


def test_the_samples_workbook_is_the_one_that_is_made_of_its_csv() -> None:
    def parts(data: bytes) -> dict[str, bytes]:
        with zipfile.ZipFile(BytesIO(data)) as package:
            return {name: package.read(name) for name in package.namelist()}

    assert parts((FOLDER / "accounts.xlsx").read_bytes()) == parts(workbook()), "run python -m tests.make_accounts"


def test_the_sample_goes_through_the_whole_loop(here: Path) -> None:
    made = run("template", "import", FOLDER / "accounts.xlsx", "--id", "crm-accounts", "--title-en", "CRM budget")
    assert made.stdout.split() == ["crm-accounts.toml", "policies/crm-accounts.toml"]
    for words in ("3 个部分、5 个小类、14 个项目", "66010101", "6601.01.01", "共 20 个", "合计、说明等行没有采用"):
        assert words in made.stderr, words
    run("check-template", "crm-accounts.toml")
    run("check-template", "policies/crm-accounts.toml", "--templates", ".")
    template = load_template(Path("crm-accounts.toml"))
    assert template.title == Text("集团客户关系与营销费用预算", "CRM budget")
    entries = {"6602.02.01@amount": "9999.99", "6602.02.01@basis": "2 人", "6601.01.n01@amount": "600000"}
    Path("d.json").write_text(json.dumps(entries), encoding="utf-8")
    run("generate", "crm-accounts.toml", "--unit", "华南", "--year", 2026, "--data", "d.json", "-o", "a.xlsx")
    judged = json.loads(run("validate", "a.xlsx", "--templates", ".", "--json", code=1).stdout)["files"][0]
    found = {(one["code"], one["key"]) for one in judged["findings"]}
    assert {("P901", "6602.02.01@amount")} < found and "P903" in {code for code, _ in found}
    assert judged["total"] == "609999.99"


# -- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_a_text_may_be_cut_and_encoded_in_every_usual_way(here: Path, encoding: str, divider: str) -> None:
    (here / "a.csv").write_bytes(LIST.replace(",", divider).encode(encoding))
    (section,) = load_template_of(here / "a.csv").sheets[0].sections
    assert [line.title.zh for line in section.lines] == ["礼品"]


def load_template_of(file: Path) -> Any:
    imported(file)
    return load_template(Path("out/a.toml"))


def test_a_cell_of_a_text_may_hold_its_divider_and_quotes(here: Path) -> None:
    (here / "a.csv").write_text('编码,名称,上限\n1,"礼品, ""节日""; 甲",5\n', encoding="utf-8")
    assert load_template_of(here / "a.csv").sheets[0].sections[0].title.zh == '礼品, "节日"; 甲'


def test_numbers_texts_and_other_sheets_of_a_workbook_are_read_as_they_are_shown(here: Path) -> None:
    rows = [("编码", "名称", "上限"), (6601, "客户费用", ""), ("660101", "礼品", 0.1 + 0.2), (660102, "活动", "20,000")]
    path = sheet(here / "a.xlsx", [[], ["科目表"], [], *rows], "说明")
    lines = load_template_of(path).sheets[0].sections[0].lines
    assert [(line.code, line.values["high"]) for line in lines] == [("6601.01", "0.3"), ("6601.02", "20000")]


def test_a_cell_is_named_by_its_address_and_a_line_of_text_by_its_number(here: Path) -> None:
    rows = [("编码", "名称"), ("一", "甲"), ("1", "乙")]
    path = sheet(here / "a.xlsx", [[], *rows])
    assert "a.xlsx: 科目!B3: " in run("template", "import", path, code=2).stderr
    (here / "b.csv").write_text("\n编码,名称\n一,甲\n", encoding="utf-8")
    assert "b.csv: line 3, column 1: " in run("template", "import", "b.csv", code=2).stderr
    assert not list(here.glob("*.toml"))


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.csv", b""),
        ("a.csv", "编码\n".encode("utf-16")),
        ("a.csv", b'"code,title\n'),
        ("a.xlsx", b"PK\x03\x04 broken"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        ("a.csv", b"code,title\n"),
    ],
)
def test_what_is_no_list_is_one_message_and_nothing_is_written(here: Path, name: str, raw: bytes) -> None:
    (here / name).write_bytes(raw)
    result = run("template", "import", name, code=2)
    assert result.stderr.startswith(name) and not result.stdout and len(list(here.iterdir())) == 1


def test_a_list_that_is_not_there_is_told(here: Path) -> None:
    assert "nowhere.xlsx" in run("template", "import", "nowhere.xlsx", code=2).stderr


# -- what is written -----------------------------------------------------------------------------------------------


def test_nothing_that_is_there_is_written_over_unless_asked(here: Path) -> None:
    (here / "a.csv").write_text(LIST, encoding="utf-8")
    run("template", "import", "a.csv")
    for name in ("a.toml", "policies/a.toml"):
        said = run("template", "import", "a.csv", code=2).stderr
        assert name in said and "--force" in said
        (here / name).write_text("mine", encoding="utf-8")
    run("template", "import", "a.csv", "--force")
    assert "mine" not in (here / "a.toml").read_text(encoding="utf-8")
    (here / "a.toml").unlink()
    assert "policies/a.toml" in run("template", "import", "a.csv", code=2).stderr and not (here / "a.toml").exists()


@pytest.mark.parametrize(
    ("file", "options", "made"),
    [
        ("Marketing 2026.csv", (), "marketing-2026.toml"),
        ("科目表.csv", (), "accounts.toml"),
        ("2026 CRM.csv", ("--id", "crm_2026"), "crm_2026.toml"),
    ],
)
def test_the_id_is_the_one_given_or_what_the_file_name_has_of_one(
    here: Path, file: str, options: Sequence[str], made: str
) -> None:
    (here / file).write_text("编码,名称\n1,甲\n", encoding="utf-8")
    assert run("template", "import", file, *options).stdout.split() == [made]
    assert load_template(here / made).id == made.removesuffix(".toml")


@pytest.mark.parametrize("id", ["cosmetics-plan", "A b", "-x", "x" * 61])
def test_an_id_that_is_shipped_or_cannot_be_one_is_refused(here: Path, id: str) -> None:
    (here / "a.csv").write_text(LIST, encoding="utf-8")
    assert id in run("template", "import", "a.csv", f"--id={id}", code=2).stderr and len(list(here.iterdir())) == 1


def test_a_file_is_called_as_its_template(here: Path) -> None:
    (here / "a.csv").write_text(LIST, encoding="utf-8")
    said = run("template", "import", "a.csv", "--id", "b", "-o", "c.toml", code=2).stderr
    assert "b.toml" in said and len(list(here.iterdir())) == 1


def test_a_policy_of_an_earlier_import_that_no_bound_needs_is_told(here: Path) -> None:
    (here / "a.csv").write_text(LIST, encoding="utf-8")
    run("template", "import", "a.csv")
    (here / "a.csv").write_text("编码,名称\n1,甲\n", encoding="utf-8")
    assert "policies/a.toml 还是以前的" in run("template", "import", "a.csv", "--force").stderr


def test_the_title_is_the_one_given_or_above_the_header_or_the_files_name(here: Path) -> None:
    (here / "费用科目.csv").write_text("编码,名称\n1,甲\n", encoding="utf-8")
    for options, title in (((), "费用预算"), (("--title", "营销\n预算 {年}"), "营销 预算 {年}")):
        run("template", "import", "费用科目.csv", "--id", "b", "--force", *options)
        assert load_template(here / "b.toml").title.zh == title


def test_two_lists_in_one_folder_have_rules_of_different_codes(here: Path) -> None:
    (here / "a.csv").write_text(LIST, encoding="utf-8")
    run("template", "import", "a.csv", "--id", "one")
    run("template", "import", "a.csv", "--id", "two")
    codes = [[rule.code for rule in load_policy(here / "policies" / f"{id}.toml").rules] for id in ("one", "two")]
    assert codes == [["P901", "P902"], ["P903", "P904"]]


def test_a_list_without_bounds_makes_no_policy(here: Path) -> None:
    (here / "a.csv").write_text("编码,名称\n1,甲\n", encoding="utf-8")
    run("template", "import", "a.csv", "--months", "--no-basis")
    assert not (here / "policies").exists()
    columns = load_template(here / "a.toml").sheets[0].columns
    assert [(column.id, column.months) for column in columns] == [("account", False), ("amount", True)]


def test_what_it_says_is_english_when_asked(here: Path) -> None:
    (here / "a.csv").write_text(LIST, encoding="utf-8")
    said = run("template", "import", "a.csv", "--lang", "en").stderr
    assert "sections: 1, groups: 0, lines: 1" in said and "In the list" in said
