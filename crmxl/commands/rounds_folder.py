"""Finding the round that a command is about, opening its ledger, and who acts."""

from __future__ import annotations

import getpass
import tomllib
from contextlib import suppress
from pathlib import Path

from crmxl.define.round import ROUND, Round, load_round
from crmxl.define.units import FIGURES, UNITS
from crmxl.define.waivers import WAIVERS
from crmxl.errors import CrmxlError
from crmxl.group.ledger import Ledger
from crmxl.group.register import Register

LEDGER = "ledger.db"
"""The ledger's file in a round's folder, where the round names no database."""
KEY = "key"
"""The file of the round's secret, as init makes it."""
ISSUED = "issued"
"""The folder of what goes out."""
_OWN_FILES = frozenset({ROUND, UNITS, FIGURES, WAIVERS, KEY})
_OWN_FOLDERS = frozenset({"templates", "policies", ISSUED})
_MOST_WORDS = 2_000
"""Characters of a reason or comment."""
_LONGEST = 60
"""Characters of a name that the ledger keeps."""


def round_folder(round: Path | None) -> Path:
    """The folder named, else the current one or the nearest above it that holds a round.

    Raises CrmxlError where there is none.
    """
    if round is not None:
        if not (round / ROUND).is_file():
            raise CrmxlError(
                f"{round}: 不是轮次文件夹（没有 {ROUND}），可用 crmxl init 新建 · "
                f"is no round (has no {ROUND}); crmxl init makes one"
            )
        return round
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ROUND).is_file():
            return Path() if folder == here else folder
    raise CrmxlError(
        f"这里没有轮次（{ROUND}）：请进入轮次文件夹，或用 --round 指定 · "
        f"there is no round here ({ROUND}): go to its folder, or name it with --round"
    )


def ledger_place(round: Round) -> Path | str:
    """Where the round keeps its ledger: a file, or a database's URL; raises CrmxlError for what is neither."""
    if round.ledger and "://" not in round.ledger:  # never shown: it may hold a password
        raise CrmxlError(
            f"{round.folder / ROUND}: ledger: 不是数据库地址 · is no database's URL "
            "(postgresql+psycopg://user:password@host/name)"
        )
    return round.ledger or round.folder / LEDGER


def open_register(round: Path | None) -> tuple[Round, Register]:
    """The round and its register, to be closed by the caller; raises CrmxlError where there is none."""
    records = load_round(round_folder(round))
    return records, Register(Ledger.open(ledger_place(records), records.name))


def who(by: str) -> str:
    """Who acts: the name given, else the login name; refused where it has signs that nobody sees, or is too long."""
    name = by.strip() or _login()
    if not name or not name.isprintable() or len(name) > _LONGEST:
        raise CrmxlError(
            f"--by: 请用 1 到 {_LONGEST} 个看得见的字写明经办人 · name who acts in 1 to {_LONGEST} visible characters"
        )
    return name


def why(text: str, option: str) -> str:
    """A reason or comment that the ledger keeps, without blanks around it; refused where it is blank or too long."""
    said = text.strip()
    if not said or len(said) > _MOST_WORDS:
        raise CrmxlError(f"{option}: 请用 1 到 {_MOST_WORDS:,} 个字写明 · say it in 1 to {_MOST_WORDS:,} characters")
    return said


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no login name on this system
        return ""


def keep_records(round: Path | None, *places: Path | None) -> None:
    """Refuse files and folders to write to that belong to a round: to that in ``round``, or to one that they lie in.

    A round's own are its records, its key, its ledger with all that lies beside it under that name, its definitions and
    what it has issued.
    """
    for place in filter(None, places):
        whole = place.resolve()
        above = (folder for folder in (whole, *whole.parents) if (folder / ROUND).is_file())
        if any(_own(folder, whole) for folder in (*above, *([round.resolve()] if round is not None else []))):
            raise CrmxlError(
                f"{place}: 是轮次自己的文件，不能覆盖，请换一个文件名 · "
                "belongs to the round itself; choose another name"
            )


def _own(folder: Path, whole: Path) -> bool:
    """Whether it is a record of the round in ``folder``; in any case of letters, as Windows and macOS see names."""
    if str(whole).casefold() == str(_key_file(folder)).casefold():
        return True
    if not whole.is_relative_to(folder) or whole == folder:
        return False
    first, *below = (part.casefold() for part in whole.relative_to(folder).parts)
    return first in _OWN_FOLDERS or (not below and (first in _OWN_FILES or first.startswith(LEDGER)))


def _key_file(folder: Path) -> Path:
    """Where the round's key is; asked before anything is read, of a round.toml that may have mistakes."""
    name = KEY
    with suppress(OSError, ValueError):
        found = tomllib.loads((folder / ROUND).read_text(encoding="utf-8-sig")).get("key_file")
        name = found if isinstance(found, str) else KEY
    return (folder / name).resolve()
