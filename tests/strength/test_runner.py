"""The mutation runner really puts mistakes in place: in functions, tables, patterns, defaults, methods, caches."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.strength.modules import MUTATED, explained
from tests.strength.mutants import mutants
from tests.strength.swap import NotApplied, Original

ROOT = Path(__file__).parents[2]
SOURCE = '''"""Made up."""

import re
from functools import cached_property, lru_cache

LIMIT = 10
WORD = re.compile("[ab]+")


def shape(part):
    return re.compile(f"x{part}")


SHAPE = shape("y")


def within(value, most=3):
    return value < LIMIT and value < most + 100


@lru_cache
def twice(value):
    return value * 2


def maker(name):
    def made(value):
        return f"{name}{value + 1}"

    return made


TABLE = {"one": maker("n"), "two": lambda value: value - 1}


class Thing:
    size: int = 5

    @property
    def half(self):
        return self.size / 2

    @cached_property
    def more(self):
        return self.size + 1

    def less(self):
        return self.size - 1
'''


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "made_up.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("made_up")
    del sys.modules["made_up"]


@pytest.mark.parametrize(
    ("old", "new", "expression", "before", "after"),
    [
        ("LIMIT = 10", "LIMIT = 11", "m.within(10)", False, True),
        ("[ab]+", "[AB]+", "bool(m.WORD.match('A'))", False, True),
        ('f"x{part}"', 'f"z{part}"', "bool(m.SHAPE.match('zy'))", False, True),
        ("most=3", "most=-99", "m.within(5)", True, False),
        ("value < LIMIT", "value <= LIMIT", "m.within(10)", False, True),
        ("value * 2", "value * 3", "m.twice(2)", 4, 6),
        ("value + 1", "value + 2", "m.TABLE['one'](1)", "n2", "n3"),
        ("value - 1", "value + 1", "m.TABLE['two'](1)", 0, 2),
        ("self.size / 2", "self.size * 2", "m.Thing().half", 2.5, 10),
        ("self.size + 1", "self.size + 2", "m.Thing().more", 6, 7),
        ("self.size - 1", "self.size + 1", "m.Thing().less()", 4, 6),
    ],
)
def test_a_mistake_takes_effect_wherever_it_stands(
    made: ModuleType, old: str, new: str, expression: str, before: object, after: object
) -> None:
    held = {"m": made}
    original = Original(made)
    original.become(f"{SOURCE}\n")
    assert eval(expression, held) == before
    made.twice.cache_clear()
    assert SOURCE.count(old) == 1
    original.become(SOURCE.replace(old, new))
    assert eval(expression, held) == after


def test_a_closure_that_would_need_other_variables_is_not_tried(made: ModuleType) -> None:
    with pytest.raises(NotApplied):
        Original(made).become(SOURCE.replace('f"{name}{value + 1}"', 'f"{value + 1}"'))


def test_every_kind_of_code_has_mutants_and_types_have_none(tmp_path: Path) -> None:
    path = tmp_path / "made_up.py"
    path.write_text(SOURCE, encoding="utf-8")
    found = mutants(path)
    lines = {SOURCE.splitlines()[mutant.line - 1].strip() for mutant in found}
    assert {"LIMIT = 10", 'WORD = re.compile("[ab]+")', "return value * 2", "return self.size / 2"} <= lines
    assert "size: int = 5" not in lines
    assert len({mutant.name for mutant in found}) == len(found)
    assert all(mutant.text != SOURCE for mutant in found)


def test_what_is_explained_is_a_mutant_of_today() -> None:
    told = explained()
    there = {mutant.name for name in MUTATED for mutant in mutants(ROOT / name)}
    assert {name for name in told if f"{ROOT.as_posix()}/{name}" not in there} == set()


@pytest.mark.slow
def test_no_mistake_in_the_nodes_of_expressions_stays_unseen() -> None:
    command = [sys.executable, "-m", "tests.strength", "crmxl/expression/nodes.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "100.0%" in done.stdout
