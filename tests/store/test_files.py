import builtins
import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ptktctl.errors import (
    InputError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreWriteError,
    UnsafePermissionsError,
)
from ptktctl.store import files

OLD, NEW = b"old\n" * 1000, b"the new content\n" * 2000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(0o700)
    file = folder / "file"
    file.touch(0o600)
    file.write_bytes(OLD)
    return file


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_read_private(file: Path) -> None:
    assert files.read_private(str(file)) == OLD
    assert files.read_private(str(file.with_name("missing"))) is None
    assert files.read_private(str(file.parent / "no" / "folder")) is None


def test_read_private_judges_file_and_folder(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    assert files.read_private(str(link)) == OLD
    for place, mode in ((file, 0o604), (file.parent, 0o750)):
        usual = place.stat().st_mode
        place.chmod(mode)
        for path in (file, link):
            with pytest.raises(UnsafePermissionsError) as caught:
                files.read_private(str(path))
            assert str(place) in str(caught.value.hint)
        place.chmod(usual)


def test_a_file_that_becomes_a_link_after_it_was_looked_up_is_not_followed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between looking up where a path leads and opening it, the file is exchanged for a link to a stranger's."""
    stranger = file.with_name("stranger")
    stranger.touch(0o600)
    looked_up = os.path.realpath(file)
    file.unlink()
    file.symlink_to(stranger)
    monkeypatch.setattr(os.path, "realpath", lambda path: looked_up)
    with pytest.raises(StoreError):
        files.read_private(str(file))


def test_what_is_no_file_is_refused_at_once(file: Path) -> None:
    pipe = file.with_name("pipe")
    os.mkfifo(pipe, 0o600)
    folder = file.with_name("folder")
    folder.mkdir(0o700)
    for path in (pipe, folder):
        with pytest.raises(StoreDamagedError, match="not a file"):
            files.read_private(str(path))
    with pytest.raises(StoreError, match="Not a directory"):
        files.read_private(str(file / "below a file"))


def test_a_file_too_large_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", len(OLD))
    assert files.read_private(str(file)) == OLD
    monkeypatch.setattr(files, "MOST_BYTES", len(OLD) - 1)
    with pytest.raises(StoreDamagedError):
        files.read_private(str(file))


def test_read_outside_takes_a_file_in_a_folder_that_others_may_look_into(file: Path) -> None:
    file.parent.chmod(0o755)
    assert files.read_outside(str(file)) == OLD
    file.parent.chmod(0o1777)
    assert files.read_outside(str(file)) == OLD
    file.parent.chmod(0o775)
    with pytest.raises(UnsafePermissionsError, match="exchange"):
        files.read_outside(str(file))
    file.parent.chmod(0o755)
    file.chmod(0o640)
    with pytest.raises(UnsafePermissionsError, match="read"):
        files.read_outside(str(file))


def test_read_outside_takes_a_pipe() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"secret\n")
    os.close(writing)
    assert files.read_outside(f"/dev/fd/{reading}") == b"secret\n"
    os.close(reading)


