"""ptktctl store: slots, sealing anew, backup and restore, verify."""

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import keyring
import keyring.backend
import pytest

from ptktctl.store import sealing, slots, vault

Process = Callable[..., "subprocess.CompletedProcess[str]"]
PASSPHRASE, SECOND = "correct horse battery", "staple of another kind"
SLOT: dict[str, Any] = {
    "type": "object",
    "required": ["number", "kind", "path", "account", "created"],
    "properties": {
        "number": {"type": "integer"},
        "kind": {"enum": ["passphrase", "key-file", "keyring"]},
        "path": {"type": ["string", "null"]},
        "account": {"type": ["string", "null"]},
        "created": {"type": ["string", "null"]},
    },
}
FAULT = {"type": "object", "required": ["message", "remedy"]}
COUNTS = {name: {"type": "integer"} for name in ("definitions", "keys", "slots")}
SCHEMAS: dict[str, dict[str, Any]] = {
    "store-slot/1": SLOT,
    "store-slot-removed/1": SLOT,
    "store-slots/1": {"required": ["slots"], "properties": {"slots": {"type": "array", "items": SLOT}}},
    "store-resealed/1": {
        "required": ["store", "slots", "dropped"],
        "properties": {name: {"type": "array", "items": SLOT} for name in ("slots", "dropped")},
    },
    "store-backup/1": {
        "required": ["file", "made", "definitions", "keys", "slots", "log", "bytes"],
        "properties": {**COUNTS, "log": {"type": "boolean"}, "bytes": {"type": "integer"}},
    },
    "store-restored/1": {
        "required": ["file", "made", "definitions", "keys", "slots", "log", "store", "kept_aside", "log_file"],
        "properties": {**COUNTS, "kept_aside": {"type": ["string", "null"]}, "log_file": {"type": ["string", "null"]}},
    },
    "store-verify/1": {
        "required": ["sound", "faults", "definitions", "keys", "slots", "untried_slots"],
        "properties": {**COUNTS, "sound": {"type": "boolean"}, "faults": {"type": "array", "items": FAULT}},
    },
}


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrases at the least cost: what scrypt takes for real is measured elsewhere."""
    create: Any = vault.create
    add: Any = slots.add
    reseal = slots.reseal

    def resealed(path: str, open_slot: Any, secrets: slots.Secrets, *rest: Any, **named: Any) -> Any:
        return reseal(path, open_slot, secrets.replaced(scrypt_n=2**4), *rest, **named)

    monkeypatch.setattr(vault, "create", lambda *given, **named: create(*given, **named, scrypt_n=2**4))
    monkeypatch.setattr(slots, "add", lambda *given: add(*given, scrypt_n=2**4))
    monkeypatch.setattr(slots, "reseal", resealed)


def secret_file(path: Path, text: str) -> Path:
    path.touch(0o600)
    path.write_text(text + "\n")
    return path


@pytest.fixture
def two(stored: Any, tmp_path: Path) -> Any:
    """A store that a key file opens, and a passphrase in the file `second`."""
    secret_file(tmp_path / "second", SECOND)
    stored.ok(f"store slot add --new-passphrase-file {tmp_path}/second")
    return stored


def as_json(cli: Any, line: str, status: int = 0) -> dict[str, Any]:
    ran = cli(f"{line} --format json")
    assert ran.status == status, ran
    answer: dict[str, Any] = ran.json
    jsonschema.validate(answer, SCHEMAS[answer["schema"].removeprefix("ptktctl.")])
    return answer


def numbers(cli: Any) -> list[int]:
    return [each["number"] for each in as_json(cli, "store slot list")["slots"]]


def opens(cli: Any, options: str = "") -> bool:
    ran = cli(f"gen -u IBMUSER {options}")
    assert ran.status in (0, 3), ran
    return bool(ran.status == 0)


# Slots


def test_a_passphrase_typed_twice(stored: Any) -> None:
    stored.answers = [SECOND, SECOND]
    ran = stored("store slot add", terminal=True)
    assert (ran.status, ran.out) == (0, "added slot 2 (passphrase)\n")
    assert stored.asked == ["new passphrase: ", "the same again: "]
    stored.environ["PTKTCTL_PASSPHRASE"] = SECOND
    assert opens(stored)
    stored.answers = [SECOND + "!", SECOND]
    del stored.environ["PTKTCTL_PASSPHRASE"]
    ran = stored("store slot add", terminal=True)
    assert (ran.status, "differ" in ran.err, numbers(stored)) == (2, True, [1, 2])


def test_a_key_file_for_a_pipeline(stored: Any, tmp_path: Path) -> None:
    answer = as_json(stored, f"store slot add --new-key-file {tmp_path}/pipeline.key")
    assert (answer["number"], answer["kind"], answer["path"]) == (2, "key-file", f"{tmp_path}/pipeline.key")
    assert stat.S_IMODE((tmp_path / "pipeline.key").stat().st_mode) == 0o600
    (tmp_path / "unlock.key").unlink()
    assert opens(stored)
    stored.refused(f"store slot add --new-key-file {tmp_path}/pipeline.key", "exists already")


def test_the_list_as_text(two: Any, tmp_path: Path) -> None:
    assert two.ok("store slot list").out == (
        f"1\tkey-file\t{tmp_path}/unlock.key\t-\t2023-11-14T22:13:20Z\n"
        "2\tpassphrase\t-\t-\t2023-11-14T22:13:20Z\n"
    )  # fmt: skip
    assert "number" in two("store slot list", terminal=True).out
    (two.home / "keys.toml").unlink()
    two.refused("store slot list", "there is no store yet", status=3)


def test_a_short_passphrase_is_taken_only_as_a_weak_one(stored: Any, tmp_path: Path) -> None:
    short = secret_file(tmp_path / "short", "hunter2!")
    line = f"store slot add --new-passphrase-file {short}"
    stored.refused(line, "fewer than 12 characters", "--weak-passphrase")
    assert numbers(stored) == [1]
    stored.ok(f"{line} --weak-passphrase")
    assert opens(stored, f"--passphrase-file {short}")


def test_ways_that_can_not_be(stored: Any, tmp_path: Path) -> None:
    stored.refused("store slot add --keyring --new-key-file x", "--new-key-file and --keyring were both given")
    stored.refused("store slot add", "nobody is there to type", "--new-passphrase-file FILE, --new-key-file FILE")
    stored.refused("store slot add --new-passphrase-file /none/such", "/none/such", "can't be read", status=3)
    secret_file(tmp_path / "wrong", "not the passphrase")
    stored.refused(f"store slot add --new-key-file {tmp_path}/new --key-file {tmp_path}/wrong", status=3)
    assert not (tmp_path / "new").exists()
    assert numbers(stored) == [1]


def test_removing_another_slot(two: Any, tmp_path: Path) -> None:
    ran = two.ok("store slot remove 2")
    assert ran.out == "removed slot 2 (passphrase)\n"
    assert "older copies and backups still open with it" in ran.err
    assert "ptktctl store reseal" in ran.err
    assert not opens(two, f"--passphrase-file {tmp_path}/second")
    two.refused("store slot remove 1 --yes", "the only one", "ptktctl store slot add")
    two.refused("store slot remove 2", "there is no slot 2")
    two.refused("store slot remove 0", "'NUMBER'")
    two.refused("store slot remove x", "'NUMBER'")


def test_removing_the_slot_in_use_asks(two: Any, tmp_path: Path) -> None:
    two.refused("store slot remove 1", "opened the store just now? It then opens by slot 2 (passphrase) only", "--yes")
    ran = two.run(["store", "slot", "remove", "1"], b"n\n", terminal=True, keyboard=True)
    assert (ran.status, numbers(two)) == (2, [1, 2])
    assert as_json(two, "store slot remove 1 --yes")["number"] == 1
    assert opens(two, f"--passphrase-file {tmp_path}/second")


# The OS keyring


class InMemory(keyring.backend.KeyringBackend):
    """A keyring of one test."""

    priority = 1
    name = "memory"

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> InMemory:
    made = InMemory()
    monkeypatch.setattr(keyring.core, "_keyring_backend", made)
    return made


def test_a_store_that_the_keyring_opens(cli: Any, memory: InMemory) -> None:
    ran = cli.ok("init --keyring")
    assert ran.out == f"created {cli.home}/keys.toml, sealed by OS keyring\n"
    assert "ptktctl store slot add" in ran.err
    cli.ok("applid add FEKAPPL")
    cli.ok("key generate FEKAPPL")
    assert opens(cli)
    [(service, account)] = memory.kept
    assert service == "ptktctl"
    assert as_json(cli, "store slot list")["slots"][0]["account"] == account
    cli.secrets.learn(memory.kept[service, account])
    memory.kept.clear()
    cli.refused("gen -u IBMUSER", "not in the OS keyring", status=3)


def test_the_keyring_as_another_way(stored: Any, memory: InMemory, tmp_path: Path) -> None:
    ran = stored.ok("store slot add --keyring")
    [(_, account)] = memory.kept
    assert ran.out == "added slot 2 (OS keyring)\n"
    assert ran.err == f"kept by memory as ptktctl, {account}\n"
    (tmp_path / "unlock.key").rename(tmp_path / "elsewhere.key")
    assert opens(stored)
    ran = stored.ok(f"store slot remove 2 --key-file {tmp_path}/elsewhere.key")
    assert f"`keyring del ptktctl {account}`" in ran.err


def test_without_the_package(cli: Any, stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    stored.refused("store slot add --keyring", "not installed", "pip install 'ptktctl[keyring]'", status=3)
    stored.environ["PTKTCTL_HOME"] = str(stored.home / "other")
    stored.refused("init --keyring", "not installed", "pip install 'ptktctl[keyring]'", status=3)
    assert not (stored.home / "other" / "keys.toml").exists()


def test_init_with_a_weak_passphrase(cli: Any, tmp_path: Path) -> None:
    short = secret_file(tmp_path / "short", "hunter2!")
    cli.refused(f"init --passphrase-file {short}", "fewer than 12 characters", "--weak-passphrase")
    assert not (cli.home / "keys.toml").exists()
    cli.ok("applid add FEKAPPL")
    cli.environ["PTKTCTL_PASSPHRASE"] = "hunter2!"
    cli.refused("key generate FEKAPPL", "fewer than 12", "ptktctl init --weak-passphrase")
    cli.ok("init --weak-passphrase")
    cli.ok("key generate FEKAPPL")


def test_init_with_several_ways(cli: Any) -> None:
    cli.refused("init --keyring --key-file x", "--key-file and --keyring were both given")


# Sealing anew


def test_reseal(two: Any, tmp_path: Path) -> None:
    two.refused("store reseal", "nothing at hand opens slot 2 (passphrase)", "--also-passphrase-file", "--drop-others")
    before = (two.home / "keys.toml").read_text()
    ran = two.ok(f"store reseal --also-passphrase-file {tmp_path}/second")
    assert ran.out == (
        f"sealed {two.home}/keys.toml anew: slot 1 (key file {tmp_path}/unlock.key), slot 2 (passphrase)\n"
    )
    assert "copies made before still open" in ran.err
    after = (two.home / "keys.toml").read_text()
    changed = [one for one, other in zip(before.splitlines(), after.splitlines(), strict=True) if one != other]
    assert {line.partition(" ")[0] for line in changed} == {"wrapped", "salt", "sealed", "mac", "checksum"}
    assert opens(two)
    assert opens(two, f"--passphrase-file {tmp_path}/second")


def test_reseal_asks_for_what_it_does_not_know(two: Any) -> None:
    two.answers = [SECOND]
    assert two("store reseal", terminal=True).status == 0
    assert two.asked == ["passphrase of slot 2 (passphrase), empty if it is not known: "]
    two.answers = [""]
    ran = two("store reseal", terminal=True)
    assert (ran.status, "nothing at hand opens slot 2" in ran.err) == (2, True)


def test_reseal_drops_what_is_lost(two: Any, tmp_path: Path) -> None:
    answer = as_json(two, "store reseal --drop-others")
    assert [[each["number"] for each in answer[name]] for name in ("slots", "dropped")] == [[1], [2]]
    assert not opens(two, f"--passphrase-file {tmp_path}/second")


def test_reseal_with_another_passphrase(two: Any, tmp_path: Path) -> None:
    new = secret_file(tmp_path / "new", PASSPHRASE)
    two.ok(f"store reseal --passphrase-file {tmp_path}/second --new-passphrase-file {new}")
    assert opens(two, f"--passphrase-file {new}")
    assert not opens(two, f"--passphrase-file {tmp_path}/second")
    assert opens(two)
    short = secret_file(tmp_path / "short", "hunter2!")
    line = f"store reseal --passphrase-file {new} --new-passphrase-file {short}"
    two.refused(line, "fewer than 12 characters")
    two.answers = [PASSPHRASE, SECOND, SECOND]
    ran = two("store reseal --new-passphrase", terminal=True)
    assert ran.status == 0, ran
    assert two.asked == [
        "passphrase of slot 2 (passphrase), empty if it is not known: ",
        "new passphrase: ",
        "the same again: ",
    ]
    two.refused("store reseal --new-passphrase", "nobody is there to type")
    two.refused("store reseal --new-passphrase --keyring", "--keyring and --new-passphrase were both given")


# Backup and restore


def test_a_backup_and_back(stored: Any, tmp_path: Path) -> None:
    ran = stored.ok(f"store backup {tmp_path}/b")
    assert ran.out == f"backed up 1 definition, 1 key and the audit log to {tmp_path}/b\n"
    assert ran.err == (
        "it opens with what opens the store now, kept apart from it: "
        f"slot 1 (key file {tmp_path}/unlock.key)\n"
    )  # fmt: skip
    ticket = stored.ok("gen -u IBMUSER").out
    for line in ("key generate FEKAPPL --force", "applid add OTHER"):
        stored.ok(line)
    stored.refused(f"store restore {tmp_path}/b", "there is a store already", "--force")
    answer = as_json(stored, f"store restore {tmp_path}/b --force")
    assert (answer["definitions"], answer["keys"], answer["made"]) == (1, 1, "2023-11-14T22:13:20Z")
    assert stored.ok("gen -u IBMUSER --at now").out == ticket
    aside = Path(answer["kept_aside"])
    assert aside.parent == stored.home
    stored.ok(f"store restore {aside} --force")
    assert "OTHER" in stored.ok("applid list").out


def test_used_tickets_stay_used(stored: Any, tmp_path: Path) -> None:
    stored.ok(f"store backup {tmp_path}/b")
    ticket = stored.ok("gen -u IBMUSER").out.strip()
    assert stored(f"verify -u IBMUSER -- {ticket}").status == 0
    stored.ok(f"store restore {tmp_path}/b --force")
    assert "used" in stored(f"verify -u IBMUSER -- {ticket}").out


def test_restored_where_there_was_nothing(stored: Any, tmp_path: Path) -> None:
    stored.ok(f"store backup {tmp_path}/b")
    stored.environ["PTKTCTL_HOME"] = str(tmp_path / "new")
    ran = stored.ok(f"store restore {tmp_path}/b")
    assert ran.out == f"restored 1 definition, 1 key from {tmp_path}/b, made 2023-11-14T22:13:20Z\n"
    assert "one used elsewhere may serve again" in ran.err
    assert opens(stored)


def test_a_backup_is_unlocked_before_it_is_restored(stored: Any, tmp_path: Path) -> None:
    stored.ok(f"store backup {tmp_path}/b")
    (tmp_path / "unlock.key").rename(tmp_path / "elsewhere.key")
    before = (stored.home / "keys.toml").read_bytes()
    line = f"store restore {tmp_path}/b --force"
    stored.refused(line, f"unlocks {tmp_path}/b: its unlock key file is missing", "--unopened", status=3)
    assert (stored.home / "keys.toml").read_bytes() == before
    assert not list(stored.home.glob("replaced-*"))
    stored.ok(f"{line} --key-file {tmp_path}/elsewhere.key")
    stored.ok(f"{line} --unopened")


def test_a_backup_that_was_changed_is_not_restored(stored: Any, tmp_path: Path) -> None:
    """By somebody who can make checksums, and moves an older store's keys in."""
    from ptktctl.store import backup, keysfile
    from ptktctl.store.places import Places

    places = Places.locate(stored.environ)
    file = keysfile.parse((stored.home / "keys.toml").read_bytes(), "")
    parts = (backup.Part("keys.toml", keysfile.render(file.slots, (), bytes(32))),)
    backup.write(str(tmp_path / "b"), backup.Backup(1, parts), places)
    line = f"store restore {tmp_path}/b --force"
    stored.refused(line, f"{tmp_path}/b was changed by something other than ptktctl", status=3)
    assert len(stored.ok("key list").out.splitlines()) == 1


