"""What the guides show works: templates, policies, rounds and waivers in docs/, and every command that is shown."""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from crmxl.cli import main
from crmxl.define.issued_policies import check_issued
from crmxl.define.library import Library
from crmxl.define.policies import Policies, check_policy
from crmxl.define.policy import load_policy
from crmxl.define.round import load_round
from crmxl.policy import Status

ROOT = Path(__file__).parent.parent
SOURCES = ("README.md", "docs/guide.md", "docs/rounds.md", "docs/templates.md", "docs/policies.md")
"""Files with command lines in plain fenced blocks."""
PLANNED = {
    "filer@value": "陈洁",
    "1.1.1@amount": "100000.00",
    "1.1.1@amount.06": "100000.00",
    "1.1.1@last_year": "95000.00",
    "1.1.1@basis": "节日关怀 500 户 × 200 元",
    "activities.001@kind": "定制化服务",
    "activities.001@what": "入住纪念册",
    "activities.001@persons": "10",
    "activities.001@unit_price": "600.00",
}
"""A plan at the cap, with tailored service above what the guide's new rule allows."""


def blocks(file: str, kind: str) -> list[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


def commands(file: str) -> list[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = [line for block in re.split(r"```", text)[1::2] for line in block.splitlines()]
    return [line.partition("#")[0].strip() for line in lines if line.startswith("crmxl ")]


def test_the_template_of_the_authors_guide_is_sound_and_gives_a_workbook(tmp_path: Path) -> None:
    (source,) = blocks("docs/templates.md", "toml")
    path = tmp_path / "travel.toml"
    path.write_text(source, encoding="utf-8")
    assert CliRunner().invoke(main, ["check-template", str(path)]).exit_code == 0
    made = tmp_path / "差旅.xlsx"
    arguments = ["generate", str(path), "--unit", "华南区域", "--year", "2026", "-o", str(made)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert made.exists()


def test_the_data_of_the_user_guide_names_real_keys() -> None:
    (source,) = blocks("docs/guide.md", "json")
    keys = set(json.loads(source))
    columns = {key.rpartition("@")[2] for key in keys}
    assert columns == {"amount", "basis", "amount.03"}


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "marketing-cap.toml"
    path.write_text(blocks("docs/policies.md", "toml")[0], encoding="utf-8")
    return path


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The shipped policy with the record that the guide adds, made as the guide says."""
    source = (ROOT / "templates" / "policies" / "group-customer-relations.toml").read_text(encoding="utf-8")
    record = blocks("docs/policies.md", "toml")[1]
    assert record.startswith("# 新制度/group-customer-relations.toml") and source.count("version = 1") == 1
    path = tmp_path / "新制度" / "group-customer-relations.toml"
    path.parent.mkdir()
    path.write_text(f"{source.replace('version = 1', 'version = 2')}\n{record}", encoding="utf-8")
    return path


@pytest.fixture
def round_folder(tmp_path: Path) -> Path:
    """The round of the guide, every file from its block."""
    _, _, *settings = blocks("docs/policies.md", "toml")
    (units,) = blocks("docs/policies.md", "csv")
    for source in settings:
        path = tmp_path / source.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
    folder = tmp_path / "2026年度"
    (folder / "units.csv").write_text(units, encoding="utf-8")
    (folder / "round.key").write_bytes(b"0123456789abcdef0123456789abcdef")
    return folder


def test_the_policies_of_the_policy_guide_are_sound(small: Path, changed: Path) -> None:
    for path in (small, changed):
        policy = load_policy(path)
        assert check_policy(policy, Library()) == ()
        assert check_issued(policy) is None
        run("check-template", path)
    codes = {rule.code for policy in Policies().all() for rule in policy.rules}
    assert not codes & {"P310", "P991"}, "the guide shows codes that are taken now"


def test_the_mistake_of_the_policy_guide_is_told_word_for_word(
    changed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, mark, tail = changed.read_text(encoding="utf-8").rpartition('"unit_price <= ceiling"')
    assert mark
    changed.write_text(f'{head}"unit_prise <= ceiling"{tail}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (said,) = blocks("docs/policies.md", "text")
    assert run("check-template", changed.relative_to(tmp_path), code=2) == said


def test_the_round_of_the_policy_guide_loads(round_folder: Path) -> None:
    found = load_round(round_folder)
    assert [unit.code for unit in found.units] == ["HN", "SZ"]
    assert found.limits["P301"]["城市"]["rate"].text == "0.4‰"
    assert [(waiver.rule, waiver.unit, waiver.until) for waiver in found.waivers] == [("P301", "HN", "2026-12-31")]
    shown = (
        (ROOT / "docs" / "policies.md").read_text(encoding="utf-8").partition("\n2026年度/\n")[2].partition("```")[0]
    )
    names = {line.split()[0].strip("/") for line in shown.splitlines()}
    assert {path.name for path in round_folder.iterdir()} == names - {"policies", "templates"}


def test_the_new_rule_of_the_policy_guide_is_tried_and_then_put_into_the_round(
    changed: Path, round_folder: Path, tmp_path: Path
) -> None:
    data, path = tmp_path / "data.json", tmp_path / "HN.xlsx"
    data.write_text(json.dumps(PLANNED), encoding="utf-8")
    generate = ("generate", "customer-relations", "--round", round_folder, "--unit", "HN", "--data", data)
    run(*generate, "-o", path)
    validate = ("validate", path, "--round", round_folder, "--format", "json")
    (change,) = json.loads(run(*validate, "--policy", changed, "--compare", code=1))["changes"]
    assert (change["rule"], change["newly"], change["actual"], change["bound"]) == ("P310", "fails", "600.00", "500.00")
    assert load_policy(changed).rules[-1].status is Status.TRIAL

    (round_folder / "policies").mkdir()
    changed.rename(round_folder / "policies" / changed.name)
    run(*generate, "-o", tmp_path / "新.xlsx")
    for book in (path, tmp_path / "新.xlsx"):
        (file,) = json.loads(run("validate", book, *validate[2:]))["files"]
        found = {finding["code"]: finding["severity"] for finding in file["findings"]}
        assert found["P310"] == "warning" and file["verdict"] == "warnings"


@pytest.mark.parametrize("file", SOURCES)
def test_every_command_that_is_shown_exists_with_its_options(file: str) -> None:
    shown = commands(file)
    assert shown
    for line in shown:
        words = shlex.split(line)[1:]
        command = main.commands[words[0]]
        if isinstance(command, click.Group):
            command = command.commands[words[1]]
        known = {option for parameter in command.params for option in parameter.opts}
        for word in words[1:]:
            if word.startswith("-"):
                assert word in known, line
        if words[0] in ("generate", "schema") and not words[1].endswith(".toml"):
            assert words[1] in Library().names(), line
        for option, value in pairwise(words):
            if option == "--data":
                assert (ROOT / value).exists(), line
