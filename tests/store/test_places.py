import os
import subprocess
from pathlib import Path

import pytest

from ptktctl.errors import UnsafePermissionsError
from ptktctl.store.places import Places, check_private


def test_home_holds_everything(tmp_path: Path) -> None:
    places = Places.locate({"PTKTCTL_HOME": str(tmp_path)})
    names = ("applids.toml", "keys.toml", "used.db", "audit.jsonl")
    assert places == Places(*(str(tmp_path / name) for name in names))


def test_home_may_be_relative_or_begin_with_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert Places.locate({"PTKTCTL_HOME": "here"}).keys == str(tmp_path / "here" / "keys.toml")
    assert Places.locate({"PTKTCTL_HOME": "~/store"}).keys == str(tmp_path / "me" / "store" / "keys.toml")


def test_without_home_the_three_kinds_of_file_lie_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    places = Places.locate({"PTKTCTL_HOME": ""})
    assert places == Places(
        str(tmp_path / "CONFIG" / "ptktctl" / "applids.toml"),
        str(tmp_path / "DATA" / "ptktctl" / "keys.toml"),
        str(tmp_path / "STATE" / "ptktctl" / "used.db"),
        str(tmp_path / "STATE" / "ptktctl" / "audit.jsonl"),
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "it's a $HOME"
    folder.mkdir(0o700)
    file = folder / "keys.toml"
    file.touch(0o600)
    return file


def test_private_is_fine(file: Path) -> None:
    check_private(str(file))
    check_private(str(file.with_name("missing")))
    check_private(str(file / "no folder" / "missing"))


@pytest.mark.parametrize("extra", [0o040, 0o020, 0o010, 0o004, 0o002, 0o001])
def test_a_file_or_folder_open_to_others_is_refused_and_the_hint_mends_it(file: Path, extra: int) -> None:
    for place, mode in ((file, 0o600), (file.parent, 0o700)):
        place.chmod(mode | extra)
        with pytest.raises(UnsafePermissionsError, match=f"mode 0{mode | extra:o}") as caught:
            check_private(str(file))
        assert caught.value.exit_status == 3
        assert caught.value.hint
        assert caught.value.hint.startswith(f"chmod {mode:o} '")
        subprocess.run(["sh", "-c", caught.value.hint], check=True)
        assert place.stat().st_mode & 0o777 == mode
        check_private(str(file))


def test_what_others_can_do_is_said(file: Path) -> None:
    file.chmod(0o644)
    with pytest.raises(UnsafePermissionsError, match="others can read "):
        check_private(str(file))
    file.chmod(0o666)
    with pytest.raises(UnsafePermissionsError, match="others can read and write "):
        check_private(str(file))


def test_a_link_is_judged_by_what_it_leads_to(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    check_private(str(link))
    file.parent.chmod(0o755)
    with pytest.raises(UnsafePermissionsError) as caught:
        check_private(str(link))
    assert str(file.parent) in caught.value.message


def test_somebody_elses_file_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(UnsafePermissionsError, match=f"belongs to user {owner}") as caught:
        check_private(str(file))
    assert caught.value.hint
    assert caught.value.hint.startswith(f"sudo chown {owner + 1} '")
