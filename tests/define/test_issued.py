"""An issued version never changes: every word is in its fingerprint, comments and layout are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmxl.define.issued import check_issued, fingerprint, main, read_issued, write_issued
from crmxl.define.library import Library
from crmxl.define.template import load_template
from crmxl.errors import CrmxlError
from crmxl.model import Template
from tests.define.test_template import write
from tests.define.unsound import SOUND

CHANGES = {
    "a title": ('zh = "乙"', 'zh = "丁"'),
    "an English title": ('en = "Plan"', 'en = "Plans"'),
    "a code": ('code = "1.2.1"', 'code = "1.2.2"'),
    "a limit": ("maximum = 10", "maximum = 11"),
    "an expression": ('"quantity * unit_price"', '"quantity * unit_price * 2"'),
    "the number of blank lines": ("open = 2", "open = 3"),
    "a type": ('"integer"', '"quantity"'),
    "the code that a line had": ('zh = "乙" }', 'zh = "乙" }, was = "1.2.9"'),
    "a switch": ("issued = true", "issued = false"),
}


def template(folder: Path, text: str = SOUND) -> Template:
    return load_template(write(folder, text))


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_meaning_changes_the_fingerprint(tmp_path: Path, old: str, new: str) -> None:
    assert SOUND.count(old) == 1
    assert fingerprint(template(tmp_path)) != fingerprint(template(tmp_path, SOUND.replace(old, new)))


def test_comments_blank_lines_and_defaults_written_out_do_not(tmp_path: Path) -> None:
    same = "# a comment\n" + SOUND.replace("rows = 3", "\nrows = 3 # three").replace("maximum = 10", "maximum = 10.0")
    same = same.replace("months = true", "months = true, required = false, minimum = 0")
    assert fingerprint(template(tmp_path)) == fingerprint(template(tmp_path, same))


def test_a_listed_version_that_differs_is_a_problem_at_its_version(tmp_path: Path) -> None:
    sound = template(tmp_path)
    issued = {sound.name: fingerprint(sound)}
    assert check_issued(sound, issued) is None
    changed = template(tmp_path, SOUND.replace('zh = "乙"', 'zh = "丁"'))
    problem = check_issued(changed, issued)
    assert problem is not None
    assert str(problem).startswith("templates/small.toml: version: version 1 was issued and differs")
    raised = template(tmp_path, SOUND.replace('zh = "乙"', 'zh = "丁"').replace("version = 1", "version = 2"))
    assert check_issued(raised, issued) is None


def test_writing_adds_new_versions_and_changes_no_line(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    listed = tmp_path / "ISSUED"
    listed.write_text("# kept\nold@1 abc", encoding="utf-8")
    folder = tmp_path / "templates"
    (added,) = write_issued(Library(folder), listed)
    assert added.startswith("small@1 ")
    assert listed.read_text(encoding="utf-8") == f"# kept\nold@1 abc\n{added}\n"
    assert write_issued(Library(folder), listed) == ()


def test_writing_refuses_a_changed_version_and_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, SOUND)
    listed = tmp_path / "ISSUED"
    listed.write_text("small@1 abc\n", encoding="utf-8")
    with pytest.raises(CrmxlError, match="raise `version`"):
        write_issued(Library(tmp_path / "templates"), listed)
    assert listed.read_text(encoding="utf-8") == "small@1 abc\n"


@pytest.mark.parametrize("line", ["small@1", "a@1 x y", "old@1 abc"])
def test_a_line_that_cannot_be_read_is_told_with_its_number(tmp_path: Path, line: str) -> None:
    (tmp_path / "ISSUED").write_text(f"old@1 abc\n{line}\n", encoding="utf-8")
    with pytest.raises(CrmxlError, match="templates/ISSUED: line 2"):
        read_issued(tmp_path / "ISSUED")


def test_the_command_prints_what_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert printed.items() <= read_issued().items()


def test_the_command_refuses_other_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--force"]) == 2
    assert "usage" in capsys.readouterr().err
