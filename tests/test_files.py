"""Files at the two ends: names that every system takes, writes that are whole, leftovers swept, one door."""

from __future__ import annotations

import ast
import errno
import os
import stat
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from crmxl.errors import CrmxlError
from crmxl.files import STALE, slug, write_atomically

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "crmxl"


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def aged(path: Path, seconds: float) -> Path:
    """``path``, made if need be, as if last written so many seconds ago."""
    path.touch()
    os.utime(path, (time.time() - seconds,) * 2)
    return path


# ---- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("华南区域", "华南区域"),
        ("a b-1_2.v3", "a b-1_2.v3"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\..\\x", "_.._x"),
        ("C:\\x", "C__x"),
        ("a/b:c*d?e", "a_b_c_d_e"),
        ("CON", "_CON"),
        ("aux.tar", "_aux.tar"),
        ("Lpt1", "_Lpt1"),
        ("com¹", "_com¹"),
        ("console", "console"),
        ("a. ", "a"),
        (".hidden", "hidden"),
        ("~$华南", "$华南"),
        ("a\nb\tc\u3000d", "a b c d"),
        ("a\x1b[31m\u202eb\u200bc", "a_[31m_b_c"),
        ("\udcff", "_"),
        ("...", "_"),
        ("", "_"),
        ("e\u0301", "\u00e9"),
    ],
)
def test_a_name_is_made_one_that_every_system_takes(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(some.text(some.characters(), max_size=300))
def test_no_name_is_a_path_a_device_hidden_or_too_long(name: str) -> None:
    made = slug(name)
    assert made and made == made.strip(". ") and not set(made) & set('<>:"/\\|?*')
    assert made.isprintable() and len(made.encode()) <= 201
    assert made.partition(".")[0].casefold() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert slug(made) == unicodedata.normalize("NFC", made)


@given(some.text(some.characters(), max_size=300))
def test_a_file_of_that_name_can_be_made_in_its_folder(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_atomically(Path(folder) / f"{slug(name)}-问题-12.xlsx", b"1")
        assert len(names(Path(folder))) == 1


# ---- whole or not at all -----------------------------------------------------------------------------------------


def test_a_file_is_written_with_its_folder_and_the_rights_of_any_new_file(tmp_path: Path) -> None:
    path, other = tmp_path / "a" / "b" / "c.xlsx", tmp_path / "other"
    write_atomically(path, b"new")
    other.write_bytes(b"")
    assert path.read_bytes() == b"new" and names(path.parent) == ["c.xlsx"]
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_a_replaced_file_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new" and stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_longest_name_that_the_system_takes_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("长" * 85)
    write_atomically(path, b"1")
    assert path.read_bytes() == b"1"


def test_a_link_a_folder_and_a_pipe_are_not_replaced(tmp_path: Path) -> None:
    target, link, pipe, inner = (tmp_path / name for name in ("target", "link", "pipe", "folder"))
    target.write_bytes(b"precious")
    link.symlink_to(target)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(pipe)
    inner.mkdir()
    before = names(tmp_path)
    for path in (link, tmp_path / "dangling", pipe, inner):
        with pytest.raises(CrmxlError, match="no plain file"):
            write_atomically(path, b"new")
    assert target.read_bytes() == b"precious" and link.is_symlink() and stat.S_ISFIFO(pipe.stat().st_mode)
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    ("step", "number", "remedy"),
    [
        ("fsync", errno.ENOSPC, "free some space"),
        ("fsync", errno.EDQUOT, "free some space"),
        ("fsync", errno.EIO, "another place"),
        ("chmod", errno.EPERM, "open in Excel"),
        ("replace", errno.EACCES, "open in Excel"),  # what Windows answers while Excel has the file open
        ("replace", errno.EROFS, "read-only"),
    ],
)
def test_a_write_that_fails_says_what_to_do_and_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, remedy: str
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(CrmxlError, match=remedy) as caught:
        write_atomically(path, b"new")
    assert str(path) in str(caught.value) and os.strerror(number) in str(caught.value)
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a.xlsx"]


def test_a_folder_that_may_not_be_written_is_named_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(tempfile, "mkstemp", fail)
    with pytest.raises(CrmxlError, match="another folder"):
        write_atomically(tmp_path / "a.xlsx", b"new")
    assert names(tmp_path) == []


def test_a_write_protected_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # the superuser may write anything
    with pytest.raises(CrmxlError, match="cannot be written"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a.xlsx"]


def test_a_name_that_is_too_long_is_answered(tmp_path: Path) -> None:
    with pytest.raises(CrmxlError, match="shorter"):
        write_atomically(tmp_path / ("x" * 300), b"1")
    assert names(tmp_path) == []


def test_a_disk_that_takes_no_more_is_one_message_exit_code_2_and_no_file(tmp_path: Path) -> None:
    """The system itself refuses here: no file of the process may grow beyond 4 KB."""
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); sys.dont_write_bytecode = True;"
        "from crmxl.cli import main; main(prog_name='crmxl')"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, "generate", "cosmetics-plan", "-o", str(tmp_path / "a.xlsx")],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 2 and "cannot be written" in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1 and names(tmp_path) == []


# ---- leftovers ---------------------------------------------------------------------------------------------------


