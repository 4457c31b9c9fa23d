import base64
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.errors import InputError, PtktctlError, StoreDamagedError, StoreLockedError, UnsafePermissionsError
from ptktctl.store import sealing
from ptktctl.store.sealing import Passphrase, Slot, UnlockKey
from ptktctl.store.unlock_key import key_file_line
from ptktctl.store.unlocking import Unlocker, new_key_file, require_strength

DATA_KEY = bytes(range(100, 132))
STORE = "/home/me/keys.toml"
WAYS = [
    "--passphrase-file",
    "PTKTCTL_PASSPHRASE_FILE",
    "PTKTCTL_PASSPHRASE_COMMAND",
    "PTKTCTL_PASSPHRASE",
    "--key-file",
    "PTKTCTL_KEY_FILE",
    "remembered",
    "prompt",
]


def private(path: Path, data: bytes) -> str:
    path.touch(0o600)
    path.write_bytes(data)
    return str(path)


class Ways:
    """All ways at once, each with a secret of its own, and a slot for each secret."""

    def __init__(self, folder: Path) -> None:
        self.slots: dict[str, Slot] = {}
        self.settings: dict[str, Any] = {}
        for way in WAYS:
            if "assphrase" in way.lower() or way == "prompt":
                secret: Passphrase | UnlockKey = Passphrase(f"secret of {way}".encode())
                file = private(folder / f"{way}.txt", secret.value + b"\nsecond line\n")
            else:
                secret = new_key_file(str(folder / f"{way}.key"))
                file = secret.path
            self.slots[way] = sealing.wrap(DATA_KEY, secret, n=2)
            self.settings[way] = file
        self.settings["PTKTCTL_PASSPHRASE_COMMAND"] = f"cat {shlex.quote(self.settings['PTKTCTL_PASSPHRASE_COMMAND'])}"
        self.settings["PTKTCTL_PASSPHRASE"] = "secret of PTKTCTL_PASSPHRASE"

    def unlocker(self, *ways: str) -> Unlocker:
        return Unlocker(
            {"PATH": os.environ["PATH"]} | {way: self.settings[way] for way in ways if way.startswith("PTKTCTL")},
            passphrase_file=self.settings["--passphrase-file"] if "--passphrase-file" in ways else None,
            key_file=self.settings["--key-file"] if "--key-file" in ways else None,
            prompt=(lambda _: "secret of prompt") if "prompt" in ways else None,
        )

    def opens(self, way: str, *given: str) -> bool:
        """Whether the slot of one way opens with what is given; the key file remembered is in every store or none."""
        slots = [self.slots[way]]
        if "remembered" in given and way != "remembered":
            slots.append(self.slots["remembered"])
        try:
            return self.unlocker(*given).data_key(STORE, slots) == DATA_KEY
        except StoreLockedError:
            return False


@pytest.fixture
def ways(tmp_path: Path) -> Ways:
    return Ways(tmp_path)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_opens_its_slot(ways: Ways, way: str) -> None:
    assert ways.opens(way, way)


@pytest.mark.parametrize("first", range(len(WAYS) - 1))
def test_the_first_way_that_is_set_counts(ways: Ways, first: int) -> None:
    """With this way and all after it given: its own slot opens, that of no later way does."""
    given_ways = WAYS[first:]
    slots = list(ways.slots.values())
    assert ways.unlocker(*given_ways).data_key(STORE, slots) == DATA_KEY
    for later in WAYS[first + 1 :]:
        without = [slot for way, slot in ways.slots.items() if way != WAYS[first]]
        if WAYS[first] != "remembered":
            with pytest.raises(StoreLockedError):
                ways.unlocker(*given_ways).data_key(STORE, without)
        assert ways.slots[later] in without
    assert ways.opens(WAYS[first], *given_ways)


def test_an_empty_variable_is_not_set_but_an_empty_option_is(ways: Ways) -> None:
    empty = dict.fromkeys((way for way in WAYS if way.startswith("PTKTCTL")), "")
    slots = [ways.slots["prompt"]]
    assert Unlocker(empty, prompt=lambda _: "secret of prompt").data_key(STORE, slots) == DATA_KEY
    assert not Unlocker(empty).is_given()
    with pytest.raises(StoreLockedError, match="--passphrase-file"):
        Unlocker(empty, passphrase_file="", prompt=lambda _: "secret of prompt").data_key(STORE, slots)


def test_with_nothing_all_ways_are_told(ways: Ways) -> None:
    with pytest.raises(StoreLockedError, match=STORE) as caught:
        Unlocker({}).data_key(STORE, [ways.slots["prompt"]])
    assert caught.value.exit_status == 3
    for way in WAYS[:6]:
        assert way in str(caught.value.hint)
    with pytest.raises(StoreLockedError) as caught:
        Unlocker({}).secret()
    assert "--key-file" in str(caught.value.hint)


def test_a_wrong_passphrase_is_said(ways: Ways) -> None:
    with pytest.raises(StoreLockedError, match=f"^the passphrase does not open {STORE}$") as caught:
        Unlocker({"PTKTCTL_PASSPHRASE": "hunter2"}).data_key(STORE, [ways.slots["prompt"]])
    assert "PTKTCTL_PASSPHRASE" in str(caught.value.hint)
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint} {caught.value!r}"


