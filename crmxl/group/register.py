"""A round's ledger together with the board that follows from it: how commands read a round, and how they act on it.

Every act is decided on the newest board, inside one exclusive transaction: what another process wrote a moment ago is
seen, and either all acts of a decision are kept or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType

from crmxl.group.acts import Act, Event
from crmxl.group.ledger import Ledger
from crmxl.group.standing import Board

Decide = Callable[[Board, Callable[[bytes], str]], Iterable[Act]]
"""The acts that follow from a board; the function keeps content and gives its digest. May raise NotAllowedError."""


def now() -> str:
    """The time as the ledger writes it: local, to the second, with its offset."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


class Register:
    """A ledger and its board. A context manager: leaving it closes the ledger."""

    def __init__(self, ledger: Ledger, clock: Callable[[], str] = now) -> None:
        """The register over ``ledger``, read to its end."""
        self.ledger = ledger
        self.clock = clock
        self.board = Board(ledger.events())

    def refresh(self) -> Board:
        """The board after everything that was committed."""
        for event in self.ledger.events(self.board.position):
            self.board.take(event)
        return self.board

    def record(self, by: str, decide: Decide) -> tuple[Event, ...]:
        """Keep the acts that ``decide`` gives on the newest board, all or none; the events that they became.

        Raises what ``decide`` raises, and NotAllowedError for an act that cannot follow; then nothing is kept.
        """
        at = self.clock()
        made: list[Event] = []
        position = self.board.position
        try:
            with self.ledger.writing() as writing:
                for event in writing.events(position):
                    self.board.take(event)
                position = self.board.position
                for act in decide(self.board, writing.store):
                    event = writing.append(at, by, act)
                    self.board.take(event)
                    made.append(event)
        except BaseException:
            if made:
                self.board = Board(self.ledger.events())  # what was taken in has not happened
            raise
        return tuple(made)

    def __enter__(self) -> Register:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ledger.close()
