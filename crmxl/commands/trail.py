"""Where a figure of the group comes from: opened down to unit, file, sheet and cell."""

from __future__ import annotations

from pathlib import Path

from crmxl.commands.output import put
from crmxl.commands.rounds_folder import open_register
from crmxl.commands.totalling import counted_of
from crmxl.define.policy import near
from crmxl.errors import CrmxlError
from crmxl.group.consolidate import added_of
from crmxl.group.opening import open_figure
from crmxl.group.origin import Include
from crmxl.group.totals import LeftOut
from crmxl.group.tree import missing, template_of
from crmxl.model import Lang
from crmxl.report.origin_text import print_head
from crmxl.report.tables import console
from crmxl.report.trace import print_trace, trace_text


def trace_figure(
    key: str, lang: Lang, *, unit: str, include: Include, template: str, round: Path | None, as_json: bool
) -> int:
    """Print where the figure at ``key`` comes from, over all that counts or over ``unit`` with those below it; 0.

    Raises CrmxlError for a key, unit or template that there is not.
    """
    records, register = open_register(round)
    with register:
        below = records.descendants(records.unit(unit).code) if unit else ()
        ids = {name.partition("@")[0] for name in records.templates}
        if template and template.partition("@")[0] not in ids:
            raise CrmxlError(
                f"{template}: 轮次没有这份模板 · is no template of the round{near(template.partition('@')[0], ids)}"
            )
        found = counted_of(records, register, include, "approved", lang)
    added, blocked = added_of(records, found.reports)
    reports = [one for one in added if _fits(template, template_of(one).name)]
    within = {unit, *(one.code for one in below)} if unit else None
    figures = open_figure(key, reports, found, records, within)
    left_out = [*found.left_out, *blocked]
    absent = missing(records, found.reports, left_out)
    left_out += [LeftOut("", one.unit, one.unit_name, one.template, (one.finding,)) for one in absent]
    told = [one for one in left_out if (within is None or one.unit in within) and _fits(template, one.template)]
    if as_json:
        put(trace_text(figures, found.origin, told, unit, lang).encode(), None, lang)
        return 0
    to = console()
    print_head(to, found.origin, lang)
    print_trace(to, figures, found.origin, told, lang)
    return 0


def _fits(asked: str, template: str) -> bool:
    """Whether ``template`` (``id@version``) is the one asked for, by id or with its version."""
    return not asked or asked in (template, template.partition("@")[0])