def test_a_wrong_unlock_key_is_said(ways: Ways) -> None:
    with pytest.raises(StoreLockedError, match=f"^the unlock key does not open {STORE}$"):
        ways.unlocker("--key-file").data_key(STORE, [ways.slots["PTKTCTL_KEY_FILE"]])


def test_a_secret_of_the_other_kind_is_said_before_it_is_read(ways: Ways) -> None:
    unlocker = Unlocker({"PTKTCTL_PASSPHRASE_COMMAND": "touch /nowhere/at/all"})
    with pytest.raises(StoreLockedError, match="PTKTCTL_PASSPHRASE_COMMAND gives a passphrase, but") as caught:
        unlocker.data_key(STORE, [ways.slots["remembered"]])
    assert ways.settings["remembered"] in str(caught.value.hint)
    with pytest.raises(StoreLockedError, match="--key-file gives an unlock key, but") as caught:
        Unlocker({}, key_file="/nowhere").data_key(STORE, [ways.slots["prompt"]])
    assert "--passphrase-file" in str(caught.value.hint)


def test_a_remembered_key_file_that_is_gone(ways: Ways, tmp_path: Path) -> None:
    Path(ways.settings["remembered"]).unlink()
    with pytest.raises(StoreLockedError, match="its unlock key file is missing") as caught:
        Unlocker({}, prompt=lambda _: "secret of prompt").data_key(STORE, [ways.slots["remembered"]])
    assert ways.settings["remembered"] in caught.value.message
    both = [ways.slots["remembered"], ways.slots["prompt"]]
    assert Unlocker({}, prompt=lambda _: "secret of prompt").data_key(STORE, both) == DATA_KEY
    moved = str(tmp_path / "moved.key")
    Path(ways.settings["--key-file"]).rename(moved)
    assert Unlocker({}, key_file=moved).data_key(STORE, [ways.slots["--key-file"]]) == DATA_KEY


@pytest.mark.parametrize("name", ["--passphrase-file", "PTKTCTL_PASSPHRASE_FILE", "--key-file", "PTKTCTL_KEY_FILE"])
def test_a_way_that_cannot_be_read_is_an_error(ways: Ways, tmp_path: Path, name: str) -> None:
    missing = str(tmp_path / "missing")
    ways.settings[name] = missing
    slots = list(ways.slots.values())
    with pytest.raises(StoreLockedError, match=rf"{missing} \({name}\) can't be read: No such file"):
        ways.unlocker(*WAYS[WAYS.index(name) :]).data_key(STORE, slots)
    private(tmp_path / "missing", b"")
    with pytest.raises(PtktctlError, match=r"is empty|not an unlock key file"):
        ways.unlocker(*WAYS[WAYS.index(name) :]).data_key(STORE, slots)


@pytest.mark.parametrize(
    "name", ["--passphrase-file", "PTKTCTL_PASSPHRASE_FILE", "--key-file", "PTKTCTL_KEY_FILE", "remembered"]
)
def test_a_file_that_others_can_read_is_refused(ways: Ways, name: str) -> None:
    Path(ways.settings[name]).chmod(0o644)
    with pytest.raises(UnsafePermissionsError) as caught:
        ways.unlocker(name).data_key(STORE, [ways.slots[name]])
    assert caught.value.hint == f"chmod 600 '{ways.settings[name]}'"


@pytest.mark.parametrize(
    ("data", "passphrase"),
    [
        (b"secret", b"secret"),
        (b"secret\n", b"secret"),
        (b"secret\r\nmore", b"secret"),
        (b" two words \n", b" two words "),
        ("\ufeffgrün\n".encode(), "grün".encode()),
        (b"a\0b\n", b"a\0b"),
    ],
)
def test_the_first_line_is_the_passphrase(tmp_path: Path, data: bytes, passphrase: bytes) -> None:
    path = private(tmp_path / "passphrase", data)
    assert Unlocker({}, passphrase_file=path).secret() == Passphrase(passphrase)


def test_a_passphrase_that_is_none(tmp_path: Path) -> None:
    for data in (b"", b"\n", b"\r\nsecret", b"\n\n"):
        with pytest.raises(StoreLockedError, match="is empty"):
            Unlocker({}, passphrase_file=private(tmp_path / "passphrase", data)).secret()
    with pytest.raises(StoreLockedError, match="is not UTF-8"):
        Unlocker({}, passphrase_file=private(tmp_path / "passphrase", b"gr\xfcn\n")).secret()
    with pytest.raises(StoreLockedError, match="is empty"):
        Unlocker({}, prompt=lambda _: "").secret()


def test_a_variable_may_hold_any_bytes() -> None:
    environ = {"PTKTCTL_PASSPHRASE": os.fsdecode(b"gr\xfcn")}
    assert Unlocker(environ).secret() == Passphrase(b"gr\xfcn")


