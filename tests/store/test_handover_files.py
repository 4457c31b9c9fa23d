"""Files that leave the store: private, whole or not at all, never over another by accident."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ptktctl.errors import InputError, StoreWriteError
from ptktctl.store import handover_files
from ptktctl.store.handover_files import make_folder, require_writable, write_private

OLD, NEW = b"old " * 1000, b"new " * 2000


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("force", [False, True])
def test_a_new_file_is_private_whatever_the_mask(tmp_path: Path, force: bool) -> None:
    mask = os.umask(0)
    try:
        write_private(str(tmp_path / "f"), NEW, force=force)
    finally:
        os.umask(mask)
    assert (tmp_path / "f").read_bytes() == NEW
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == {"f"}


def test_what_is_there_is_replaced_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(OLD)
    with pytest.raises(InputError, match="exists already"):
        write_private(str(path), NEW)
    assert path.read_bytes() == OLD
    write_private(str(path), NEW, force=True)
    assert path.read_bytes() == NEW
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == {"f"}


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_file_is_left_alone(tmp_path: Path, force: bool) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(InputError, match="is not a file"):
            require_writable(str(path), force=force)
        with pytest.raises(InputError, match="is not a file"):
            write_private(str(path), NEW, force=force)


def test_a_folder_that_is_missing_or_closed(tmp_path: Path) -> None:
    with pytest.raises(StoreWriteError, match="No such file"):
        write_private(str(tmp_path / "none" / "f"), NEW)
    (tmp_path / "f").write_bytes(OLD)
    with pytest.raises(StoreWriteError, match="could not be written"):
        make_folder(str(tmp_path / "f" / "parts"))
    with pytest.raises(StoreWriteError, match="File exists"):
        make_folder(str(tmp_path / "f"))


def test_a_folder_is_made_private(tmp_path: Path) -> None:
    make_folder(str(tmp_path / "a" / "parts"))
    make_folder(str(tmp_path / "a" / "parts"))
    for folder in ("a", "a/parts"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("call", ["fsync", "link", "replace", "write"])
def test_a_disk_that_fails_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, force: bool
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if force:
        (tmp_path / "f").write_bytes(OLD)
    if (call == "link" and force) or (call == "replace" and not force) or call == "write":
        monkeypatch.setattr(os, "open", fail)
    else:
        monkeypatch.setattr(os, call, fail)
        monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(StoreWriteError, match="No space left"):
        write_private(str(tmp_path / "f"), NEW, force=force)
    monkeypatch.undo()
    assert names(tmp_path) == ({"f"} if force else set())
    assert not force or (tmp_path / "f").read_bytes() == OLD


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", fail)
    write_private(str(tmp_path / "f"), NEW)
    assert (tmp_path / "f").read_bytes() == NEW
    monkeypatch.setattr(handover_files, "require_writable", lambda *_, **__: None)
    with pytest.raises(InputError, match="exists already"):
        write_private(str(tmp_path / "f"), OLD)
    assert (tmp_path / "f").read_bytes() == NEW
    assert names(tmp_path) == {"f"}


def test_of_many_at_once_one_wins(tmp_path: Path, together: Callable[..., list[Any]]) -> None:
    path = tmp_path / "f"

    def write(number: int) -> bool:
        try:
            write_private(str(path), bytes([number]) * 5000)
        except InputError:
            return False
        return True

    won = together([lambda number=number: write(number) for number in range(12)])
    assert sum(won) == 1
    assert path.read_bytes() == bytes([won.index(True)]) * 5000
    assert names(tmp_path) == {"f"}


@pytest.mark.parametrize("force", [False, True])
def test_killed_anywhere_it_is_whole_or_not_there(
    tmp_path: Path, killed_everywhere: Callable[..., int], force: bool
) -> None:
    path = tmp_path / "f"

    def stage() -> None:
        path.unlink(missing_ok=True)
        if force:
            path.write_bytes(OLD)

    def judge() -> None:
        found = path.read_bytes() if path.exists() else None
        assert found in ((OLD, NEW) if force else (None, NEW))
        for name in names(tmp_path) - {"f"}:
            assert name.startswith(".f.")
            assert name.endswith(".new")
            assert (tmp_path / name).stat().st_mode & 0o077 == 0
        stage()

    stage()
    assert killed_everywhere(lambda: write_private(str(path), NEW, force=force), judge) > 10
