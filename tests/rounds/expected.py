"""What a round of sixty must stand at and come to, kept beside it by hand: states, and raw figures added up here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.rounds import figures
from tests.rounds.figures import PLAN, REGIONAL, Budget, fen, yuan
from tests.rounds.story import Story

Slot = tuple[str, str]
"""Unit code and template id."""
MISSING, RECEIVED, BLOCKED, RETURNED, APPROVED = "missing", "received", "blocked", "returned", "approved"


class Expected:
    """Whose budget stands where, and what counts; says so of the ``round`` in a ``story``."""

    def __init__(self, story: Story, round: Path) -> None:
        self.story, self.round = story, round
        self.units = {unit.code: unit for unit in figures.units()}
        self.meant = figures.budgets(self.units.values())
        """What each means to submit."""
        self.state: dict[Slot, str] = dict.fromkeys(self.meant, MISSING)
        self.counts: dict[Slot, Budget | None] = {}
        """The budget of the current version of each; None for a nil return."""

    def stand(self, state: str, *slots: Slot) -> None:
        """From now on these stand so, with what they mean where nothing else was said."""
        for slot in slots:
            self.state[slot] = state
            self.counts.setdefault(slot, self.meant[slot])

    def budget(self, *slot: str) -> Budget:
        """What counts for a unit and template that is no nil return."""
        budget = self.counts[slot[0], slot[1]]
        assert budget is not None
        return budget

    def amount(self, slot: Slot) -> int:
        """What the slot adds, from its raw figures."""
        budget = self.counts[slot]
        return 0 if budget is None else figures.total(budget, self.units[slot[0]])

    def adding(self, states: Iterable[str], template: str) -> dict[str, int]:
        """What units in these states add, by code."""
        return {
            slot[0]: self.amount(slot)
            for slot, state in self.state.items()
            if slot[1] == template and state in set(states)
        }

    def status(self, when: str) -> Any:
        """The board against what must be."""
        board = self.story.json("status", "--round", self.round)
        found = {(one["unit"], id_of(one["template"])): one["state"] for one in board.get("units", ())}
        self.story.check(f"{when}，各单位状态", found, self.state)
        counts, must = board.get("counts", {}), Counter(self.state.values())
        shown = {state: counts.get(state) for state in (MISSING, RECEIVED, BLOCKED, RETURNED, APPROVED)}
        self.story.check(f"{when}，状态计数", shown, {state: must[state] for state in shown})
        self.story.check(f"{when}，逾期", counts.get("overdue"), must[MISSING] + must[RETURNED])
        sums = {id_of(one["template"]): (one["approved"], one["provisional"]) for one in board.get("totals", ())}
        for template in (REGIONAL, PLAN):
            due = [sum(self.adding(states, template).values()) for states in ((APPROVED,), (APPROVED, RECEIVED))]
            self.story.check(f"{when}，{template} 核定和暂计（元）", sums.get(template), tuple(map(yuan, due)))
        return board

    def totals(self, when: str, document: Mapping[str, Any], *states: str) -> None:
        """Consolidated totals against the sums of raw figures: units, group, lines, subtrees."""
        for template in (REGIONAL, PLAN):
            must = self.adding(states, template)
            mine = [one for one in document.get("units", ()) if id_of(one["template"]) == template]
            self.story.check(f"{when}，{template} 各单位", {one["unit"]: fen(one["total"]) for one in mine}, must)
            sums = [one["total"] for one in document.get("totals", ()) if id_of(one["template"]) == template]
            self.story.check(f"{when}，{template} 集团合计（元）", sums, [yuan(sum(must.values()))])
            self.story.check(f"{when}，{template} 各科目", *self._lines(document, template, set(must)))
            tree = [one for one in document.get("tree", ()) if id_of(one["template"]) == template]
            found = {one["unit"]: fen(one["total"]) for one in tree}
            self.story.check(f"{when}，{template} 各级小计", found, self.subtrees(must, template))

    def _lines(
        self, document: Mapping[str, Any], template: str, counted: set[str]
    ) -> tuple[dict[str, int], dict[str, int]]:
        """Totals of lines that units fill, as found and as they must be; those of shares follow from them."""
        must: Counter[str] = Counter()
        for (unit, of), budget in self.counts.items():
            if of == template and unit in counted and budget is not None:
                must.update(budget.lines)
        lines = [*document.get("lines", ()), *document.get("beside", ())]
        found = {
            one["code"]: fen(one["total"])
            for one in lines
            if id_of(one["template"]) == template and one["column"] == "amount" and not one["code"].startswith("S.")
        }
        return {code: sum for code, sum in found.items() if sum}, {code: sum for code, sum in must.items() if sum}

    def subtrees(self, amounts: Mapping[str, int], template: str) -> dict[str, int]:
        """What each unit and all below it add; units of which the template is not asked, nor of any below, are out."""
        found: dict[str, int] = {}
        for code, of in self.state:
            while of == template and code:
                found[code] = 0
                code = self.units[code].parent
        for code, own in amounts.items():
            while code:
                found[code] += own
                code = self.units[code].parent
        return found


def id_of(template: str) -> str:
    """``cosmetics-plan`` of ``cosmetics-plan@1``."""
    return template.partition("@")[0]
