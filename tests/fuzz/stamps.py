"""Mutations of the stamp: the JSON text on the hidden sheet, in the document properties, or in both."""

from __future__ import annotations

import json
import re
from html import unescape
from random import Random
from typing import Any
from xml.sax.saxutils import escape

from crmxl.issue.stamp import properties
from tests.fuzz.draft import Draft, Mutation, Unsuitable
from tests.fuzz.nasty import NUMBERS, TEXTS, tweaked
from tests.hostile.package import CUSTOM

_TEXT = re.compile(r"(<(?:\w+:)?t(?: [^>]*)?>)(\{&quot;|\{\")([^<]*)(</(?:\w+:)?t>)")
_OWN = re.compile(r'<property [^>]*name="crmxl\.[0-9]+"[^>]*>.*?</property>', re.DOTALL)
_PROPERTY = (
    '<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{pid}" name="{name}">'
    "<vt:lpwstr>{text}</vt:lpwstr></property>"
)
_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        13,
        99,
        2026,
        10**20,
        1e308,
        float("nan"),
        float("inf"),
        "",
        " ",
        [],
        {},
        [[]],
        {"": ""},
    ),
    *(["1"], ["1", "1"], ["x"], [None], {"x": "y"}, {"x": None}, {"P301": {"rate": "1"}}, {"P301": {"rate": "x"}}),
    *(
        {"target": "-1"},
        {"target": "1e999"},
        {"target": "NaN"},
        {"sales_target": "1/0"},
        "\ud800",
        "\udfff😀",
        "\x00",
        "\n",
    ),
    *(
        "../x",
        "C:\\x",
        "a" * 70_000,
        "small",
        "cosmetics-plan",
        "en",
        "zh",
        "fr",
        "U001",
        "{x}",
        "[/]",
        "\u202e",
        "1.0",
    ),
)


def stamp_changed(random: Random, draft: Draft) -> str:
    """Another value, a field less, one more, or a text that is no JSON."""
    old = _found(draft)
    new, what = _changed(random, old)
    where = random.choice(("both", "both", "sheet", "properties"))
    if where != "properties":
        _on_sheet(draft, new)
    if where != "sheet":
        _in_properties(draft, new)
    return f"stamp ({where}): {what}"


def _changed(random: Random, old: str) -> tuple[str, str]:
    try:
        body = json.loads(old)
    except (ValueError, RecursionError):
        raise Unsuitable from None
    if not isinstance(body, dict) or not body:
        raise Unsuitable
    name = random.choice(sorted(body))
    choice = random.randrange(9)
    if choice == 0:
        del body[name]
        what = f"without {name}"
    elif choice in (1, 2, 3, 4):
        value = random.choice((*_VALUES, random.choice(NUMBERS), random.choice(TEXTS)))
        body[name] = value
        what = f"{name} = {str(value)[:40]!r}"
    elif choice == 5 and isinstance(body[name], str | int):
        body[name] = tweaked(random, str(body[name]))
        what = f"{name} tweaked"
    elif choice == 6:
        extra = random.choice(("annotated", "limits", "policies", "x", "Unit"))
        body[extra] = random.choice(_VALUES)
        what = f"{extra} added"
    elif choice == 7:
        text = json.dumps(body, ensure_ascii=False)
        return text[:-1] + f', "{name}": {json.dumps(random.choice(_VALUES))}}}', f"{name} twice"
    else:
        text = random.choice(
            (
                "[" * 100_000,
                "{}",
                "[]",
                "null",
                '"x"',
                "{" * 50,
                '{"year":' + "1" * 5_000 + "}",
                tweaked(random, old),
                old + old,
            )
        )
        return text, f"is {text[:20]!r}"
    return json.dumps(body, ensure_ascii=random.random() < 0.3), what


def _found(draft: Draft) -> str:
    for name in draft.markup():
        match = _TEXT.search(draft.part(name).decode("utf-8", "replace"))
        if match and "fingerprint" in match[3]:
            return unescape(match[2] + match[3])
    raise Unsuitable


def _xml(text: str) -> str:
    return escape("".join(char if char >= " " else f"_x{ord(char):04X}_" for char in text))


def _on_sheet(draft: Draft, text: str) -> None:
    for name in draft.markup():
        part = draft.part(name).decode("utf-8", "replace")
        match = _TEXT.search(part)
        if match and "fingerprint" in match[3]:
            put = part[: match.end(1)] + _xml(text) + part[match.start(4) :]
            draft.put(name, put.encode("utf-8", "replace"))


def _in_properties(draft: Draft, text: str) -> None:
    part = _OWN.sub("", draft.part(CUSTOM).decode("utf-8", "replace"))
    own = "".join(
        _PROPERTY.format(pid=pid, name=name, text=_xml(piece))
        for pid, (name, piece) in enumerate(properties(text).items(), 100)
    )
    draft.put(CUSTOM, part.replace("</Properties>", f"{own}</Properties>").encode("utf-8", "replace"))


MUTATIONS: tuple[Mutation, ...] = (stamp_changed,)
