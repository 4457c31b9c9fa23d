"""ptktctl key: what is stored, what is told about it, and what never is."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ptktctl import EnhancedKey, LegacyKey
from ptktctl.passticket.weaknesses import SEMI_WEAK_KEYS, WEAK_KEYS
from ptktctl.store import vault

LEGACY = "9D2CA7F4133E8B60"
LEGACY_OTHER_PARITY = "9C2DA6F5123F8A61"
ENHANCED = "0F1E2D3C4B5A69788796A5B4C3D2E1F1" * 2
INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
MEMBERS: dict[str, Any] = {
    "profile": {"type": "string"},
    "applid": {"type": "string"},
    "group": {"type": ["string", "null"]},
    "userid": {"type": ["string", "null"]},
    "kind": {"enum": ["legacy", "enhanced"]},
    "fingerprint": {"type": "string", "pattern": "^[0-9A-F]{8}$"},
    "check_value": {"type": ["string", "null"], "pattern": "^([0-9A-F]{6}|[0-9A-F]{32})$"},
    "check_method": {"enum": ["ENC-ZERO", "SHAVP1", None]},
    "created": {"type": "string", "pattern": INSTANT},
    "age_seconds": {"type": "integer", "minimum": 0},
    "stage": {"enum": ["current", "pending"]},
    "max_age_days": {"type": ["integer", "null"]},
    "due": {"type": ["string", "null"], "pattern": INSTANT},
    "is_due": {"type": "boolean"},
}
ONE: dict[str, Any] = {
    "type": "object",
    "required": list(MEMBERS),
    "properties": MEMBERS,
    "additionalProperties": False,
}
REVEALED = {**ONE, "required": [*MEMBERS, "key"], "properties": {**MEMBERS, "key": {"pattern": "^[0-9A-F]{16,512}$"}}}


def list_of(schema: str, item: dict[str, Any]) -> dict[str, Any]:
    properties = {"schema": {"const": schema}, "keys": {"type": "array", "items": item}}
    return {"type": "object", "required": ["schema", "keys"], "properties": properties}


STORED: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "warnings", *MEMBERS],
    "properties": {
        **MEMBERS,
        "schema": {"const": "ptktctl.key-stored/1"},
        "warnings": {"type": "array", "items": {"type": "string"}},
    },
    "additionalProperties": False,
}


@pytest.fixture
def ready(cli: Any, tmp_path: Path) -> Any:
    """A store without keys, FEKAPPL and CICSPROD defined."""
    cli.ok(f"init --key-file {tmp_path}/unlock.key")
    cli.ok("applid add FEKAPPL --component rse")
    cli.ok("applid add CICSPROD --component cics")
    return cli


def keys(cli: Any, line: str = "key list") -> list[dict[str, Any]]:
    answer = cli.ok(f"{line} --format json").json
    schema = "ptktctl.key-list/1" if "list" in line else "ptktctl.key/1"
    jsonschema.validate(answer, list_of(schema, REVEALED if "--reveal" in line else ONE))
    found: list[dict[str, Any]] = answer["keys"]
    return found


def reveal(cli: Any, options: str = "FEKAPPL") -> str:
    return str(keys(cli, f"key show {options} --reveal")[0]["key"])


# set


@pytest.mark.parametrize("text", [LEGACY, LEGACY.lower(), f"  {LEGACY}\r\n"])
def test_a_legacy_key_from_standard_input(ready: Any, text: str) -> None:
    ran = ready.ok("key set FEKAPPL --from -", stdin=text)
    fingerprint = LegacyKey.from_hex(LEGACY).fingerprint
    assert (ran.out, ran.err) == (f"stored the key FEKAPPL (legacy), fingerprint {fingerprint}\n", "")
    assert reveal(ready) == LEGACY


@pytest.mark.parametrize("size", [32, 64, 256])
def test_an_enhanced_key_from_a_file(ready: Any, tmp_path: Path, size: int) -> None:
    key = EnhancedKey.generate(size)
    (tmp_path / "key").write_text(key.secret.hex() + "\n")
    ran = ready.ok(f"key set FEKAPPL --enhanced --from {tmp_path}/key")
    assert ran.out == f"stored the key FEKAPPL (enhanced), fingerprint {key.fingerprint}\n"
    assert reveal(ready) == key.secret.hex().upper()


def test_without_from_standard_input_is_read(ready: Any) -> None:
    ready.ok("key set FEKAPPL", stdin=LEGACY)
    assert reveal(ready) == LEGACY


@pytest.mark.parametrize("options", ["", "--from -"])
def test_on_a_terminal_the_key_is_asked_for_without_echo(ready: Any, options: str) -> None:
    ready.answers = [LEGACY]
    ran = ready.run(["key", "set", "FEKAPPL", *options.split()], terminal=True, keyboard=True)
    assert ran.status == 0
    assert len(ready.asked) == 1
    assert "not shown" in ready.asked[0]
    assert reveal(ready) == LEGACY


def test_json_of_a_stored_key(ready: Any) -> None:
    ran = ready.ok("key set FEKAPPL --from - --group SYS1 --user IBMUSER --format json", stdin=LEGACY)
    jsonschema.validate(ran.json, STORED)
    assert ran.json["profile"] == "FEKAPPL.SYS1.IBMUSER"
    assert (ran.json["group"], ran.json["userid"], ran.json["warnings"]) == ("SYS1", "IBMUSER", [])


def test_the_check_value_of_a_legacy_key_stands_only_where_it_is_asked_for(ready: Any) -> None:
    """Together with the fingerprint it leaves about one DES key."""
    made = [ready.ok("key set FEKAPPL --format json", stdin=LEGACY).json]
    made.append(ready.ok("key set FEKAPPL --enhanced --format json", stdin=ENHANCED).json)
    for listed in (made, ready.ok("key list --format json").json["keys"]):
        told = {each["kind"]: (each["check_value"], each["check_method"]) for each in listed}
        assert told["legacy"] == (None, None)
        assert told["enhanced"][1] == "SHAVP1"
    shown = ready.ok("key show FEKAPPL --format json").json["keys"]
    assert {each["check_method"] for each in shown} == {"ENC-ZERO", "SHAVP1"}
    assert all(each["check_value"] for each in shown)


def test_a_key_is_told_of_as_it_was_stored(ready: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may have removed it by then."""
    monkeypatch.setattr(vault.Vault, "keys", lambda *_: ())
    ran = ready.ok("key set FEKAPPL --format json", stdin=LEGACY)
    assert (ran.json["profile"], ran.json["age_seconds"]) == ("FEKAPPL", 0)


