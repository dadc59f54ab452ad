"""A story that is told while it happens: commands as they are typed, and what was expected beside what came."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from crmxl.cli import main as crmxl

CHECKOUT = Path(__file__).parents[2]
_SHOWN = 300
"""Characters of a command or a value that are printed."""
_GROUPS = {"review", "ledger"}
_QUICK = {"nil", "choose", "status", "review approve", "review return", "review reopen", "ledger verify", "trace"}
"""Commands that run in a process of their own the first time alone."""
_SCREEN = {"PYTHONIOENCODING": "utf-8", "COLUMNS": "200", "NO_COLOR": "1"}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.out + self.err


class Story:
    """Runs crmxl as people do, and holds what it says against what it must."""

    def __init__(self, folder: Path, tell: Callable[[str], None] = print) -> None:
        """``folder`` is where commands run."""
        self.folder = folder
        self.tell = tell
        self.wrong: list[str] = []
        """Expectations that were not met."""
        self.met = 0
        self.spent: dict[str, float] = {}
        """Seconds by command."""

    def chapter(self, title: str) -> None:
        """What comes now."""
        self.tell(f"\n## {title}")

    def check(self, what: str, found: object, expected: object) -> None:
        """Say whether ``found`` is what it must be."""
        if found == expected:
            self.met += 1
            self.tell(f"  ✓ {what}：{_short(found)}")
            return
        self.wrong.append(what)
        self.tell(f"  ✗ {what}：")
        for line in _difference(found, expected):
            self.tell(f"      {line}")

    def says(self, what: str, ran: Ran, *words: str) -> None:
        """Say whether a command named all of ``words``."""
        self.check(what, [word for word in words if word not in ran.said], [])

    def run(self, *arguments: object, code: int = 0) -> Ran:
        """One command with its exit code; where that is another one, all that it printed."""
        words = [str(one) for one in arguments]
        self.tell(f"$ crmxl {_short(' '.join(words))}")
        begun = time.perf_counter()
        name = " ".join(words[:2]) if words[0] in _GROUPS else words[0]
        ran = self._here(words) if name in _QUICK & self.spent.keys() else self._apart(words)
        self.spent[name] = self.spent.get(name, 0) + time.perf_counter() - begun
        if ran.code != code or "Traceback" in ran.err:
            self.wrong.append(f"crmxl {words[0]}")
            self.tell(f"  ✗ 退出码：{ran.code}，应为 {code}\n{ran.said}")
        return ran

    def _apart(self, words: Sequence[str]) -> Ran:
        """In a process of its own."""
        done = subprocess.run(
            [sys.executable, str(CHECKOUT / "cli.py"), *words],
            cwd=self.folder,
            capture_output=True,
            env={**os.environ, **_SCREEN},
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def _here(self, words: Sequence[str]) -> Ran:
        """In this process, which saves the time that Python takes to start."""
        done = CliRunner(env=_SCREEN).invoke(crmxl, list(words))
        failure = (
            "" if done.exception is None or isinstance(done.exception, SystemExit) else f"Traceback: {done.exception!r}"
        )
        return Ran(done.exit_code, done.stdout, done.stderr + failure)

    def json(self, *arguments: object, code: int = 0) -> Any:
        """What a command prints with ``--json``; an empty object where it is none."""
        ran = self.run(*arguments, "--json", code=code)
        try:
            return json.loads(ran.out)
        except json.JSONDecodeError:
            self.wrong.append(f"{arguments[0]} --json")
            self.tell(f"  ✗ 不是 JSON：{_short(ran.said)}")
            return {}

    def end(self) -> int:
        """How it came out; the exit code."""
        spent = "，".join(f"{name} {seconds:.0f} 秒" for name, seconds in self.spent.items())
        self.tell(f"\n命令用时：{spent}")
        self.tell(
            f"核对 {self.met + len(self.wrong)} 项，不符 {len(self.wrong)} 项"
            + "".join(f"\n  ✗ {one}" for one in self.wrong)
        )
        return int(bool(self.wrong))


def _short(value: object) -> str:
    text = f"{len(value)} 项" if isinstance(value, dict | list | tuple | set) and len(value) > 4 else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"


def _difference(found: object, expected: object) -> Sequence[str]:
    """Expected and actual, of mappings and sets only where they differ."""
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        names = [name for name in {**expected, **found} if found.get(name) != expected.get(name)]
        return [f"{name}：应为 {expected.get(name)}，实际 {found.get(name)}" for name in names]
    if isinstance(found, set) and isinstance(expected, set):
        return [f"少了 {sorted(expected - found)}", f"多了 {sorted(found - expected)}"]
    return [f"应为 {expected}", f"实际 {found}"]
