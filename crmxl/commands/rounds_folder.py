"""Finding the round that a command is about, opening its ledger, and who acts."""

from __future__ import annotations

import getpass
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
    """Where the round keeps its ledger: a file, or a database's URL."""
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


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no login name on this system
        return ""


def keep_records(folder: Path, *files: Path | None) -> None:
    """Refuse to write over what the round in ``folder`` is made of, or among what it has issued."""
    own = {(folder / name).resolve() for name in (ROUND, UNITS, FIGURES, WAIVERS, KEY, LEDGER)}
    issued = (folder / ISSUED).resolve()
    for file in filter(None, files):
        if file.resolve() in own or issued in file.resolve().parents:
            raise CrmxlError(
                f"{file}: 是轮次自己的文件，不能覆盖，请换一个文件名 · belongs to the round itself; choose another name"
            )
