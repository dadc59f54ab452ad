"""Guided by coverage: ``python -m tests.fuzz.guided CORPUS [libFuzzer's options]``; optional, needs atheris.

``pip install atheris`` first (CPython on Linux; it is no dependency of the project). CORPUS is a folder that keeps what
reached new code; it is begun with the seeds of one template. Inputs are changed by the same mutations as elsewhere, and
judged alike; libFuzzer stops at the first that fails and leaves it as ``crash-…``. For an hour:

    python -m tests.fuzz.guided corpus -max_total_time=3600 -rss_limit_mb=1000
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

TEMPLATE = "cosmetics-plan"
_LARGEST = 400_000
"""Bytes of an input; larger ones take time and reach nothing new."""


def main() -> int:
    """Exit 2 where atheris is missing or no folder is given."""
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        print("atheris is not installed, nothing was tried: pip install atheris (CPython on Linux)", file=sys.stderr)
        return 2
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["crmxl.receive", "crmxl.check"]):
        importlib.import_module("crmxl.check.runner")
        importlib.import_module("crmxl.receive.reading")
    from tests.fuzz.draft import opened
    from tests.fuzz.judge import judge
    from tests.fuzz.mutate import Made, again
    from tests.fuzz.seeds import NAMES, seed

    start = seed(f"{TEMPLATE} 0")
    inputs = start.draft().inputs
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(name for name in NAMES if name.startswith(start.name)):
        (corpus / f"seed-{number}").write_bytes(seed(name).data)
    folder = Path(tempfile.mkdtemp(prefix="crmxl-fuzz-"))

    def mutated(data: bytes, most: int, number: int) -> bytes:
        random = Random(number)
        try:
            draft = opened(data, inputs)
            again(random, draft)
            changed = draft.saved()
        except Exception:  # no longer a package that can be taken apart
            changed = atheris.Mutate(data, most)
        return changed if len(changed) <= most else data

    def tried(data: bytes) -> None:
        outcome = judge(Made(0, start, ("guided",), bytes(data), False), folder)
        if outcome.problems:
            raise AssertionError(str(outcome))

    atheris.Setup([*sys.argv, f"-max_len={_LARGEST}"], tried, custom_mutator=mutated)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
