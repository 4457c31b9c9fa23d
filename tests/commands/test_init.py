"""ptktctl init: the store, and the ways to open it afterwards."""

import os
import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ptktctl.store import files, sealing, vault

Process = Callable[..., "subprocess.CompletedProcess[str]"]
PASSPHRASE = "correct horse battery"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "store", "sealed_by", "key_file"],
    "properties": {
        "schema": {"const": "ptktctl.init/1"},
        "store": {"type": "string"},
        "sealed_by": {"enum": ["passphrase", "unlock-key-file", "os-keyring"]},
        "key_file": {"type": ["string", "null"]},
    },
}


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase at the least cost: what scrypt takes for real is measured elsewhere."""
    create: Any = vault.create
    monkeypatch.setattr(vault, "create", lambda *given, **named: create(*given, **named, scrypt_n=2**10))


@pytest.fixture
def sealed(cli: Any, cheap: None) -> Any:
    """A store that a passphrase opens, with FEKAPPL and a key for it."""
    cli.environ["PTKTCTL_PASSPHRASE"] = PASSPHRASE
    cli.ok("init")
    cli.ok("applid add FEKAPPL")
    cli.ok("key generate FEKAPPL")
    del cli.environ["PTKTCTL_PASSPHRASE"]
    return cli


def secret_file(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Making the store


def test_with_a_key_file(cli: Any, tmp_path: Path) -> None:
    ran = cli.ok(f"init --key-file {tmp_path}/unlock.key")
    assert ran.out == f"created {cli.home}/keys.toml, sealed by unlock key file\n"
    assert f"keep a copy of {tmp_path}/unlock.key" in ran.err
    assert mode(cli.home) == 0o700
    assert mode(cli.home / "keys.toml") == mode(tmp_path / "unlock.key") == 0o600
    assert cli("key list").status == 0


def test_a_key_file_that_the_store_cannot_remember(cli: Any, tmp_path: Path) -> None:
    named = f"{tmp_path}/k\udcff"
    said = "the store can't remember a file name that is not UTF-8"
    cli.refused(f"init --key-file {named}", said)
    assert [path.name for path in tmp_path.rglob("*") if path.suffix != ".lock"] == ["home"]
    cli.ok(f"init --key-file {tmp_path}/unlock.key")
    for way in ("store slot add", "store reseal"):
        cli.refused(f"{way} --new-key-file {named}", said)
    assert not os.path.lexists(named)


def test_a_full_disk_leaves_no_key_file(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "publish", full)
        cli.refused(f"init --key-file {tmp_path}/unlock.key", "nothing was changed", status=3)
    assert not (tmp_path / "unlock.key").exists()
    cli.ok(f"init --key-file {tmp_path}/unlock.key")


def test_json(cli: Any, tmp_path: Path) -> None:
    ran = cli.ok(f"init --key-file {tmp_path}/unlock.key --format json")
    jsonschema.validate(ran.json, SCHEMA)
    assert ran.json["sealed_by"] == "unlock-key-file"
    assert (ran.json["store"], ran.json["key_file"]) == (f"{cli.home}/keys.toml", f"{tmp_path}/unlock.key")


def test_with_a_passphrase_typed_twice(cli: Any, cheap: None) -> None:
    cli.answers = [PASSPHRASE, PASSPHRASE]
    ran = cli("init", terminal=True)
    assert ran.status == 0
    assert ran.out == f"created {cli.home}/keys.toml, sealed by passphrase\n"
    assert cli.asked == ["new passphrase: ", "the same again: "]
    cli.answers = [PASSPHRASE]
    assert cli("key list", terminal=True).status == 0
    assert cli.asked[2:] == [f"passphrase of {cli.home}/keys.toml: "]


def test_two_passphrases_that_differ(cli: Any) -> None:
    cli.answers = [PASSPHRASE, PASSPHRASE + "!"]
    ran = cli("init", terminal=True)
    assert (ran.status, ran.out) == (2, "")
    assert "the two passphrases differ" in ran.err
    assert not (cli.home / "keys.toml").exists()


def test_no_way_to_seal_it(cli: Any) -> None:
    cli.refused("init", "--passphrase-file", "PTKTCTL_PASSPHRASE_COMMAND", "--key-file", status=3)
    assert not (cli.home / "keys.toml").exists()


def test_a_second_time_changes_nothing(stored: Any, tmp_path: Path) -> None:
    before = (stored.home / "keys.toml").read_bytes()
    stored.refused(f"init --key-file {tmp_path}/other.key", "there is a store already")
    assert (stored.home / "keys.toml").read_bytes() == before
    assert not (tmp_path / "other.key").exists()


def test_a_key_file_that_exists_is_never_overwritten(cli: Any, tmp_path: Path) -> None:
    secret_file(tmp_path / "unlock.key", "something else")
    cli.refused(f"init --key-file {tmp_path}/unlock.key", f"{tmp_path}/unlock.key exists already")
    assert (tmp_path / "unlock.key").read_text() == "something else"
    assert not (cli.home / "keys.toml").exists()


def test_two_ways_at_once(cli: Any) -> None:
    cli.refused("init --key-file a --passphrase-file b", "--key-file and --passphrase-file were both given")


@pytest.mark.parametrize("option", ["--key-file", "--passphrase-file"])
def test_an_empty_file_name(cli: Any, option: str) -> None:
    ran = cli.run(["init", option, ""])
    assert (ran.status, ran.out) == (2, "")
    assert f"'{option}': the name of the file is empty" in ran.err
    assert not (cli.home / "keys.toml").exists()


def test_the_real_cost_of_a_passphrase(cli: Any) -> None:
    cli.environ["PTKTCTL_PASSPHRASE"] = PASSPHRASE
    cli.ok("init")
    text = (cli.home / "keys.toml").read_text()
    assert f"n = {sealing.SCRYPT_N}\n" in text
    assert sealing.SCRYPT_N >= 2**17
    assert cli("key list").status == 0


# Opening it


def opens(cli: Any, options: str = "") -> bool:
    ran = cli(f"gen -u IBMUSER {options}")
    assert ran.status in (0, 3), ran
    return bool(ran.status == 0)


def test_each_way_to_give_a_passphrase(sealed: Any, tmp_path: Path) -> None:
    file = secret_file(tmp_path / "passphrase", PASSPHRASE + "\nmore\n")
    assert opens(sealed, f"--passphrase-file {file}")
    for name, value in (
        ("PTKTCTL_PASSPHRASE_FILE", str(file)),
        ("PTKTCTL_PASSPHRASE_COMMAND", f"cat {file}"),
        ("PTKTCTL_PASSPHRASE", PASSPHRASE),
    ):
        sealed.environ[name] = value
        assert opens(sealed), name
        del sealed.environ[name]
    assert not opens(sealed)


def test_the_first_way_that_is_set_counts(sealed: Any, tmp_path: Path) -> None:
    right = secret_file(tmp_path / "right", PASSPHRASE)
    wrong = secret_file(tmp_path / "wrong", "not the passphrase")
    ways = [
        ("PTKTCTL_PASSPHRASE", "not the passphrase", PASSPHRASE),
        ("PTKTCTL_PASSPHRASE_COMMAND", f"cat {wrong}", f"cat {right}"),
        ("PTKTCTL_PASSPHRASE_FILE", str(wrong), str(right)),
    ]
    for name, bad, good in ways:
        sealed.environ[name] = good
        assert opens(sealed), name
        sealed.environ[name] = bad
        assert not opens(sealed), name
    assert opens(sealed, f"--passphrase-file {right}")


def test_a_wrong_passphrase(sealed: Any) -> None:
    sealed.environ["PTKTCTL_PASSPHRASE"] = "not the passphrase"
    sealed.refused("gen -u IBMUSER", "the passphrase does not open", "PTKTCTL_PASSPHRASE", status=3)
    del sealed.environ["PTKTCTL_PASSPHRASE"]
    sealed.answers = ["not this one either"]
    ran = sealed("gen -u IBMUSER", terminal=True)
    assert (ran.status, ran.out) == (3, "")
    assert "the prompt" in ran.err


def test_the_key_file_is_remembered_and_may_be_named(stored: Any, tmp_path: Path) -> None:
    assert opens(stored)
    (tmp_path / "unlock.key").rename(tmp_path / "moved.key")
    stored.refused("gen -u IBMUSER", "unlock key file is missing", f"{tmp_path}/unlock.key", "--key-file", status=3)
    assert opens(stored, f"--key-file {tmp_path}/moved.key")
    stored.environ["PTKTCTL_KEY_FILE"] = f"{tmp_path}/moved.key"
    assert opens(stored)
    assert not opens(stored, f"--key-file {tmp_path}/unlock.key")


def test_without_a_terminal_and_without_any_way(sealed: Any, process: Process) -> None:
    """Status 3 at once, with the ways there are; nobody is asked, nothing hangs."""
    ran = process("gen", "-u", "IBMUSER", stdin=subprocess.PIPE)
    assert (ran.returncode, ran.stdout) == (3, "")
    ways = ("--passphrase-file", "PTKTCTL_PASSPHRASE_FILE", "PTKTCTL_PASSPHRASE_COMMAND", "PTKTCTL_PASSPHRASE")
    for way in (*ways, "--key-file", "PTKTCTL_KEY_FILE", "a terminal"):
        assert way in ran.stderr
    assert len(ran.stderr.splitlines()) == 2


def test_a_way_that_is_set_is_never_passed_over(stored: Any) -> None:
    stored.environ["PTKTCTL_KEY_FILE"] = "/none/such"
    stored.refused("gen -u IBMUSER", "PTKTCTL_KEY_FILE", "/none/such", status=3)
    stored.environ["PTKTCTL_PASSPHRASE_FILE"] = "/none/such"
    stored.refused("gen -u IBMUSER", "PTKTCTL_PASSPHRASE_FILE", "opens only with its unlock key file", status=3)
    stored.environ.clear()
    stored.environ["PTKTCTL_HOME"] = str(stored.home)
    stored.refused("gen -u IBMUSER --key-file /none/such", "--key-file", "/none/such", status=3)


# Who may read it


@pytest.mark.parametrize("what", ["", "keys.toml", "applids.toml", "../unlock.key"])
@pytest.mark.parametrize("rights", [0o040, 0o004, 0o020, 0o002])
def test_what_others_can_touch_is_refused_with_the_chmod_that_mends_it(stored: Any, what: str, rights: int) -> None:
    path = stored.home / what
    path.chmod(mode(path) | rights)
    ran = stored.refused("gen -u IBMUSER", "others can ", str(path.resolve()), status=3)
    hint = re.search(r"^hint: (chmod .*)$", ran.err, re.MULTILINE)
    assert hint
    subprocess.run(["sh", "-c", hint[1]], check=True)
    assert opens(stored)


def test_the_chmod_survives_an_odd_path(cli: Any, tmp_path: Path) -> None:
    home = tmp_path / "it's $HOME; a `home`"
    cli.environ["PTKTCTL_HOME"] = str(home)
    cli.ok("applid add FEKAPPL")
    home.chmod(0o755)
    hint = cli("applid list").err.splitlines()[-1].removeprefix("hint: ")
    subprocess.run(["sh", "-c", hint], check=True)
    assert mode(home) == 0o700
    assert cli("applid list").status == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_what_somebody_else_owns_is_refused(stored: Any) -> None:
    os.chown(stored.home / "keys.toml", 12345, -1)
    ran = stored.refused("gen -u IBMUSER", "belongs to user 12345", "chown", status=3)
    subprocess.run(["sh", "-c", ran.err.splitlines()[-1].removeprefix("hint: ")], check=True)
    assert opens(stored)


@pytest.mark.parametrize("where", ["/dev/null", "/dev/null/below"])
def test_a_home_that_can_not_be(cli: Any, where: str) -> None:
    cli.environ["PTKTCTL_HOME"] = where
    for line in ("applid list", "applid add FEKAPPL", "gen -u A -a B", "init --key-file /dev/null/key"):
        assert cli(line).status in (2, 3)


def test_the_platforms_own_places(tmp_path: Path, process: Process) -> None:
    """Without PTKTCTL_HOME: definitions, keys and ledger where XDG puts configuration, data and state."""
    places = {f"XDG_{name.upper()}_HOME": str(tmp_path / name) for name in ("config", "data", "state")}
    environ = {**places, "PTKTCTL_HOME": "", "HOME": str(tmp_path)}
    for line in ("init --key-file u.key", "applid add FEKAPPL", "key generate FEKAPPL"):
        assert process(*line.split(), environ=environ, cwd=tmp_path).returncode == 0
    ticket = process("gen", "-u", "A", environ=environ, cwd=tmp_path).stdout.strip()
    assert process("verify", "-u", "A", ticket, environ=environ, cwd=tmp_path).returncode == 0
    for path in ("config/ptktctl/applids.toml", "data/ptktctl/keys.toml", "state/ptktctl/used.db"):
        assert mode(tmp_path / path) == 0o600
        assert mode((tmp_path / path).parent) == 0o700
