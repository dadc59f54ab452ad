"""The shape of the code holds: imports go one way, each library has one door, words are complete."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmxl.catalogue import FAMILIES, catalogue, entry, finding, word
from crmxl.errors import CrmxlError

PACKAGE = Path(__file__).parent.parent / "crmxl"
ORDER = (
    "errors",
    "model",
    "signs",
    "money",
    "expression",
    "policy",
    "catalogue",
    "resources",
    "files",
    "processes",
    "define",
    "issue",
    "receive",
    "check",
    "group",
    "report",
    "demo",
    "commands",
    "cli",
)
"""Each may import those before it."""
DOORS = {
    "xlsxwriter": {"issue/book.py"},
    "jsonschema": {"define/shape.py"},
    "lark": {"expression/parsing.py"},
    "pebble": {"check/batch.py"},
}
"""Libraries that one module alone may import."""
FOLDERS = {"pandas": "group", "click": "cli commands", "sqlalchemy": "group"}
"""Libraries that one part alone may import."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """What a module imports when it runs; imports for type checkers alone do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for statement in tree.body:
        if isinstance(statement, ast.If) and isinstance(statement.test, ast.Name):
            statement.body = []  # if TYPE_CHECKING
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    here = part(path)
    if here in ("__init__", "__main__"):
        return
    for name in imports(path):
        steps = name.split(".")
        if (
            steps[0] == "crmxl"
            and len(steps) > 1
            and (PACKAGE / steps[1]).exists() | (PACKAGE / f"{steps[1]}.py").exists()
        ):
            assert ORDER.index(steps[1]) <= ORDER.index(here), f"{here} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_library_has_one_door(path: Path) -> None:
    place = path.relative_to(PACKAGE).as_posix()
    for name in imports(path):
        library = name.split(".")[0]
        assert place in DOORS.get(library, {place}), f"{place} imports {library}"
        assert part(path) in FOLDERS.get(library, part(path)), f"{place} imports {library}"


def test_no_file_grows_past_400_lines_or_has_a_name_that_says_nothing() -> None:
    for path in modules():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path
        assert path.stem not in {"utils", "util", "helpers", "common", "base", "manager", "misc"}, path


def test_every_finding_has_all_its_words_in_both_languages() -> None:
    for code, record in catalogue().items():
        assert code[0] in FAMILIES
        assert code == record.code
        assert record.name == record.name.lower().replace(" ", "-")
        assert record.why.zh and record.why.en and "！" not in record.why.zh and "!" not in record.why.en, code
        for words in map(record.words, ("", *record.variants)):
            for text in (words.title, words.message, words.fix):
                assert text.zh and text.en, code
                assert "！" not in text.zh and "!" not in text.en, code
                assert placeholders(text.zh) == placeholders(text.en), code
    assert len({record.name for record in catalogue().values()}) == len(catalogue())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_code_that_is_raised_is_in_the_catalogue_and_every_entry_is_raised() -> None:
    texts = {
        node.value
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {text for text in texts if re.fullmatch(rf"[{''.join(FAMILIES)}][0-9]{{3}}", text)} == set(catalogue())
    assert {name for record in catalogue().values() for name in record.variants} <= texts


def test_a_variant_says_what_it_leaves_out_as_the_main_wording_does() -> None:
    record = entry("S110")
    assert record.words("typed").message != record.message and record.words("typed").fix == record.fix
    assert word(finding("S110", variant="cleared", expected="5.00", issued="=A1"), "zh").message.startswith(
        "公式被清空"
    )
    with pytest.raises(KeyError):
        finding("S110", variant="no such wording")


def test_a_finding_is_worded_with_what_was_found() -> None:
    found = finding("E102", found="1万", reason="x")
    assert "1万" in word(found, "zh").message
    assert "1万" in word(found, "en").message
    assert entry("e102").code == "E102"
    with pytest.raises(CrmxlError, match="Z999"):
        entry("Z999")