def test_a_key_in_a_file_that_others_can_read_is_warned_of(ready: Any, tmp_path: Path) -> None:
    source = tmp_path / "fekappl.key"
    source.write_text(LEGACY)
    source.chmod(0o644)
    assert f"warning: others can read {source}, which holds a key" in ready.ok(f"key set FEKAPPL --from {source}").err


@pytest.mark.parametrize(
    ("options", "text", "said"),
    [
        ("", "", "there is no hexadecimal key in it"),
        ("", LEGACY[:-1], "15 hexadecimal digits"),
        ("", LEGACY[:-1] + "X", "character 16 is not a hexadecimal digit"),
        ("", ENHANCED, "a legacy key has exactly 16"),
        ("--enhanced", LEGACY, "an enhanced key has 32 to 256 bytes"),
        ("--enhanced", "AB" * 31, "has 31 bytes"),
        ("--enhanced", "AB" * 257, "has 257 bytes"),
        ("", f"{LEGACY}\n{LEGACY}", "more than one line"),
        ("", b"\xff\xfe" * 8, "is not text"),
    ],
)
def test_a_malformed_key_is_refused_without_repeating_it(ready: Any, options: str, text: str, said: str) -> None:
    ready.refused(f"key set FEKAPPL {options}", said, stdin=text)
    assert keys(ready) == []


