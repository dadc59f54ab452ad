"""Mutants of a module: its text with one small mistake each, made by mutmut's operators.

mutmut itself tries only what runs inside plain functions. Here the tables, patterns and decorated functions count too:
a wrong regular expression is as wrong as a wrong comparison.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import Mutation, MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

_TYPES = ("TypeAlias", "TypeVar", "TYPE_CHECKING", "__all__")
"""Top-level statements that nothing runs by."""


@dataclass(frozen=True)
class Mutant:
    """One mistake."""

    path: Path
    line: int
    before: str
    after: str
    text: str
    """The whole module with it."""
    everywhere: bool
    """Whether it is in a value of the module, which any of its functions may use."""
    again: int
    """Which of several that look the same, from 0: a line may hold a mistake twice."""

    @property
    def name(self) -> str:
        """What it is known by as long as its line says the same, wherever the line stands."""
        more = f" #{self.again + 1}" if self.again else ""
        return f"{self.path.as_posix()}: {self.before} → {self.after}{more}"


class _Everywhere(MutationVisitor):
    """Mutates decorated functions too, since nothing here wraps functions up."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and node.decorators:
            return False
        return bool(super()._skip_node_and_children(node))


def mutants(path: Path) -> list[Mutant]:
    """All mutants of the module at ``path``, in its order; those of declarations, which nothing runs, left out."""
    source = path.read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = _Everywhere(mutation_operators, IgnoredCode(set(), set(), set()))
    module = wrapper.visit(visitor)
    positions = wrapper.resolve(PositionProvider)
    lines = source.splitlines()
    running = _running(ast.parse(source))
    found: list[Mutant] = []
    seen: dict[tuple[str, str], int] = {}
    for mutation in visitor.mutations:
        at = positions[mutation.original_node].start.line
        if at not in running:
            continue
        text = _replaced(module, lines, positions[mutation.original_node], mutation)
        before, after = _difference(lines, text.splitlines())
        again = seen.get((before, after), 0)
        seen[before, after] = again + 1
        found.append(Mutant(path, at, before, after, text, running[at], again))
    return found


def _replaced(module: cst.Module, lines: list[str], at: CodeRange, mutation: Mutation) -> str:
    """The module's text with the mistake."""
    if isinstance(mutation.original_node, cst.BaseCompoundStatement):  # its lines are indented by what is around them
        return cst.ensure_type(module.deep_replace(mutation.original_node, mutation.mutated_node), cst.Module).code
    head = [*lines[: at.start.line - 1], lines[at.start.line - 1][: at.start.column]]
    tail = [lines[at.end.line - 1][at.end.column :], *lines[at.end.line :]]
    return "\n".join(head) + module.code_for_node(mutation.mutated_node) + "\n".join(tail) + "\n"


def _running(tree: ast.Module) -> dict[int, bool]:
    """The lines of functions and (true) of top-level values; not of declarations: types, a class's fields."""
    found: dict[int, bool] = {}
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            parts: list[ast.stmt] = [part for part in statement.body if isinstance(part, ast.FunctionDef)]
        elif isinstance(statement, ast.FunctionDef | ast.Assign | ast.AnnAssign):
            first = ast.unparse(statement).partition("\n")[0]
            parts = [] if any(word in first.partition(" = ")[0] for word in _TYPES) else [statement]
        else:
            parts = []
        for part in parts:
            lines = range(part.lineno, (part.end_lineno or part.lineno) + 1)
            found.update(dict.fromkeys(lines, not isinstance(part, ast.FunctionDef)))
    return found


def _difference(old: list[str], new: list[str]) -> tuple[str, str]:
    """The lines that differ, as one text each."""
    first = next(
        (n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    before, after = old[first : len(old) - last], new[first : len(new) - last]
    return " ".join(map(str.strip, before)), " ".join(map(str.strip, after))