def test_read_outside_refuses_what_never_ends(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        files.read_outside("/dev/zero")
    with pytest.raises(StoreError, match="neither"):
        files.read_outside(str(tmp_path))


def test_replace_atomically(file: Path, tmp_path: Path) -> None:
    files.replace_atomically(str(file), NEW)
    assert file.read_bytes() == NEW
    assert file.stat().st_mode & 0o777 == 0o600
    link = tmp_path / "link"
    link.symlink_to(file)
    files.replace_atomically(str(link), OLD)
    assert link.is_symlink()
    assert file.read_bytes() == OLD
    assert names(file.parent) == {"file"}


def test_what_a_killed_writer_left_is_removed_by_the_next(file: Path) -> None:
    for left in (b"", NEW):
        Path(files.temporary_of(str(file))).write_bytes(left)
        files.replace_atomically(str(file), NEW)
        assert names(file.parent) == {"file"}


FAULTS = [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.EDQUOT]


def failing(number: int) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", FAULTS)
@pytest.mark.parametrize("step", ["open", "fsync", "replace", "write"])
def test_a_failing_step_leaves_the_old_file(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    with monkeypatch.context() as patch:
        if step == "write":
            patch.setattr(builtins, "open", failing(number))
        else:
            patch.setattr(os, step, failing(number))
        with pytest.raises(StoreWriteError) as caught:
            files.replace_atomically(str(file), NEW)
    assert str(file) in caught.value.message
    assert os.strerror(number) in caught.value.message
    assert caught.value.exit_status == 3
    assert file.read_bytes() == OLD
    assert names(file.parent) == {"file"}


@pytest.mark.parametrize("room", [0, 1, len(OLD), len(NEW) - 1])
def test_a_disk_that_runs_full_leaves_the_old_file(file: Path, together: Callable[..., list[Any]], room: int) -> None:
    def action() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        try:
            files.replace_atomically(str(file), NEW)
        except StoreWriteError as error:
            return error.message
        return ""

    (message,) = together([action])
    assert str(file) in message
    assert file.read_bytes() == OLD
    assert names(file.parent) == {"file"}


def test_a_folder_that_cannot_be_synced_is_no_fault(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems answer EINVAL to fsync of a folder."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            failing(errno.EINVAL)()
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    files.replace_atomically(str(file), NEW)
    assert file.read_bytes() == NEW


def test_killed_at_any_line_the_file_is_the_old_or_the_new_one(
    file: Path, killed_everywhere: Callable[..., int]
) -> None:
    seen = set()

    def after() -> None:
        seen.add(file.read_bytes())
        with files.locked(str(file), timeout=1):
            files.replace_atomically(str(file), OLD)
        assert names(file.parent) == {"file", ".file.lock"}

    def action() -> None:
        with files.locked(str(file), timeout=1):
            files.replace_atomically(str(file), NEW)

    assert killed_everywhere(action, after) > 20
    assert seen == {OLD, NEW}


def test_the_lock_makes_private_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    with files.locked(str(path)):
        pass
    assert [folder.stat().st_mode & 0o777 for folder in (path.parent, path.parent.parent)] == [0o700, 0o700]
    assert (path.parent / ".file.lock").stat().st_mode & 0o777 == 0o600


def test_the_lock_wants_a_private_folder(file: Path) -> None:
    file.parent.chmod(0o770)
    with pytest.raises(UnsafePermissionsError), files.locked(str(file)):
        pass
    assert names(file.parent) == {"file"}


def test_a_lock_held_too_long_is_said(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    with (
        files.locked(str(file)),
        pytest.raises(StoreBusyError, match="another process") as caught,
        files.locked(str(link), timeout=0.05),
    ):
        pass
    assert caught.value.exit_status == 3
    with files.locked(str(file), timeout=0.05):
        pass


def test_a_lock_that_cannot_be_made_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", failing(errno.EROFS))
    with pytest.raises(StoreWriteError, match="Read-only"), files.locked(str(file)):
        pass
    with pytest.raises(StoreWriteError), files.locked(str(file / "below a file" / "x")):
        pass


def test_nothing_is_lost_when_many_write_at_once(file: Path, together: Callable[..., list[Any]]) -> None:
    def append(number: int) -> Callable[[], None]:
        def action() -> None:
            for _ in range(5):
                with files.locked(str(file)):
                    before = files.read_private(str(file)) or b""
                    files.replace_atomically(str(file), before + b"%d" % number)

        return action

    file.write_bytes(b"")
    together([append(number) for number in range(4)])
    assert sorted(file.read_bytes()) == sorted(b"0000011111222223333" + b"3")


def test_create_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    files.create_private(str(path), NEW)
    assert path.read_bytes() == NEW
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="exists already"):
        files.create_private(str(path), OLD)
    assert path.read_bytes() == NEW


@pytest.mark.usefixtures("quick_disk")
def test_create_private_killed_at_any_line_leaves_it_whole_or_not_at_all(
    tmp_path: Path, killed_everywhere: Callable[..., int]
) -> None:
    path = tmp_path / "key"

    def judge() -> None:
        assert not path.exists() or path.read_bytes() == NEW
        for left in tmp_path.iterdir():
            left.unlink()

    assert killed_everywhere(lambda: files.create_private(str(path), NEW), judge) > 10


def test_a_new_file_that_cannot_be_finished_is_not_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
    with pytest.raises(StoreWriteError):
        files.create_private(str(tmp_path / "key"), NEW)
    assert not names(tmp_path)
