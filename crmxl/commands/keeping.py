"""Keeping a round's ledger: whether it is as it was written, a copy of it, and what happened in it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from crmxl.commands.output import put_json, say
from crmxl.commands.rounds_folder import keep_records, ledger_place, open_register, round_folder
from crmxl.define.round import load_round
from crmxl.group.ledger import DamagedError, Fault, Ledger
from crmxl.model import Lang, Text
from crmxl.report.log import event_record, print_log
from crmxl.report.tables import console

_SOUND = Text(
    "台账完好：{events:,} 条记录、{contents:,} 份存档，逐条核对无误。",
    "The ledger is sound: {events:,} events and {contents:,} stored contents, each checked.",
)
_FAULTY = Text("台账有 {faults:,} 处不是当初写入的：", "The ledger is not as it was written in {faults:,} places:")
_SAVED = Text(
    "已备份：{path}（{events:,} 条记录、{contents:,} 份存档）",
    "Backed up: {path} ({events:,} events, {contents:,} stored contents)",
)
_UNSOUND = Text(
    "台账有 {faults:,} 处不是当初写入的，备份也一样；请运行 crmxl ledger verify 查明。",
    "The ledger, and so the backup, is not as it was written in {faults:,} places; run crmxl ledger verify.",
)
_NOTHING = Text("台账里还没有记录。", "Nothing has happened yet.")


def verify_ledger(lang: Lang, *, round: Path | None, receipts: tuple[str, ...], as_json: bool) -> int:
    """Look at every event and stored file of the round's ledger, and for ``receipts``; 0 if all is sound, 1 if not.

    A ledger that is too damaged to be opened is a fault like others, named by what stopped the opening.
    """
    records = load_round(round_folder(round))
    events = contents = 0
    try:
        with Ledger.examine(ledger_place(records), records.name) as ledger:
            faults = ledger.verify(receipts)
            with suppress(DamagedError):  # the faults say it already
                events, contents = ledger.count()
    except DamagedError as error:
        faults = [Fault("ledger", Text(str(error)))]
    if as_json:
        found = [{"where": fault.where, "message": fault.said.say(lang)} for fault in faults]
        put_json({"sound": not faults, "events": events, "contents": contents, "faults": found})
    elif faults:
        say(_FAULTY.say(lang).format(faults=len(faults)))
        for fault in faults:
            console().print(fault.said.say(lang), soft_wrap=True)
    else:
        console().print(_SOUND.say(lang).format(events=events, contents=contents), soft_wrap=True)
    return 1 if faults else 0


def backup_ledger(lang: Lang, *, round: Path | None, to: Path) -> int:
    """Write the round's ledger into the new file ``to`` and check it there; 1 if it is not sound, else 0.

    Raises CrmxlError where there is such a file already, or it has a name that the round's own files have.
    """
    records = load_round(round_folder(round))
    keep_records(records.folder, to)
    with Ledger.open(ledger_place(records), records.name) as ledger:
        ledger.backup(to)
    with Ledger.open(to, records.name) as copy:
        faults = copy.verify()
        events, contents = copy.count()
    say(_SAVED.say(lang).format(path=to, events=events, contents=contents))
    if faults:
        say(_UNSOUND.say(lang).format(faults=len(faults)))
    return 1 if faults else 0


def show_log(lang: Lang, *, round: Path | None, unit: str, as_json: bool) -> int:
    """Print what happened in the round, or to one unit of it, in order; always 0.

    Raises CrmxlError for a unit that neither the round nor its ledger knows.
    """
    records, register = open_register(round)
    with register:
        events = register.ledger.events()
    if unit:
        events = [event for event in events if getattr(event.act, "unit", "") == unit]
        if not events:
            records.unit(unit)  # one that left the round has its events still
    if as_json:
        put_json({"events": [event_record(event) for event in events]})
    elif events:
        print_log(console(), events, lang)
    else:
        say(_NOTHING.say(lang))
    return 0