def test_a_backup_cut_short_is_refused(stored: Any, tmp_path: Path) -> None:
    stored.ok(f"store backup {tmp_path}/b")
    whole = (tmp_path / "b").read_bytes()
    for length in (1, 30, 400, len(whole) - 1):
        (tmp_path / "b").write_bytes(whole[:length])
        for line in (f"store restore {tmp_path}/b --force", f"store restore {tmp_path}/b --force --unopened"):
            stored.refused(line, f"{tmp_path}/b is cut short or damaged", status=3)
    (tmp_path / "b").write_bytes(b"")
    stored.refused(f"store restore {tmp_path}/b", "is empty")
    (tmp_path / "b").write_bytes(b"<html>")
    stored.refused(f"store restore {tmp_path}/b", "not a backup of ptktctl", "store backup")
    stored.refused("store restore /none/such", "/none/such can't be read: No such file")
    assert opens(stored)


def test_where_a_backup_can_not_go(stored: Any, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("somebody's")
    stored.refused(f"store backup {tmp_path}/b", "exists already", "--force")
    stored.refused("store backup -", "standard output", "name a file")
    stored.refused(f"store backup {stored.home}/keys.toml --force", "a file of the store itself")
    stored.refused("store backup /none/such", "could not be written", status=3)
    (stored.home / "keys.toml").unlink()
    stored.refused(f"store backup {tmp_path}/c", "there is no store yet", status=3)


def test_a_restore_that_was_killed_is_finished_by_the_next_command(
    stored: Any, tmp_path: Path, process: Process
) -> None:
    from ptktctl.store import files

    stored.ok(f"store backup {tmp_path}/b")
    stored.ok("applid add OTHER")
    die = (
        "import os, sys; from ptktctl.commands.root import main; from ptktctl.store import restoring;"
        "restoring._bring_back = lambda *_: os.kill(os.getpid(), 9); main(sys.argv[1:])"
    )
    line = [sys.executable, "-c", die, "store", "restore", f"{tmp_path}/b", "--force"]
    killed = subprocess.run(line, env={**stored.environ, "PYTHONPATH": ":".join(sys.path)}, check=False)
    assert killed.returncode == -9
    assert files.is_restoring(str(stored.home / "keys.toml"))
    ran = process("applid", "list")
    assert (ran.returncode, "OTHER" in ran.stdout, "FEKAPPL" in ran.stdout) == (0, False, True)
    assert not files.is_restoring(str(stored.home / "keys.toml"))


# Verify


def test_a_sound_store(two: Any) -> None:
    ran = two.ok("store verify")
    assert ran.out == f"{two.home}/keys.toml is sound: 1 definition, 1 key, 2 slots\n"
    assert ran.err == "slot 2 (passphrase) was not tried: what opens it is not at hand\n"
    answer = as_json(two, "store verify")
    assert (answer["sound"], answer["faults"], answer["untried_slots"]) == (True, [], [2])


def test_what_is_wrong_is_named_with_status_3(two: Any) -> None:
    (two.home / "applids.toml").chmod(0o640)
    (two.home / "keys.toml").write_bytes(b"damaged")
    ran = two("store verify")
    assert ran.status == 3
    assert ran.out == (
        f"others can read {two.home}/applids.toml (mode 0640)\n"
        f"  chmod 600 '{two.home}/applids.toml'\n"
        f"{two.home}/keys.toml is damaged: its checksum does not match\n"
        "  bring it back from a backup; the keys in it can't be trusted\n"
    )
    answer = as_json(two, "store verify", 3)
    assert (answer["sound"], len(answer["faults"])) == (False, 2)


def test_a_backup_is_verified_where_it_is(stored: Any, tmp_path: Path) -> None:
    stored.ok(f"store backup {tmp_path}/b")
    assert stored.ok(f"store verify --backup {tmp_path}/b").out.startswith(f"{tmp_path}/b is sound: ")
    assert as_json(stored, f"store verify --backup {tmp_path}/b")["backup"] == f"{tmp_path}/b"
    (tmp_path / "b").write_bytes((tmp_path / "b").read_bytes()[:-1])
    ran = stored(f"store verify --backup {tmp_path}/b")
    assert (ran.status, "1 byte missing" in ran.out) == (3, True)
    stored.environ["PTKTCTL_HOME"] = str(tmp_path / "none")
    stored.refused("store verify", "there is no store yet", status=3)


def test_doctor_tells_of_the_slots(two: Any, tmp_path: Path) -> None:
    (tmp_path / "unlock.key").rename(tmp_path / "elsewhere.key")
    found = two(f"doctor --key-file {tmp_path}/elsewhere.key --format json").json["checks"]
    told = [(each["state"], each["found"]) for each in found if each["check"] == "keys"]
    assert ("ok", f"opened by slot 1 (key file {tmp_path}/unlock.key), slot 2 (passphrase)") in told
    assert ("note", f"slot 1 (key file {tmp_path}/unlock.key): that file is not there") in told


def test_the_real_cost_of_a_new_passphrase(stored: Any, tmp_path: Path, process: Process) -> None:
    secret_file(tmp_path / "second", SECOND)
    assert process("store", "slot", "add", "--new-passphrase-file", f"{tmp_path}/second").returncode == 0
    assert f"n = {sealing.SCRYPT_N}\n" in (stored.home / "keys.toml").read_text()
