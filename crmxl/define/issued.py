"""What was issued stays: fingerprints of template versions, kept in ``templates/ISSUED`` and checked against it.

``python -m crmxl.define.issued`` prints a line for every shipped template; ``--write`` adds the versions that are not
listed yet. It never changes a line: a changed definition needs a higher ``version``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

from crmxl.define.library import Library
from crmxl.errors import CrmxlError, Problem
from crmxl.files import write_atomically
from crmxl.model import Template
from crmxl.resources import folder

ISSUED = "ISSUED"
"""Name of the list, beside the templates: ``id@version fingerprint``, a line each."""


def fingerprint(template: Template) -> str:
    """SHA-256 of what ``template`` says, as hex: comments and layout of its file do not matter, every word does."""
    return digest(template)


def digest(definition: object) -> str:
    """SHA-256 of what a definition says, as hex; exact numbers and limits count as written.

    What equals the model's default is left out, so that a new optional setting changes no old fingerprint.
    """
    text = json.dumps(_plain(definition), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_issued(path: Path | None = None) -> dict[str, str]:
    """The fingerprints of issued versions by ``id@version``, from the shipped list where no ``path`` is given.

    Raises CrmxlError for a line that is not ``id@version fingerprint``, or a version listed twice.
    """
    source = path or folder("templates") / ISSUED
    found: dict[str, str] = {}
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines() if source.exists() else (), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or words[0] in found:
            raise CrmxlError(f"templates/{ISSUED}: line {number}: must be a new version and its fingerprint")
        found[words[0]] = words[1]
    return found


def check_issued(template: Template, issued: Mapping[str, str] | None = None) -> Problem | None:
    """The problem when ``template`` differs from the version that was issued under its name, else None.

    ``issued`` is what ``read_issued`` gives; the shipped list is read where it is not given.
    """
    known = read_issued() if issued is None else issued
    if known.get(template.name, fingerprint(template)) == fingerprint(template):
        return None
    message = f"version {template.version} was issued and differs; an issued version never changes, raise `version`"
    return Problem(f"templates/{template.id}.toml: version", message)


def write_issued(library: Library, path: Path | None = None) -> tuple[str, ...]:
    """Add the library's versions that are not listed yet to the list; returns the added lines.

    Raises CrmxlError when a listed version differs, and writes nothing then.
    """
    target = path or folder("templates") / ISSUED
    issued = read_issued(target)
    templates = [library.load(name) for name in library.names()]
    problems = [problem for template in templates if (problem := check_issued(template, issued))]
    if problems:
        raise CrmxlError("\n".join(map(str, problems)))
    added = tuple(_line(template) for template in templates if template.name not in issued)
    if added:
        old = target.read_text(encoding="utf-8") if target.exists() else ""
        new = old if not old or old.endswith("\n") else f"{old}\n"
        write_atomically(target, (new + "".join(f"{line}\n" for line in added)).encode())
    return added


def _line(template: Template) -> str:
    return f"{template.name} {fingerprint(template)}"


def _plain(value: Any) -> Any:
    """``value`` as JSON has it: exact fractions as text, defaults and empty tables left out of records."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(inner)
            for field in dataclasses.fields(value)
            if (inner := getattr(value, field.name)) != field.default and inner != {}
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value


def main(arguments: Sequence[str]) -> int:
    """Print the lines of the shipped templates, or with ``--write`` the lines added; returns the exit code."""
    library = Library()
    try:
        if list(arguments) == ["--write"]:
            lines = write_issued(library)
        elif arguments:
            raise CrmxlError("usage: python -m crmxl.define.issued [--write]")
        else:
            lines = tuple(_line(library.load(name)) for name in library.names())
    except CrmxlError as error:
        print(error, file=sys.stderr)
        return 2
    for line in lines:
        print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
