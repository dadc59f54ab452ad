"""Names of what is written come from the names of files, made safe, never from what is in a workbook."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as some

from crmxl.check.verdict import Report
from crmxl.cli import main
from crmxl.issue.stamp import Stamp
from crmxl.model import Assignment
from crmxl.receive.submission import Submission
from crmxl.report.findings_copy import copy_names

HOSTILE = (
    "=cmd|' C calc'!A0",
    "CON",
    "nul.tar",
    "a\\b",
    "a:b*c?d",
    "\x1b[2J\x1b[31m红",
    "行一\n通过  假.xlsx",
    "\u202excod.exe",
    "长" * 80,
    "a&b&P",
    "-rf",
)
"""Names that Linux takes, without the suffix; ``\\xff`` is added, which is no text."""


def run(*arguments: str | os.PathLike[str]) -> Result:
    result = CliRunner().invoke(main, [os.fspath(one) for one in arguments], prog_name="crmxl")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def returned(file: str) -> Report:
    return Report(Submission(file=file, digest=""), ())


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same unfinished workbook under every hostile name."""
    folder = tmp_path_factory.mktemp("names")
    blank = folder / "blank.xlsx"
    assert run("generate", "cosmetics-plan", "--unit", "甲", "--year", "2026", "-o", blank).exit_code == 0
    inside = folder / "inbox"
    inside.mkdir()
    for name in (*(one.encode() for one in HOSTILE), b"\xff"):
        (Path(os.fsdecode(os.path.join(os.fsencode(inside), name + b".xlsx")))).write_bytes(blank.read_bytes())
    return inside


def test_copies_of_hostile_names_are_all_written_with_names_for_any_system(inbox: Path, tmp_path: Path) -> None:
    before = sorted(os.listdir(inbox))
    result = run("validate", inbox, "--annotate", tmp_path / "copies")
    assert result.exit_code == 1
    made = os.listdir(tmp_path / "copies")
    assert len(made) == len(HOSTILE) + 1 == len({name.casefold() for name in made})
    for name in made:
        assert name.isprintable() and not set(name) & set('<>:"/\\|?*') and not name.startswith((".", "~"))
        assert name.endswith("-问题.xlsx") and len(name.encode()) <= 255
        assert name.partition(".")[0].partition("-")[0].upper() not in {"CON", "NUL"}
    assert sorted(os.listdir(inbox)) == before and os.listdir(tmp_path) == ["copies"]


def test_no_name_reaches_the_terminal_as_a_command_or_as_a_line_of_its_own(inbox: Path) -> None:
    for arguments in (("validate", inbox), ("consolidate", inbox)):
        shown = run(*arguments).stdout
        assert "\x1b" not in shown and "\u202e" not in shown
        assert "<U+001B>[2J" in shown.replace("\n", "").replace(" ", "")
        assert not any(line.startswith("通过") for line in shown.splitlines())


def test_a_default_name_is_a_plain_name_in_the_present_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for unit in ("../up", "..\\down", "/etc/x", "C:\\x", "CON", "a.", "..", "=1+1", "a|b", "長" * 60):
        assert run("generate", "cosmetics-plan", "--unit", unit, "--year", "2026").exit_code == 0, unit
    assert os.listdir(tmp_path) == ["here"]
    for name in os.listdir("."):
        assert (
            name.startswith("cosmetics-plan-") and name.endswith("-2026.xlsx")
        ) or name == "cosmetics-plan-2026.xlsx"
        assert not set(name) & set('<>:"/\\|?*')


@pytest.mark.parametrize("unit", ["a\nb", "a\x1b[2Jb", "a\u202eb", "a\u200bb", "a\x00b", "x" * 61])
def test_a_unit_that_cannot_be_seen_or_is_too_long_is_refused(unit: str, tmp_path: Path) -> None:
    result = run("generate", "cosmetics-plan", "--unit", unit, "-o", tmp_path / "a.xlsx")
    assert result.exit_code == 2 and "--unit" in result.stderr and not os.listdir(tmp_path)


@given(some.lists(some.text(some.characters(), min_size=1, max_size=260), max_size=8))
def test_no_two_copies_have_one_name_on_any_system(stems: list[str]) -> None:
    names = copy_names([returned(f"上报/{stem}.xlsx") for stem in stems])
    seen = [unicodedata.normalize("NFKC", name).casefold() for name in names]
    assert len(set(seen)) == len(stems) == len(names)
    assert all(len(name.encode()) <= 255 and os.path.basename(name) == name and name.isprintable() for name in names)


@pytest.mark.parametrize(
    "files",
    [("甲/a.xlsx", "乙/A.XLSX"), ("é.xlsx", "e\u0301.xlsx"), ("a?.xlsx", "a*.xlsx"), ("ａ.xlsx", "a.xlsx")],
)
def test_files_whose_names_are_alike_somewhere_get_different_copies(files: tuple[str, str]) -> None:
    first, second = copy_names([returned(file) for file in files])
    assert first.casefold() != second.casefold() and second.endswith("-问题-2.xlsx")


def test_the_name_of_a_copy_owes_nothing_to_the_workbook() -> None:
    stamp = Stamp("cosmetics-plan", 1, "", Assignment(unit="../../x", unit_name="/etc/passwd", year=2026))
    plain = returned("甲.xlsx")
    said = replace(plain, submission=replace(plain.submission, stamp=stamp))
    assert copy_names([said]) == copy_names([plain]) == ["甲-问题.xlsx"]
