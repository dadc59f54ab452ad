"""Shape of a document against a JSON Schema, each mistake worded for people; the only importer of jsonschema.

Knows no template and no submission: a schema is a name in ``schemas/`` or a mapping.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from crmxl.define.document import Fault, Trail
from crmxl.resources import folder

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_KINDS = {
    "string": "a text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list [ … ]",
    "object": "a table { … }",
    "null": "null",
}


def shape_problems(instance: Any, schema: str | Mapping[str, Any]) -> tuple[Fault, ...]:
    """Every way in which ``instance`` breaks ``schema``, as ``(trail, message)``, in the schema's order.

    ``schema`` is a name such as ``"template"`` (``schemas/template.schema.json``) or a JSON Schema itself. Numbers
    that are not finite are told first and alone, since NaN passes every bound.
    """
    endless = tuple(_not_finite(instance, ()))
    if endless:
        return endless
    validator = _named(schema) if isinstance(schema, str) else _validator(schema)
    faults = (fault for error in validator.iter_errors(instance) for fault in _faults(error))
    return tuple(dict.fromkeys(faults))


def schema_document(name: str) -> dict[str, Any]:
    """The shipped schema ``name``, such as ``"template"``."""
    text = (folder("schemas") / f"{name}.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def _named(name: str) -> Draft202012Validator:
    """The validator of a shipped schema, made once."""
    return _validator(schema_document(name))


def _validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A validator of ``schema``; jsonschema is imported here, so that starting crmxl stays quick."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema)


def _not_finite(value: Any, trail: Trail) -> Iterator[Fault]:
    """A fault for each NaN or infinity in ``value``."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _not_finite(inner, (*trail, name))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _not_finite(inner, (*trail, index))
    elif isinstance(value, (float, Decimal)) and not isfinite(value):
        yield Fault(trail, f"found {value}; must be a finite number")


def _faults(error: ValidationError) -> Iterator[Fault]:
    """The error of one schema keyword, in words."""
    trail: Trail = tuple(error.absolute_path)
    limit: Any = error.validator_value
    found: Any = error.instance
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    match error.validator:
        case "required":
            for name in limit:
                if name not in found:
                    yield Fault((*trail, name), _required(schema, name))
        case "additionalProperties" if limit is False:
            known = tuple(schema.get("properties", {}))
            patterns = schema.get("patternProperties", {})
            for name in found:
                if name not in known and not _matches_any(name, patterns):
                    yield Fault((*trail, name), f"is not known here{_near(name, known)}; known are {', '.join(known)}")
        case "type":
            kind = "the text " if isinstance(found, str) else ""
            yield Fault(trail, f"found {kind}{_said(found)}; must be {_kinds(limit)}")
        case "enum":
            yield Fault(trail, f"found {_said(found)}{_near(found, limit)}; allowed are {', '.join(map(str, limit))}")
        case "pattern":
            yield Fault(trail, f"found {_said(found)}; must be: {schema.get('description', limit)}")
        case "minimum":
            yield Fault(trail, f"found {found}; must be at least {limit}")
        case "maximum":
            yield Fault(trail, f"found {found}; must be at most {limit}")
        case "minItems" | "minLength" | "minProperties":
            yield Fault(trail, f"has {len(found)}, must have at least {limit}" if found else "is empty")
        case "maxItems" | "maxLength" | "maxProperties":
            yield Fault(trail, f"has {len(found)}, must have at most {limit}")
        case "uniqueItems":
            yield Fault(trail, "names the same thing twice")
        case _:
            yield Fault(trail, error.message)


def _required(schema: Mapping[str, Any], name: str) -> str:
    """Says that ``name`` is missing and what it is for."""
    description = schema.get("properties", {}).get(name, {}).get("description", "")
    return f"is missing: {description}" if description else "is missing"


def _matches_any(name: str, patterns: Mapping[str, Any]) -> bool:
    """Whether one of ``patternProperties`` covers ``name``."""
    return any(re.search(pattern, name) for pattern in patterns)


def _kinds(limit: str | list[str]) -> str:
    """The allowed JSON types in words."""
    return " or ".join(_KINDS.get(kind, kind) for kind in ([limit] if isinstance(limit, str) else limit))


def _said(value: Any) -> str:
    """A value as its author wrote it, roughly; long ones are cut."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)[1:-1]
        return f"`{text}`" if len(text) <= 60 else f"`{text[:60]}…`"
    if isinstance(value, (datetime, date, time)):
        return f"the date {value.isoformat()}"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else str(value)


def _near(name: Any, known: Any) -> str:
    """A hint at the name that was probably meant, or nothing."""
    close = difflib.get_close_matches(str(name), [str(one) for one in known], 1)
    return f" (is `{close[0]}` meant?)" if close else ""
