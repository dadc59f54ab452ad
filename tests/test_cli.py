"""The command line: what it prints where, with which exit code, and how soon."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import click
import openpyxl
import pytest
from click.testing import CliRunner, Result

from crmxl import __version__
from crmxl.catalogue import FAMILIES, catalogue
from crmxl.cli import main
from crmxl.commands.issuing import budget_year
from crmxl.define.library import Library
from crmxl.define.policies import Policies
from crmxl.define.policy import line_codes
from crmxl.define.shape import shape_problems
from crmxl.demo import samples, set_cell
from crmxl.errors import CrmxlError
from crmxl.files import workbooks_in, write_atomically
from crmxl.model import Text
from crmxl.policy import LineSet
from crmxl.resources import folder
from tests.make_docs import commands

ROOT = Path(__file__).parent.parent
SAMPLE = str(folder("samples") / "cosmetics-plan" / "group-sample.json")
COMMANDS = [" ".join(words) for words in commands()]
GROUPS = {name for name, command in main.commands.items() if isinstance(command, click.Group)}
HEAVY = {"pandas", "numpy", "openpyxl", "lark", "rich", "xlsxwriter", "jsonschema"}


def run(*arguments: object, code: int = 0) -> Result:
    """The command's result; fails unless it ends with ``code`` and without a traceback."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="crmxl")
    assert result.exit_code == code, result.output + repr(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def generated(path: Path, *options: object) -> Path:
    run("generate", "cosmetics-plan", "--unit", "华南区域", "--year", 2026, "--data", SAMPLE, "-o", path, *options)
    return path


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """集团样例 with the source's totals typed over the formulas."""
    path = tmp_path_factory.mktemp("faulty") / "集团样例.xlsx"
    path.write_bytes(next(sample.returned for sample in samples() if sample.faulty))
    return path


@pytest.fixture
def returned(tmp_path: Path, faulty: Path) -> Path:
    """A folder with a good file, a faulty one and three that are no workbooks."""
    inbox = tmp_path / "上报"
    (inbox / "更多").mkdir(parents=True)
    generated(inbox / "华南区域.xlsx")
    (inbox / "更多" / "集团样例.xlsx").write_bytes(faulty.read_bytes())
    (inbox / "旧.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    (inbox / "截断.xlsx").write_bytes(faulty.read_bytes()[:3000])
    (inbox / "空.xlsx").write_bytes(b"")
    (inbox / "~$华南区域.xlsx").write_bytes(b"lock")
    (inbox / "说明.txt").write_text("不是工作簿", encoding="utf-8")
    return inbox


# ---- starting ----------------------------------------------------------------------------------------------------


def cpu(*command: str) -> float:
    """CPU seconds of a child process, the least of several runs."""
    resource = pytest.importorskip("resource")

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return float(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)

    return min(once() for _ in range(7))


def test_version_takes_less_than_150_ms_of_cpu_more_than_python_itself() -> None:
    assert cpu("cli.py", "--version") - cpu("-c", "pass") < 0.15


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_nothing_heavy_is_imported_to_say_hello(option: str) -> None:
    script = (
        "import sys\nfrom crmxl.cli import main\n"
        f"try:\n    main([{option!r}])\nexcept SystemExit:\n    pass\n"
        "print(*sorted(name.split('.')[0] for name in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert not HEAVY & set(done.stderr.split())


def test_pandas_loads_for_consolidation_only(tmp_path: Path) -> None:
    path = generated(tmp_path / "a.xlsx")
    script = (
        "import sys\nfrom crmxl.cli import main\n"
        f"try:\n    main(['validate', {str(path)!r}])\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)


def test_the_launcher_in_a_checkout_is_the_program() -> None:
    done = subprocess.run([sys.executable, "cli.py", "--version"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == f"crmxl {__version__}\n"


# ---- help --------------------------------------------------------------------------------------------------------


def command_at(words: Sequence[str]) -> click.Command:
    """The command that the words name, those of its groups first."""
    found: click.Command = main
    for word in words:
        assert isinstance(found, click.Group), f"{word} of {found.name}"
        found = found.commands[word]
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_in_both_languages_with_an_example(command: str) -> None:
    said = run(*command.split(), "--help").stdout
    assert re.search(rf"^ +crmxl {command}\b", said.partition("Example")[2], re.MULTILINE), said
    summary = command_at(command.split()).short_help or ""
    zh, _, en = summary.partition(" · ")
    assert re.search("[一-鿿]", zh) and en.isascii()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_help(command: str) -> None:
    for parameter in command_at(command.split()).params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_examples_use_options_that_there_are(command: str) -> None:
    examples = (command_at(command.split()).help or "").partition("Example:")[2].split("\n  crmxl ")[1:]
    assert examples
    for example in examples:
        words = example.split()
        shown = command_at(words[: 2 if words[0] in GROUPS else 1])
        known = {option for parameter in (*shown.params, *main.params) for option in parameter.opts}
        assert {word for word in words if re.match("--?[a-z]", word)} <= known, example


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_or_the_tutorial_of_rounds_names_every_command(command: str) -> None:
    documents = ("README.md",) if command in main.commands else ("README.md", "docs/rounds.md")
    assert any(f"crmxl {command}" in (ROOT / name).read_text(encoding="utf-8") for name in documents)


# ---- what there is -----------------------------------------------------------------------------------------------


def test_templates_are_listed() -> None:
    assert "cosmetics-plan@1" in run("templates").stdout
    listed = {one["id"]: one for one in json.loads(run("templates", "--json").stdout)["templates"]}
    assert listed["annual-departments"]["parts"] == ["hr", "sales", "rnd", "finance", "culture"]
    assert listed["cosmetics-plan"]["title"]["zh"] == "化妆品营销策划方案费用预算"


def test_a_schema_is_printed() -> None:
    schema = json.loads(run("schema", "cosmetics-plan").stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "1.1.1@amount" in json.dumps(schema)


def test_rules_are_listed_and_explained() -> None:
    codes = [one["code"] for one in json.loads(run("rules", "--json").stdout)["rules"]]
    assert [code for code in codes if code[0] != "P"] == list(catalogue())
    assert [letter for letter, _ in groupby(code[0] for code in codes)] == list(FAMILIES)
    listed = run("rules").stdout
    assert all(code in listed for code in codes)
    said = run("explain", "s110").stdout
    record = catalogue()["S110"]
    assert record.title.zh in said and record.why.zh in said and "{" not in said
    assert record.title.en in run("explain", "S110", "--lang", "en").stdout
    assert json.loads(run("explain", "S110", "--json").stdout)["name"] == "formula-changed"


def test_policy_rules_are_listed_with_policy_clause_and_limits() -> None:
    listed = run("rules").stdout
    (line,) = (line for line in listed.splitlines() if line.startswith("P301"))
    assert line.split()[:2] == ["P301", "错误"] and "4.2" in line and "rate = 0.5‰" in line
    assert "集团客户关系费用管理制度（样例） · group-customer-relations@1" in listed
    records = {one["code"]: one for one in json.loads(run("rules", "--json").stdout)["rules"]}
    cap = records["P301"]
    assert (cap["policy"], cap["clause"], cap["limits"]) == ("group-customer-relations@1", "4.2", {"rate": "0.5‰"})
    assert (cap["status"], cap["severity"], cap["applies_to"]) == ("active", "error", ["customer-relations"])
    assert records["P306"]["sets"]["reserve"]["tags"] == ["reserve"]


FULL = """
id = "house"
version = 3
title = { zh = "本级制度", en = "House policy" }

[sets.items]
title = { zh = "费用项目", en = "Items" }
codes = ["1.1.*"]
without = ["1.1.n01", "1.1.n02"]

[[rule]]
code = "P901"
name = "item-outside-range"
severity = "error"
status = "trial"
applies_to = ["cosmetics-plan"]
params = { share = "40%" }
each = "items"
lines = LINES
when = "total@amount > share"
assert = "low <= amount <= high"
at = "amount"
clause = "7.1"
valid_from = 2026-01-01
valid_to = 2027-12-31
title = { zh = "单项在区间之内", en = "Items are within their ranges" }
message = { zh = "{line}：{left} 元，占比 {share}", en = "{line}: {left} yuan, share {share}" }
fix = { zh = "请调整 {excess} 元", en = "Change it by {excess} yuan" }

[[rule]]
code = "P902"
name = "whole-over-cap"
severity = "info"
params = { most = "500000" }
assert = "total@amount <= most"
headline = true
title = { zh = "总额上限", en = "Cap" }
message = { zh = "{left} 元", en = "{left} yuan" }
fix = { zh = "请调减", en = "Reduce it" }
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A policy of the operator's own, with everything that a rule can say."""
    template = Library().load("cosmetics-plan")
    codes = line_codes(LineSet("items", Text("-"), ("1.1.*",), without=("1.1.n01", "1.1.n02")), template)
    lines = ", ".join(f'"{code}" = {{ low = "1", high = "9{at}" }}' for at, code in enumerate(codes))
    path = tmp_path / "house.toml"
    path.write_text(FULL.replace("LINES", f"{{ {lines} }}"), encoding="utf-8")
    return path


def test_a_policy_of_ones_own_is_listed_instead_of_the_shipped_ones(house: Path) -> None:
    listed = run("rules", "--policy", house).stdout
    assert "P301" not in listed and "本级制度 · house@3" in listed
    (line,) = (line for line in listed.splitlines() if line.startswith("P901"))
    assert "试行" in line and "7.1" in line
    records = json.loads(run("rules", "--policy", house, "--json").stdout)["rules"]
    assert [one["code"] for one in records if one["code"][0] == "P"] == ["P901", "P902"]
    no_file = run("rules", "--policy", house.with_name("none.toml"), code=2)
    assert "none.toml" in no_file.stderr and not no_file.stdout


def test_a_policy_rule_is_explained_with_everything_that_it_says(house: Path) -> None:
    said = run("explain", "p301").stdout
    for words in ("4.2", "集团客户关系费用管理制度（样例）（group-customer-relations@1）", "区域客户关系费用年度预算",
                  "used <= ROUND(sales_target * rate, 2)", "rate = 0.5‰", "used@value", "表头", "× 0.5‰"
                  ):  # fmt: skip
        assert words in re.sub(r"\n\s+", " ", said), words
    assert "{" not in said

    said = run("explain", "P901", "--policy", house).stdout
    for words in ("本级制度（house@3），第 7.1 条", "cosmetics-plan 化妆品营销策划方案费用预算", "集合 items 的每一行",
                  "low <= amount <= high", "条件：total@amount > share", "指向：amount", "share = 40%",
                  "1.1.1 的界限：low = 1, high = 90", "费用项目（1.1.*；不含 1.1.n01, 1.1.n02）",
                  "试行：只提醒，不阻断；转正后为“错误”", "2026-01-01 起，至 2027-12-31", "占比 40%", "请调整 … 元"
                  ):  # fmt: skip
        assert words in said, words
    assert "on trial" in run("explain", "P901", "--policy", house, "--lang", "en").stdout
    assert "hotel-marketing" in run("explain", "P902", "--policy", house).stdout  # which template has total@amount
    record = json.loads(run("explain", "P901", "--policy", house, "--json").stdout)
    assert (record["status"], record["valid_to"]) == ("trial", "2027-12-31")
    assert record["lines"]["1.1.1"] == {"low": "1", "high": "90"}


@pytest.mark.parametrize(("code", "near"), [("P3010", "P301"), ("S11", "near it: S1"), ("p902", "")])
def test_an_unknown_code_is_answered_with_those_near_it(code: str, near: str) -> None:
    said = run("explain", code, code=2).stderr
    assert f"`{code.upper()}`" in said and near in said and "crmxl rules" in said


def test_the_language_may_stand_before_the_command_or_after_it() -> None:
    before, after = run("--lang", "en", "explain", "S110"), run("explain", "S110", "--lang", "en")
    assert before.stdout == after.stdout
    assert run("--lang", "en", "explain", "S110", "--lang", "zh").stdout == run("explain", "S110").stdout


@pytest.mark.parametrize("name", ["cosmetics-plan", "annual-departments"])
def test_shipped_templates_are_sound(name: str) -> None:
    assert "定义无误" in run("check-template", folder("templates") / f"{name}.toml").stdout
    measures = json.loads(run("check-template", name, "--json").stdout)
    assert measures["sound"] and measures["longest_formula"] <= 8192 and measures["lines"] >= 23


def test_an_unsound_template_is_answered_with_every_path(tmp_path: Path) -> None:
    source = (folder("templates") / "cosmetics-plan.toml").read_text(encoding="utf-8")
    path = tmp_path / "cosmetics-plan.toml"
    path.write_text(source.replace('code = "1.1.1"', 'code = "9.9"', 1), encoding="utf-8")
    assert "sheet[0].section[0].group[0].lines[0].code" in run("check-template", path, code=2).stderr
    path.write_text(source.replace("问卷", "调查", 1), encoding="utf-8")
    assert "raise `version`" in run("check-template", path, code=2).stderr


@pytest.mark.parametrize("name", Policies().names())
def test_shipped_policies_are_sound(name: str) -> None:
    path = folder("templates") / "policies" / f"{name}.toml"
    measures = json.loads(run("check-template", path, "--json").stdout)
    policy = Policies().load(name)
    assert (measures["policy"], measures["sound"], measures["rules"]) == (policy.name, True, len(policy.rules))
    assert 0 < measures["longest_formula"] <= 8192 and measures["layouts"] >= 4


def test_a_policy_is_checked_by_name_or_file(house: Path) -> None:
    said = run("check-template", house).stdout
    assert "house@3 定义无误" in said and "其中试行：1" in said
    assert "is sound" in run("check-template", house, "--lang", "en").stdout
    assert json.loads(run("check-template", "group-customer-relations", "--json").stdout)["rules"] == 9


MISTAKES = {
    # what is wrong: (text in FULL, its replacement, place, words of the message)
    "a setting": ('clause = "7.1"', 'clauses = "7.1"', "rule[0].clauses", "`clause` meant?"),
    "an expression": ("low <= amount <=", "low <= amuont <=", "rule[0].assert (position 8)", "`amount` meant?"),
    "a template": ('"cosmetics-plan"', '"cosmetic-plan"', "rule[0].applies_to[0]", "`cosmetics-plan` meant?"),
    "a set": ('codes = ["1.1.*"]', 'codes = ["1.9.*"]', "rule[0].each", "has no line"),
    "a name nowhere": ("total@amount <= most", "whole@amount <= most", "rule[1]", "in no template"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_unsound_policy_is_answered_with_every_path(house: Path, mistake: str) -> None:
    text, instead, place, words = MISTAKES[mistake]
    source = house.read_text(encoding="utf-8")
    assert text in source
    house.write_text(source.replace(text, instead), encoding="utf-8")
    result = run("check-template", house, code=2)
    assert f"house.toml: {place}: " in result.stderr and words in result.stderr and not result.stdout


def test_an_issued_policy_does_not_change_in_its_version(tmp_path: Path) -> None:
    source = (folder("templates") / "policies" / "hotel-marketing.toml").read_text(encoding="utf-8")
    path = tmp_path / "hotel-marketing.toml"
    path.write_text(source.replace('clause = "2.1"', 'clause = "2.2"'), encoding="utf-8")
    said = run("check-template", path, code=2).stderr
    assert said.startswith(f"{tmp_path.name}/hotel-marketing.toml: version: ") and "raise `version`" in said


def test_a_policy_for_ones_own_template_is_checked_beside_it(house: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    template = (folder("templates") / "customer-relations.toml").read_text(encoding="utf-8")
    (own / "inn.toml").write_text(template.replace('id = "customer-relations"', 'id = "inn"'), encoding="utf-8")
    ours = (folder("templates") / "policies" / "group-customer-relations.toml").read_text(encoding="utf-8")
    ours = ours.replace('id = "group-customer-relations"', 'id = "inn"').replace('["customer-relations"]', '["inn"]')
    house.write_text(ours, encoding="utf-8")
    assert "there is no template `inn`" in run("check-template", house, code=2).stderr
    assert "定义无误" in run("check-template", house, "--templates", own).stdout


# ---- generate ----------------------------------------------------------------------------------------------------


def test_a_workbook_is_made_and_its_path_printed(tmp_path: Path) -> None:
    path = tmp_path / "新" / "a.xlsx"
    result = run("generate", "cosmetics-plan", "--unit", "华南区域", "--year", 2026, "--data", SAMPLE, "-o", path)
    assert result.stdout == f"{path}\n"
    assert "133,000.00" in result.stderr and "通过" in result.stderr
    assert openpyxl.load_workbook(path).sheetnames[0] == "填报说明"


def test_the_same_command_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = generated(tmp_path / "a.xlsx"), generated(tmp_path / "b.xlsx")
    assert one.read_bytes() == other.read_bytes()


def test_a_name_that_nobody_chose_replaces_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = ("generate", "cosmetics-plan", "--unit", "华南/区域", "--year", 2026)
    assert run(*command).stdout == "cosmetics-plan-华南_区域-2026.xlsx\n"
    assert "-o" in run(*command, code=2).stderr


def test_parts_first_month_and_phase_shape_the_workbook(tmp_path: Path) -> None:
    path = tmp_path / "hr.xlsx"
    data = tmp_path / "data.json"
    data.write_text('{"1.1@amount": "1000.00"}', encoding="utf-8")
    options = ("--parts", "hr", "--first-month", 7, "--data", data, "--phase", "even", "-o", path)
    run("generate", "annual-departments", "--year", 2026, "--unit", "R01", "--unit-name", "人力资源部", *options)
    (record,) = json.loads(run("validate", path, "--json").stdout)["files"]
    assert (record["unit"], record["unit_name"], record["total"]) == ("R01", "人力资源部", "1000.00")
    assert record["verdict"] == "ok"


def test_labels_speak_english_when_asked(tmp_path: Path) -> None:
    path = generated(tmp_path / "a.xlsx", "--lang", "en")
    assert openpyxl.load_workbook(path).sheetnames[0] == "Guide"


def test_the_budget_year_is_the_next_one_from_july() -> None:
    assert (budget_year(date(2026, 6, 30)), budget_year(date(2026, 7, 1))) == (2026, 2027)


def test_bad_data_is_answered_with_its_keys(tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    data.write_text('{"1.1.1@amount": "1万", "1.1.9@amount": 1}', encoding="utf-8")
    said = run("generate", "cosmetics-plan", "--data", data, "-o", tmp_path / "a.xlsx", code=2).stderr
    assert "1.1.1@amount" in said and "1.1.9@amount" in said
    assert not (tmp_path / "a.xlsx").exists()


# ---- wrong usage -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("validate",),
        ("validate", "nowhere.xlsx"),
        ("consolidate", "nowhere", "-o", "a.xlsx"),
        ("generate", "cosmetics"),
        ("generate", "cosmetics-plan", "--year", "1999"),
        ("generate", "cosmetics-plan", "--data", "nowhere.json", "-o", "a.xlsx"),
        ("generate", "cosmetics-plan", "--parts", "nine", "-o", "a.xlsx"),
        ("explain", "Z999"),
        ("schema", "nonsense"),
        ("check-template", "nowhere.toml"),
        ("--lang", "fr", "rules"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_message_on_stderr_and_exit_code_2(
    arguments: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments, code=2)
    assert result.stderr.strip() and not result.stdout
    assert not list(tmp_path.iterdir())


def test_binary_forms_need_a_file_and_suffixes_must_be_known(tmp_path: Path) -> None:
    path = generated(tmp_path / "a.xlsx")
    assert "-o" in run("validate", path, "--format", "xlsx", code=2).stderr
    assert "-o" in run("consolidate", path, "--format", "parquet", code=2).stderr
    assert "--format" in run("validate", path, "-o", tmp_path / "a.pdf", code=2).stderr


def test_an_output_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    path = generated(tmp_path / "a.xlsx")
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "file" in run("validate", path, "-o", tmp_path / "file" / "b.json", code=2).stderr


# ---- validate ----------------------------------------------------------------------------------------------------


def test_a_good_workbook_is_clean(tmp_path: Path) -> None:
    result = run("validate", generated(tmp_path / "a.xlsx"))
    assert "通过" in result.stdout and "133,000.00" in result.stdout and not result.stderr


def test_totals_typed_over_formulas_are_named_with_both_cells(faulty: Path) -> None:
    said = run("validate", faulty, code=1).stdout
    for words in ("费用预算!C61", "26,000.00", "25,000.00", "费用预算!C62", "134,000.00", "133,000.00", "1,000.00"):
        assert words in said, words
    (record,) = json.loads(run("validate", faulty, "--format", "json", code=1).stdout)["files"]
    assert [(one["code"], one["key"]) for one in record["findings"]] == [("S110", "4@amount"), ("S110", "total@amount")]
    assert record["total"] == "133000.00"


def test_a_broken_file_stops_no_batch(returned: Path) -> None:
    result = run("validate", returned, "--json", code=1)
    document = json.loads(result.stdout)
    assert shape_problems(document, "findings") == ()
    verdicts = {Path(one["file"]).name: one["verdict"] for one in document["files"]}
    unreadable = dict.fromkeys(("旧.xls", "截断.xlsx", "空.xlsx"), "unreadable")
    assert verdicts == {"华南区域.xlsx": "ok", "集团样例.xlsx": "errors", **unreadable}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_stops_no_batch(returned: Path) -> None:
    (returned / "空.xlsx").chmod(0)
    assert len(json.loads(run("validate", returned, "--json", code=1).stdout)["files"]) == 5


def test_a_lock_file_is_answered_when_named(returned: Path) -> None:
    (record,) = json.loads(run("validate", returned / "~$华南区域.xlsx", "--json", code=1).stdout)["files"]
    assert record["verdict"] == "unreadable"


@pytest.mark.parametrize(("fail_on", "code"), [("error", 1), ("warning", 1), ("never", 0)])
def test_the_exit_code_follows_fail_on(faulty: Path, fail_on: str, code: int) -> None:
    run("validate", faulty, "--fail-on", fail_on, code=code)


def test_warnings_fail_only_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    run("generate", "cosmetics-plan", "--year", 2026, "--data", SAMPLE, "-o", path)
    assert "I104" in run("validate", path).stdout
    run("validate", path, "--fail-on", "warning", code=1)


@pytest.mark.parametrize("suffix", [".json", ".csv", ".xlsx", ".txt"])
def test_findings_are_saved_in_the_form_that_the_suffix_says(returned: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"问题{suffix}"
    result = run("validate", returned, "-o", path, code=1)
    assert not result.stdout and str(path) in result.stderr and "无法读取 3" in result.stderr
    data = path.read_bytes()
    if suffix == ".json":
        assert len(json.loads(data)["files"]) == 5
    elif suffix == ".csv":
        assert len(list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))) == 7
    elif suffix == ".xlsx":
        assert openpyxl.load_workbook(path).sheetnames == ["概况", "问题"]
    else:
        assert "\x1b" not in data.decode()


def test_marked_copies_go_to_a_folder_of_their_own(returned: Path, tmp_path: Path) -> None:
    copies = tmp_path / "退回"
    run("validate", returned, "--annotate", copies, code=1)
    assert [path.name for path in copies.iterdir()] == ["集团样例-问题.xlsx"]
    assert "问题清单" in openpyxl.load_workbook(copies / "集团样例-问题.xlsx").sheetnames
    assert "副本" in run("validate", returned, "--annotate", returned / "退回", code=2).stderr


def test_findings_speak_english_when_asked(faulty: Path) -> None:
    assert "Formula was changed" in run("validate", faulty, "--lang", "en", code=1).stdout


# ---- consolidate -------------------------------------------------------------------------------------------------


def test_what_does_not_pass_is_left_out_of_the_total_and_named(returned: Path, tmp_path: Path) -> None:
    path = tmp_path / "汇总.json"
    result = run("consolidate", returned, "-o", path, code=1)
    assert "133,000.00" in result.stdout and "未纳入" in result.stdout and "集团样例" in result.stdout
    totals = json.loads(path.read_bytes())
    assert totals["total"] == "133000.00"
    assert [one["unit"] for one in totals["units"]] == ["华南区域"]
    assert len(totals["left_out"]) == 4


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".json", ".parquet"])
def test_totals_are_saved_in_the_form_that_the_suffix_says(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"汇总{suffix}"
    result = run("consolidate", generated(tmp_path / "a.xlsx"), "-o", path)
    assert path.stat().st_size > 100 and str(path) in result.stderr


@pytest.mark.parametrize("form", ["json", "csv"])
def test_totals_on_stdout_are_data_alone(tmp_path: Path, form: str) -> None:
    result = run("consolidate", generated(tmp_path / "a.xlsx"), "--format", form)
    assert "集团合计" in result.stderr and "集团合计" not in result.stdout
    rows: Any = json.loads(result.stdout) if form == "json" else list(csv.reader(io.StringIO(result.stdout)))
    assert rows


def test_without_an_output_the_totals_are_shown(tmp_path: Path) -> None:
    assert "133,000.00" in run("consolidate", generated(tmp_path / "a.xlsx")).stdout


def test_identical_files_count_once(tmp_path: Path) -> None:
    one = generated(tmp_path / "a.xlsx")
    (tmp_path / "b.xlsx").write_bytes(one.read_bytes())
    assert json.loads(run("consolidate", tmp_path, "--json").stdout)["total"] == "133000.00"


# ---- the demonstration -------------------------------------------------------------------------------------------


def test_the_demo_runs_the_whole_loop(tmp_path: Path) -> None:
    ran = run("demo", tmp_path / "d")
    said = ran.stdout
    for words in ("不通过", "费用预算!C61", "1,449,229.80", "12,763,343.82", "未纳入汇总 1 个文件", "4-汇总"):
        assert words in said, words
    assert "[P301]" in said and "[E102]" in said and "1,081,253.00" in said and "通过 7；其中零申报 1" in ran.stderr
    made = {path.relative_to(tmp_path / "d").parts[0] for path in (tmp_path / "d").rglob("*.xlsx")}
    assert made == {"1-下发", "2-上报", "3-问题", "4-汇总", "5-轮次"}
    totals = json.loads((tmp_path / "d" / "4-汇总" / "集团汇总.json").read_bytes())
    assert [one["unit"] for one in totals["left_out"]] == ["集团样例"]
    run("validate", tmp_path / "d" / "2-上报", code=1)
    round = tmp_path / "d" / "5-轮次"
    board = json.loads(run("status", "--round", round, "--json").stdout)
    assert {unit["state"] for unit in board["units"]} == {"approved"} and len(board["units"]) == 7
    run("ledger", "verify", "--round", round)


def test_the_demo_speaks_english_when_asked_and_replaces_no_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the first samples: all of them take most of a minute, and speak Chinese in the test above."""
    few = list(islice(samples("en"), 8))
    monkeypatch.setattr("crmxl.commands.loop.samples", lambda lang: few)
    (tmp_path / "5-round").mkdir()
    said = run("--lang", "en", "demo", tmp_path).stdout
    assert "Group total" in said and "5-round-2" in said and not list((tmp_path / "5-round").iterdir())


def test_typing_over_a_formula_changes_that_cell_alone() -> None:
    sheet = b'<row r="3"><c r="C3" s="7"><f>SUM(C1:C2)</f><v>5</v></c><c r="C33" s="7"><f>C3</f><v>5</v></c></row>'
    typed = set_cell(sheet, "C3", Fraction(26000))
    assert typed == sheet.replace(b"<f>SUM(C1:C2)</f><v>5</v>", b"<v>26000</v>")
    with pytest.raises(ValueError, match="D9"):
        set_cell(sheet, "D9", "x")


# ---- files -------------------------------------------------------------------------------------------------------


def test_folders_are_searched_and_files_named_are_taken_once(returned: Path) -> None:
    found = [path.relative_to(returned).as_posix() for path in workbooks_in([returned / "空.xlsx", returned])]
    assert sorted(found) == sorted(["空.xlsx", "华南区域.xlsx", "截断.xlsx", "旧.xls", "更多/集团样例.xlsx"])
    assert found[0] == "空.xlsx" and found[1:] == sorted(found[1:])


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    for name in (".a.xlsx", ".git/b.xlsx", "c.XLSX", "d.csv", "e.html", "f.et", "g.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in workbooks_in([tmp_path])] == ["c.XLSX", "d.csv", "e.html", "f.et"]


def test_missing_paths_and_empty_folders_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "空").mkdir()
    with pytest.raises(CrmxlError) as caught:
        workbooks_in([tmp_path / "无", tmp_path / "空"])
    assert "无" in str(caught.value) and "空" in str(caught.value)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    write_atomically(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(CrmxlError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.xlsx"]
