"""What every unit of a round is to have, beside what it has been issued: what is new, what has changed. Pure.

The same round and the same ledger give the same numbers and file names; nothing is asked of any file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from crmxl.define.units import Unit
from crmxl.group.acts import Issued
from crmxl.group.standing import Board, Keys, Standing
from crmxl.issue.assigning import Asked, Assigner, Difference, differences
from crmxl.issue.naming import alike, file_name, stem_of, stems


@dataclass(frozen=True)
class Dispatch:
    """What one unit is to have for one template, and what it has."""

    unit: Unit
    template: str
    """``id@version``."""
    kind: str
    """What people call it: the issue's name, else the template's title."""
    asked: Asked
    stem: str
    """Begins the name of a new file."""
    standing: Standing

    @property
    def keys(self) -> Keys:
        """Unit code and template id."""
        return self.standing.unit, self.standing.template

    @cached_property
    def before(self) -> Issued | None:
        """The newest number that went out."""
        return newest(self.standing)

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """What differs from the number before; nothing where there is none."""
        return () if self.before is None else _differences(self.before, self.asked)

    @property
    def new(self) -> bool:
        """Whether it gets a new number."""
        return self.before is None or bool(self.differences)

    @property
    def number(self) -> int:
        """The number that it is to have."""
        return len(self.standing.issues) + self.new

    @property
    def file(self) -> str:
        """The name of its workbook; one that went out keeps its name, whatever the unit is called now."""
        return self.before.file if self.before and not self.new else file_name(self.stem, self.number)

    def act(self, sha256: str) -> Issued:
        """What the ledger keeps once the file with this digest is there."""
        return Issued(
            unit=self.unit.code,
            template=self.template,
            number=self.number,
            file=self.file,
            sha256=sha256,
            signature=self.asked.signature,
            assignment=self.asked.fields,
            changed=tuple(one.name for one in self.differences),
        )

    def done(self, standing: Standing) -> bool:
        """Whether this very number has gone out by now, from another run."""
        last = newest(standing)
        return last is not None and last.number == self.number and not _differences(last, self.asked)


def dispatches(assigner: Assigner, board: Board) -> tuple[Dispatch, ...]:
    """What every unit is to have, in the order of the units file and of the round's issues.

    Raises DefinitionError where it cannot be laid out.
    """
    records = assigner.records
    made: list[tuple[Unit, str, str, Asked]] = []
    for unit in records.units:
        for issue in records.issues_for(unit):
            asked = assigner.ask(unit.code, issue.template)
            title = asked.layout.template.title.say(asked.layout.lang)
            made.append((unit, issue.template, issue.name or title, asked))
    owners = {(unit.code, asked.layout.template.id): (kind, unit.name) for unit, _, kind, asked in made}
    begins = stems(owners, records.year, records.lang, _taken(board))
    return tuple(
        Dispatch(
            unit=unit,
            template=template,
            kind=kind,
            asked=asked,
            stem=begins[unit.code, asked.layout.template.id],
            standing=board.at(unit.code, template),
        )
        for unit, template, kind, asked in made
    )


def newest(standing: Standing) -> Issued | None:
    """The newest number that went out to a unit."""
    acts = standing.issued
    return acts[-1] if acts else None


def last_differences(standing: Standing) -> tuple[Difference, ...]:
    """In what the newest number differs from the one before it; nothing where there are no two."""
    *_, before, last = (None, None, *standing.issued)
    return differences(before.assignment, last.assignment) if before and last else ()


def _differences(before: Issued, asked: Asked) -> tuple[Difference, ...]:
    """With a new key nothing that is asked differs, and yet the old workbook is not ours any more."""
    found = differences(before.assignment, asked.fields)
    return (Difference("signature", "", ""),) if not found and before.signature != asked.signature else found


def _taken(board: Board) -> dict[str, Keys]:
    """Beginnings of file names in use, and by whom: files of older numbers stay where they are."""
    return {alike(stem_of(act.file)): keys for keys, standing in board.standings.items() for act in standing.issued}
