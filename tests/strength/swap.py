"""Puts a mutant in the place of a module that is already imported: nothing has to be imported or collected again.

Functions keep their identity and get the mutant's code, whoever holds them; values are made anew and handed to every
module that holds the old ones.
"""

from __future__ import annotations

import ast
import functools
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any


class NotApplied(Exception):
    """The mutant cannot be put into a running program: a closure that lives on would need other variables."""


class Original:
    """A module as it was imported."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.text = Path(str(module.__file__)).read_text(encoding="utf-8")
        self._statements = [ast.dump(statement) for statement in ast.parse(self.text).body]
        self._codes = list(_codes(compile(self.text, "", "exec")))
        functions = [one for one in gc.get_objects() if isinstance(one, FunctionType)]
        self._functions = [(one, _place(one.__code__)) for one in functions if one.__module__ == module.__name__]
        caches = [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]
        self._caches = [one for one in caches if _remembers(one, module)]

    def become(self, text: str) -> None:
        """From now on the module runs ``text``, for good. Raises whatever importing it would."""
        codes = zip(self._codes, _codes(compile(text, "", "exec")), strict=False)
        changed = {_place(old): new for old, new in codes if old != new and old.co_qualname == new.co_qualname}
        for function, place in self._functions:
            if (fresh := changed.get(place)) is not None:
                if fresh.co_freevars != function.__code__.co_freevars:
                    raise NotApplied(fresh.co_qualname)
                function.__code__ = fresh.replace(co_filename=function.__code__.co_filename)
        called = {qualified.partition(".")[0] for qualified, _ in changed}
        for statement, was in zip(ast.parse(text).body, self._statements, strict=True):
            other = ast.dump(statement) != was
            if isinstance(statement, ast.FunctionDef) and other:
                _set_defaults(self.module, statement)
            elif isinstance(statement, ast.Assign | ast.AnnAssign) and (other or _names(statement) & called):
                _assign(self.module, statement)
        self.forget()

    def forget(self) -> None:
        """Clears what was remembered from before."""
        for cache in self._caches:
            cache.cache_clear()


def _remembers(cache: Any, module: ModuleType) -> bool:
    """Whether what ``cache`` holds may have been made by ``module``: a constant of a neighbour is not."""
    home = str(getattr(cache, "__module__", ""))
    near = home.rpartition(".")[0] == module.__name__.rpartition(".")[0] and cache.cache_parameters()["maxsize"] != 1
    return near or home == module.__name__


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code objects in ``code``, itself left out, in the order of the text."""
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from _codes(part)


def _place(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, hash(code.co_code + repr(list(code.co_positions())).encode())


def _names(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _set_defaults(module: ModuleType, statement: ast.FunctionDef) -> None:
    statement.decorator_list = []
    scratch = dict(vars(module))
    exec(compile(ast.fix_missing_locations(ast.Module([statement], [])), "", "exec"), scratch)
    function = vars(module)[statement.name]
    function = getattr(function, "__wrapped__", function)
    function.__defaults__ = scratch[statement.name].__defaults__
    function.__kwdefaults__ = scratch[statement.name].__kwdefaults__


def _assign(module: ModuleType, statement: ast.Assign | ast.AnnAssign) -> None:
    """Runs the assignment, and hands its value to the modules that had imported the old one."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    old = {name: vars(module)[name] for name in names}
    exec(compile(ast.Module([statement], []), "", "exec"), vars(module))
    for other in list(sys.modules.values()):
        held = getattr(other, "__dict__", {})
        for name in names & held.keys():
            if held[name] is old[name]:
                held[name] = vars(module)[name]
