"""Group totals from a round's ledger: added up, shown, kept beside another round, and recorded."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from crmxl.check.standard import Standard
from crmxl.commands.output import form_of, put
from crmxl.commands.receiving import print_totals, render_totals
from crmxl.commands.rounds_folder import keep_records, open_register, who
from crmxl.define.round import Round, policies_beside, round_library
from crmxl.group.acts import Consolidated, canonical
from crmxl.group.consolidate import consolidate
from crmxl.group.counting import Counted, as_of, counted
from crmxl.group.origin import Figures, Include
from crmxl.group.record import Definitions
from crmxl.group.register import Register
from crmxl.group.stages import beside, remarks
from crmxl.group.standing import Board
from crmxl.group.totals import Totals
from crmxl.model import Lang, Text
from crmxl.report.origin_text import print_head, print_origin
from crmxl.report.tables import console, progress

_READING = Text("从台账读取", "Reading the ledger")


def consolidate_round(
    lang: Lang,
    *,
    output: Path | None,
    form: str | None,
    round: Path | None,
    include: Include,
    figures: Figures,
    against: Path | None,
    by: str,
) -> int:
    """Save or print the totals of what counts in the round, show them to people, and record the run; the exit code.

    The same ledger and records give the same bytes, on any day. Raises CrmxlError where the forms asked for cannot be,
    or there is no round.
    """
    form = form_of(form, output, ("xlsx", "csv", "json", "parquet"), "" if output is None else "xlsx")
    acting = who(by)
    records, register = open_register(round)
    with register:
        keep_records(records.folder, output)
        totals = totals_of(records, register, include, figures, lang)
        if against is not None:
            totals = _beside(totals, register.board, against, include, figures, lang)
        # What only stands on a terminal is recorded by its JSON, which does not depend on the terminal's width.
        data = render_totals(totals, form or "json", lang, "")
        to = console(sys.stderr if form and output is None else sys.stdout)
        assert totals.origin is not None
        if output is not None:
            put(data, output, lang)  # first, and on record: who reads what is shown may close the pipe
        register.record(acting, _run(totals, form or "text", data))
        print_head(to, totals.origin, lang)
        print_totals(to, totals, lang)
        print_origin(to, totals, lang)
        if form and output is None:
            put(data, None, lang)
    return int(not totals.sound)


def totals_of(records: Round, register: Register, include: Include, figures: Figures, lang: Lang) -> Totals:
    """The totals of what counts in a round, with their origin; a bar on a terminal while it is read."""
    found = counted_of(records, register, include, figures, lang)
    totals = consolidate(found.reports, standard_of(records, register), beside=found.left_out)
    there = {(unit.unit, block.template.name) for block in totals.blocks for unit in block.units}
    there |= {(one.unit, one.template) for one in totals.compared}
    return replace(totals, origin=found.origin.of(there))


def counted_of(records: Round, register: Register, include: Include, figures: Figures, lang: Lang) -> Counted:
    """What counts in a round, read from its ledger."""
    definitions = Definitions(round_library(records.folder), policies_beside(records.folder))
    watched = partial(progress, description=_READING.say(lang))
    return counted(register.board, records, register.ledger, definitions, include, figures, watched)


def standard_of(records: Round, register: Register) -> Standard:
    """What the round's totals are judged by: waivers as of the last event, so that every day gives the same."""
    return Standard(records, policies_beside(records.folder), today=as_of(register.board, register.ledger))


def _beside(totals: Totals, board: Board, against: Path, include: Include, figures: Figures, lang: Lang) -> Totals:
    """``totals`` with those of the round in ``against``, made in the same way; nothing is recorded there, and the
    digest of inputs takes in that round's digest and position.
    """
    records, register = open_register(against)
    with register:
        earlier = totals_of(records, register, include, figures, lang)
    mine, theirs = totals.origin, earlier.origin
    assert mine is not None and theirs is not None
    inputs = hashlib.sha256(canonical([mine.inputs, theirs.inputs, theirs.position]).encode()).hexdigest()
    found = beside(totals, earlier, remarks(board, figures))
    return replace(totals, origin=replace(mine, inputs=inputs), against=found)


def _run(totals: Totals, form: str, data: bytes) -> Callable[[Board, Callable[[bytes], str]], Iterator[Consolidated]]:
    """The act of having made ``data``."""

    def decide(_board: Board, _store: Callable[[bytes], str]) -> Iterator[Consolidated]:
        origin = totals.origin
        assert origin is not None
        yield Consolidated(
            position=origin.position,
            include=origin.include,
            figures=origin.figures,
            inputs=origin.inputs,
            form=form,
            sha256=hashlib.sha256(data).hexdigest(),
        )

    return decide
