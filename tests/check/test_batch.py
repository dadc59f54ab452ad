"""Files are read apart: one that harms its reader costs itself alone. Real processes, spawned as on Windows."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest
from pebble.pool import process

from crmxl.catalogue import word
from crmxl.check.batch import Limits, judge, judge_all
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report, Verdict
from crmxl.commands.receiving import Bench, bench, read_all
from crmxl.define.library import Library
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.receive.submission import Submission

SAMPLES = Path(__file__).parents[2] / "samples"
POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX systems")
TIGHT = Limits(seconds=3)
INHERITED: list[str] = []
"""What a forked worker would find here is more than nothing."""


# -- work that a worker is given in place of reading and checking ------------------------------------------------


def good(path: Path, library: Library, standard: Standard) -> Report:
    """A report that tells which file and which process it is of, and what the process inherited."""
    where = (str(os.getpid()), multiprocessing.get_start_method(), *INHERITED)
    return Report(Submission(file=str(path), digest=path.name, sheet_names=where))


def hang() -> None:
    time.sleep(600)


def spin() -> None:
    while True:
        pass


def eat() -> None:
    eaten = []
    while True:
        eaten.append(bytes(1 << 24))


def eat_at_once() -> None:
    bytes(1 << 40)


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    os._exit(3)


def be_killed_afterwards() -> None:
    threading.Timer(0.05, be_killed).start()


def leave_before_the_next() -> None:
    """So that nobody is left who reads anything: the whole pool breaks."""
    process.fetch_task = lambda channel: os._exit(3)


def dig() -> None:
    dig()


def stumble() -> None:
    raise KeyError("no such cell")


def find_unsound() -> None:
    raise DefinitionError((Problem("templates/x.toml: id", "is missing"), Problem("templates/x.toml: title", "too")))


def refuse() -> None:
    raise CrmxlError("there is no policy `x`")


def talk() -> None:
    print("noise")
    print("noise", file=sys.stderr)
    os.write(2, b"noise")


DEEDS: dict[str, Callable[[], None]] = {
    deed.__name__: deed
    for deed in (
        hang,
        spin,
        eat,
        eat_at_once,
        be_killed,
        leave,
        be_killed_afterwards,
        leave_before_the_next,
        dig,
        stumble,
        find_unsound,
        refuse,
        talk,
    )
}


def misbehave(path: Path, library: Library, standard: Standard) -> Report:
    """As good as any, after the deed that the file's name says."""
    if path.stem in DEEDS:
        DEEDS[path.stem]()
    return good(path, library, standard)


# -- reading it --------------------------------------------------------------------------------------------------


def paths(*names: str) -> list[Path]:
    return [Path("returned", name) for name in names]


def judged(files: Sequence[Path], limits: Limits = TIGHT) -> list[Report]:
    with closing(judge_all(files, Library(), Standard(), work=misbehave, limits=limits)) as reports:
        return list(reports)


def told(report: Report) -> str:
    """What F108 says was found in both languages; empty for a report that is as it should be."""
    if not report.findings:
        assert report.submission.digest == Path(report.submission.file).name
        return ""
    (finding,) = report.findings
    assert report.submission.findings == report.findings
    assert (finding.code, report.verdict) == ("F108", Verdict.UNREADABLE)
    return f"{word(finding, 'zh').found} | {word(finding, 'en').found}"


@pytest.mark.slow
def test_files_that_harm_their_reader_cost_themselves_alone() -> None:
    deeds = ("hang", "dig", "stumble", "leave", *(("eat", "eat_at_once", "be_killed") if os.name != "nt" else ()))
    files = paths("first", *(name for deed in deeds for name in (deed, f"after-{deed}")))
    reports = judged(files)
    assert [report.submission.file for report in reports] == list(map(str, files))
    found = dict(zip((path.name for path in files), map(told, reports), strict=True))
    assert all(not words for name, words in found.items() if name not in deeds)
    place = found["stumble"].rpartition(":")[2]
    expected = {
        "hang": "读取时间 3 秒 | 3 seconds of reading",
        "dig": "嵌套 1,000 层 | nesting of 1,000 levels",
        "stumble": f"程序内部错误 KeyError, test_batch.py:{place} | internal error KeyError, test_batch.py:{place}",
        "leave": "读取进程意外终止，退出码 3 | the reading process died, exit code 3",
        "eat": "内存 1,024 MB | 1,024 MB of memory",
        "eat_at_once": "内存 1,024 MB | 1,024 MB of memory",
        "be_killed": "读取进程意外终止，退出码 -9 | the reading process died, exit code -9",
    }
    assert {deed: found[deed] for deed in deeds} == {deed: expected[deed] for deed in deeds}


@POSIX
@pytest.mark.slow
def test_processor_time_is_limited_file_by_file() -> None:
    reports = judged(paths("a", "spin", "b"), Limits(seconds=60, processor=1))
    assert [told(report) for report in reports] == ["", "处理器时间 1 秒 | 1 seconds of processor time", ""]


@POSIX
@pytest.mark.slow
def test_a_file_is_not_blamed_for_the_death_of_a_reader_that_another_one_killed() -> None:
    reports = judged(paths("be_killed_afterwards", "a", "b", "be_killed_afterwards", "c", "hang", "d"))
    assert [told(report) for report in reports if report.submission.file != str(Path("returned/hang"))] == [""] * 6


@pytest.mark.slow
def test_where_no_reader_is_left_the_batch_goes_on_with_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmxl.check.batch.cores", lambda: 1)
    reports = judged(paths("a", "leave_before_the_next", "b", "c"))
    assert list(map(told, reports)) == [""] * 4
    assert len({report.submission.sheet_names[0] for report in reports}) == 2