def command(code: str) -> Unlocker:
    line = shlex.join([sys.executable, "-c", code])
    return Unlocker({"PTKTCTL_PASSPHRASE_COMMAND": line, "OF_THE_USER": "grün", "PATH": os.environ["PATH"]})


def test_a_command_gives_its_first_line() -> None:
    assert command("print('secret'); print('more')").secret() == Passphrase(b"secret")
    assert command("import os; print(os.environ['OF_THE_USER'])").secret() == Passphrase("grün".encode())
    assert command("import sys; print('none' + sys.stdin.read())").secret() == Passphrase(b"none")


def test_a_command_is_not_run_by_a_shell(tmp_path: Path) -> None:
    unlocker = Unlocker({"PTKTCTL_PASSPHRASE_COMMAND": "echo a;b $HOME `id` 'c  d' > /x", "PATH": os.environ["PATH"]})
    assert unlocker.secret() == Passphrase(b"a;b $HOME `id` c  d > /x")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("false hunter2", "PTKTCTL_PASSPHRASE_COMMAND: false ended with status 1"),
        ("sh -c 'echo hunter2; kill -9 $$'", "sh ended with status -9"),
        ("/no/such/program hunter2", "/no/such/program can't be run"),
        ("true hunter2", "the passphrase is empty: the output of true"),
        ("'hunter2", "is not a command line"),
        (" ", "is not a command line"),
        ("printf '\\377hunter2'", "the first line of the output of printf (PTKTCTL_PASSPHRASE_COMMAND) is not UTF-8"),
    ],
)
def test_a_failing_command_is_named_without_what_it_may_hold(line: str, what: str) -> None:
    with pytest.raises(StoreLockedError) as caught:
        Unlocker({"PTKTCTL_PASSPHRASE_COMMAND": line, "PATH": os.environ["PATH"]}).secret()
    assert what in caught.value.message
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"


def test_the_prompt_is_asked_once_and_names_the_store(ways: Ways) -> None:
    asked: list[str] = []

    def prompt(text: str) -> str:
        asked.append(text)
        return "secret of prompt"

    unlocker = Unlocker({}, prompt=prompt)
    assert not unlocker.is_given()
    assert unlocker.data_key(STORE, [ways.slots["prompt"]]) == DATA_KEY
    assert asked == [f"passphrase of {STORE}: "]


def test_a_new_key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = new_key_file("here.key")
    path = tmp_path / "here.key"
    assert made.path == str(path)
    assert path.stat().st_mode & 0o777 == 0o600
    (line,) = path.read_text().splitlines()
    start, key, _ = line.split(":")
    assert start == "PTKTCTL-UNLOCK-KEY-1"
    assert base64.b64decode(key) == made.value
    assert Unlocker({}, key_file="here.key").secret() == made
    with pytest.raises(InputError):
        new_key_file("here.key")
    assert path.read_text().splitlines() == [line]
    assert new_key_file("other.key").value != made.value


def test_every_flipped_byte_of_a_key_file_is_damage_or_at_its_end(tmp_path: Path) -> None:
    key = bytes(range(32))
    line = key_file_line(key)
    path = tmp_path / "key"
    for position in range(len(line)):
        for bit in range(8):
            flipped = line[:position] + bytes([line[position] ^ 1 << bit]) + line[position + 1 :]
            unlocker = Unlocker({}, key_file=private(path, flipped))
            if flipped.rstrip() == line.rstrip():
                assert unlocker.secret() == UnlockKey(key, str(path))
            else:
                with pytest.raises(StoreDamagedError, match="not an unlock key file, or it is damaged"):
                    unlocker.secret()


@given(st.binary(max_size=100) | st.binary(max_size=40).map(key_file_line))
def test_arbitrary_bytes_are_no_key(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = private(tmp_path_factory.getbasetemp() / "junk.key", data)
    try:
        secret = Unlocker({}, key_file=path).secret()
    except StoreDamagedError:
        return
    assert len(secret.value) == 32
    assert key_file_line(secret.value) == data


def test_no_secret_shows(ways: Ways) -> None:
    unlocker = ways.unlocker(*WAYS)
    way = unlocker._given()
    assert "secret of" not in repr(unlocker) + str(unlocker) + repr(way) + str(way)


@pytest.mark.parametrize(("text", "strong"), [("x" * 11, False), ("x" * 12, True), ("ü" * 11, False), ("ü" * 12, True)])
def test_a_new_passphrase_has_twelve_characters_or_is_asked_for_as_weak(text: str, strong: bool) -> None:
    secret = Passphrase(text.encode())
    require_strength(secret, weak=True)
    if strong:
        require_strength(secret)
        return
    with pytest.raises(InputError, match="fewer than 12 characters") as caught:
        require_strength(secret)
    assert "--weak-passphrase" in str(caught.value.hint)
    assert text not in f"{caught.value.message} {caught.value.hint}"


def test_unlock_keys_and_passphrases_of_any_bytes_can_be_judged() -> None:
    require_strength(UnlockKey(bytes(32), "/key"))
    require_strength(Passphrase(os.fsencode("\udcff" * 12)))
    with pytest.raises(InputError, match="fewer"):
        require_strength(Passphrase(b"\xff" * 11))
