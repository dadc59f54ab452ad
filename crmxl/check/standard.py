"""What submissions are judged by: a round's records, or what the workbook itself carries where there is no round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crmxl.define.policies import Policies, live, shipped_policies
from crmxl.define.round import Round
from crmxl.define.waivers import Waiver
from crmxl.errors import CrmxlError
from crmxl.expression import Value
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout, Role
from crmxl.issue.workbook import issued_values
from crmxl.model import Assignment, Key
from crmxl.policy import Policy


@dataclass(frozen=True)
class Standard:
    """Records and rules to judge by."""

    round: Round | None = None
    """The round whose records count; None outside one."""
    policies: Policies = field(default_factory=shipped_policies)
    """Where policies are found by name."""
    instead: tuple[Policy, ...] | None = None
    """Policies to judge by in place of those that the round or the workbook names: a what-if."""
    today: str = ""
    """ISO date by which waivers expire."""

    def rules(self, given: Assignment, issued: Layout) -> Layout:
        """The submission's layout with the rules to judge by; ``issued`` itself where those are its own.

        Outside a round these are the rules that the workbook carries, and those that it should carry: a stamp from
        which a policy was struck out does not escape it.
        """
        policies = self._policies(given, issued)
        if policies is None:
            return issued
        return lay_out(issued.template, issued.year, issued.parts, issued.first_month, issued.lang, policies)

    def _policies(self, given: Assignment, issued: Layout) -> tuple[Policy, ...] | None:
        named = self.instead
        if named is None and self.round is not None:
            named = tuple(map(self.policies.load, self.round.policies))
        if named is not None:
            if self.round is None or given.unit not in self.round.by_code:
                return named
            return tuple(self.round.policy_for(given.unit, policy) for policy in named)
        own = {policy.id for policy in issued.policies}
        missing = tuple(policy for policy in live(issued.template, self.policies) if policy.id not in own)
        return (*issued.policies, *missing) if missing else None

    def assignment(self, given: Assignment, issued: Layout) -> Assignment:
        """What the records say the unit was asked to fill; what the workbook says where there are none."""
        if self.round is None or given.unit not in self.round.by_code:
            return given
        return self.round.assignment(given.unit, issued.template)

    def figures(self, given: Assignment, issued: Layout) -> dict[Key, Value]:
        """The issued figures to judge by: the records', else the stamp's, and the template's own."""
        try:
            return issued_values(issued, self.assignment(given, issued))
        except CrmxlError:  # a stamp that was tampered with; its figures are told as not verified
            return dict(issued.preset_values)

    def prefilled(self, given: Assignment, issued: Layout) -> Mapping[Key, Value]:
        """Entries that stood in the unit's workbook when it went out."""
        unit = self.round.by_code.get(given.unit) if self.round else None
        return unit.prefilled_in(issued.template.id) if unit else {}

    def waivers(self, unit: str) -> tuple[Waiver, ...]:
        """The unit's waivers."""
        return tuple(waiver for waiver in self.round.waivers if waiver.unit == unit) if self.round else ()

    @property
    def verified(self) -> bool:
        """Whether issued figures and stamps can be vouched for."""
        return self.round is not None and bool(self.round.key)


def carried(layout: Layout) -> tuple[Key, ...]:
    """The issued cells whose figures the template does not give: those that only records can vouch for."""
    return tuple(key for key, cell in layout.cells.items() if cell.role is Role.ISSUED and key not in layout.presets)