def test_a_key_on_the_command_line_is_refused_and_not_repeated(ready: Any) -> None:
    ready.secrets.learn(LEGACY)
    for line in (
        f"key set FEKAPPL {LEGACY}",
        f"key set FEKAPPL --from {LEGACY}",
        f"key set FEKAPPL --from={LEGACY.lower()}",
        f"key set {LEGACY}",
        f"key {LEGACY}",
        f"gen -u IBMUSER -a FEKAPPL --key-from {LEGACY}",
        f"applid add X --component {LEGACY}",
        f"verify -u IBMUSER -a {LEGACY} X",
    ):
        for form in ("", " --format json"):
            ran = ready(line + form)
            assert ran.status == 2, line
    ready.environ["PTKTCTL_DEBUG"] = "1"
    assert ready(f"key set FEKAPPL --from {LEGACY}").status == 2
    assert keys(ready) == []


def test_what_would_fail_fails_before_anybody_types_a_key(ready: Any) -> None:
    ready.ok("key generate FEKAPPL")
    for line in ("key set NOSUCH", "key set FEKAPPL"):
        ran = ready.run(line.split(), terminal=True, keyboard=True)
        assert ran.status == 2
    assert ready.asked == []


def test_replacing_takes_force(ready: Any) -> None:
    ready.ok("key set FEKAPPL --from -", stdin=LEGACY)
    before = (ready.home / "keys.toml").read_bytes()
    ready.refused("key set FEKAPPL --from -", "there is a key FEKAPPL (legacy) already", "--force", stdin=LEGACY)
    ready.refused("key generate FEKAPPL", "there is a key FEKAPPL (legacy) already", "--force")
    assert (ready.home / "keys.toml").read_bytes() == before
    ready.ok("key generate FEKAPPL --force")
    assert reveal(ready) != LEGACY
    ready.ok("key set FEKAPPL --from - --force", stdin=LEGACY)
    assert reveal(ready) == LEGACY


def test_the_kinds_and_qualified_keys_lie_side_by_side(ready: Any) -> None:
    for options in ("", "--enhanced", "--user IBMUSER", "--group SYS1", "--group SYS1 --user IBMUSER --enhanced"):
        ready.ok(f"key generate FEKAPPL {options}")
    assert [(each["profile"], each["kind"]) for each in keys(ready)] == [
        ("FEKAPPL", "enhanced"),
        ("FEKAPPL", "legacy"),
        ("FEKAPPL.IBMUSER", "legacy"),
        ("FEKAPPL.SYS1", "legacy"),
        ("FEKAPPL.SYS1.IBMUSER", "enhanced"),
    ]


# Weak, sample and duplicate keys


@pytest.mark.parametrize("key", [WEAK_KEYS.split()[0], SEMI_WEAK_KEYS.split()[3], "0000000000000000"])
def test_a_des_weak_key_is_refused_unless_forced(ready: Any, key: str) -> None:
    ready.refused("key set FEKAPPL", "weak key", "--force", stdin=key)
    assert keys(ready) == []
    ran = ready.ok("key set FEKAPPL --force", stdin=key)
    assert "warning: the key is a DES " in ran.err
    assert reveal(ready) == key


@pytest.mark.parametrize(
    ("options", "key", "said"),
    [
        ("", "E001193519561977", "the key is a published sample key: everybody has it"),
        ("", "A5A5A5A5A5A5A5A5", "the key is a repeated pattern"),
        ("", "1122334455667788", "the key is an ascending or descending sequence"),
        ("", "C6C5D2C1D7D7D340", "the key is readable text"),
        ("--enhanced", "00" * 64, "the key is a repeated pattern"),
    ],
)
def test_a_key_that_is_easy_to_guess_is_warned_of(ready: Any, options: str, key: str, said: str) -> None:
    ran = ready.ok(f"key set FEKAPPL {options} --format json", stdin=key)
    jsonschema.validate(ran.json, STORED)
    assert said in ran.json["warnings"]
    ran = ready.ok(f"key set FEKAPPL {options} --force", stdin=key)
    assert f"warning: {said}\n" in ran.err