@POSIX
def test_where_no_reader_can_start_every_file_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_to_start(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("multiprocessing.popen_spawn_posix.Popen.__init__", refuse_to_start)
    words = "读取进程无法启动或都已终止 | reading processes could not start, or all died"
    assert list(map(told, judged(paths("a", "b")))) == [words] * 2


@pytest.mark.slow
def test_readers_inherit_nothing_and_are_no_more_than_files_and_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "INHERITED", ["inherited"])
    seen = [report.submission.sheet_names for report in judged(paths("a", "talk", "b", "c", "d"))]
    assert {told[1:] for told in seen} == {("spawn",)}
    readers = {told[0] for told in seen}
    assert str(os.getpid()) not in readers and len(readers) <= (os.cpu_count() or 1)
    assert judged([]) == []


@pytest.mark.slow
def test_what_a_reader_prints_reaches_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    assert list(map(told, judged(paths("talk")))) == [""]
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_an_unsound_definition_is_the_operators_own_and_stops_the_batch() -> None:
    with closing(judge_all(paths("a", "find_unsound", "b"), Library(), Standard(), work=misbehave)) as reports:
        assert told(next(reports)) == ""
        with pytest.raises(DefinitionError, match=r"templates/x.toml: title: too") as caught:
            next(reports)
    assert [problem.message for problem in caught.value.problems] == ["is missing", "too"]
    with pytest.raises(CrmxlError, match="there is no policy `x`"):
        judged(paths("refuse"))


@pytest.mark.slow
def test_an_unsound_template_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "cosmetics-plan.toml").write_text('id = "cosmetics-plan"\nversion = 1\n', encoding="utf-8")
    at = bench(tmp_path)
    with pytest.raises(DefinitionError, match=r"cosmetics-plan.toml"):
        read_all([SAMPLES / "cosmetics-plan" / "east-china.xlsx"], "zh", at)


@pytest.mark.slow
def test_read_apart_a_file_gives_the_report_that_it_gives_here() -> None:
    folders = sorted({path.parent for path in SAMPLES.glob("*/*.xlsx")} - {SAMPLES / "gallery", SAMPLES / "blank"})
    files = [path for folder in folders for path in sorted(folder.glob("*.xlsx"))[:2]]
    files += [SAMPLES / "gallery" / f"{name}.xlsx" for name in ("source-totals", "csv-renamed", "line-deleted")]
    files += [SAMPLES, SAMPLES / "nowhere.xlsx"]
    at = bench()
    here = [judge(path, at.library, at.standard) for path in files]
    apart = read_all(files, "zh", at)
    for path, one, other in zip(files, here, apart, strict=True):
        assert one == other, path
    assert [report.findings[0].code for report in apart[-2:]] == ["F106", "F106"]
    layouts = [report.submission.layout for report in apart if report.submission.layout is not None]
    ids = {id(layout): layout.fingerprint for layout in layouts}
    assert len(ids) == len(set(ids.values())) < len(layouts)  # one object for all reports that have the same


@pytest.mark.slow
def test_the_bar_counts_files(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    at = Bench(Library(), Standard())
    reports = read_all([SAMPLES, SAMPLES / "nowhere.xlsx"], "en", at)
    assert [report.submission.file for report in reports] == [str(SAMPLES), str(SAMPLES / "nowhere.xlsx")]
    shown = capsys.readouterr().err
    assert "Reading and checking" in shown and "100%" in shown


SCRIPT = """
import signal
import sys
from contextlib import closing
from crmxl.check.batch import judge_all
from crmxl.check.standard import Standard
from crmxl.define.library import Library
from tests.check.test_batch import TIGHT, misbehave, paths

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's job in the background ignores
    print("begins", flush=True)
    try:
        with closing(judge_all(paths("a", *["hang"] * 3000), Library(), Standard(), work=misbehave)) as reports:
            for report in reports:
                print("goes on", flush=True)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "how", "code"),
    [
        ("begins", signal.SIGINT, 130),
        ("goes on", signal.SIGINT, 130),
        ("goes on", signal.SIGKILL, -signal.SIGKILL),
    ],
    ids=["Ctrl-C while readers start", "Ctrl-C while they read", "kill -9 of the command alone"],
)
def test_who_ends_the_command_ends_its_readers(tmp_path: Path, when: str, how: signal.Signals, code: int) -> None:
    script = tmp_path / "command.py"
    script.write_text(SCRIPT, encoding="utf-8")
    root = Path(__file__).parents[2]
    command = subprocess.Popen(
        [sys.executable, script],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert command.stdout is not None and command.stderr is not None
        for line in command.stdout:
            if line.strip() == when:
                break
        time.sleep(0.1)  # the first reader is about to start, or the second hanging file was fetched
        began = time.monotonic()
        os.kill(command.pid, how) if how is signal.SIGKILL else os.killpg(command.pid, how)
        assert command.wait(timeout=10) == code
        while alive(command.pid) and time.monotonic() - began < 10:
            time.sleep(0.02)
        assert not alive(command.pid)
        assert "Traceback" not in (said := command.stderr.read())
        assert how is signal.SIGKILL or not said  # after kill -9, multiprocessing says what it tidies up
    finally:
        if alive(command.pid):
            os.killpg(command.pid, signal.SIGKILL)
        command.communicate()


def alive(group: int) -> bool:
    """Whether any process of the group is left; on Linux those that only wait to be buried are not counted."""
    if not Path("/proc/self/stat").exists():
        with suppress(ProcessLookupError):
            os.killpg(group, 0)
            return True
        return False
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, its_group = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                return True
    return False
