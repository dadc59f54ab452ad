"""The stamp: what a workbook says of itself, on a hidden sheet and again in the document properties.

One canonical JSON text; signed with HMAC-SHA256 where the round has a key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crmxl import __version__
from crmxl.model import Assignment, Lang

SHEET = "_crmxl"
"""Name of the hidden sheet; the text stands in A1."""
PROPERTY = "crmxl"
"""Prefix of the document properties, ``crmxl.0`` …; Excel allows 255 characters in each."""
_CHUNK = 200
_SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an issued workbook says of itself."""

    template: str
    """Template id."""
    version: int
    """Template version."""
    fingerprint: str
    """The layout's fingerprint."""
    assignment: Assignment
    """Unit, year, parts and the rest."""
    annotated: bool = False
    """Whether it is a copy made to show findings, which must not be submitted."""
    signature: str = ""
    """HMAC over all the rest, 64 hex digits; empty without a key."""


def stamp_text(stamp: Stamp, key: bytes = b"") -> str:
    """The canonical JSON text, signed with ``key`` if there is one."""
    body = _body(stamp)
    if key:
        body[_SIGNATURE] = _sign(body, key)
    return _canonical(body)


def properties(text: str) -> dict[str, str]:
    """The stamp's text as document properties."""
    return {f"{PROPERTY}.{n}": text[i : i + _CHUNK] for n, i in enumerate(range(0, len(text), _CHUNK))}


def read_stamp(text: str) -> Stamp:
    """The stamp in ``text``; raises ValueError where it is none."""
    try:
        body = json.loads(text)
        assignment = Assignment(
            unit=_text(body, "unit"),
            unit_name=_text(body, "unit_name"),
            year=_integer(body, "year"),
            round=_text(body, "round"),
            stage=_text(body, "stage"),
            deadline=_text(body, "deadline"),
            contact=_text(body, "contact"),
            parts=tuple(str(part) for part in body["parts"]),
            first_month=_integer(body, "first_month"),
            rows={str(name): _integer(body["rows"], name) for name, _ in body.get("rows", {}).items()},
            parameters={str(name): str(value) for name, value in body["parameters"].items()},
            lang=_lang(body),
            policies=tuple(str(name) for name in body.get("policies", ())),
            limits={
                str(rule): {str(name): str(text) for name, text in own.items()}
                for rule, own in body.get("limits", {}).items()
            },
        )
        return Stamp(
            template=_text(body, "template"),
            version=_integer(body, "version"),
            fingerprint=_text(body, "fingerprint"),
            assignment=assignment,
            annotated=body.get("annotated") is True,
            signature=_text(body, _SIGNATURE),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a stamp: {error}") from None


def signed_by(stamp: Stamp, key: bytes) -> bool:
    """Whether the signature was made with ``key``; compared in constant time."""
    return hmac.compare_digest(stamp.signature.encode("utf-8", "surrogatepass"), _sign(_body(stamp), key).encode())


def _body(stamp: Stamp) -> dict[str, Any]:
    assignment = stamp.assignment
    return {
        **({"annotated": True} if stamp.annotated else {}),
        **({"rows": dict(assignment.rows)} if assignment.rows else {}),
        **({"policies": list(assignment.policies)} if assignment.policies else {}),
        **({"limits": {rule: dict(own) for rule, own in assignment.limits.items()}} if assignment.limits else {}),
        "crmxl": __version__,
        "template": stamp.template,
        "version": stamp.version,
        "fingerprint": stamp.fingerprint,
        "unit": assignment.unit,
        "unit_name": assignment.unit_name,
        "year": assignment.year,
        "round": assignment.round,
        "stage": assignment.stage,
        "deadline": assignment.deadline,
        "contact": assignment.contact,
        "parts": list(assignment.parts),
        "first_month": assignment.first_month,
        "parameters": dict(sorted(assignment.parameters.items())),
        "lang": assignment.lang,
        _SIGNATURE: stamp.signature,
    }


def _sign(body: Mapping[str, Any], key: bytes) -> str:
    signed = {name: value for name, value in body.items() if name not in (_SIGNATURE, "crmxl")}
    return hmac.new(key, _canonical(signed).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a text")
    return value


def _integer(body: Mapping[str, Any], name: str) -> int:
    value = body[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is not a whole number")
    return value


def _lang(body: Mapping[str, Any]) -> Lang:
    return "en" if body["lang"] == "en" else "zh"