@pytest.mark.parametrize("again", [LEGACY, LEGACY_OTHER_PARITY])
def test_a_key_that_is_stored_for_another_is_warned_of(ready: Any, again: str) -> None:
    assert ready.ok("key set FEKAPPL", stdin=LEGACY).err == ""
    ran = ready.ok("key set CICSPROD", stdin=again)
    assert ran.err == "warning: the same key is stored for FEKAPPL (legacy)\n"
    assert ready.ok("key set CICSPROD --force", stdin="9D2CA7F4133E8B6E").err == ""


# generate


def test_a_generated_legacy_key_has_odd_parity_and_no_weakness(ready: Any) -> None:
    seen = set()
    for _ in range(5):
        ready.ok("key generate FEKAPPL --force")
        key = LegacyKey.from_hex(reveal(ready))
        assert all(byte.bit_count() % 2 for byte in key.secret)
        assert key.weaknesses() == ()
        seen.add(key)
    assert len(seen) == 5


@pytest.mark.parametrize(("options", "size"), [("", 64), ("--bytes 32", 32), ("--bytes 256", 256)])
def test_a_generated_enhanced_key_has_64_bytes_unless_told(ready: Any, options: str, size: int) -> None:
    ready.ok(f"key generate FEKAPPL --enhanced {options}")
    assert len(reveal(ready)) == 2 * size


def test_the_number_of_bytes(ready: Any) -> None:
    ready.refused("key generate FEKAPPL --bytes 64", "--bytes goes with --enhanced")
    ready.refused("key generate FEKAPPL --enhanced --bytes 31", "'--bytes': 31 is not in the range")
    ready.refused("key generate FEKAPPL --enhanced --bytes 257", "'--bytes': 257 is not in the range")


# list and show


def test_an_empty_list_says_so_on_stderr(ready: Any) -> None:
    ran = ready.ok("key list")
    assert (ran.out, ran.err) == ("", "no key is stored yet: ptktctl key generate APPLID, or key set\n")
    assert keys(ready) == []


def test_a_key_is_shown_as_kind_fingerprint_and_age(ready: Any) -> None:
    ready.ok("key set FEKAPPL", stdin=LEGACY)
    ready.now += 3 * 86_400 + 7200
    fingerprint = LegacyKey.from_hex(LEGACY).fingerprint
    assert ready.ok("key list").out == f"FEKAPPL\tlegacy\t{fingerprint}\t3 d 2 h\t2023-11-14T22:13:20Z\tcurrent\t\n"
    assert ready.ok("key show FEKAPPL").out == (
        "profile      FEKAPPL\n"
        "kind         legacy\n"
        f"fingerprint  {fingerprint}\n"
        "check value  FBDA14 (ENC-ZERO)\n"
        "stored       2023-11-14T22:13:20Z, 3 d 2 h ago\n"
    )
    assert keys(ready)[0]["age_seconds"] == 266_400


def test_both_kinds_of_a_profile_are_shown(ready: Any) -> None:
    ready.ok("key generate FEKAPPL")
    ready.ok("key generate FEKAPPL --enhanced")
    ready.ok("key generate FEKAPPL --user IBMUSER")
    assert [each["kind"] for each in keys(ready, "key show FEKAPPL")] == ["enhanced", "legacy"]
    assert [each["profile"] for each in keys(ready, "key show FEKAPPL --user IBMUSER")] == ["FEKAPPL.IBMUSER"]
    assert ready.ok("key show FEKAPPL").out.count("profile ") == 2


def test_only_reveal_shows_the_key(ready: Any) -> None:
    """That nothing else does is searched for at the end of every test."""
    ready.ok("key set FEKAPPL", stdin=LEGACY)
    assert f"key          {LEGACY}\n" in ready.ok("key show FEKAPPL --reveal").out
    assert keys(ready, "key show FEKAPPL --reveal")[0]["key"] == LEGACY
    assert "key" not in keys(ready, "key show FEKAPPL")[0]


