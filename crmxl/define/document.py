"""An operator's TOML file as a document: reading it exactly, naming a place in it, refusing it with every fault.

Knows nothing of what the file defines. A **trail** is the way to a value, ``("sheet", 0, "code")``, written
``sheet[0].code``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from crmxl.errors import CrmxlError, DefinitionError, Problem

Trail: TypeAlias = tuple[str | int, ...]

_POSITION = re.compile(r"\(at (line [0-9]+, column [0-9]+|end of document)\)\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+\Z")


class Fault(NamedTuple):
    """One mistake in a document."""

    trail: Trail
    """The way to the value; a missing one ends in its name."""
    message: str
    """What is wrong and what is allowed there."""


def dotted(trail: Trail) -> str:
    """``trail`` as people read it: ``sheet[0].section[1].code``; names with other signs are quoted as in TOML."""
    text = ""
    for step in trail:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if _PLAIN.match(step) else f'"{step}"'
            text += f".{name}" if text else name
    return text


def label(path: Path) -> str:
    """How messages name the file: as given when relative, else by its folder and name (``templates/x.toml``)."""
    return f"{path.parent.name}/{path.name}" if path.is_absolute() and path.parent.name else path.as_posix()


def read_toml(path: Path) -> dict[str, Any]:
    """The document in ``path``, fractions as exact Decimal.

    Raises CrmxlError when the file cannot be read, DefinitionError with line and column when it is not TOML.
    """
    try:
        source = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CrmxlError(f"{label(path)}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = Problem(f"{label(path)}: line {line}", "this is not UTF-8 text; save the file as UTF-8")
        raise DefinitionError((problem,)) from error
    try:
        return tomllib.loads(source.replace("\r\n", "\n"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = _POSITION.search(message)
        where = f"{label(path)}: {found[1]}" if found else label(path)
        said = message[: found.start()].rstrip() if found else message
        raise DefinitionError((Problem(where, f"this is not TOML: {said}"),)) from error


def refuse(path: Path, document: Mapping[str, Any], faults: Iterable[Fault]) -> None:
    """Raise DefinitionError with all ``faults`` in file order, each once; return when there are none."""
    ordered = sorted(dict.fromkeys(faults), key=lambda fault: _position(document, fault.trail))
    if ordered:
        name = label(path)
        places = (f"{name}: {dotted(fault.trail)}" if fault.trail else name for fault in ordered)
        raise DefinitionError(tuple(map(Problem, places, (fault.message for fault in ordered))))


def _position(document: Any, trail: Trail) -> tuple[int, ...]:
    """Where ``trail`` stands in the document, as sortable numbers; what is missing stands after its siblings."""
    position: list[int] = []
    here = document
    for step in trail:
        if isinstance(here, Mapping) and step in here:
            position.append(list(here).index(step))
            here = here[step]
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            position.append(step)
            here = here[step]
        else:
            position.append(len(here) if isinstance(here, (Mapping, list)) else 0)
            here = None
    return tuple(position)
