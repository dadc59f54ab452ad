"""How the parts of a package hang together: their content types, and what refers to what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from posixpath import normpath
from typing import Protocol
from urllib.parse import unquote

from crmxl.model import Text
from crmxl.receive.limits import unsafe
from crmxl.receive.xml import elements, named

TYPES = "[Content_Types].xml"
"""The part that says of each part what it is."""
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONSHIPS, _RELATIONSHIP = (named(f"{_PACKAGE}/relationships", tag) for tag in ("Relationships", "Relationship"))
_TYPES, _DEFAULT, _OVERRIDE = (named(f"{_PACKAGE}/content-types", tag) for tag in ("Types", "Default", "Override"))
DOUBLED = Text("两处指向同一个部件", "two references to one part")
OUTSIDE = Text("指向文件以外", "a reference that leads out of the file")
_STRANGE = Text("关系清单里有别的内容", "something else among the references")
_SEVERAL = Text("同类部件有两个", "two parts where there can be one")


class Source(Protocol):
    """Parts by name, told apart without regard to case."""

    def __contains__(self, name: str) -> bool: ...

    def names(self) -> list[str]:
        """Names as the package has them."""

    def chunks(self, name: str) -> Iterable[bytes]:
        """A part's content in pieces; raises Refused where there is no such part."""


def content_types(parts: Source) -> Callable[[str], str]:
    """What gives the content type of a part by its name, empty where the package does not say."""
    own: dict[str, str] = {}
    by_suffix: dict[str, str] = {}
    for _, element in elements(parts.chunks(TYPES), TYPES, _TYPES):
        type = element.get("ContentType", "")
        if element.tag == _OVERRIDE:
            own[element.get("PartName", "").lstrip("/").casefold()] = type
        elif element.tag == _DEFAULT:
            by_suffix[element.get("Extension", "").casefold()] = type

    def type_of(name: str) -> str:
        folded = name.casefold()
        return own.get(folded) or by_suffix.get(folded.rpartition(".")[2], "")

    return type_of


@dataclass(frozen=True, slots=True)
class Relation:
    """Where one part refers to another."""

    kind: str
    """The last word of its type, such as ``worksheet``."""
    target: str
    """The part's name; what it says itself where it leads ``outside``."""
    outside: bool


def relations(parts: Source, part: str) -> dict[str, Relation]:
    """The relationships of a part by id, those of the package where ``part`` is empty; none where it has none."""
    folder, _, name = part.rpartition("/")
    there = f"{folder}/_rels/{name}.rels".lstrip("/")
    found: dict[str, Relation] = {}
    if there not in parts:
        return found

    for _, element in elements(parts.chunks(there), there, _RELATIONSHIPS):
        if element.tag != _RELATIONSHIP:
            raise unsafe(_STRANGE, there)
        id, target = element.get("Id", ""), element.get("Target", "")
        outside = element.get("TargetMode") == "External"
        kind = element.get("Type", "").rpartition("/")[2]
        if id in found:
            raise unsafe(DOUBLED, f"{there}: {id}")
        found[id] = Relation(kind, target if outside else _resolved(parts, folder, target), outside)
    return found


def _resolved(parts: Source, folder: str, target: str) -> str:
    """The part that ``target`` names when it stands in ``folder``; a leading ``/`` counts from the package's root."""
    path = target if target.startswith("/") else f"/{folder}/{target}"
    name = normpath(path).lstrip("/")
    plain = unquote(name)
    return plain if name not in parts and plain in parts else name


def one(relations: Mapping[str, Relation], kind: str) -> str | None:
    """The part of a kind that there can be once; None where there is none."""
    found = list(dict.fromkeys(relation for relation in relations.values() if relation.kind == kind))
    if len(found) > 1:
        raise unsafe(_SEVERAL, found[1].target)
    if found and found[0].outside:
        raise unsafe(OUTSIDE, found[0].target)
    return found[0].target if found else None
