"""The definitions that a round's submissions stand on, and the report of a unit that has nothing to budget."""

from __future__ import annotations

from crmxl.check.verdict import Report
from crmxl.define.library import Library
from crmxl.define.policies import Policies, assigned
from crmxl.errors import CrmxlError
from crmxl.expression import Value
from crmxl.group.acts import canonical
from crmxl.issue.calculate import calculate
from crmxl.issue.layout import lay_out_for
from crmxl.issue.places import Layout
from crmxl.issue.stamp import Stamp
from crmxl.issue.workbook import issued_values
from crmxl.model import Assignment, Key
from crmxl.receive.submission import Submission


class Definitions:
    """The templates and policies of a round, and the layouts that its workbooks were issued from, each made once."""

    def __init__(self, library: Library, policies: Policies) -> None:
        """Definitions from ``library`` and ``policies``."""
        self.library, self.policies = library, policies
        self._layouts: dict[str, Layout] = {}

    def layout(self, template: str, given: Assignment, *, live: bool = True) -> Layout:
        """The layout of ``template`` (``id@version``) as ``given`` issues it; ``live``: with the rules of its policies.

        Raises CrmxlError for a template or policy that is not there, DefinitionError for an unsound one.
        """
        policies = [list(given.policies), {rule: dict(own) for rule, own in given.limits.items()}] if live else []
        shape = [given.year, given.parts, given.first_month, given.lang, dict(given.rows)]
        named = canonical([template, *shape, policies])
        if named not in self._layouts:
            rules = assigned(self.policies, given) if live else ()
            self._layouts[named] = lay_out_for(self.library.load(template), given, rules)
        return self._layouts[named]


def nil_report(template: str, given: Assignment, definitions: Definitions, file: str = "") -> Report:
    """The report of a nil return 零申报: nothing entered, total 0, nothing to find.

    Raises CrmxlError where the template (``id@version``) makes a total of the issued figures alone.
    """
    layout = definitions.layout(template, given)
    issued = issued_values(layout, given)
    stamp = Stamp(layout.template.id, layout.template.version, layout.fingerprint, given)
    values: dict[Key, Value] = {cell.key: None for cell in layout.inputs}
    values |= issued
    report = Report(Submission(file, "", stamp, layout), (), {**values, **calculate(layout, values)})
    if report.total != 0:
        raise CrmxlError(
            f"{layout.template.name}：不填报时合计也不是 0，不能零申报 · "
            "its total is not 0 when nothing is entered, so there can be no nil return"
        )
    return report
