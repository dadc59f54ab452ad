"""The demonstration: the whole loop on the samples, as a group would run it."""

from __future__ import annotations

from pathlib import Path

from crmxl.commands.receiving import bench, print_totals, read_all, render_totals, write_copies
from crmxl.demo import samples
from crmxl.files import write_atomically
from crmxl.group.consolidate import consolidate
from crmxl.model import Lang, Text
from crmxl.report.findings_text import print_findings, print_verdicts
from crmxl.report.tables import console, progress

_ISSUED, _RETURNED = Text("1-下发", "1-issued"), Text("2-上报", "2-returned")
_MARKED, _GROUP = Text("3-问题", "3-findings"), Text("4-汇总", "4-group")
_BOOK = Text("集团汇总", "group-totals")
_STEPS = (
    Text(
        "一、下发 {count} 份空白工作簿，收回 {count} 份填好的",
        "1. {count} blank workbooks out, {count} filled ones back",
    ),
    Text("二、校验收回的工作簿", "2. Returned workbooks checked"),
    Text("三、汇总通过校验的工作簿", "3. Workbooks that pass, added up"),
    Text("四、文件在这里", "4. Where the files are"),
)
_STORY = Text(
    "{name} 的合计和总计被直接键入了来源文件写的 26,000 和 134,000，盖住了公式；这样的合计不会进入集团汇总。",
    "In {name} the totals stated by the source document, 26,000 and 134,000, were typed over the formulas; no such "
    "total reaches the group's.",
)
_PLACES = (
    (_ISSUED, Text("发给各单位的空白工作簿", "what goes out")),
    (_RETURNED, Text("各单位填好的工作簿", "what comes back")),
    (_MARKED, Text("退回的副本，标出有问题的单元格", "marked copies that go back")),
    (
        _GROUP,
        Text("集团汇总工作簿，以及同样数字的 JSON 和 CSV", "group workbook, and the same figures as JSON and CSV"),
    ),
)


def show_demo(folder: Path, lang: Lang) -> None:
    """Run the loop into ``folder`` and show each step."""
    to = console()
    made = samples(lang)
    paths = []
    for sample in made:
        write_atomically(folder / _ISSUED.say(lang) / sample.name, sample.issued)
        paths.append(folder / _RETURNED.say(lang) / sample.name)
        write_atomically(paths[-1], sample.returned)

    def step(number: int) -> None:
        to.print()
        to.print(_STEPS[number].say(lang).format(count=len(made)), style="bold")

    step(0)
    for sample in made:
        if sample.faulty:
            to.print(_STORY.say(lang).format(name=sample.name))
    step(1)
    reports = read_all(paths, lang, bench())
    print_verdicts(to, reports, lang)
    to.print()
    for report in reports:
        if report.findings:
            print_findings(to, [report], lang)
    write_copies(reports, folder / _MARKED.say(lang))
    step(2)
    totals = consolidate(reports)
    print_totals(to, totals, lang)
    source = str(folder / _RETURNED.say(lang))
    for form in progress(("xlsx", "json", "csv"), _STEPS[2].say(lang)):
        write_atomically(
            folder / _GROUP.say(lang) / f"{_BOOK.say(lang)}.{form}",
            render_totals(totals, form, lang, source),
        )
    step(3)
    for place, what in _PLACES:
        to.print(f"  {folder / place.say(lang)}  {what.say(lang)}", soft_wrap=True)
