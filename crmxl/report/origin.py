"""What the JSON of totals says of their origin: ledger, provisional units, nil returns, adjustments, waivers, the tree
and another round beside this one. Described by ``schemas/totals.schema.json``; returns plain values, prints nothing.
"""

from __future__ import annotations

from typing import Any

from crmxl.catalogue import word
from crmxl.group.levels import Level
from crmxl.group.origin import Adjustment, Origin, Source, Waived
from crmxl.group.stages import Move, Pair, Stages
from crmxl.group.totals import Block, LeftOut, Totals
from crmxl.model import Lang, split_key
from crmxl.money import from_fen


def of_round(totals: Totals, lang: Lang) -> dict[str, Any]:
    """The fields that totals of a round have beyond those of files; none outside a round."""
    found: dict[str, Any] = {}
    if any(block.levels for block in totals.blocks):
        found["tree"] = [_level(block, level) for block in totals.blocks for level in block.levels]
    if totals.origin is not None:
        origin = totals.origin
        found |= ledger_of(origin)
        found |= {
            "nil": [{**_source(one), "reason": one.reason} for one in origin.nil],
            "adjustments": [adjustment(one) for one in origin.adjustments],
            "waived": [_waived(one, lang) for one in origin.waived],
            "stale": [_source(one) for one in origin.stale],
        }
    if totals.against is not None:
        found["against"] = _against(totals.against, lang)
    return found


def ledger_of(origin: Origin) -> dict[str, Any]:
    """What was counted by which position of the ledger, and who is not approved yet."""
    return {
        "round": origin.round,
        "stage": origin.stage,
        "include": origin.include,
        "figures": origin.figures,
        "provisional": origin.provisional,
        "not_approved": [{**_source(one), "waiting_for": one.waiting} for one in origin.not_approved],
        "ledger": {"position": origin.position, "receipt": origin.receipt, "inputs": origin.inputs},
    }


def source_of(origin: Origin | None, unit: str, template: str) -> dict[str, Any]:
    """Of a unit that counts, its version in the ledger; nothing for totals of files."""
    source = origin.source(unit, template) if origin is not None else None
    if source is None:
        return {}
    return {"version": source.version, "receipt": source.receipt, "sha256": source.sha256, "nil": source.nil}


def adjustment(one: Adjustment) -> dict[str, Any]:
    """One change of a reviewer; the keys are the schema's."""
    return {
        "template": one.template,
        "unit": one.unit,
        "unit_name": one.unit_name,
        "key": one.key,
        "title": one.title,
        "submitted": from_fen(one.submitted),
        "change": from_fen(one.change),
        "approved": from_fen(one.approved),
        "reason": one.reason,
        "role": one.role,
        "by": one.by,
        "at": one.at,
        "receipt": one.receipt,
    }


def _source(one: Source) -> dict[str, Any]:
    return {
        "template": one.template,
        "unit": one.unit,
        "unit_name": one.unit_name,
        "version": one.version,
        "receipt": one.receipt,
    }


def _waived(one: Waived, lang: Lang) -> dict[str, Any]:
    return {
        "template": one.template,
        "unit": one.unit,
        "unit_name": one.unit_name,
        "code": one.finding.code,
        "key": one.finding.key,
        "message": word(one.finding, lang, one.file).message,
    }


def _level(block: Block, level: Level) -> dict[str, Any]:
    found = {
        "template": block.template.name,
        "year": block.year,
        "unit": level.unit,
        "unit_name": level.name,
        "parent": level.parent,
        "level": level.depth,
        "own": _fen(level.own),
        "below": from_fen(level.below),
        "total": from_fen(level.total),
    }
    return found if level.compared is None else {**found, "compared": from_fen(level.compared)}


def _against(stages: Stages, lang: Lang) -> dict[str, Any]:
    return {
        **ledger_of(stages.origin),
        "totals": [
            {
                **_of(pair),
                "earlier_template": pair.earlier_name,
                "earlier": from_fen(pair.earlier),
                "now": from_fen(pair.now),
                "change": from_fen(pair.whole.change),
            }
            for pair in stages.pairs
        ],
        "units": [
            {
                **_of(pair),
                "unit": move.code,
                "unit_name": move.title.say(lang),
                **_moved(move, lang),
                "causes": [
                    {"key": one.code, "title": one.title.say(lang), "change": from_fen(one.change)}
                    for one in move.causes
                ],
            }
            for pair in stages.pairs
            for move in pair.units
        ],
        "lines": [
            {
                **_of(pair),
                **dict(zip(("code", "column"), split_key(move.code), strict=True)),
                "title": move.title.say(lang),
                **_moved(move, lang),
                "causes": [
                    {"unit": one.code, "unit_name": one.title.say(lang), "change": from_fen(one.change)}
                    for one in move.causes
                ],
            }
            for pair in stages.pairs
            for move in pair.lines
        ],
        "left_out": [_out(one, lang) for one in stages.left_out],
    }


def _of(pair: Pair) -> dict[str, Any]:
    return {"template": pair.template.name, "year": pair.year}


def _moved(move: Move, lang: Lang) -> dict[str, Any]:
    return {
        "earlier": _fen(move.earlier),
        "now": _fen(move.now),
        "change": from_fen(move.change),
        "others": {"count": move.others, "change": from_fen(move.rest)},
        "reasons": [reason.say(lang) for reason in move.reasons],
    }


def _out(one: LeftOut, lang: Lang) -> dict[str, Any]:
    return {"file": one.file, "unit": one.unit, "unit_name": one.unit_name, "why": one.why(lang)}


def _fen(fen: int | None) -> str | None:
    return None if fen is None else from_fen(fen)
