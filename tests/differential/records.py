"""What was looked into by hand, file by file: ``explained.toml`` and ``refused.toml``, by reason and hash.

A hash is the first 16 digits of the file's SHA-256; the files themselves are not kept with the project.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.differential.compare import Difference

_FOLDER = Path(__file__).parent
EXPLAINED, REFUSED = _FOLDER / "explained.toml", _FOLDER / "refused.toml"


@dataclass(frozen=True)
class Explained:
    """Differences that several files have for one reason."""

    reason: str
    """A short name."""
    reader: str
    """The other reader."""
    aspects: tuple[str, ...]
    """What may differ; anything else in these files has to be explained elsewhere."""
    why: str
    """What the files have, what each reads, and why ours is right."""
    files: tuple[str, ...]

    def explains(self, file: str, difference: Difference) -> bool:
        """Whether this is one of the differences meant."""
        return file in self.files and difference.reader == self.reader and difference.aspect in self.aspects


@dataclass(frozen=True)
class Refusal:
    """Files that another reader reads and the gate refuses, for one reason."""

    code: str
    right: bool
    """Whether the refusal is as it should be; False for a limit that costs good files."""
    why: str
    files: tuple[str, ...]


def explained() -> tuple[Explained, ...]:
    """What ``explained.toml`` holds."""
    records = tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("explained", [])
    return tuple(
        Explained(**{**record, "aspects": tuple(record["aspects"]), "files": tuple(record["files"])})
        for record in records
    )


def refusals() -> tuple[Refusal, ...]:
    """What ``refused.toml`` holds."""
    records = tomllib.loads(REFUSED.read_text(encoding="utf-8")).get("refused", [])
    return tuple(Refusal(**{**record, "files": tuple(record["files"])}) for record in records)