def test_a_profile_without_a_key(ready: Any) -> None:
    ready.refused("key show FEKAPPL", "no key is stored for FEKAPPL", "key generate FEKAPPL", status=3)
    ready.ok("key generate FEKAPPL --user IBMUSER")
    ready.refused("key show FEKAPPL", "no key is stored for FEKAPPL", "there are keys of FEKAPPL.IBMUSER", status=3)


# remove


def test_remove_asks(ready: Any) -> None:
    ready.ok("key generate FEKAPPL")
    ready.refused("key remove FEKAPPL", "remove the key FEKAPPL (legacy)?", "Nobody is there to ask", "--yes")
    ran = ready.run(["key", "remove", "FEKAPPL"], b"no\n", terminal=True, keyboard=True)
    assert (ran.status, ran.out, len(keys(ready))) == (2, "", 1)
    ran = ready.run(["key", "remove", "FEKAPPL"], b"Yes\n", terminal=True, keyboard=True)
    assert (ran.status, ran.out, keys(ready)) == (0, "removed the key FEKAPPL (legacy)\n", [])


def test_remove_takes_the_one_that_is_named(ready: Any) -> None:
    for options in ("", "--enhanced", "--user IBMUSER"):
        ready.ok(f"key generate FEKAPPL {options}")
    answer = ready.ok("key remove FEKAPPL --enhanced --yes --format json").json
    assert (answer["schema"], answer["kind"]) == ("ptktctl.key-removed/1", "enhanced")
    assert [(each["profile"], each["kind"]) for each in keys(ready)] == [
        ("FEKAPPL", "legacy"),
        ("FEKAPPL.IBMUSER", "legacy"),
    ]
    ready.refused("key remove FEKAPPL --enhanced --yes", "there is no key FEKAPPL (enhanced)", status=3)


def test_keys_left_behind_by_a_definition_can_be_seen_and_removed(ready: Any) -> None:
    ready.ok("key generate FEKAPPL")
    (ready.home / "applids.toml").unlink()
    assert len(keys(ready, "key show FEKAPPL")) == 1
    ready.ok("key remove FEKAPPL --yes")
    assert keys(ready) == []


# The store behind it


def test_the_first_key_makes_the_store_when_a_way_to_unlock_is_given(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ptktctl.store import vault

    create: Any = vault.create
    monkeypatch.setattr(vault, "create", lambda *given, **named: create(*given, **named, scrypt_n=2**10))
    cli.ok("applid add FEKAPPL")
    cli.refused("key set FEKAPPL", "there is no store yet", "ptktctl init", stdin=LEGACY, status=3)
    assert not (cli.home / "keys.toml").exists()
    cli.environ["PTKTCTL_PASSPHRASE"] = "correct horse battery"
    cli.ok("key set FEKAPPL", stdin=LEGACY)
    assert reveal(cli) == LEGACY


def test_no_key_lies_readable_in_the_store(ready: Any) -> None:
    ready.ok("key set FEKAPPL", stdin=LEGACY)
    ready.ok("key set FEKAPPL --enhanced", stdin=ENHANCED)
    ticket = ready.ok("gen -u IBMUSER -a FEKAPPL").out.strip()
    assert ready(f"verify -u IBMUSER -a FEKAPPL -- {ticket}").status == 0
    for path in ready.home.iterdir():
        data = path.read_bytes()
        for key in (LEGACY, ENHANCED):
            assert bytes.fromhex(key) not in data
            assert key.lower().encode() not in data.lower()


@pytest.mark.parametrize("position", [0, 60, 200, -80, -2])
def test_a_flipped_byte_is_named_as_damage(ready: Any, position: int) -> None:
    ready.ok("key generate FEKAPPL")
    file = ready.home / "keys.toml"
    data = bytearray(file.read_bytes())
    data[position] ^= 1
    file.write_bytes(data)
    for line in ("key list", "gen -u IBMUSER -a FEKAPPL", "key generate CICSPROD"):
        ready.refused(line, str(file), status=3)
