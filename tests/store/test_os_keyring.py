"""Unlock keys in the keyring of the operating system: one that is kept in memory, one that fails, and none."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from ptktctl.errors import StoreDamagedError, StoreError, StoreLockedError
from ptktctl.store import os_keyring, sealing, slots, vault
from ptktctl.store.sealing import KeyringSlot, Passphrase
from ptktctl.store.unlocking import Unlocker


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


class Locked(InMemory):
    """A keyring that its user does not unlock."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("hunter2 is not the password")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise ValueError(f"can't keep {password}")


@pytest.fixture
def use() -> Iterator[Callable[[keyring.backend.KeyringBackend], None]]:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.fixture
def memory(use: Callable[[keyring.backend.KeyringBackend], None]) -> InMemory:
    made = InMemory()
    use(made)
    return made


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is not installed."""
    monkeypatch.setitem(sys.modules, "keyring", None)


def ask(_: str) -> str:
    return "correct horse"


def test_what_was_put_into_the_keyring_opens_the_store(tmp_path: Path, memory: InMemory) -> None:
    keys = str(tmp_path / "home" / "keys.toml")
    vault.create(keys, os_keyring.new_key)
    [slot] = slots.listed(keys)
    assert isinstance(slot, KeyringSlot)
    assert list(memory.kept) == [("ptktctl", slot.account)]
    opened = Unlocker({}).open_slot(keys, [slot])
    assert opened.secret == os_keyring.find(slot.account)
    assert vault.Vault.open(keys, Unlocker({}).data_key).names() == ()
    assert os_keyring.backend() == "memory"


def test_each_slot_has_an_account_of_its_own(memory: InMemory) -> None:
    """So one store can be opened by the keyrings of several machines."""
    here, there = os_keyring.new_key(), os_keyring.new_key()
    assert (here.value != there.value, here.account != there.account) == (True, True)
    wrapped = [sealing.wrap(bytes(32), key) for key in (there, here)]
    del memory.kept["ptktctl", there.account]
    assert Unlocker({}).open_slot("keys.toml", wrapped).slot == wrapped[1]


def test_a_keyring_slot_opens_by_its_own_key_only(memory: InMemory) -> None:
    key = os_keyring.new_key()
    slot = sealing.wrap(bytes(range(32)), key)
    assert sealing.unwrap(slot, key) == bytes(range(32))
    assert sealing.unwrap(slot, sealing.UnlockKey(key.value, "/of/a/file")) is None
    assert sealing.unwrap(slot, key.replaced(value=bytes(32))) is None
    assert key.value.hex() not in repr(key)


def test_options_and_the_environment_go_before_the_keyring_and_the_prompt_after(memory: InMemory) -> None:
    slot = sealing.wrap(bytes(range(32)), os_keyring.new_key())
    typed = sealing.wrap(bytes(range(32)), Passphrase(b"correct horse"), n=2)
    assert Unlocker({}, prompt=ask).open_slot("k", [typed, slot]).slot == slot
    assert Unlocker({"PTKTCTL_PASSPHRASE": "correct horse"}).open_slot("k", [slot, typed]).slot == typed
    memory.kept.clear()
    assert Unlocker({}, prompt=ask).open_slot("k", [slot, typed]).slot == typed
    with pytest.raises(StoreLockedError, match="its unlock key is not in the OS keyring of this user and machine"):
        Unlocker({}).open_slot("k", [slot, typed])


def test_a_remembered_key_file_goes_before_the_keyring(memory: InMemory, tmp_path: Path) -> None:
    from ptktctl.store.unlocking import new_key_file

    filed = sealing.wrap(bytes(range(32)), new_key_file(str(tmp_path / "unlock.key")))
    slot = sealing.wrap(bytes(range(32)), os_keyring.new_key())
    memory.kept.clear()
    assert Unlocker({}).open_slot("k", [slot, filed]).slot == filed


def test_a_passphrase_given_for_a_store_that_only_the_keyring_opens(memory: InMemory) -> None:
    slot = sealing.wrap(bytes(range(32)), os_keyring.new_key())
    with pytest.raises(StoreLockedError, match="opens only with the OS keyring") as caught:
        Unlocker({"PTKTCTL_PASSPHRASE": "correct horse"}).open_slot("k", [slot])
    assert caught.value.hint == "leave out the passphrase"
    with pytest.raises(StoreLockedError, match="--key-file gives an unlock key, but k opens only with the OS keyring"):
        Unlocker({}, key_file="/none").open_slot("k", [slot])


def test_a_locked_keyring_is_said_without_what_it_says(use: Callable[..., None], memory: InMemory) -> None:
    slots_of = [sealing.wrap(bytes(range(32)), os_keyring.new_key())]
    use(Locked())
    with pytest.raises(StoreLockedError, match=r"the OS keyring did not answer \(KeyringLocked\)") as caught:
        Unlocker({}).open_slot("k", slots_of)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    with pytest.raises(StoreLockedError, match=r"did not answer \(ValueError\)") as caught:
        os_keyring.new_key()
    assert "PTKTCTL-UNLOCK" not in f"{caught.value} {caught.value.hint}"
    # Who can type the passphrase instead is asked for it.
    typed = sealing.wrap(bytes(range(32)), Passphrase(b"correct horse"), n=2)
    assert Unlocker({}, prompt=ask).open_slot("k", [*slots_of, typed]).slot == typed


def test_a_keyring_that_keeps_nothing_seals_nothing(use: Callable[..., None], tmp_path: Path) -> None:
    use(keyring.backends.null.Keyring())  # type: ignore[no-untyped-call]
    with pytest.raises(StoreLockedError, match="did not keep what was put into it"):
        vault.create(str(tmp_path / "home" / "keys.toml"), os_keyring.new_key)
    assert not (tmp_path / "home" / "keys.toml").exists()


def test_no_keyring_on_this_system(use: Callable[..., None]) -> None:
    use(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    with pytest.raises(StoreLockedError, match="there is no OS keyring here"):
        os_keyring.new_key()


@pytest.mark.parametrize("line", ["", "hunter2", "PTKTCTL-UNLOCK-KEY-1:AAAA:00000000", "é"])
def test_what_is_no_unlock_key_is_named(memory: InMemory, line: str) -> None:
    memory.kept["ptktctl", "1234"] = line
    with pytest.raises(StoreDamagedError, match="for ptktctl, 1234 is not an unlock key") as caught:
        os_keyring.find("1234")
    assert not line or line not in f"{caught.value} {caught.value.hint}"


@pytest.mark.usefixtures("without_package")
def test_without_the_package_the_way_to_install_it_is_told() -> None:
    for action in (os_keyring.new_key, lambda: os_keyring.find("1234"), os_keyring.backend):
        with pytest.raises(StoreError, match="not installed") as caught:
            action()
        assert caught.value.hint == "pip install 'ptktctl[keyring]'"
    slot = KeyringSlot("1234", bytes(60))
    with pytest.raises(StoreError, match="not installed"):
        Unlocker({}).open_slot("k", [slot])
    typed = sealing.wrap(bytes(range(32)), Passphrase(b"correct horse"), n=2)
    assert Unlocker({}, prompt=ask).open_slot("k", [slot, typed]).slot == typed
    assert Unlocker({"PTKTCTL_PASSPHRASE": "correct horse"}).open_slot("k", [slot, typed]).slot == typed


def test_the_package_is_loaded_only_where_a_slot_asks_for_it(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys; from ptktctl.store import slots, vault; from ptktctl.store.unlocking import *; p = sys.argv[1];"
        "vault.create(p + '/home/keys.toml', lambda: new_key_file(p + '/key'));"
        "vault.Vault.open(p + '/home/keys.toml', Unlocker({}).data_key);"
        "slots.listed(p + '/home/keys.toml');"
        "print(*({'keyring', 'cryptography', 'ptktctl.store.os_keyring'} & {*sys.modules}))"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout == "\n"