def test_what_a_dead_process_left_is_swept_and_nothing_else_is(tmp_path: Path) -> None:
    aged(tmp_path / ".crmxl-abc123_z.part", STALE + 60)
    others = (
        aged(tmp_path / ".crmxl-live0000.part", STALE / 2),  # somebody may be writing it
        aged(tmp_path / ".crmxl-young000.part", 0),
        aged(tmp_path / "video.mkv.part", STALE * 99),
        aged(tmp_path / ".a.xlsx.x1y2z3.part", STALE * 99),
        aged(tmp_path / ".crmxl-too-long-a-name.part", STALE * 99),
        aged(tmp_path / ".crmxl-ABCDEFGH.part", STALE * 99),
        aged(tmp_path / "my.crmxl-abc123_z.part", STALE * 99),
        aged(tmp_path / ".crmxl-abc123_z.partial", STALE * 99),
    )
    (tmp_path / ".crmxl-folder00.part").mkdir()
    aged(tmp_path / "precious", STALE * 99)
    (tmp_path / ".crmxl-link0000.part").symlink_to(tmp_path / "precious")
    before = set(names(tmp_path))
    write_atomically(tmp_path / "new.xlsx", b"1")
    assert set(names(tmp_path)) == before - {".crmxl-abc123_z.part"} | {"new.xlsx"}
    assert all(one.exists() for one in others)


def test_age_goes_by_the_clock_of_the_folder_not_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged(tmp_path / ".crmxl-abcdefgh.part", STALE / 2)
    monkeypatch.setattr(time, "time", lambda: 4e9)
    write_atomically(tmp_path / "a.xlsx", b"1")
    assert ".crmxl-abcdefgh.part" in names(tmp_path)


def test_what_cannot_be_swept_stops_no_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aged(tmp_path / ".crmxl-abcdefgh.part", STALE + 60)

    def fail(*_: object) -> None:
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(os, "unlink", fail)
    write_atomically(tmp_path / "a.xlsx", b"1")
    assert (tmp_path / "a.xlsx").read_bytes() == b"1"


def test_a_process_whose_temporary_was_taken_fails_and_the_old_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    chmod = os.chmod

    def swept(name: str, mode: int) -> None:
        chmod(name, mode)
        os.unlink(name)

    monkeypatch.setattr(os, "chmod", swept)
    with pytest.raises(CrmxlError, match="cannot be written"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a.xlsx"]


# ---- nothing else writes -----------------------------------------------------------------------------------------

WRITERS = {
    *("write_text", "write_bytes", "touch", "save", "savefig", "dump", "write_table", "ZipFile", "TarFile"),
    *("to_csv", "to_excel", "to_parquet", "to_pickle", "to_feather", "to_hdf", "to_json", "to_sql", "to_xml"),
    *("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile", "copyfile", "copy2", "move"),
    *("renames", "symlink", "symlink_to", "hardlink_to", "truncate", "fdopen"),
}
"""Calls that make, fill or rename a file, by their last name."""
IN_MEMORY = {
    ("demo.py", "ZipFile"),  # a workbook made anew, bytes to bytes
    ("receive/gate.py", "ZipFile"),  # reads
    ("receive/parcel.py", "ZipFile"),  # reads
    ("report/posting.py", "ZipFile"),  # parcels, into a buffer
    ("report/totals.py", "write_table"),  # Parquet into a buffer
}


def writes(source: str) -> Iterator[str]:
    """The calls in ``source`` that write to files, by name."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        owner = called.value.id if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) else ""
        if name == "open":
            given = (*node.args, *(word.value for word in node.keywords))
            texts = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            flags = [one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)]
            modes = [text for text in texts if set(text) <= set("rwaxbt+U") and set(text) & set("wax+")]
            if modes or ({"O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND"} & set(flags) and "devnull" not in flags):
                yield name
        elif name.startswith("to_") and isinstance(called, ast.Name):
            continue  # our own functions of such names give bytes; those of pandas are methods
        elif name in WRITERS or (owner == "os" and name == "replace") or (name == "rename" and node.args):
            yield name  # a table's columns are renamed by keyword


@pytest.mark.parametrize(
    "source",
    [
        "open(name, 'w')",
        "open(name, mode='ab')",
        "path.open('r+')",
        "path.write_text(text)",
        "os.open(name, os.O_WRONLY | os.O_CREAT)",
        "os.replace(a, b)",
        "path.rename(other)",
        "frame.to_parquet(path)",
        "zipfile.ZipFile(path, 'a')",
        "tempfile.NamedTemporaryFile()",
    ],
)
def test_a_write_is_recognised(source: str) -> None:
    assert list(writes(source))


@pytest.mark.parametrize(
    "source", ["open(name)", "open(name, 'rb')", "text.replace('a', 'b')", "os.open(a, os.O_RDONLY)"]
)
def test_what_writes_nothing_is_not_taken_for_a_write(source: str) -> None:
    assert not list(writes(source))


def test_every_file_is_written_through_the_one_door() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        found = {(place, name) for name in writes(path.read_text(encoding="utf-8"))}
        if place == "files.py":
            assert {name for _, name in found} == {"mkstemp", "fdopen", "replace", "TemporaryDirectory"}
        else:
            assert found <= IN_MEMORY, f"write with crmxl.files.write_atomically: {found - IN_MEMORY}"
